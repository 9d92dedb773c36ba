package trees

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/merge"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// Line is a branch commit by commit: what it has beyond mainline, each of which can be
// read at its parent. A commit is its number, from 1 for the oldest; 0 is where the
// branch left mainline.
type Line struct {
	s *Set
	b *branch
}

// Line is the branch of the set that has a commit, or the one that would be if the commit
// were its tip: a batch that is to go in, in a repository that sees mainline's objects.
// name is "6.1"; "" takes that of the branch of the set that it stands on. It is called
// before the first question.
func (s *Set) Line(ctx context.Context, path, tip, name string) (*Line, error) {
	r, err := s.repo(ctx, path)
	if err != nil {
		return nil, err
	}
	id, err := r.Resolve(ctx, tip)
	if err != nil {
		return nil, err
	}
	for _, b := range s.branches {
		if b.repo == r && (b.tip == id || b.own.Find(id) != 0) && (name == "" || name == b.name) {
			return &Line{s, b}, nil
		}
	}
	b := &branch{repo: r, name: name, role: Stable, tip: id}
	if err := s.load(ctx, b); err != nil {
		return nil, err
	}
	if b.fork == 0 {
		return nil, fmt.Errorf("%s of %s shares no commit with mainline", tip, path)
	}
	b.name = cmp.Or(b.name, s.under(b), tip)
	return &Line{s, b}, nil
}

// under names the branch of the set that a line stands on: the one with its first own
// commit, else the one that left mainline where it did.
func (s *Set) under(b *branch) string {
	if b.own.Len() > 0 {
		for _, x := range s.branches {
			if x.own.Find(b.own.ID(1)) != 0 {
				return x.name
			}
		}
	}
	for _, x := range s.branches {
		if x.fork == b.fork {
			return x.name
		}
	}
	return ""
}

// Name is the branch's: "6.1".
func (l *Line) Name() string { return l.b.name }

// Repo is where its commits are.
func (l *Line) Repo() *git.Repo { return l.b.Repo }

// Len is the number of its last commit.
func (l *Line) Len() int { return l.b.own.Len() }

// ID is the full id of a commit.
func (l *Line) ID(n int) string { return l.b.own.ID(history.Position(n)) }

// Number is that of a commit, 0 when the line has it not as its own.
func (l *Line) Number(id string) int { return int(l.b.own.Find(id)) }

// Day is when a commit came; where a history was rewritten, when it was written.
func (l *Line) Day(n int) time.Time {
	at := l.b.dates[n-1]
	if l.s.main.rewritten {
		at = l.b.own.AuthorDate(history.Position(n))
	}
	return time.Unix(at, 0).UTC()
}

// Last is when the last commit came by which the branch follows mainline, the zero time
// when none did: "commit … upstream." or "(cherry picked from commit …)", whichever its
// commits say more often. What people have written into it since, or picked from work of their
// own beside what it follows, does not say that it is followed.
func (l *Line) Last() time.Time {
	var count [2]int
	var last [2]time.Time
	for n := l.Len(); n > 0; n-- {
		for _, r := range l.b.own.From(history.Position(n)) {
			form := slices.Index(follows, r.Kind)
			if form < 0 {
				continue
			}
			count[form]++
			if d := l.Day(n); d.After(last[form]) {
				last[form] = d
			}
		}
	}
	switch {
	case count[0] > count[1]:
		return last[0]
	case count[0] < count[1] || last[1].After(last[0]):
		return last[1]
	}
	return last[0]
}

// follows are the forms in which a branch says what it took.
var follows = []history.Kind{history.Upstream, history.Picked}

// Known is a change that mainline has.
type Known struct {
	ID  string
	How string // how it is known: "sha", "upstream", "cherry-pick", "subject"
	me  same
}

// Known finds the change that c is, or says it carries, in mainline.
func (s *Set) Known(c *change.Change) (Known, bool) {
	me := s.find(c, time.Time{})
	if me.at == 0 {
		return Known{}, false
	}
	return Known{s.main.ID(me.at), me.how, me}, true
}

