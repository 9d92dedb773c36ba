//go:build measure

package corpus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestBackportedCulprits judges the fixes that longterm branches took for bugs that
// they had taken in themselves: the culprit is there as a backport, and no mainline
// release had it before the fix. Each is judged as of the day on which its branch took
// it, with the branch as it stood before: dates of a rewritten history are those of
// authors, so the branch is cut at the commit, not at a day. The branch has the bug, so
// its row has to say affected, and the change must not be called not-needed:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./bot/evaluate/corpus -run TestBackportedCulprits -v -timeout 60m
//
// STABLEBOT_ROWS=file writes a line for each that is answered otherwise.
func TestBackportedCulprits(t *testing.T) {
	ctx := context.Background()
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	state := t.TempDir()
	set := longterms(ctx, t, path, state, map[string]string{"5.10-lts": "", "5.15-lts": "", "6.1-lts": "", "6.6-lts": ""})
	judge := verdict.Default()
	answers, left := map[string]int{}, map[string]int{}
	var wrong strings.Builder
	found := 0
	for _, name := range set.Branches() {
		for _, b := range backported(ctx, t, set, name) {
			c, day, out := bed(ctx, set, name, b)
			if out != "" {
				left[out]++
				continue
			}
			found++
			then := longterms(ctx, t, path, state, map[string]string{name + "-lts": b.backport + "^"})
			tree, err := then.Facts(ctx, c, nil, day)
			_ = then.Close()
			if err != nil {
				t.Errorf("%.12s: %v", b.fix, err)
				continue
			}
			j := *judge
			j.AsOf = day
			got := j.Change(c, nil, tree)
			row := "no row"
			for _, x := range got.Branches {
				if x.Name == name {
					row = fmt.Sprint(x.State)
				}
			}
			answer := fmt.Sprintf("row %s, change %s", row, got.Verdict)
			answers[answer]++
			if row != "affected" || got.Verdict == verdict.NotNeeded {
				fmt.Fprintf(&wrong, "%s\t%.12s\t%.12s\t%s\t%s\t%s\t%s\n", name, b.backport, b.fix, day.Format(time.DateOnly), answer, c.Subject,
					got.Reason)
			}
		}
	}
	t.Logf("%d backports of fixes for what no mainline release had, and their branch had by a backport", found)
	for _, a := range slices.Sorted(maps.Keys(answers)) {
		t.Logf("%3d of %d: %s", answers[a], found, a)
	}
	for _, a := range slices.Sorted(maps.Keys(left)) {
		t.Logf("%3d left out: %s", left[a], a)
	}
	if file := os.Getenv("STABLEBOT_ROWS"); file != "" {
		if err := os.WriteFile(file, []byte(wrong.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no such backport was found: the branches, or this test, are not what they were")
	}
}

// bed is the mainline commit of a backport and the day on which the branch took it;
// out is why it is no case.
func bed(ctx context.Context, set *trees.Set, name string, b pair) (c *change.Change, day time.Time, out string) {
	if b.fix == "" {
		return nil, day, "the fix is not in mainline"
	}
	c, err := set.Commit(ctx, b.fix)
	if err != nil && !git.Incomplete(err) {
		return nil, day, "the fix cannot be read"
	}
	if !slices.ContainsFunc(c.Files, func(f *gitdiff.File) bool { return strings.HasPrefix(cmp.Or(f.NewName, f.OldName), "drivers/") }) {
		return nil, day, "no driver is in it"
	}
	tree, err := set.Facts(ctx, c, nil, time.Time{})
	if err != nil {
		return nil, day, "the trees cannot be asked"
	}
	released := tree.Mainline.Release
	if released == "" || len(tree.Culprits) == 0 || slices.ContainsFunc(tree.Culprits, func(k rules.Culprit) bool {
		return !k.Resolved || k.Release != "" && k.Release != released
	}) {
		return nil, day, "a mainline release had the culprit before"
	}
	for _, f := range set.Fates(ctx, c) {
		if f.Branch != name || f.Begun {
			continue
		}
		if slices.ContainsFunc(set.List(ctx, f.At), func(x trees.Branch) bool { return x.Name == name && x.State == "to come" }) {
			return nil, day, "the branch had not begun on that day"
		}
		return c, f.At, ""
	}
	return nil, day, "the branch has it under another name"
}

// longterms opens freebsd/drm-kmod with some of its branches, each as it was at a
// commit; "" is its tip.
func longterms(ctx context.Context, t *testing.T, path, state string, branches map[string]string) *trees.Set {
	t.Helper()
	repo, err := git.Open(ctx, path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	// A repository of its own: the same objects, other branches.
	dir := filepath.Join(t.TempDir(), "at.git")
	refs := "# pack-refs with: peeled fully-peeled sorted \n"
	lines := map[string]string{"master": "master"}
	for name, at := range branches {
		lines[name] = cmp.Or(at, name)
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		id, err := repo.Resolve(ctx, lines[name])
		if err != nil {
			t.Fatal(err)
		}
		refs += id + " refs/heads/" + name + "\n"
	}
	for file, text := range map[string]string{
		"HEAD": "ref: refs/heads/master\n", "config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n", "packed-refs": refs,
		"objects/info/alternates": filepath.Join(path, "objects") + "\n", "refs/heads/.keep": "",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg := trees.Config{Git: git.Options{Trust: true}, TitleMarks: "Reduce diff with Linux %s", State: state,
		Remotes: []trees.Remote{{Role: trees.Mainline, Path: dir, Ref: "master"}}}
	for _, name := range slices.Sorted(maps.Keys(branches)) {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: dir, Ref: name})
	}
	set, err := trees.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return set
}

// pair is a backport of a fix, and the mainline commit that it carries.
type pair struct{ backport, fix string }

// backported lists the commits of a branch with a Fixes: tag whose culprit is one of
// the branch's own commits.
func backported(ctx context.Context, t *testing.T, set *trees.Set, name string) []pair {
	t.Helper()
	at, ok := set.Place(name)
	if !ok {
		t.Fatalf("no branch %s", name)
	}
	main := set.Mainline()
	base, err := at.Repo.MergeBase(ctx, main.Tip, at.Tip)
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{}
	var with []*change.Change
	for c, err := range at.Repo.Changes(ctx, git.Query{Revs: []string{at.Tip, "^" + base}, NoMerges: true}) {
		if err != nil && !git.Incomplete(err) {
			t.Fatal(err)
		}
		own[change.FoldTitle(c.Subject)] = true
		if len(c.Fixes) > 0 {
			with = append(with, c)
		}
	}
	titles := mainlineTitles(ctx, t, set)
	var out []pair
	for _, c := range with {
		if slices.ContainsFunc(c.Fixes, func(f change.Fixes) bool { return f.Subject != "" && own[change.FoldTitle(f.Subject)] }) {
			out = append(out, pair{c.ID, titles[change.FoldTitle(c.Subject)]})
		}
	}
	return out
}

var mainlineByTitle map[string]string

// mainlineTitles finds the mainline commit of a title: IDs of a rewritten history
// lead nowhere.
func mainlineTitles(ctx context.Context, t *testing.T, set *trees.Set) map[string]string {
	t.Helper()
	if mainlineByTitle != nil {
		return mainlineByTitle
	}
	out, err := set.Mainline().Repo.Output(ctx, "listing titles", "log", "--no-merges", "--reverse", "--format=%H %s", set.Mainline().Tip)
	if err != nil {
		t.Fatal(err)
	}
	mainlineByTitle = map[string]string{}
	for line := range strings.Lines(string(out)) {
		id, title, _ := strings.Cut(strings.TrimSpace(line), " ")
		mainlineByTitle[change.FoldTitle(title)] = id
	}
	return mainlineByTitle
}
