package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
)

// changesView is the list of changes.
type changesView struct {
	filter
	store.Page
	Lists, Drivers, Chips, Branches []string
	Says                            string
	NextURL                         string
}

func (v changesView) feed() (string, string) { return v.URL("/changes.atom"), v.Q }

// SortURL is the same list in another order.
func (v changesView) SortURL(by string) string { v.Sort = by; return v.URL("/changes") }

// Open reports whether the less used fields hold something.
func (v changesView) Open() bool {
	return v.Class+v.Chip+v.Author+v.List+v.Since+v.Until+v.Cell != "" || v.Newer
}

// suggested bounds what a field offers: the rest can be typed.
const suggested = 300

func (s *Server) find(r *http.Request) (filter, store.Page, *summed, error) {
	f, err := readFilter(r)
	if err != nil {
		return f, store.Page{}, nil, err
	}
	sum := s.sums.get(r.Context())
	p, err := s.Reader.Search(r.Context(), f.query(sum.newer))
	return f, p, sum, err
}

func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	f, p, sum, err := s.find(r)
	if err != nil {
		return err
	}
	if p.Total < 0 && !f.Narrow() { // what is not searched for has been counted already
		p.Total = 0
		for _, d := range sum.Days {
			p.Total += d.N
		}
	}
	v := changesView{filter: f, Page: p, Says: f.says(), Lists: names(sum.Lists), Drivers: names(sum.Drivers), Chips: names(sum.Chips)}
	for _, b := range sum.Branches {
		v.Branches = append(v.Branches, b.Name)
	}
	if p.Next != "" {
		next := f.values()
		next.Set("after", p.Next)
		v.NextURL = "/changes?" + next.Encode()
	}
	title := "Changes"
	if v.Says != "" {
		title += ": " + v.Says
	}
	return s.render(w, r, http.StatusOK, "changes", title, v)
}

func names(ts []store.Total) []string {
	var out []string
	for _, t := range ts[:min(len(ts), suggested)] {
		out = append(out, t.Name)
	}
	return out
}

// gapView is the heat map.
type gapView struct {
	Branches []string
	Drivers  []gapDriver
	Driver   string   // the one shown alone
	All      []string // drivers to choose from
	Hidden   int      // chips left out for having few missing fixes
	Left     int      // drivers left out for the same
	Near     []string // what a name could mean that nothing is known of
	Meant    string   // the chip that a name on the box means
}

type gapDriver struct {
	Name string
	Rows []gapRow // the driver as a whole first
}

type gapRow struct {
	Chip  string
	Whole bool // the driver's own row
	// Launched is when the chip went on sale, Since the mainline release that first
	// supports it; "" when unknown.
	Launched, Since string
	Squares         []gapSquare
	Most            int // lacking, in the worst branch
}

// Unknown counts what the trees tell nothing of.
func (q gapSquare) Unknown() int { return q.N[launch.Unknown] }

// gapSquare is one chip in one branch.
type gapSquare struct {
	Branch              string
	Has, Lacks, Of, Sum int // Of leaves out what the branch is not affected by; Sum is lines
	N                   map[launch.Cell]int
	Heat                int // 0 to 5: the share that is lacking
	Stack               template.HTML
	Says                string
}

// maxChips keeps the overview to what fits a meeting; one driver alone shows
// all of its own.
const (
	maxChips   = 14
	maxDrivers = 12
)

func (s *Server) gap(w http.ResponseWriter, r *http.Request) error {
	sum := s.sums.get(r.Context())
	v := gapOf(sum, r.FormValue("driver"))
	status := http.StatusOK
	if v.Driver != "" && len(v.Drivers) == 0 {
		status, v.Near = http.StatusNotFound, near(v.Driver, sum)
	}
	return s.render(w, r, status, "gap", "Launch gap", v)
}

// branchView is one stable branch with what is to be done for it.
type branchView struct {
	branchSum
	Newer   []string
	Ready   store.Page    // commits that apply as they are
	Later   []store.Found // mails that do, once mainline has them
	Command string        // what exports one of Ready
	Work    store.Page    // with prerequisites, or by hand
	Missing store.Page    // a newer branch has it
}

func (s *Server) branches(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "branches", "Branches", s.sums.get(r.Context()).Branches)
}

const (
	branchRows = 25
	readyRows  = 200
)

// exportable tells commits, which export takes, from mails and what is in a pull request,
// which it takes once mainline has them.
func exportable(rows []store.Found) (commits, mails []store.Found) {
	for _, r := range rows {
		to := &mails
		if r.Kind == change.Commit && flow.CommitOf(r.ID) == r.ID {
			to = &commits
		}
		if len(*to) < branchRows {
			*to = append(*to, r)
		}
	}
	return commits, mails
}

func (s *Server) branch(w http.ResponseWriter, r *http.Request) error {
	sum, name := s.sums.get(r.Context()), r.PathValue("name")
	for _, b := range sum.Branches {
		if b.Name != name {
			continue
		}
		v := branchView{branchSum: b, Newer: sum.newer(name)}
		for _, part := range []struct {
			to *store.Page
			q  store.Query
		}{
			{&v.Ready, store.Query{Cells: []string{string(launch.Eligible)}}},
			{&v.Work, store.Query{Cells: []string{string(launch.Prerequisites), string(launch.Backport)}}},
			{&v.Missing, store.Query{Cells: cellNames(lacking), InAny: v.Newer}},
		} {
			if part.to == &v.Missing && len(v.Newer) == 0 {
				continue
			}
			part.q.Branch, part.q.Order, part.q.Limit = name, store.Highest, branchRows
			if part.to == &v.Ready {
				part.q.Limit = readyRows // commits and mails are told apart behind it
			}
			var err error
			if *part.to, err = s.Reader.Search(r.Context(), part.q); err != nil {
				return err
			}
		}
		v.Ready.Rows, v.Later = exportable(v.Ready.Rows)
		v.Command = cmp.Or(s.Export, "stablebot export --trees REPOSITORY") + " --stable " + shell.Word(name)
		return s.render(w, r, http.StatusOK, "branch", "Branch "+name, v)
	}
	return &problem{http.StatusNotFound, "No judgement speaks of a branch of that name."}
}

// judgementView is how good the verdicts were.
type judgementView struct {
	*quality
	Watched     bool
	Reliability template.HTML
	OverTime    template.HTML
	Times       qualityTable
}

func (s *Server) judgement(w http.ResponseWriter, r *http.Request) error {
	v := judgementView{quality: qualityOf(s.sums.get(r.Context()).Fated), Watched: s.Fates != nil}
	if v.Cases > 0 {
		unit, rows := v.Time()
		v.Reliability, v.OverTime, v.Times = reliability(v.Bins), overTime(rows), qualityTable{unit, rows}
	}
	return s.render(w, r, http.StatusOK, "judgement", "Judgement", v)
}

func squareSays(q *gapSquare) string {
	return fmt.Sprintf("%s: %d of %d are in, %d needed and not there", q.Branch, q.Has, q.Of, q.Lacks)
}
