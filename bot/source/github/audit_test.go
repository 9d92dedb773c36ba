package github_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// stable is a repository with a lock and its fix in mainline, of which 6.1 has neither.
type stable struct {
	*trees.Set
	g         *gittest.Repo
	tip       string // of 6.1
	lock, fix string
}

func newStable(t *testing.T) *stable {
	g := gittest.New(t)
	file := "int a_start(struct dev *d)\n{\n\tone(d);\n\td->first = 1;\n\td->second = 1;\n\td->third = 1;\n\ttwo(d);\n\treturn 0;\n}\n"
	put := func(text, title, tags string) string {
		g.Write("drivers/gpu/drm/x/a.c", text)
		g.Git("add", ".")
		g.Git("commit", "-q", "--author=Ada <ada@example.org>", "-m", title+"\n\n"+tags+"Signed-off-by: Ada <ada@example.org>\n")
		return g.Git("rev-parse", "HEAD")
	}
	s := &stable{g: g, tip: put(file, "drm/x: begin", "")}
	g.Git("branch", "linux-6.1.y")
	file = strings.Replace(file, "one(d);", "one(d);\n\tlock(d);", 1)
	s.lock = put(file, "drm/x: lock it", "")
	s.fix = put(strings.Replace(file, "two(d);", "unlock(d);\n\ttwo(d);", 1), "drm/x: unlock it",
		"Fixes: "+s.lock[:12]+" (\"drm/x: lock it\")\n")
	var err error
	if s.Set, err = trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-*.y"}}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// backport is a mainline commit as a pull request into a stable branch has it.
func (s *stable) backport(sha, id string) hub.Commit {
	title, body, _ := strings.Cut(s.g.Git("log", "-1", "--format=%B", id), "\n\n")
	return hub.Commit{SHA: strings.Repeat(sha, 20), Diff: s.g.Git("show", "--format=", id) + "\n",
		Message: title + "\n\ncommit " + id + " upstream.\n\n" + body + "\nSigned-off-by: Carl <carl@example.org>\n"}
}

// Refresh, Facts, Merged and Branches are run.Trees.
func (s *stable) Refresh(context.Context, bool) (string, error) { return s.State(), nil }

func (s *stable) Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	return s.Set.Facts(ctx, c, before, time.Time{})
}

func (s *stable) Merged(ctx context.Context, id string) (*change.Change, error) {
	return s.Commit(ctx, id)
}

// TestAudited: a pull request into a stable branch gets what an audit finds as one comment
// and one check, and loses it when it is mended. One that is sound hears nothing.
func TestAudited(t *testing.T) {
	s := newStable(t)
	h := newHub(t)
	h.Writers["mary"] = true
	r := start(t, h, setup{app: true, trees: s,
		audit: func(ctx context.Context, p flow.Proposal) (*report.Audit, error) {
			return audit.Proposed(ctx, s.Set, p, nil, git.Options{})
		},
		judge: func(c *change.Change, _ *rules.Series, _ *rules.Tree) verdict.Judgement {
			return verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Verdict: verdict.StableEligible, Score: 0.9, Size: c.Size}
		}})
	into := func(n int, commits ...hub.Commit) {
		open(t, h, n, commits...)
		h.Do(func(time.Time) { h.Pulls[n].Base, h.Pulls[n].Tip = "linux-6.1.y", s.tip })
		r.delivery("pull_request", "opened", n)
		r.run()
	}
	body := func(n int) (text string) {
		h.Do(func(time.Time) {
			if len(h.Pulls[n].Comments) > 0 {
				text = h.Pulls[n].Comments[0].Body
			}
		})
		return text
	}
	has := func(n int, want ...string) {
		t.Helper()
		for _, w := range want {
			if not, no := strings.CutPrefix(w, "!"); strings.Contains(body(n), not) == no {
				t.Errorf("want %q in\n%s", w, body(n))
			}
		}
	}
	push := func(n int, commits ...hub.Commit) {
		h.Do(func(now time.Time) { h.Pulls[n].Commits, h.Pulls[n].Updated = commits, now })
		r.run()
	}

	into(1, s.backport("a1", s.fix), s.backport("b2", s.lock))
	r.shows(1, "labels []", "check stablebot #1 neutral: backport to 6.1: 1 of 2 commits with findings",
		"comment stablebot[bot] []: **1 of 2 commits should be looked at")
	has(1, "before-culprit", "`a1a1a1a1a1a1` drm/x: unlock it", "as b2b2b2b2b2b2", "!b2b2b2b2b2b2` drm/x: lock it")
	r.run()
	before := len(h.Log)
	h.Do(func(now time.Time) { h.Pulls[1].Updated = now })
	r.run()
	if wrote := slices.DeleteFunc(slices.Clone(h.Log[before:]), func(l string) bool {
		return strings.Contains(l,
			"access_tokens")
	}); len(wrote) > 0 {
		t.Errorf("nothing new, and yet %s", wrote)
	}

	push(1, s.backport("b2", s.lock), s.backport("c3", s.fix))
	r.shows(1, "labels []", "check stablebot #1 neutral: backport to 6.1: nothing found in 2 commits", "**Nothing is left to look at")
	has(1, "!before-culprit", "!| Finding |")
	if n := len(h.Pulls[1].Comments); n != 1 {
		t.Errorf("%d comments", n)
	}

	into(2, s.backport("d4", s.lock), s.backport("e5", s.fix))
	r.shows(2, "labels []", "!check", "!comment")
	h.Say(2, "mary", "/stablebot recheck")
	r.run()
	r.shows(2, "check stablebot #2 neutral: backport to 6.1: nothing found in 2 commits", "comment mary [+1]")

	// What goes on nowhere onto an older copy of the branch is not said to be sound, and is
	// no reason for a comment.
	elsewhere := s.backport("b8", s.fix)
	elsewhere.Diff = strings.ReplaceAll(elsewhere.Diff, "\td->third = 1;", "\td->fourth = 1;")
	open(t, h, 4, elsewhere)
	h.Do(func(time.Time) { h.Pulls[4].Base, h.Pulls[4].Tip = "linux-6.1.y", "" })
	r.delivery("pull_request", "opened", 4)
	r.run()
	r.shows(4, "check stablebot #4 neutral: backport to 6.1: 1 of 1 commit could not be audited", "!comment")

	// A person's no, and a commit that goes on nowhere.
	if err := r.store.Stand(t.Context(), []flow.Standing{{Branch: "6.1", Commit: s.lock, Title: "drm/x: lock it", Stand: flow.StandDeclined,
		Voice: flow.VoiceWord, Who: "mary", Why: "no locks here", At: r.now}}); err != nil {
		t.Fatal(err)
	}
	lost := s.backport("f6", s.fix)
	lost.Diff = strings.ReplaceAll(lost.Diff, "\td->third = 1;", "\td->fourth = 1;")
	into(3, s.backport("a7", s.lock), lost)
	r.shows(3, "backport to 6.1: 2 of 2 commits with findings")
	has(3, "| refused | it was refused: no locks here", "| does-not-apply | f6f6f6f6f6f6 does not go on")

	// Where the branch is newer there, that is no finding.
	h.Do(func(now time.Time) { h.Pulls[3].Tip, h.Pulls[3].Updated = "", now })
	r.run()
	r.shows(3, "backport to 6.1: 1 of 2 commits with findings, 1 could not be audited")
	has(3, "!| does-not-apply", "and the branch stands at bbbbbbbbbbbb there, which is not known here")
}
