package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/verdict"
)

// todayView is the first page: what came in, what was said, what is not well.
type todayView struct {
	Verdicts []verdictDays
	Waiting  []actionView
	Lately   []actionView
	Latest   []store.Found
	Parts    []part
	Queue    store.Queue
	Lag      time.Duration
	States   map[flow.ActionState]int
	Stored   int
	Past     int // of Stored: what a backfill brought
	Summed   time.Time
	Error    string
	Needs    []need
	Months   []store.VerdictTotal
	By       []store.VerdictTotal
}

// need is something that waits for a person, and where.
type need struct {
	N         int
	Says, URL string
}

// verdictDays are the counts of one verdict.
type verdictDays struct {
	Verdict       verdict.Verdict
	Day, Week, In int // today, seven days, thirty days
	All           int // ever, what a backfill brought included
	Spark         template.HTML
}

// actionView is an action as a table shows it.
type actionView struct {
	store.ActionRow
	Result string
	Series string // the series' name without its version mark
	ID     string // of a change that it speaks of
	About  string // the title of what it answers
}

const (
	sparkDays = 30
	fewRows   = 12
	fewNeeds  = 6
	latestOf  = 50 // of a verdict judged last, of which those that came last are shown
)

func (s *Server) today(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := todayView{}
	sum := s.sums.get(ctx)
	v.Summed = sum.At
	if sum.Err != nil {
		v.Error = "The sums could not be made: the log says why."
	}
	v.Verdicts, v.Stored, v.Past = days(sum.Days, s.Now())
	var err error
	if v.Waiting, err = s.actionViews(ctx, 100, flow.StateHeld, flow.StatePlanned); err != nil {
		return err
	}
	if v.Lately, err = s.actionViews(ctx, fewRows, flow.StateDone, flow.StateFailed, flow.StateUnknown, flow.StateDoing,
		flow.StateDropped); err != nil {
		return err
	}
	if v.Latest, err = s.latest(ctx); err != nil {
		return err
	}
	if v.Queue, err = s.Reader.Queue(ctx); err != nil {
		return err
	}
	v.Lag = lag(v.Queue, s.Now())
	if v.States, err = s.Reader.ActionStates(ctx); err != nil {
		return err
	}
	if v.Parts, err = s.parts(ctx); err != nil {
		return err
	}
	v.Months, v.By = sum.Months[:min(len(sum.Months), fewRows)], sum.By[:min(len(sum.By), fewRows)]
	v.Needs = v.needs(sum)
	return s.render(w, r, http.StatusOK, "today", "Today", v)
}

// latest are the changes that came last, those first that somebody may want to see.
// Of each verdict those judged last are asked for: no list is in order of posting.
func (s *Server) latest(ctx context.Context) (out []store.Found, err error) {
	byDay := func(a, b store.Found) int { return came(b).Compare(came(a)) }
	var silent []store.Found
	for _, v := range verdictNames {
		page, err := s.Reader.Search(ctx, store.Query{Verdict: string(v), Limit: latestOf})
		if err != nil {
			return nil, err
		}
		if v.Silent() {
			silent = append(silent, page.Rows...)
		} else {
			out = append(out, page.Rows...)
		}
	}
	slices.SortStableFunc(out, byDay)
	slices.SortStableFunc(silent, byDay)
	out = append(out, silent...)
	return out[:min(len(out), fewRows)], nil
}

// came is when a change was posted: what a backfill judges last need not be the newest.
func came(f store.Found) time.Time {
	if t, err := time.Parse(time.RFC3339, f.Posted); err == nil {
		return t
	}
	return f.Judged
}

// Idle reports whether nothing came in thirty days, so that only the sums say anything.
func (v todayView) Idle() bool {
	for _, d := range v.Verdicts {
		if d.In > 0 {
			return false
		}
	}
	return v.Stored > 0
}

// needs is what waits for a person, the most urgent first.
func (v todayView) needs(sum *summed) (out []need) {
	add := func(n int, one, many, url string) {
		if n > 0 {
			out = append(out, need{n, plural(n, one, many), url})
		}
	}
	failing := 0
	for _, p := range v.Parts {
		if !p.Well {
			failing++
		}
	}
	held := 0
	for _, a := range v.Waiting {
		if a.State == flow.StateHeld {
			held++
		}
	}
	add(failing, "part is failing", "parts are failing", "#health")
	add(held, "reply waits for your word", "replies wait for your word", "#waiting")
	for _, b := range sum.Branches {
		n := b.Cells[launch.Eligible].N
		add(n, "fix to export for "+b.Name, "fixes to export for "+b.Name, "/branches/"+url.PathEscape(b.Name))
	}
	for _, d := range v.Verdicts {
		if d.Verdict == verdict.Uncertain {
			add(d.All, "change that a person should judge", "changes that a person should judge", listURL("verdict", d.Verdict))
		}
	}
	return out[:min(len(out), fewNeeds)]
}

