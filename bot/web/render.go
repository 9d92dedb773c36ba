package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates, each with the frame around it.
type pages struct{ byName map[string]*template.Template }

func parsePages() (*pages, error) {
	p := &pages{map[string]*template.Template{}}
	frame, err := template.New("frame").Funcs(functions).ParseFS(templateFiles, "templates/frame.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		t, err := frame.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, n)
		}
		if err != nil {
			return nil, err
		}
		p.byName[strings.TrimSuffix(path.Base(n), ".html")] = t
	}
	return p, nil
}

// framed is what a page is made of.
type framed struct {
	Name, Title, Version string
	At                   string // which entry of the menu this is
	CSRF                 string
	Login                bool // may log out
	Acts                 bool
	Now                  time.Time
	Feed                 string // of what is shown, "" for none
	Query                string // what stands in the search box
	Swaps                string // the part that htmx takes from it: the focus goes there when what had it is gone
	Body                 any
}

// menu in the order of the day's work.
var menu = []struct{ Path, Name string }{
	{"/", "Today"}, {"/changes", "Changes"}, {"/gap", "Launch gap"}, {"/branches", "Branches"}, {"/missing", "Missing"},
	{"/judgement", "Judgement"},
}

// render writes a page whole or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, page, title string, body any) error {
	v := s.guard.visitor(r)
	f := framed{Name: s.Name, Title: title, Version: s.Version, At: "/" + strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")[0],
		Login: v.login, Acts: v.acts && s.Decider != nil, Now: s.Now(), Swaps: r.Header.Get("HX-Target"), Body: body}
	if v.acts || page == "login" {
		f.CSRF = s.guard.formToken(w, r)
	}
	if b, ok := body.(interface{ feed() (string, string) }); ok {
		f.Feed, f.Query = b.feed()
	}
	var buf bytes.Buffer
	if err := s.pages.byName[page].ExecuteTemplate(&buf, "frame", f); err != nil {
		return fmt.Errorf("filling the page %s: %w", page, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Cookie")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // a visitor who is gone is no error
	return nil
}

// refuse answers with a problem, as page or as object.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasSuffix(r.URL.Path, ".json") {
		writeJSON(w, p.status, apiError{p.say})
		return
	}
	if err := s.render(w, r, p.status, "problem", http.StatusText(p.status), p.say); err != nil {
		http.Error(w, p.say, p.status)
	}
}

var functions = template.FuncMap{
	"menu":        func() any { return menu },
	"stamp":       func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"iso":         func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"ago":         ago,
	"changeURL":   changeURL,
	"branchURL":   func(name string) string { return "/branches/" + url.PathEscape(name) },
	"listURL":     listURL,
	"many":        thousands,
	"patches":     rules.PatchNumbers,
	"percent":     func(p float64) string { return fmt.Sprintf("%.0f", 100*p) },
	"two":         func(p float64) string { return fmt.Sprintf("%.2f", p) },
	"three":       func(p float64) string { return fmt.Sprintf("%.3f", p) },
	"measures":    model.Doc,
	"signed":      func(p float64) string { return strings.Replace(fmt.Sprintf("%+.2f", p), "-", "−", 1) },
	"short":       short,
	"author":      func(s string) string { name, _, _ := strings.Cut(s, " <"); return name },
	"scoreBar":    scoreBar,
	"weightBar":   weightBar,
	"classes":     func() []verdict.Class { return classNames },
	"cells":       func() []launch.Cell { return launch.Cells },
	"cellName":    func(c any) string { return cellWords[launch.Cell(fmt.Sprint(c))][1] },
	"cellSays":    func(c any) string { return cellWords[launch.Cell(fmt.Sprint(c))][2] },
	"cellLetter":  func(c any) string { return cellWords[launch.Cell(fmt.Sprint(c))][0] },
	"stands":      func() []flow.Stand { return flow.Stands },
	"lackURL":     func(branch, state string) string { return lackFilter{State: state}.URL(branch) },
	"day":         func(s string) string { return s[:min(len(s), 10)] },
	"plural":      plural,
	"rowsOf":      func(rows []store.Found, at string) any { return rowsView{rows, at} },
	"sumsOf":      func(rows []store.VerdictTotal, by string) any { return sumsView{rows, by} },
	"verdicts":    func() []verdict.Verdict { return verdictNames },
	"base":        path.Base,
	"ratio":       func(a, b int) float64 { return float64(a) / float64(max(1, b)) },
	"branchStack": branchStack,
	"branchCells": func() []launch.Cell {
		return []launch.Cell{launch.Eligible, launch.Prerequisites, launch.Backport, launch.Open, launch.DKMS}
	},
	"cellCount":    cellCount,
	"qualityTable": func(name string, rows []qualityRow) any { return qualityTable{name, rows} },
	"verdictSays":  func(v verdict.Verdict) string { return verdictSays[v] },
}

