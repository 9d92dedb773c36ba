// Package mainline says what the history of mainline and its releases tell of a
// change, as of the day it went in or was posted: its culprits and how old they
// are, how it landed, whether the code that it edits is in released kernels,
// and what the people of that code usually write into their fixes.
//
// Invariants: nothing that came after that day is looked at. A commit of the
// history is judged as of the opening of the merge window that took it, or of
// its author date when that is later; anything else as of the day that is
// given. A field of the answer that cannot be known says so (Known, 0, -1) and
// counts nothing. The repository is only read. A Mainline is safe for
// concurrent use.
package mainline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Options of a Mainline.
type Options struct {
	Ref string // the branch, "HEAD" when empty
	// Marks is the title of the commit that closes a release, with %s for its
	// number, for histories without tags: "Reduce diff with Linux %s".
	Marks string
	// Cache is a folder that keeps the index of the history, "" for none.
	Cache string
	// History is that of Ref when it was read already; nil: it is read.
	History *history.History
	// Before is the same branch as it was read before; what was counted in the
	// releases that were closed then is not counted again.
	Before *Mainline
	Told   func(step string) // progress, if set
}

// Mainline is an opened history.
type Mainline struct {
	repo     *git.Repo
	h        *history.History
	releases []mark  // in order; the last may be still open
	of       []int16 // release of each position, as an index; -1 for none

	mu     sync.Mutex
	files  map[string][]byte // of releases, "sha:path"
	bytes  int
	habits map[int]map[string]tally        // release → folder → claimed fixes
	asking map[int]map[string][]*companion // release → file → what asks for stable
}

// Open reads the history. The repository is the caller's and stays open.
func Open(ctx context.Context, r *git.Repo, o Options) (*Mainline, error) {
	if o.Ref == "" {
		o.Ref = "HEAD"
	}
	told := o.Told
	if told == nil {
		told = func(string) {}
	}
	tip, err := r.Resolve(ctx, o.Ref)
	if err != nil {
		return nil, err
	}
	told("reading the history of " + o.Ref)
	m := &Mainline{repo: r, files: map[string][]byte{}, habits: map[int]map[string]tally{}, asking: map[int]map[string][]*companion{}}
	if m.h = o.History; m.h == nil || m.h.Tip != tip {
		if m.h, err = history.Open(ctx, r, o.Cache, tip); err != nil {
			return nil, err
		}
	}
	told("finding releases")
	if err := m.findReleases(ctx, tip, o.Marks, o.Cache); err != nil {
		return nil, err
	}
	m.inherit(o.Before)
	return m, nil
}

