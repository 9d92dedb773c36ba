package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/release"
)

// lacking is what a branch was last found to lack, with what people have said since; nil
// where nobody has looked.
func (s *Server) lacking(ctx context.Context, branch string) (*flow.Lacking, error) {
	if s.Standings == nil {
		return nil, nil
	}
	l, err := s.Standings.Lacking(ctx, branch)
	if err != nil || l == nil {
		return nil, err
	}
	said, err := s.Standings.Standings(ctx, branch)
	if err != nil {
		return nil, err
	}
	all := flow.SayingsOf(said)
	for i := range l.Rows {
		all.Apply(&l.Rows[i])
	}
	slices.SortStableFunc(l.Rows, func(a, b flow.Lack) int {
		return cmp.Or(cmp.Compare(newsRank(a), newsRank(b)), cmp.Compare(slices.Index(flow.Stands, a.State), slices.Index(flow.Stands, b.State)),
			cmp.Compare(b.Worth, a.Worth), cmp.Compare(a.Commit, b.Commit))
	})
	return l, nil
}

// newsRank puts what is new since the last time first.
func newsRank(l flow.Lack) int {
	if l.News() {
		return 0
	}
	return 1
}

// lackFilter picks rows.
type lackFilter struct {
	State, Driver string
	All, New      bool
}

func readLackFilter(r *http.Request) (lackFilter, error) {
	f := lackFilter{State: r.FormValue("state"), Driver: strings.TrimSpace(r.FormValue("driver")), All: r.FormValue("all") != "", New: r.FormValue("new") != ""}
	if f.State != "" && !flow.IsStand(flow.Stand(f.State)) {
		return f, &problem{http.StatusBadRequest, "There is no state of that name: " + joined(flow.Stands) + "."}
	}
	return f, nil
}

func joined[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// pick leaves out what the filter does not mean; a driver may be part of a name.
func (f lackFilter) pick(rows []flow.Lack) []flow.Lack {
	driver := strings.ToLower(f.Driver)
	return slices.DeleteFunc(slices.Clone(rows), func(l flow.Lack) bool {
		switch {
		case driver != "" && !strings.Contains(strings.ToLower(l.Driver), driver), f.New && !l.News():
			return true
		case f.State != "":
			return string(l.State) != f.State
		}
		return !f.All && !l.Shown()
	})
}

// URL is the page of a branch with this filter.
func (f lackFilter) URL(branch string) string {
	v := url.Values{}
	for name, value := range map[string]string{"state": f.State, "driver": f.Driver, "all": mark(f.All), "new": mark(f.New)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	out := "/missing/" + url.PathEscape(branch)
	if len(v) > 0 {
		out += "?" + v.Encode()
	}
	return out
}

func mark(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// missingSum is a branch in the overview.
type missingSum struct {
	Branch, Release string
	AsOf            time.Time
	States          map[flow.Stand]int
	Shown, News     int
}

// missing is the overview.
func (s *Server) missing(w http.ResponseWriter, r *http.Request) error {
	var names []string
	if s.Standings != nil {
		var err error
		if names, err = s.Standings.LackingOf(r.Context()); err != nil {
			return err
		}
	}
	slices.SortFunc(names, release.NewestFirst)
	var sums []missingSum
	for _, name := range names {
		l, err := s.lacking(r.Context(), name)
		if err != nil {
			return err
		}
		if l == nil { // it was taken away meanwhile
			continue
		}
		sum := missingSum{Branch: name, Release: l.Release, AsOf: l.AsOf, States: map[flow.Stand]int{}}
		for _, x := range l.Rows {
			sum.States[x.State]++
			if x.Shown() {
				sum.Shown++
			}
			if x.Shown() && x.News() {
				sum.News++
			}
		}
		sums = append(sums, sum)
	}
	return s.render(w, r, http.StatusOK, "missing", "Missing", sums)
}

// missingShown bounds the rows of a page.
const missingShown = 150

// missingView is the page of a branch.
type missingView struct {
	*flow.Lacking
	lackFilter
	Here    string // its own address
	Drivers []string
	Left    int // rows that the page has no room for
	LeftOut int // rows that are shown only when asked for
	Says    bool
}

// missingIn is what one branch lacks.
func (s *Server) missingIn(w http.ResponseWriter, r *http.Request) error {
	f, err := readLackFilter(r)
	if err != nil {
		return err
	}
	name := r.PathValue("branch")
	l, err := s.lacking(r.Context(), name)
	if err != nil {
		return err
	}
	if l == nil {
		return &problem{http.StatusNotFound, "Nobody has looked yet what a branch of that name lacks."}
	}
	v := missingView{Lacking: l, lackFilter: f, Here: f.URL(name), Says: s.Decider != nil}
	drivers := map[string]bool{}
	for _, x := range l.Rows {
		drivers[x.Driver] = true
		if !x.Shown() {
			v.LeftOut++
		}
	}
	v.Drivers = slices.Sorted(maps.Keys(drivers))
	v.Drivers = v.Drivers[:min(len(v.Drivers), suggested)]
	l.Rows = f.pick(l.Rows)
	if v.Left = max(0, len(l.Rows)-missingShown); v.Left > 0 {
		l.Rows = l.Rows[:missingShown]
	}
	return s.render(w, r, http.StatusOK, "missing-in", "Missing in "+name, v)
}

// sayIn takes a person's word from the form of a row.
func (s *Server) sayIn(w http.ResponseWriter, r *http.Request) error {
	branch := r.PathValue("branch")
	if _, err := s.say(r, saying{Branch: branch, Commit: r.PostFormValue("commit"), Title: r.PostFormValue("title"),
		Say: r.PostFormValue("say"), Why: r.PostFormValue("why")}); err != nil {
		return err
	}
	http.Redirect(w, r, local(r.PostFormValue("to")), http.StatusSeeOther)
	return nil
}

// apiMissing tells what a branch lacks.
func (s *Server) apiMissing(w http.ResponseWriter, r *http.Request) error {
	f, err := readLackFilter(r)
	if err != nil {
		return err
	}
	l, err := s.lacking(r.Context(), r.FormValue("branch"))
	if err != nil {
		return err
	}
	if l == nil {
		return &problem{http.StatusNotFound, "Nobody has looked yet what a branch of that name lacks."}
	}
	if l.Rows = f.pick(l.Rows); l.Rows == nil {
		l.Rows = []flow.Lack{}
	}
	writeJSON(w, http.StatusOK, l)
	return nil
}
