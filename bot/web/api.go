package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// apiText describes the API; a test holds every answer against it.
//
//go:embed openapi.json
var apiText []byte

// The answers. Field names are stable; fields may be added.
type (
	apiError struct {
		Error string `json:"error"`
	}
	apiFound struct {
		ID       string          `json:"id"`
		Kind     change.Kind     `json:"kind"`
		Subject  string          `json:"subject"`
		Author   string          `json:"author"`
		List     string          `json:"list,omitempty"`
		Verdict  verdict.Verdict `json:"verdict"`
		Class    verdict.Class   `json:"reason_class,omitempty"`
		Mixed    bool            `json:"mixed"`
		Score    float64         `json:"score"`
		Size     change.Size     `json:"size"`
		Silicon  []apiChip       `json:"silicon"`
		Posted   string          `json:"posted,omitempty"`
		JudgedAt time.Time       `json:"judged_at"`
		Branch   *apiPlace       `json:"branch,omitempty"`
		URL      string          `json:"url"`
	}
	apiChip struct {
		Name   string `json:"name"`
		Driver string `json:"driver"`
	}
	apiPlace struct {
		Name    string          `json:"name"`
		Cell    string          `json:"cell"`
		State   verdict.State   `json:"state"`
		Applies verdict.Applies `json:"applies"`
		Class   verdict.Class   `json:"reason_class,omitempty"`
		Score   float64         `json:"score"`
		Lines   int             `json:"pile_lines,omitempty"`
		First   int             `json:"prerequisites,omitempty"`
	}
	apiPage struct {
		Changes []apiFound `json:"changes"`
		Total   *int       `json:"total"` // null when there are too many to count
		Next    string     `json:"next,omitempty"`
	}
	apiOne struct {
		Judgement verdict.Judgement `json:"judgement"`
		JudgedAt  time.Time         `json:"judged_at"`
		Revision  int               `json:"revision"`
		List      string            `json:"list,omitempty"`
		Source    string            `json:"source"`
		Versions  []apiVersion      `json:"versions"`
		Actions   []apiAction       `json:"actions"`
		Orders    []apiOrder        `json:"orders"`
		Outcomes  []Fate            `json:"outcomes"`
	}
	apiVersion struct {
		Version int       `json:"version"`
		First   time.Time `json:"first_received"`
		Patches []apiMate `json:"patches"`
	}
	apiMate struct {
		ID      string          `json:"id"`
		Subject string          `json:"subject"`
		Verdict verdict.Verdict `json:"verdict"`
		Score   float64         `json:"score"`
	}
	apiAction struct {
		Key     string           `json:"key"`
		Result  string           `json:"result"` // the short id that mails and commands use
		Kind    string           `json:"kind"`
		Sink    string           `json:"sink"`
		List    string           `json:"list,omitempty"`
		State   flow.ActionState `json:"state"`
		Line    string           `json:"line"`
		Problem string           `json:"problem,omitempty"`
		Created time.Time        `json:"created"`
		Ended   *time.Time       `json:"ended,omitempty"`
	}
	apiOrder struct {
		Line    string    `json:"line"`
		Who     string    `json:"who"`
		At      time.Time `json:"at"`
		Refused string    `json:"refused,omitempty"`
	}
	apiBranch struct {
		Name     string              `json:"name"`
		Cells    map[launch.Cell]int `json:"cells"`
		Lacks    int                 `json:"lacks"`
		NewerHas *int                `json:"newer_has"` // null when there are too many to count
		Lines    map[launch.Cell]int `json:"pile_lines"`
	}
	apiGapRow struct {
		Driver   string         `json:"driver"`
		Chip     string         `json:"chip"`
		Branches []apiGapSquare `json:"branches"`
	}
	apiGapSquare struct {
		Name  string              `json:"name"`
		Cells map[launch.Cell]int `json:"cells"`
		Lacks int                 `json:"lacks"`
	}
	apiStatusAnswer struct {
		Version    string                   `json:"version"`
		Ready      bool                     `json:"ready"`
		Components []apiComponent           `json:"components"`
		Queue      apiQueue                 `json:"queue"`
		Actions    map[flow.ActionState]int `json:"actions"`
		Verdicts   map[string]int           `json:"verdicts"`
		SummedAt   time.Time                `json:"summed_at"`
	}
	apiComponent struct {
		Name     string     `json:"name"`
		Well     bool       `json:"well"`
		LastOK   *time.Time `json:"last_success"`
		LastFail *time.Time `json:"last_failure"`
		Failures int        `json:"failures"`
		Problem  string     `json:"problem,omitempty"`
	}
	apiQueue struct {
		Mails      int     `json:"mails"`
		Series     int     `json:"series"`
		Pulls      int     `json:"pull_requests"`
		LagSeconds float64 `json:"lag_seconds"`
	}
	apiQuality struct {
		Cases            int             `json:"cases"`
		Taken            int             `json:"taken"`
		CalibrationError float64         `json:"calibration_error"`
		Bins             []apiBin        `json:"reliability"`
		Months           []apiQualityRow `json:"months"`
		Drivers          []apiQualityRow `json:"drivers"`
	}
	apiBin struct {
		From  float64 `json:"from"`
		To    float64 `json:"to"`
		Cases int     `json:"cases"`
		Said  float64 `json:"said"`
		Taken float64 `json:"taken"`
	}
	apiQualityRow struct {
		Name      string   `json:"name"`
		Cases     int      `json:"cases"`
		Taken     int      `json:"taken"`
		Precision *float64 `json:"precision"`
		Recall    *float64 `json:"recall"`
	}
)

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a visitor who is gone is no error
}

