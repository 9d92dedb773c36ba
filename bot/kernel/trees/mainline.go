package trees

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/tree"
)

// same is a change in mainline: where it stands, and where else it does. A
// change can stand twice, in the branch for the next release and in that for
// fixes; that is one change.
type same struct {
	at    history.Position // 0: not in mainline
	all   []history.Position
	how   string
	title uint64
	date  int64 // author date
}

// find looks for the change in mainline as of a day.
func (s *Set) find(c *change.Change, asOf time.Time) same {
	m := s.main
	out := same{title: change.TitleKey(c.Subject), date: c.Date.Unix()}
	take := func(p history.Position, how string) {
		if p != 0 && out.at == 0 && m.seen(p, asOf) {
			out.at, out.how = p, how
		}
	}
	if c.Kind == change.Commit {
		take(m.Find(c.ID), "sha")
	}
	for _, o := range marks(c) {
		take(s.mainlineOf(o.SHA), o.Form)
	}
	titled := m.Titled(out.title)
	for _, p := range titled {
		if m.AuthorDate(p) == out.date {
			take(p, "subject")
		}
	}
	if out.at == 0 && (c.Kind == change.Mail || len(c.Origin) > 0) {
		// An author date changes when a version is posted anew: up to a year later.
		const before, after = 60 * 86400, 365 * 86400
		for _, p := range titled {
			if d := m.AuthorDate(p) - out.date; d > -before && d < after {
				take(p, "subject")
			}
		}
	}
	if out.at != 0 {
		out.title, out.date = m.Title(out.at), m.AuthorDate(out.at)
		out.all = m.twins(out.at, asOf)
	}
	return out
}

// mainlineOf is the mainline commit of an id: its own, or the one that a commit of
// a stable or distribution branch says it carries. 0: neither.
func (s *Set) mainlineOf(sha string) history.Position {
	m := s.main
	if p := m.Find(sha); p != 0 || sha == "" {
		return p
	}
	for _, b := range s.branches {
		own := b.own.Find(sha)
		if own == 0 {
			continue
		}
		if r, ok := s.ownMark(b.own, own); ok {
			if p := m.named(r.Named); p != 0 {
				return p
			}
		}
		for _, p := range m.Titled(b.own.Title(own)) {
			if m.AuthorDate(p) == b.own.AuthorDate(own) {
				return p
			}
		}
	}
	return 0
}

// named finds a commit by the digits that a mark gives of its id.
func (m *mainline) named(n history.Name) history.Position { return m.Find(n.Hex()) }

// twins are p and the commits that carry the same change.
func (m *mainline) twins(p history.Position, asOf time.Time) []history.Position {
	out := []history.Position{p}
	for _, q := range m.Titled(m.Title(p)) {
		if q != p && m.AuthorDate(q) == m.AuthorDate(p) && m.seen(q, asOf) {
			out = append(out, q)
		}
	}
	for _, r := range m.Naming(m.ID(p), 0, nil) {
		if r.Kind == history.Picked && r.From != p && m.Title(r.From) == m.Title(p) && m.seen(r.From, asOf) {
			out = append(out, r.From)
		}
	}
	return out
}

// culprits resolves the Fixes: tags, 0 for one that is not known: by id, and
// where that is not known here, as in a history that was rewritten, by title. A
// culprit stands before the change.
func (s *Set) culprits(c *change.Change, me same, asOf time.Time) []history.Position {
	m := s.main
	at := make([]history.Position, len(c.Fixes))
	for i, f := range c.Fixes {
		p := s.mainlineOf(f.SHA)
		if p == 0 && f.Subject != "" {
			for _, q := range m.Titled(change.TitleKey(f.Subject)) {
				if (me.at == 0 || q < me.at) && m.seen(q, asOf) {
					p = q
					break
				}
			}
		}
		if p != 0 && m.seen(p, asOf) {
			at[i] = p
		}
	}
	return at
}

// revertOfCommit is how git says what a commit takes back.
var revertOfCommit = regexp.MustCompile(`(?i)this reverts commit ([0-9a-f]{7,40})`)

// undone is the mainline commit that a change takes back, by its id or, in a
// history that was rewritten, by the title; none when it takes back nothing.
func (s *Set) undone(c *change.Change, me same, asOf time.Time) same {
	m := s.main
	title, ok := strings.CutPrefix(c.Subject, `Revert "`)
	if !ok || !strings.HasSuffix(title, `"`) {
		return same{}
	}
	var at history.Position
	if found := revertOfCommit.FindStringSubmatch(c.Body); found != nil {
		at = m.Find(strings.ToLower(found[1]))
	}
	if at == 0 {
		for _, p := range m.Titled(change.TitleKey(strings.TrimSuffix(title, `"`))) {
			if (me.at == 0 || p < me.at) && m.seen(p, asOf) {
				at = p
			}
		}
	}
	if at == 0 {
		return same{}
	}
	return same{at: at, all: m.twins(at, asOf), title: m.Title(at), date: m.AuthorDate(at)}
}

// titleOf is the title in a raw commit object.
func titleOf(raw []byte) string {
	_, msg, _ := strings.Cut(string(raw), "\n\n")
	title, _, _ := strings.Cut(msg, "\n\n")
	return strings.Join(strings.Fields(change.Plain(title)), " ")
}