// rowsView is a table of changes; At is the branch whose state it shows.
type rowsView struct {
	Rows []store.Found
	At   string
}

// sumsView is a table of counts; By is what a name filters by, "" for nothing.
type sumsView struct {
	Rows []store.VerdictTotal
	By   string
}

type qualityTable struct {
	Name string
	Rows []qualityRow
}

func cellCount(all []branchSum, branch string, c launch.Cell) int {
	for _, b := range all {
		if b.Name == branch {
			return b.Cells[c].N
		}
	}
	return 0
}

func branchStack(b branchSum) template.HTML {
	n := map[launch.Cell]int{}
	for c, t := range b.Cells {
		if c != launch.NotAffected && c != launch.Unknown {
			n[c] = t.N
		}
	}
	return stack(n, 160)
}

// verdictSays explains the names where they stand alone.
var verdictSays = map[verdict.Verdict]string{
	verdict.StableEligible: "a fix that a stable branch needs and can take",
	verdict.DKMSOnly:       "a fix that stable does not take, with the reason",
	verdict.Wait:           "asked to wait, or something it needs is missing",
	verdict.Uncertain:      "the evidence conflicts or is missing: a person should look",
	verdict.NotNeeded:      "every active branch has it, or never had the bug",
	verdict.OutOfScope:     "no fix, no silicon, or silicon that nobody can buy",
}

// cells in words; the letter stands beside the colour, so that colour is never
// alone.
var cellWords = map[launch.Cell][3]string{
	launch.In:            {"✓", "in", "the branch has it, or it is queued"},
	launch.NotAffected:   {"·", "not affected", "the bug is not in the branch"},
	launch.Unknown:       {"~", "unknown", "the trees do not tell whether the bug is in the branch"},
	launch.Eligible:      {"E", "eligible", "stable would take it, and it applies"},
	launch.Prerequisites: {"P", "prerequisites", "stable would take it, with other commits first"},
	launch.Backport:      {"B", "by hand", "stable would take it, as a patch adjusted by hand"},
	launch.Open:          {"?", "open", "not decided: the evidence conflicts or is missing"},
	launch.DKMS:          {"D", "DKMS only", "needed, and stable does not take it there"},
	cellLacking:          {"", "needed and not there", "every change that the branch needs and does not have"},
}

func changeURL(id string) string { return "/changes/" + url.PathEscape(id) }

// listURL is the list of changes with the given parameters, in pairs.
func listURL(pairs ...any) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if s := fmt.Sprint(pairs[i+1]); s != "" {
			v.Set(fmt.Sprint(pairs[i]), s)
		}
	}
	return "/changes?" + v.Encode()
}

// short is an id as people write it: twelve digits of a commit, a Message-ID
// up to its host.
func short(id string) string {
	if sha := flow.CommitOf(id); len(sha) == 40 && strings.Trim(sha, "0123456789abcdef") == "" {
		return sha[:12]
	}
	return id
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

func plural(n int, one, many string) string {
	return thousands(n) + " " + change.Agree(n, one, many)
}

// ago is the time since t in one unit.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case d < -time.Minute:
		return "in " + span(-d)
	case d < time.Minute:
		return "now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return change.Count(int(d.Hours()/24), "day")
}
