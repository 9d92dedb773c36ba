//go:build measure

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestBackportedCulprits judges the fixes that longterm branches took for bugs that
// they had taken in themselves: the culprit is there as a backport, and no mainline
// release had it when the fix was written. Each is judged with its branch as it was
// on the day before; the branch needs it, so its row has to say affected, and the
// change must not be called not-needed:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./cmd/stablebot -run TestBackportedCulprits -v -timeout 30m
//
// STABLEBOT_ROWS=file writes a line for each that is answered otherwise.
func TestBackportedCulprits(t *testing.T) {
	ctx := context.Background()
	p := realPlanner(t, "5.10-lts", "5.15-lts", "6.1-lts", "6.6-lts")
	main := p.set.Mainline()
	answers := map[string]int{}
	var wrong strings.Builder
	fixes, found := 0, 0
	for _, name := range p.set.Branches() {
		for _, b := range backported(ctx, t, p, name) {
			fixes++
			c, err := p.change(ctx, nil, b.fix)
			if err != nil && !git.Incomplete(err) || b.fix == "" {
				answers["the fix is not in mainline"]++
				continue
			}
			released, ok := neverReleased(ctx, p, c)
			if !ok {
				answers["not in the test bed: a mainline release had the culprit"]++
				continue
			}
			found++
			day := c.Date.AddDate(0, 0, -1)
			tree, err := p.set.Facts(ctx, c, nil, day)
			if err != nil {
				t.Errorf("%.12s: %v", b.fix, err)
				continue
			}
			j := *p.judge
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
				fmt.Fprintf(&wrong, "%s\t%.12s\t%s\t%s\t%s\t%s\t%s\n", name, b.fix, day.Format(time.DateOnly), released, answer, c.Subject, got.Reason)
			}
		}
	}
	t.Logf("%d backports with a culprit that came by backport; %d of them fix what no mainline release had (mainline %.12s)", fixes, found, main.Tip)
	for _, a := range slices.Sorted(maps.Keys(answers)) {
		t.Logf("%3d %s", answers[a], a)
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

// pair is a backport of a fix, and the mainline commit that it carries.
type pair struct{ backport, fix string }

// backported lists the commits of a branch with a Fixes: tag whose culprit is one of
// the branch's own commits.
func backported(ctx context.Context, t *testing.T, p *planner, name string) []pair {
	t.Helper()
	at, ok := p.set.Place(name)
	if !ok {
		t.Fatalf("no branch %s", name)
	}
	main := p.set.Mainline()
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
	titles := mainlineTitles(ctx, t, p)
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
func mainlineTitles(ctx context.Context, t *testing.T, p *planner) map[string]string {
	t.Helper()
	if mainlineByTitle != nil {
		return mainlineByTitle
	}
	out, err := p.set.Mainline().Repo.Output(ctx, "listing titles", "log", "--no-merges", "--reverse", "--format=%H %s", p.set.Mainline().Tip)
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

// neverReleased reports whether mainline releases had none of the culprits before
// the one that carries the fix; released is that one.
func neverReleased(ctx context.Context, p *planner, c *change.Change) (released string, ok bool) {
	tree, err := p.set.Facts(ctx, c, nil, time.Time{})
	if err != nil || errors.Is(err, context.Canceled) {
		return "", false
	}
	released = tree.Mainline.Release
	return released, released != "" && len(tree.Culprits) > 0 && !slices.ContainsFunc(tree.Culprits, func(k rules.Culprit) bool {
		return !k.Resolved || k.Release != "" && k.Release != released
	})
}