// inherit takes what an earlier Mainline counted in releases that are the same.
func (m *Mainline) inherit(old *Mainline) {
	if old == nil {
		return
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	for i, r := range old.releases {
		if i >= len(m.releases) || m.releases[i] != r {
			return
		}
		// One that is not closed may carry more by now.
		if h, ok := old.habits[i]; ok && r.commit != "" {
			m.habits[i] = h
		}
	}
}

// Releases are the numbers of the releases that the history has.
func (m *Mainline) Releases() []string {
	var out []string
	for _, r := range m.releases {
		if r.commit != "" {
			out = append(out, r.name)
		}
	}
	return out
}

// Release is the release that first carried a commit of the history, "" when it
// is in none, or in no history.
func (m *Mainline) Release(id string) string {
	if p := m.h.Find(id); p != 0 {
		if at := m.of[p-1]; at >= 0 {
			return m.releases[at].name
		}
	}
	return ""
}

// Facts says what is known of c on its day.
func (m *Mainline) Facts(ctx context.Context, c *change.Change, asOf time.Time) (*rules.Tree, error) {
	t := &rules.Tree{Mainline: rules.Presence{Known: true}}
	day := asOf
	if day.IsZero() {
		day = c.Date
	}
	p := history.Position(0)
	if c.Kind == change.Commit {
		p = m.h.Find(c.ID)
	}
	at := m.next(day) // the release that carries it, or would
	if p != 0 {
		t.Mainline.Has, t.Mainline.SHA, t.Mainline.How = true, c.ID, "sha"
		at = int(m.of[p-1])
		if at >= 0 {
			t.Mainline.Release = m.releases[at].name
		}
	}
	m.culprits(c, t, p, at)
	if at <= 0 {
		return t, nil
	}
	if last := m.releases[at-1]; !last.day.IsZero() && !c.Date.IsZero() {
		t.Landing = rules.Landing{Known: true, WindowDays: int(c.Date.Sub(last.day).Hours() / 24)}
		if p != 0 {
			m.arrival(&t.Landing, p, at)
			if err := m.company(ctx, c, &t.Landing, p, at); err != nil {
				return nil, fmt.Errorf("looking at what went in with %.12s: %w", c.ID, err)
			}
		} else if waits(c) {
			t.Landing.WindowDays = min(t.Landing.WindowDays-cycle, -1)
		}
	}
	lts := m.longterm(at - 1)
	for _, x := range []struct {
		to *rules.Base
		at int
	}{{&t.Last, at - 1}, {&t.LTS, lts[0]}, {&t.OldLTS, lts[1]}} {
		if x.at < 0 || m.releases[x.at].commit == "" {
			continue
		}
		var err error
		if *x.to, err = m.base(ctx, c, m.releases[x.at].commit); err != nil {
			return nil, fmt.Errorf("looking for the code of %.12s in %s: %w", c.ID, m.releases[x.at].name, err)
		}
	}
	var err error
	if t.Habit, err = m.habit(ctx, c, at); err != nil {
		return nil, fmt.Errorf("counting the fixes before %s: %w", m.releases[at].name, err)
	}
	return t, nil
}

// cycle is how many days a release usually takes: nine weeks. From 5.0 to 6.12 all
// took nine or ten.
const cycle = 63

// waits reports whether what is posted would wait for the next merge window: what
// mends nothing does, and what is sent for the next tree. That it was written after
// an -rc1 says nothing then of how urgent it is.
func waits(c *change.Change) bool {
	if slices.ContainsFunc(c.Prefix.Words, func(w string) bool { return w == "next" || strings.HasSuffix(w, "-next") }) {
		return true
	}
	return len(c.Fixes) == 0 && len(c.Stable) == 0 && !history.SaysFixIn(c.Subject)
}

// arrival says when p went in and what went in beside it, by its place in the
// history.
func (m *Mainline) arrival(l *rules.Landing, p history.Position, at int) {
	of := func(q history.Position) bool { return q >= 1 && int(q) <= m.h.Len() && int(m.of[q-1]) == at }
	own := m.h.AuthorDate(p)
	top, end := own, m.releases[at].day
	for q := p - 1; q >= 1 && q+rules.ArrivedWithin >= p; q-- {
		if d := m.h.AuthorDate(q); of(q) && d > top && (end.IsZero() || d < end.Unix()) {
			top = d
		}
	}
	l.ArrivedDays = int((top - m.releases[at-1].day.Unix()) / 86400)
	for q := max(p, 1+rules.MatesWithin) - rules.MatesWithin; q <= p+rules.MatesWithin; q++ {
		if q == p || !of(q) || max(m.h.AuthorDate(q)-own, own-m.h.AuthorDate(q)) > rules.MatesHours*3600 {
			continue
		}
		l.Mates++
		if m.h.Has(q, history.IsFix) {
			l.MatesFix++
		}
		if m.h.Has(q, history.AsksStable) {
			l.MatesStable++
		}
	}
}

// culprits resolves the Fixes: tags among the commits before p, or before the
// release at when c is no commit of the history.
func (m *Mainline) culprits(c *change.Change, t *rules.Tree, p history.Position, at int) {
	for _, f := range c.Fixes {
		out := rules.Culprit{Named: f, Cycles: -1}
		if q := m.resolve(f, p, at); q != 0 {
			out.Resolved, out.SHA, out.Subject = true, m.h.ID(q), f.Subject
			if !c.Date.IsZero() {
				out.AgeDays = int((c.Date.Unix() - m.h.AuthorDate(q)) / 86400)
			}
			out.AsksStable, out.IsFix = m.h.Has(q, history.AsksStable), m.h.Has(q, history.IsFix)
			if of := int(m.of[q-1]); of >= 0 && at >= 0 {
				out.Cycles = max(at-of, 0)
				if out.Cycles > 0 { // a release that has not been made on that day has no name
					out.Release = m.releases[of].name
				}
			}
		}
		t.Culprits = append(t.Culprits, out)
	}
}

// resolve finds a culprit by its id, else by its title: in a rewritten history
// no id stands. The earliest commit of a title is the one that was meant; later
// ones are the same change once more.
func (m *Mainline) resolve(f change.Fixes, p history.Position, at int) history.Position {
	before := func(q history.Position) bool {
		if p != 0 {
			return q < p
		}
		of := int(m.of[q-1])
		return at < 0 || of >= 0 && of <= at
	}
	if f.SHA != "" {
		if q := m.h.Find(f.SHA); q != 0 && before(q) {
			return q
		}
	}
	if f.Subject == "" {
		return 0
	}
	for _, q := range m.h.Titled(change.TitleKey(f.Subject)) {
		if before(q) {
			return q
		}
	}
	return 0
}