// KnownAs is the change of a mainline commit.
func (s *Set) KnownAs(id string) (Known, bool) {
	p := s.main.Find(id)
	if p == 0 {
		return Known{}, false
	}
	return s.known(p), true
}

func (s *Set) known(p history.Position) Known {
	m := s.main
	return Known{m.ID(p), "sha", same{at: p, all: m.twins(p, time.Time{}), how: "sha", title: m.Title(p), date: m.AuthorDate(p)}}
}

// Before reports whether mainline has k before other.
func (k Known) Before(other Known) bool { return k.me.at < other.me.at }

// Release is the first mainline release that has it, "" for none.
func (s *Set) ReleaseOf(k Known) string {
	if n := s.main.in[k.me.at-1]; n > 0 {
		return s.main.releases[n-1].name
	}
	return ""
}

// Rewritten reports whether mainline is a history in which no id of Linux stands.
func (s *Set) Rewritten() bool { return s.main.rewritten }

// Bug is a culprit as a Fixes: tag names it.
type Bug struct {
	change.Fixes
	Known // without an ID: it is not found in mainline
}

// Bugs resolves the culprits of a change.
func (s *Set) Bugs(c *change.Change, k Known) []Bug {
	out := make([]Bug, len(c.Fixes))
	for i, p := range s.culprits(c, k.me, time.Time{}) {
		out[i].Fixes = c.Fixes[i]
		if p != 0 {
			out[i].Known = s.known(p)
		}
	}
	return out
}

// Undoes is the mainline commit that a revert takes back; false when c is none, or
// takes back what mainline has not.
func (s *Set) Undoes(c *change.Change, k Known) (Known, bool) {
	me := s.undone(c, k.me, time.Time{})
	if me.at == 0 {
		return Known{}, false
	}
	return s.known(me.at), true
}

// Standing is where a line has a change.
type Standing struct {
	Commit string // "" when it does not
	Number int    // 0: it began with it
	Revert string // the commit that took it out again
}

// In reports whether it is there.
func (x Standing) In() bool { return x.Commit != "" && x.Revert == "" }

// Standing looks for a mainline change in the line up to a commit.
func (l *Line) Standing(k Known, upTo int) Standing {
	p := l.s.placed(l.b.until(history.Position(upTo)), k.me)
	return Standing{p.sha, int(p.own), p.revert}
}

// Titled is the first commit of its own that has a title and is no later than upTo, 0 for
// none.
func (l *Line) Titled(title string, upTo int) int {
	for _, p := range l.b.own.Titled(change.TitleKey(title)) {
		if int(p) <= upTo {
			return int(p)
		}
	}
	return 0
}

// Times counts its own commits that have a title.
func (l *Line) Times(title string) int { return len(l.b.own.Titled(change.TitleKey(title))) }

// Followups are later mainline commits that say they fix or revert a change.
func (s *Set) Followups(ctx context.Context, k Known) []rules.Followup {
	return s.followups(ctx, k.me, time.Time{})
}

// PutBack reports whether mainline has a change of this title after the commit with the
// id: what was reverted came once more.
func (s *Set) PutBack(title, after string) bool {
	p := s.main.Find(after)
	for _, t := range []string{title, `Revert "Revert "` + title + `""`, `Reapply "` + title + `"`} {
		for _, q := range s.main.Titled(change.TitleKey(t)) {
			if q > p {
				return true
			}
		}
	}
	return false
}

// Judge says what the line at a commit needs of a change.
func (l *Line) Judge(ctx context.Context, c *change.Change, upTo int) rules.Branch {
	s := l.s
	q := s.question(ctx, c, nil, time.Time{})
	bugs := s.culprits(c, q.me, time.Time{})
	named := make([]rules.Culprit, len(c.Fixes))
	for i, f := range c.Fixes {
		named[i] = rules.Culprit{Named: f, Cycles: -1}
	}
	target := s.chips.Of(c)
	out, _, _ := s.branch(ctx, q, l.b.until(history.Position(upTo)), bugs, named, &target)
	return out
}

// Newer are the living stable branches of the set that are newer than the line, the
// nearest last.
func (l *Line) Newer() []*Line {
	return l.others(func(name string) bool { return release.Newer(name, l.b.name) })
}

