//go:build measure

package prereq

import (
	"context"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
)

// group is a fix that a branch took, with what it took along for it.
type group struct {
	fix   string   // mainline commit
	truth []string // titles
	lines int      // of fix and truth together
	has   map[string]bool
}

var depOf = regexp.MustCompile(`[Ss]table-dep-of:\s*[0-9a-f]{8,40}\s*\(?"?([^\n]*(?:\n[a-z(][^\n]*)?)`)

// plain is a title as it is compared: quoting is often damaged in tags.
func plain(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), `")`)
}

// readGroups pairs the Stable-dep-of commits of a branch with their fixes. The
// repository's history is rewritten, so commits are known by their titles.
func readGroups(t *testing.T, f *Finder, branch, base string) []group {
	t.Helper()
	main := map[string][]int32{}
	for i := range f.x.Commits {
		k := plain(f.x.Commits[i].Title)
		main[k] = append(main[k], int32(i))
	}
	type taken struct {
		title string
		deps  []string
	}
	var before []taken
	var groups []group
	for c, err := range f.repo.Commits(context.Background(), git.Query{Revs: []string{base + ".." + branch}, OldestFirst: true}) {
		if err != nil {
			t.Fatal(err)
		}
		title := plain(c.Title())
		own := taken{title: title}
		for _, m := range depOf.FindAllStringSubmatch(c.Message, -1) {
			own.deps = append(own.deps, plain(m[1]))
		}
		if in := main[title]; len(in) > 0 {
			g := group{fix: f.x.Commits[in[0]].ID, lines: int(f.x.Commits[in[0]].Lines), has: map[string]bool{}}
			for _, b := range before {
				n := main[b.title]
				if slices.Contains(b.deps, title) && len(n) > 0 && b.title != title {
					g.truth = append(g.truth, b.title)
					g.lines += int(f.x.Commits[n[0]].Lines)
					continue
				}
				for _, i := range n {
					g.has[f.x.Commits[i].ID] = true
				}
			}
			if len(g.truth) > 0 {
				groups = append(groups, g)
			}
		}
		before = append(before, own)
	}
	return groups
}

// TestGroups measures what is found against the Stable-dep-of groups of the
// branches of freebsd/drm-kmod:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./bot/kernel/prereq -run TestGroups -v
//
// The target is the merge base of master and the branch; what the branch had
// taken before the fix, and outside its group, counts as there. Of a group the
// truth is the tagged commits that stand before the fix and are in mainline
// after the base; found is what Pile returns. Recall and precision are over
// all commits of all groups. Learning branches and the reporting one are
// separate lines; STABLEBOT_REPORT=1 adds the latter.
func TestGroups(t *testing.T) {
	r := realRepo(t)
	measure(t, r, "learning", "5.10-lts", "5.15-lts", "6.6-lts")
	if os.Getenv("STABLEBOT_REPORT") != "" {
		recall, precision := measure(t, r, "reporting", "6.1-lts")
		if recall < 0.95 || precision < 0.85 {
			t.Errorf("recall %.3f and precision %.3f, want at least 0.95 and 0.85", recall, precision)
		}
	}
}

func measure(t *testing.T, r *git.Repo, what string, branches ...string) (recall, precision float64) {
	ctx := context.Background()
	var tp, fp, fn, n, complete int
	var took []time.Duration
	var lines, sizes []int
	cache := os.Getenv("STABLEBOT_PREREQ_CACHE")
	if cache == "" {
		cache = t.TempDir()
	}
	for _, branch := range branches {
		names, err := r.Names(ctx, "master", branch)
		if err != nil {
			t.Fatal(err)
		}
		base, err := r.MergeBase(ctx, names[0], names[1])
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		f, err := New(ctx, r, names[0], base, Options{Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		built := time.Since(begin)
		begin = time.Now()
		if err := f.Warm(ctx, base); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: index of %d commits in %v, names of the base in %v", branch, len(f.x.Commits), built, time.Since(begin))
		for _, g := range readGroups(t, f, branch, base) {
			begin := time.Now()
			p, err := f.Pile(ctx, g.fix, Target{Tree: base, Version: strings.TrimSuffix(branch, "-lts"),
				Has: func(id string) bool { return g.has[id] }})
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(begin))
			var found, extra []string
			for _, c := range p.Commits {
				if title := plain(c.Title); slices.Contains(g.truth, title) {
					found = append(found, title)
				} else {
					extra = append(extra, title)
				}
			}
			n++
			if p.Complete() {
				complete++
			}
			tp, fp, fn = tp+len(found), fp+len(extra), fn+len(g.truth)-len(found)
			lines, sizes = append(lines, g.lines), append(sizes, len(g.truth))
			if what == "learning" && (len(extra) > 0 || len(found) < len(g.truth)) {
				t.Logf("%s %.12s: extra %q", branch, g.fix, extra)
				for _, title := range g.truth {
					if !slices.Contains(found, title) {
						t.Logf("  missed %q", title)
					}
				}
			}
		}
	}
	slices.Sort(took)
	slices.Sort(lines)
	slices.Sort(sizes)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	recall, precision = float64(tp)/float64(tp+fn), float64(tp)/float64(tp+fp)
	at := func(q float64) int { return int(q * float64(n-1)) }
	t.Logf("%s: %d groups, %d complete, %d found, %d too many, %d missed: recall %.3f, precision %.3f; median %v, 99%% %v, longest %v; %d "+
		"MB from the system",
		what, n, complete, tp, fp, fn, recall, precision, took[n/2], took[at(.99)], took[n-1], m.Sys>>20)
	t.Logf("%s: lines with context of what was taken, at .50 %d, .75 %d, .90 %d, .95 %d, most %d; commits %d, %d, %d, %d, %d",
		what, lines[at(.5)], lines[at(.75)], lines[at(.9)], lines[at(.95)], lines[n-1],
		sizes[at(.5)], sizes[at(.75)], sizes[at(.9)], sizes[at(.95)], sizes[n-1])
	return recall, precision
}
