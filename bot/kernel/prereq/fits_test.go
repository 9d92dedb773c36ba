//go:build measure

package prereq

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
)

// realRepo opens freebsd/drm-kmod, whose path is in STABLEBOT_DRM_KMOD.
func realRepo(t *testing.T) *git.Repo {
	t.Helper()
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	r, err := git.Open(context.Background(), path, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// realFinder indexes what a branch of it lacks of master.
func realFinder(t *testing.T, branch string) (f *Finder, base string) {
	t.Helper()
	ctx, r := context.Background(), realRepo(t)
	names, err := r.Names(ctx, "master", branch)
	if err != nil {
		t.Fatal(err)
	}
	if base, err = r.MergeBase(ctx, names[0], names[1]); err != nil {
		t.Fatal(err)
	}
	if f, err = New(ctx, r, names[0], base, Options{Cache: os.Getenv("STABLEBOT_PREREQ_CACHE")}); err != nil {
		t.Fatal(err)
	}
	return f, base
}

// TestFits asks about every backport of three branches as if it went on as it is:
// the branch built with it, so a name that is said to be missing there was adjusted,
// came along, or is an error of ours. The few that are told are printed, to be read.
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./bot/kernel/prereq -run TestFits -v
func TestFits(t *testing.T) {
	ctx := context.Background()
	all, told := 0, 0
	for _, branch := range []string{"5.10-lts", "5.15-lts", "6.6-lts"} {
		f, base := realFinder(t, branch)
		has := map[string]bool{}
		for c, err := range f.repo.Commits(ctx, git.Query{Revs: []string{base + ".." + branch}, OldestFirst: true}) {
			if err != nil {
				t.Fatal(err)
			}
			in := f.x.byTitle[c.Title()]
			if len(in) == 0 {
				continue
			}
			id := f.x.Commits[in[0]].ID
			p, err := f.Pile(ctx, id, Target{Tree: base, Fits: true, Version: strings.TrimSuffix(branch, "-lts"),
				Has: func(id string) bool { return has[id] }})
			if err != nil {
				t.Fatal(err)
			}
			if all++; len(p.Commits)+len(p.Unresolved) > 0 {
				told++
				t.Logf("%s %.12s %s: %d first, lacks %q", branch, id, c.Title(), len(p.Commits), p.Missing())
			}
			for _, i := range in {
				has[f.x.Commits[i].ID] = true
			}
		}
	}
	t.Logf("%d of %d backports are said to use what their branch has not", told, all)
	if told*50 > all {
		t.Error("more than 2 %")
	}
}

// TestPosted asks about commits as if mainline did not have them yet: the answer has
// to be that of the commit.
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./bot/kernel/prereq -run TestPosted -v
func TestPosted(t *testing.T) {
	ctx := context.Background()
	f, base := realFinder(t, "5.15-lts")
	n, same := 0, 0
	for i := 0; i < len(f.x.Commits); i += 37 {
		e := &f.x.Commits[i]
		if e.Merge || !e.Signed || int(f.x.byTitle[e.Title][0]) != i {
			continue
		}
		c, err := f.repo.Change(ctx, e.ID)
		if err != nil || len(c.Files) == 0 {
			continue
		}
		for _, fits := range []bool{false, true} {
			target := Target{Tree: base, Version: "5.15", Fits: fits}
			want, err := f.Pile(ctx, e.ID, target)
			if err != nil {
				t.Fatal(err)
			}
			before := map[string]bool{}
			for k := range i {
				before[f.x.Commits[k].ID] = true
			}
			got, err := f.Posted(ctx, Posted{Change: c, Files: c.Files, There: func(id string) bool { return before[id] }}, target)
			n++
			if err == nil && fmt.Sprint(titles(got), got.Complete(), got.Missing()) == fmt.Sprint(titles(want), want.Complete(), want.Missing()) {
				same++
				continue
			}
			if err != nil {
				t.Logf("%.12s %s: %v", e.ID, e.Title, err)
				continue
			}
			t.Logf("%.12s %s: %d commits, %v, %q; as a commit %d, %v, %q", e.ID, e.Title, len(got.Commits), got.Complete(), got.Missing(),
				len(want.Commits), want.Complete(), want.Missing())
			for _, x := range got.Commits {
				if !slices.Contains(titles(want), x.Title) {
					t.Logf("    more: %s %v", x.Title, x.Why)
				}
			}
		}
	}
	t.Logf("%d of %d answers are those of the commit", same, n)
	if same*100 < n*99 {
		t.Error("less than 99 %")
	}
}
