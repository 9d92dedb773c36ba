package trees

import (
	"context"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Fate is what became of a change in mainline, or on one branch.
type Fate struct {
	Branch  string // "" for mainline
	Commit  string
	How     string    // how the commit is known: "sha", "upstream", "cherry-pick", "subject"
	At      time.Time // when the branch got it
	Release string    // the first one that carries it: "6.6" of mainline, "6.6.12" of a branch; "" when it is not known
	// Begun: the branch began with it, nobody had to take it there.
	Begun    bool
	Reverted string // the commit that took it out again
	// Followups are later fixes and reverts of it that mainline has, or that are
	// in the branch.
	Followups []rules.Followup
}

// Fates says where a change is today: in mainline, and in each stable or
// distribution branch that has it or had it. It looks at histories alone, so
// that hundreds of thousands of changes can be followed. c needs no more than a
// title and a day; an id helps where it is a commit.
func (s *Set) Fates(ctx context.Context, c *change.Change) []Fate {
	m := s.main
	me := s.find(c, time.Time{})
	var out []Fate
	var later []rules.Followup
	if me.at != 0 {
		f := Fate{Commit: m.ID(me.at), How: me.how, At: time.Unix(m.when(me.at), 0).UTC()}
		if n := m.in[me.at-1]; n > 0 {
			f.Release = m.releases[n-1].name
		}
		later = s.followups(ctx, me, time.Time{})
		for _, l := range later {
			if l.Revert && f.Reverted == "" {
				f.Reverted = l.SHA
			}
		}
		f.Followups = later
		out = append(out, f)
	}
	for _, b := range s.branches {
		v := b.at(time.Time{})
		p := s.placed(v, me)
		if p.sha == "" {
			continue
		}
		f := Fate{Branch: b.name, Commit: p.sha, How: p.how, Begun: p.own == 0, Reverted: p.revert}
		if p.own != 0 {
			f.At, f.Release = time.Unix(b.dates[p.own-1], 0).UTC(), b.release(p.own)
		}
		for _, l := range later {
			if at := m.Find(l.SHA); at != 0 {
				bug := same{at: at, all: m.twins(at, time.Time{}), title: m.Title(at), date: m.AuthorDate(at)}
				if _, _, ok := s.has(v, bug); ok {
					f.Followups = append(f.Followups, l)
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// maxStable bounds the numbers of stable releases that are looked for: 4.9.337
// is the highest so far.
const maxStable = 999

// release is the first stable release that has an own commit: those trees close
// each with a commit titled "Linux 6.6.12".
func (b *branch) release(p history.Position) string {
	for _, r := range b.releases() {
		if p <= r.tip {
			return r.name
		}
	}
	return ""
}

// lastRelease is the last stable release that was made by an own commit.
func (b *branch) lastRelease(p history.Position) string {
	name := ""
	for _, r := range b.releases() {
		if r.tip <= p {
			name = r.name
		}
	}
	return name
}

func (b *branch) releases() []stableRelease {
	b.closing.Do(func() {
		for n := 1; n <= maxStable; n++ {
			name := fmt.Sprintf("%s.%d", b.name, n)
			at := b.own.Titled(change.TitleKey("Linux " + name))
			if len(at) == 0 {
				break
			}
			b.closed = append(b.closed, stableRelease{name, at[0]})
		}
	})
	return b.closed
}

// stableRelease is where one was closed.
type stableRelease struct {
	name string
	tip  history.Position
}
