package chips

import (
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Targets is the hardware that a change is for.
type Targets struct {
	// All is everything specific that the change names.
	All []silicon.Match
	// only are alternatives by hunk: the code of each is for its hardware alone.
	// nil when some hunk is for every chip of the driver.
	only [][]silicon.Match
	// titled is what its author says it is for, where every hunk is for some
	// hardware and one for this: the others are named by the code around.
	titled []silicon.Match
}

// Of says what a change is for. A hunk is for what its path, its lines and the
// conditions around them name; where no hunk names any, the title decides.
func (x *Index) Of(c *change.Change) Targets { return x.of(c, false) }

// Adds is Of with the lines for tables of devices: what they name is no reason to say that
// a branch needs nothing of it, but a branch that does not drive the hardware has no use
// for them.
func (x *Index) Adds(c *change.Change) Targets { return x.of(c, true) }

func (x *Index) of(c *change.Change, tables bool) Targets {
	t := Targets{All: specific(x.catalogue.Match(c))}
	if len(t.All) == 0 {
		return t
	}
	all, some := true, false
	for _, f := range c.Files {
		hunks := f.TextFragments
		if len(hunks) == 0 {
			hunks = []*gitdiff.TextFragment{nil}
		}
		for _, h := range hunks {
			part := *f
			if part.TextFragments = nil; h != nil {
				part.TextFragments = []*gitdiff.TextFragment{h}
			}
			ms := specific(x.catalogue.Match(&change.Change{Files: []*gitdiff.File{&part}}))
			// A line for a table of devices brings the hardware with it.
			if table := tells(f.NewName) && !tables; table || len(ms) == 0 {
				all, some = false, some || table
				continue
			}
			some = true
			t.only = append(t.only, ms)
		}
	}
	titled := inTitle(t.All)
	switch {
	case all && names(t.only, titled):
		t.titled = titled
	case all:
	case some:
		t.only = nil
	case titled != nil:
		t.only = [][]silicon.Match{titled}
	}
	return t
}

func inTitle(ms []silicon.Match) []silicon.Match {
	var out []silicon.Match
	for _, m := range ms {
		if slices.ContainsFunc(m.Where, func(w silicon.Where) bool { return w.In == silicon.InTitle }) {
			out = append(out, m)
		}
	}
	return out
}

// names reports whether some hunk names one of the hardware.
func names(hunks [][]silicon.Match, any []silicon.Match) bool {
	for _, ms := range hunks {
		for _, m := range ms {
			if slices.ContainsFunc(any, func(a silicon.Match) bool { return a.Name == m.Name }) {
				return true
			}
		}
	}
	return false
}

func specific(ms []silicon.Match) []silicon.Match {
	var out []silicon.Match
	for _, m := range ms {
		if m.Specific() {
			out = append(out, m)
		}
	}
	return out
}

// Lacks reports whether everything that the change is for is missing: lacks says
// so of one target. It returns one of them.
func (t *Targets) Lacks(lacks func(silicon.Match) bool) (silicon.Match, bool) {
	if m, ok := lacksAll(t.only, lacks); ok {
		return m, true
	}
	return lacksAll([][]silicon.Match{t.titled}, lacks)
}

func lacksAll(hunks [][]silicon.Match, lacks func(silicon.Match) bool) (silicon.Match, bool) {
	var one silicon.Match
	for _, ms := range hunks {
		for _, m := range ms {
			if !lacks(m) {
				return silicon.Match{}, false
			}
			if one.Name == "" {
				one = m
			}
		}
	}
	return one, one.Name != ""
}
