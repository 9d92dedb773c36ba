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
}

// Of says what a change is for. A hunk is for what its path, its lines and the
// conditions around them name; where no hunk names any, the title decides.
func (x *Index) Of(c *change.Change) Targets {
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
			if table := tells(f.NewName); table || len(ms) == 0 {
				all, some = false, some || table
				continue
			}
			some = true
			t.only = append(t.only, ms)
		}
	}
	switch {
	case all:
	case some:
		t.only = nil
	default:
		var titled []silicon.Match
		for _, m := range t.All {
			if slices.ContainsFunc(m.Where, func(w silicon.Where) bool { return w.In == silicon.InTitle }) {
				titled = append(titled, m)
			}
		}
		if titled != nil {
			t.only = [][]silicon.Match{titled}
		}
	}
	return t
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
	var one silicon.Match
	for _, ms := range t.only {
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