// days sorts counts into the last thirty days, without what a backfill judged on
// one of them.
func days(all []store.DayTotal, now time.Time) (out []verdictDays, stored, past int) {
	today := now.UTC().Truncate(24 * time.Hour)
	for _, name := range verdictNames {
		d := verdictDays{Verdict: name}
		counts := make([]int, sparkDays)
		for _, t := range all {
			if t.Verdict != string(name) {
				continue
			}
			stored += t.N
			d.All += t.N
			if t.Backfilled {
				past += t.N
				continue
			}
			back := int(today.Sub(t.Day).Hours() / 24)
			if back < 0 || back >= sparkDays {
				continue
			}
			counts[sparkDays-1-back] += t.N
			d.In += t.N
			if back < 7 {
				d.Week += t.N
			}
			if back == 0 {
				d.Day += t.N
			}
		}
		d.Spark = sparkBars(counts, fmt.Sprintf("%s: %d in thirty days, %d of them today", name, d.In, d.Day))
		out = append(out, d)
	}
	return out, stored, past
}

// lag is how long the oldest thing that could be done has waited.
func lag(q store.Queue, now time.Time) (d time.Duration) {
	for _, t := range []time.Time{q.OldestMail, q.OldestDue, q.OldestPull} {
		if !t.IsZero() {
			d = max(d, now.Sub(t))
		}
	}
	return d
}

func (s *Server) actionViews(ctx context.Context, limit int, states ...flow.ActionState) ([]actionView, error) {
	rows, err := s.Reader.PublicActions(ctx, states, limit)
	if err != nil {
		return nil, err
	}
	out := make([]actionView, len(rows))
	for i, a := range rows {
		out[i] = actionViewOf(a)
	}
	return out, nil
}

func actionViewOf(a store.ActionRow) actionView {
	v := actionView{ActionRow: a, Result: report.Result(a.Key)}
	for id := range a.Told {
		if v.ID == "" || id < v.ID {
			v.ID = id
		}
	}
	if flow.KindOf(a.Kind).Mail {
		if m, err := mail.Scan(a.Message); err == nil {
			v.About = m.Title
		}
	}
	return v
}

// actionPage shows one action whole: ?key=.
func (s *Server) actionPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Reader.PublicAction(r.Context(), r.FormValue("key"))
	if err != nil {
		return err
	}
	if a == nil {
		return &problem{http.StatusNotFound, "There is no such action."}
	}
	return s.render(w, r, http.StatusOK, "action", flow.KindOf(a.Kind).Title+" "+report.Result(a.Key), saidOf(*a))
}

// decide lets a waiting action go or drops it.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) error {
	if err := s.decideFrom(r, r.PostFormValue("key"), r.PostFormValue("do"), r.PostFormValue("why")); err != nil {
		return err
	}
	http.Redirect(w, r, local(r.PostFormValue("to")), http.StatusSeeOther)
	return nil
}

// longestWhy bounds a reason.
const longestWhy = 500

func (s *Server) decideFrom(r *http.Request, key, do, why string) error {
	if s.Decider == nil {
		return &problem{http.StatusForbidden, "This dashboard shows and does not decide."}
	}
	state, ok := map[string]flow.ActionState{"approve": flow.StatePlanned, "drop": flow.StateDropped}[do]
	if !ok {
		return &problem{http.StatusBadRequest, "What is to be done? approve or drop."}
	}
	if len(why) > longestWhy {
		return &problem{http.StatusBadRequest, fmt.Sprintf("A reason has at most %d bytes.", longestWhy)}
	}
	a, err := s.Reader.PublicAction(r.Context(), key)
	if err != nil {
		return err
	}
	if a == nil {
		return &problem{http.StatusNotFound, "There is no such action."}
	}
	d := flow.Decision{State: state, Who: s.guard.visitor(r).name, Why: strings.Join(strings.Fields(why), " "), At: s.Now()}
	done, err := s.Decider.Decide(r.Context(), key, d)
	switch {
	case err != nil:
		return err
	case !done:
		return &problem{http.StatusConflict, "It does not wait any more: it is " + string(a.State) + ". Reload the page."}
	}
	s.Metrics.decided.WithLabelValues(do).Inc()
	return nil
}