// followups are later mainline commits that fix or revert the change.
func (s *Set) followups(ctx context.Context, me same, asOf time.Time) []rules.Followup {
	m := s.main
	if me.at == 0 {
		return nil
	}
	var out []rules.Followup
	seen := map[history.Position]bool{}
	for _, p := range me.all {
		for _, r := range m.Naming(m.ID(p), me.title, m.isKnown) {
			if r.From <= p || seen[r.From] || !m.seen(r.From, asOf) || r.Kind != history.Fixes && r.Kind != history.Reverts {
				continue
			}
			seen[r.From] = true
			f := rules.Followup{SHA: m.ID(r.From), Revert: r.Kind == history.Reverts}
			if o, err := m.Object(ctx, f.SHA); err == nil {
				f.Subject = titleOf(o.Data)
			}
			out = append(out, f)
		}
	}
	return out
}

// lacking are the later fixes of a change that a branch needs when it has the
// change, or takes it, and does not have yet.
func (s *Set) lacking(v view, state tree.State, later []rules.Followup) []rules.Followup {
	if state != present && state != queued && state != affected {
		return nil
	}
	var out []rules.Followup
	for _, f := range later {
		p := s.main.Find(f.SHA)
		if p == 0 || f.Revert {
			continue
		}
		if _, _, ok := s.has(v, same{at: p, all: []history.Position{p}, title: s.main.Title(p), date: s.main.AuthorDate(p)}); !ok {
			out = append(out, f)
		}
	}
	return out
}

// isKnown reports whether an abbreviated id is that of a mainline commit.
func (m *mainline) isKnown(n history.Name) bool { return m.named(n) != 0 }

// has reports whether the branch has a mainline change at that moment, as which
// commit, and how that is known. What was put in and reverted is not there.
func (s *Set) has(v view, me same) (sha, how string, ok bool) {
	p := s.placed(v, me)
	if p.sha == "" || p.revert != "" {
		return "", "", false
	}
	return p.sha, p.how, true
}

// placed is where a branch holds a change.
type placed struct {
	sha, how string           // "" when it does not
	own      history.Position // 0: the branch began with it
	revert   string           // the commit that took it out again
}

// placed looks for a mainline change in a branch at that moment.
func (s *Set) placed(v view, me same) placed {
	m := s.main
	for _, p := range me.all {
		if v.base.In(p) {
			return placed{sha: m.ID(p), how: "sha", revert: s.revertOf(v, m.ID(p), me.title, p, 0)}
		}
	}
	best, form := history.Position(0), ""
	take := func(p history.Position, how string) {
		if p <= v.last && p > best {
			best, form = p, how
		}
	}
	for _, p := range me.all {
		for _, r := range v.own.Naming(m.ID(p), 0, nil) {
			switch {
			case !s.says(v.own, r, me.title):
			case r.Kind == history.Upstream:
				take(r.From, "upstream")
			default:
				take(r.From, "cherry-pick")
			}
		}
	}
	alone := me.at != 0 && len(m.Titled(me.title)) == len(me.all)
	for _, p := range v.own.Titled(me.title) {
		if alone || v.own.AuthorDate(p) == me.date {
			take(p, "subject")
		}
	}
	if best == 0 {
		s.handed(v, me, func(p history.Position) { take(p, "cherry-pick") })
	}
	if best == 0 {
		return placed{}
	}
	return placed{sha: v.own.ID(best), how: form, own: best, revert: s.revertOf(v, v.own.ID(best), me.title, 0, best)}
}

// hands bounds how many branches a change goes through on its way to another.
const hands = 3

// handed finds the commits of a branch that were taken from other branches' copies of a
// change, which name those alone.
func (s *Set) handed(v view, me same, take func(history.Position)) {
	var ids []string
	for _, p := range me.all {
		ids = append(ids, s.main.ID(p))
	}
	for range hands {
		var next []string
		for _, id := range ids {
			for _, b := range s.branches {
				for _, r := range b.own.Naming(id, 0, nil) {
					if !s.says(b.own, r, me.title) {
						continue
					}
					if b.own == v.own {
						take(r.From)
					} else {
						next = append(next, b.own.ID(r.From))
					}
				}
			}
		}
		ids = next
	}
}

// revertOf is the commit that took one, of mainline's or of the branch's own,
// out of the branch, "" when there is none, or when it was put in again or that one was
// taken out itself.
func (s *Set) revertOf(v view, id string, title uint64, at, own history.Position) string {
	m := s.main
	if at != 0 {
		for _, r := range m.Naming(id, title, m.isKnown) {
			if r.Kind == history.Reverts && r.From > at && v.base.In(r.From) {
				again := s.revertOf(v, m.ID(r.From), m.Title(r.From), r.From, 0) != ""
				for _, p := range m.Titled(title) {
					again = again || p > r.From && v.base.In(p)
				}
				for _, p := range v.own.Titled(title) {
					again = again || p <= v.last
				}
				if !again {
					return m.ID(r.From)
				}
			}
		}
	}
	for _, r := range v.own.Naming(id, title, nil) {
		if r.Kind != history.Reverts || r.From <= own || r.From > v.last {
			continue
		}
		again := s.revertOf(v, v.own.ID(r.From), v.own.Title(r.From), 0, r.From) != ""
		for _, p := range v.own.Titled(title) {
			again = again || p > r.From && p <= v.last
		}
		if !again {
			return v.own.ID(r.From)
		}
	}
	return ""
}