// Beside are all living stable branches of the set but that of the line.
func (l *Line) Beside() []*Line {
	return l.others(func(name string) bool { return name != l.b.name })
}

func (l *Line) others(is func(name string) bool) (out []*Line) {
	for _, b := range l.s.branches {
		if b != l.b && b.role == Stable && is(b.name) && l.s.active(b, time.Time{}) {
			out = append(out, &Line{l.s, b})
		}
	}
	return out
}

// At is the tree of a commit of the line.
func (l *Line) At(ctx context.Context, id string) (*objects.Snapshot, error) {
	return l.b.repo.at(ctx, id)
}

// At is the tree of a mainline commit.
func (s *Set) At(ctx context.Context, id string) (*objects.Snapshot, error) {
	return s.main.at(ctx, id)
}

// Replay merges a mainline commit onto the parent of a commit of the line, as a
// cherry-pick would, and says how that compares with what the line has.
func (l *Line) Replay(ctx context.Context, n int, k Known) (merge.Replay, error) {
	var roots [4]string
	for i, x := range []struct {
		of *repo
		id string
	}{{l.s.main.repo, k.ID + "^"}, {l.b.repo, l.ID(n) + "^"}, {l.s.main.repo, k.ID}, {l.b.repo, l.ID(n)}} {
		t, err := x.of.at(ctx, x.id)
		if err != nil {
			return merge.Replay{}, err
		}
		roots[i] = t.Root
	}
	return l.b.merger.Replay(ctx, roots[0], roots[1], roots[2], roots[3])
}

// Merged is git's own merge of the two parents of a commit of the line, and where the commit
// differs from it.
func (l *Line) Merged(ctx context.Context, id string, parents [2]string) (merge.Replay, error) {
	return l.b.merger.Commits(ctx, parents[0], parents[1], id)
}

// Ladder puts a mainline change onto a tree of the line, that of the commit onto, by the
// ladder of bot/kernel/backport; nil where it has no version to start from. Of the other
// branches it counts what they have by now.
func (l *Line) Ladder(ctx context.Context, c *change.Change, upTo int, onto string) (*backport.Result, error) {
	v := l.b.until(history.Position(upTo))
	t, err := l.b.repo.at(ctx, onto)
	if err != nil {
		return nil, err
	}
	return l.s.ladder(ctx, l.s.question(ctx, c, nil, time.Time{}), v, t)
}

// Words knows the names of the files that the set has read.
func (s *Set) Words() *backport.Words { return s.words }

// KnownTitled is the first mainline commit of a title.
func (s *Set) KnownTitled(title string) (Known, bool) {
	if title == "" {
		return Known{}, false
	}
	for _, p := range s.main.Titled(change.TitleKey(title)) {
		return s.known(p), true
	}
	return Known{}, false
}

// Tip is the last commit.
func (l *Line) Tip() string { return l.b.tip }

// Hardware says of which hardware, that all of a change is for, a tree of the line has
// nothing; "" for none.
func (l *Line) Hardware(ctx context.Context, c *change.Change, at string) string {
	t, err := l.b.repo.at(ctx, at)
	if err != nil {
		return ""
	}
	target := l.s.chips.Adds(c)
	lacks, _ := l.s.hardware(ctx, l.b.at(time.Time{}), t, &target)
	return lacks
}

// Fork is the newest mainline commit that it began with.
func (l *Line) Fork() string { return l.s.main.ID(l.b.fork) }

// Near are the commits of mainline that stand around one, it included, by their order.
func (s *Set) Near(k Known, n int) (out []Known) {
	for p := max(1, int(k.me.at)-n); p <= min(s.main.Len(), int(k.me.at)+n); p++ {
		out = append(out, s.known(history.Position(p)))
	}
	return out
}

// Trailers are those of a mainline commit; no patch is read for them.
func (s *Set) Trailers(ctx context.Context, k Known) ([]change.Trailer, error) {
	o, err := s.main.Object(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	_, msg, _ := strings.Cut(string(o.Data), "\n\n")
	_, body, _ := strings.Cut(msg, "\n")
	return change.ParseTrailers(body), nil
}
