package trees

import (
	"fmt"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
)

// Origin is a culprit of a commit as a branch has it.
type Origin struct {
	Named string    // the commit of mainline, "" where only the branch has it under that title
	As    string    // the commit of the branch that it is, "" where it is not known
	Began bool      // the branch began with it: nobody had to take it there
	At    time.Time // when the branch took it, where it had to
}

// Candidate is a commit of mainline that a branch has not, and that it may need.
type Candidate struct {
	Commit  string
	At      time.Time // when mainline had it
	Signed  bool      // its tags or its title say that it is a fix
	Origins []Origin  // of the culprits that it names, those that the branch has
	Named   bool      // it names a culprit
}

// Candidates are the commits that mainline has had since a branch left it and the branch
// has not, oldest first, on a day; the zero day is today. Merges are left out, and what
// names culprits of which all are known and none is in the branch: its bug is not there.
// It looks at histories alone.
func (s *Set) Candidates(name string, asOf time.Time) ([]Candidate, error) {
	v, ok := s.viewOf(name, asOf)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoBranch, name)
	}
	m := s.main
	twin := map[history.Position]bool{}
	var out []Candidate
	for p := history.Position(1); int(p) <= m.Len(); p++ {
		if v.base.In(p) || twin[p] || m.Merge(p) || !m.seen(p, asOf) {
			continue
		}
		c, lost := s.candidate(v, p, asOf)
		if c.Named && len(c.Origins) == 0 && !lost {
			continue
		}
		me := s.itself(p, asOf)
		if _, _, ok := s.has(v, me); ok {
			continue
		}
		for _, q := range me.all {
			twin[q] = true
		}
		out = append(out, c)
	}
	return out, nil
}

// itself is a commit of mainline as what is looked for in a branch.
func (s *Set) itself(p history.Position, asOf time.Time) same {
	return same{at: p, all: s.main.twins(p, asOf), title: s.main.Title(p), date: s.main.AuthorDate(p)}
}

// candidate reads what the history says of a commit; lost: a culprit is not known.
func (s *Set) candidate(v view, p history.Position, asOf time.Time) (c Candidate, lost bool) {
	m := s.main
	c = Candidate{Commit: m.ID(p), At: time.Unix(m.when(p), 0).UTC(),
		Signed: m.Has(p, history.IsFix) || m.Has(p, history.AsksStable) || m.Has(p, history.SaysFix)}
	for _, r := range m.From(p) {
		if r.Kind == history.Reverts {
			c.Signed = true
		}
		if r.Kind != history.Fixes {
			continue
		}
		c.Named = true
		q := s.culprit(r.Named, p)
		switch {
		case q != 0:
			if at := s.placed(v, s.itself(q, asOf)); at.sha != "" && at.revert == "" {
				c.Origins = append(c.Origins, Origin{Named: m.ID(q), As: at.sha, Began: at.own == 0, At: v.got(at.own)})
			}
		case r.Named.Title != 0 && s.ownTitled(v, r.Named.Title):
			own := v.own.Titled(r.Named.Title)[0]
			c.Origins = append(c.Origins, Origin{As: v.own.ID(own), At: v.got(own)})
		default:
			lost = true
		}
	}
	return c, lost
}

// got is when a branch got one of its own commits; the zero time for what it began with.
func (v view) got(own history.Position) time.Time {
	if own == 0 {
		return time.Time{}
	}
	return time.Unix(v.dates[own-1], 0).UTC()
}

// culprit resolves what a tag of the commit p names: by id, also that of a backport, and
// by title where ids do not stand; 0 where it is not known.
func (s *Set) culprit(n history.Name, p history.Position) history.Position {
	if n.Digits > 0 {
		if q := s.mainlineOf(n.Hex()); q != 0 {
			return q
		}
	}
	if n.Title == 0 {
		return 0
	}
	for _, q := range s.main.Titled(n.Title) {
		if q < p {
			return q
		}
	}
	return 0
}

func (s *Set) viewOf(name string, asOf time.Time) (view, bool) {
	for _, b := range s.branches {
		if b.name == name {
			return b.at(asOf), true
		}
	}
	return view{}, false
}

// Took is a commit that a branch took from mainline.
type Took struct {
	Commit string    // of mainline
	As     string    // of the branch
	At     time.Time // when the branch got it
	Landed time.Time // when mainline had it
	// Origins are the culprits that it names and the branch had when it took it.
	Origins []Origin
}

// HadBug reports whether the branch had one of its culprits on a day.
func (t *Took) HadBug(day time.Time) bool {
	return slices.ContainsFunc(t.Origins, func(o Origin) bool { return !o.At.After(day) })
}

// Takings are the commits that a branch took from mainline between two days, in the order
// of mainline. It looks at histories alone.
func (s *Set) Takings(name string, after, until time.Time) ([]Took, error) {
	v, ok := s.viewOf(name, until)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoBranch, name)
	}
	m := s.main
	twin := map[history.Position]bool{}
	var out []Took
	for p := history.Position(1); int(p) <= m.Len(); p++ {
		if v.base.In(p) || twin[p] || m.Merge(p) {
			continue
		}
		me := s.itself(p, time.Time{})
		at := s.placed(v, me)
		if at.own == 0 {
			continue
		}
		for _, q := range me.all {
			twin[q] = true
		}
		day := v.got(at.own)
		if !day.After(after) {
			continue
		}
		c, _ := s.candidate(v.until(at.own), p, time.Time{})
		out = append(out, Took{Commit: m.ID(p), As: at.sha, At: day, Landed: c.At, Origins: c.Origins})
	}
	return out, nil
}