func (s *Server) apiDescription(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(apiText) // a visitor who is gone is no error
	return nil
}

func foundOf(f store.Found, branch string) apiFound {
	out := apiFound{ID: f.ID, Kind: f.Kind, Subject: f.Subject, Author: f.Author, List: f.List, Verdict: f.Verdict, Class: f.Class,
		Mixed: f.Mixed,
		Score: f.Score, Size: f.Size, Silicon: []apiChip{}, Posted: f.Posted, JudgedAt: f.Judged, URL: changeURL(f.ID)}
	for _, c := range f.Chips {
		out.Silicon = append(out.Silicon, apiChip(c))
	}
	if p := f.At; p != nil {
		out.Branch = &apiPlace{branch, p.Cell, p.State, p.Applies, p.Class, p.Score, p.Lines, p.First}
	}
	return out
}

func (s *Server) apiChanges(w http.ResponseWriter, r *http.Request) error {
	f, p, _, err := s.find(r)
	if err != nil {
		return err
	}
	out := apiPage{Changes: []apiFound{}, Next: p.Next}
	if p.Total >= 0 {
		out.Total = &p.Total
	}
	for _, row := range p.Rows {
		out.Changes = append(out.Changes, foundOf(row, f.Branch))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) apiChange(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Reader.Show(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	j := c.Judged
	out := apiOne{Judgement: j.Judgement, JudgedAt: j.At, Revision: c.Revision, List: j.List, Source: j.Source,
		Versions: []apiVersion{}, Actions: []apiAction{}, Orders: []apiOrder{}, Outcomes: []Fate{}}
	for _, v := range c.Versions {
		ver := apiVersion{Version: v.Version, First: v.First, Patches: []apiMate{}}
		for _, m := range v.Judged {
			ver.Patches = append(ver.Patches, apiMate{m.ID, m.Subject, m.Verdict, m.Score})
		}
		out.Versions = append(out.Versions, ver)
	}
	for _, a := range c.Actions {
		out.Actions = append(out.Actions, apiActionOf(a))
	}
	for _, o := range c.Orders {
		out.Orders = append(out.Orders, apiOrder{o.Line, o.Who.String(), o.At, o.Refused})
	}
	if s.Fates != nil {
		fates, err := s.Fates.Fate(r.Context(), j.ID)
		if err != nil {
			return err
		}
		out.Outcomes = append(out.Outcomes, fates...)
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func apiActionOf(a store.ActionRow) apiAction {
	return apiAction{Key: a.Key, Result: report.Result(a.Key), Kind: string(a.Kind), Sink: a.Sink, List: a.List, State: a.State, Line: a.Line,
		Problem: a.Problem, Created: a.Created, Ended: timeOrNil(a.Ended)}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

var actionStates = []flow.ActionState{flow.StateHeld, flow.StatePlanned, flow.StateDoing, flow.StateDone, flow.StateFailed,
	flow.StateUnknown, flow.StateDropped, flow.StateSuperseded}

func (s *Server) apiActions(w http.ResponseWriter, r *http.Request) error {
	states := actionStates
	if want := r.FormValue("state"); want != "" {
		states = nil
		for _, st := range actionStates {
			if string(st) == want {
				states = []flow.ActionState{st}
			}
		}
		if states == nil {
			return &problem{http.StatusBadRequest, "state=" + want + " is not understood; it is one of " + join(actionStates) + "."}
		}
	}
	rows, err := s.Reader.PublicActions(r.Context(), states, 100)
	if err != nil {
		return err
	}
	out := struct {
		Actions []apiAction `json:"actions"`
	}{[]apiAction{}}
	for _, a := range rows {
		out.Actions = append(out.Actions, apiActionOf(a))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) apiDecide(w http.ResponseWriter, r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &problem{http.StatusUnsupportedMediaType, "Send an object as application/json."}
	}
	var in struct {
		Key string `json:"key"`
		Do  string `json:"do"`
		Why string `json:"why"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return &problem{http.StatusRequestEntityTooLarge, "That is too long."}
		}
		return &problem{http.StatusBadRequest, `That is not {"key": …, "do": "approve" or "drop", "why": …}: ` + strings.TrimPrefix(err.Error(), "json: ")}
	}
	if err := s.decideFrom(r, in.Key, in.Do, in.Why); err != nil {
		return err
	}
	a, err := s.Reader.PublicAction(r.Context(), in.Key)
	if err != nil {
		return err
	}
	if a == nil { // it became private in this very moment
		return store.ErrNone
	}
	writeJSON(w, http.StatusOK, apiActionOf(*a))
	return nil
}

func (s *Server) apiBranches(w http.ResponseWriter, r *http.Request) error {
	out := struct {
		Branches []apiBranch `json:"branches"`
	}{[]apiBranch{}}
	for _, b := range s.sums.get(r.Context()).Branches {
		row := apiBranch{Name: b.Name, Cells: map[launch.Cell]int{}, Lines: map[launch.Cell]int{}, Lacks: b.Lacks()}
		for c, n := range b.Cells {
			row.Cells[c], row.Lines[c] = n.N, n.Lines
		}
		if !b.Many {
			row.NewerHas = &b.NewerHas
		}
		out.Branches = append(out.Branches, row)
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) apiGap(w http.ResponseWriter, r *http.Request) error {
	out := struct {
		Chips []apiGapRow `json:"chips"`
	}{[]apiGapRow{}}
	for _, d := range gapOf(s.sums.get(r.Context()), r.FormValue("driver")).Drivers {
		for _, row := range d.Rows {
			g := apiGapRow{Driver: d.Name, Chip: row.Chip, Branches: []apiGapSquare{}}
			for _, q := range row.Squares {
				g.Branches = append(g.Branches, apiGapSquare{q.Branch, q.N, q.Lacks})
			}
			out.Chips = append(out.Chips, g)
		}
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) apiStatus(w http.ResponseWriter, r *http.Request) error {
	parts, err := s.parts(r.Context())
	if err != nil {
		return err
	}
	q, err := s.Reader.Queue(r.Context())
	if err != nil {
		return err
	}
	states, err := s.Reader.ActionStates(r.Context())
	if err != nil {
		return err
	}
	sum := s.sums.get(r.Context())
	out := apiStatusAnswer{Version: s.Version, Ready: true, Components: []apiComponent{}, Actions: states, Verdicts: map[string]int{},
		SummedAt: sum.At,
		Queue:    apiQueue{q.Mails, q.Series, q.Pulls, lag(q, s.Now()).Seconds()}}
	for _, p := range parts {
		out.Ready = out.Ready && p.Well
		out.Components = append(out.Components, apiComponent{p.Component, p.Well, timeOrNil(p.OK), timeOrNil(p.Failed), p.Failures, p.Problem})
	}
	for _, d := range sum.Days {
		out.Verdicts[d.Verdict] += d.N
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) apiJudgement(w http.ResponseWriter, r *http.Request) error {
	q := qualityOf(s.sums.get(r.Context()).Fated)
	out := apiQuality{Cases: q.Cases, Taken: q.Taken, CalibrationError: q.Error, Bins: []apiBin{}, Months: qualityRows(q.Months),
		Drivers: qualityRows(q.Drivers)}
	for _, b := range q.Bins {
		out.Bins = append(out.Bins, apiBin{b.From, b.To, b.Cases, b.Mean, b.Taken})
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func qualityRows(in []qualityRow) []apiQualityRow {
	out := []apiQualityRow{}
	for _, r := range in {
		row := apiQualityRow{Name: r.Name, Cases: r.Cases, Taken: r.Taken}
		if r.HasPrecision {
			row.Precision = &r.Precision
		}
		if r.HasAny {
			row.Recall = &r.Recall
		}
		out = append(out, row)
	}
	return out
}
