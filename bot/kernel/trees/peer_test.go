//go:build measure

package trees

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// openReal opens freebsd/drm-kmod, whose path is in STABLEBOT_DRM_KMOD.
func openReal(t testing.TB) *Set {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	s, err := Open(context.Background(), Config{
		TitleMarks: "Reduce diff with Linux %s", State: os.Getenv("STABLEBOT_PEER_DIR"), Git: git.Options{Trust: true},
		Remotes: []Remote{
			{Role: Mainline, Path: path, Ref: "master"},
			{Role: Stable, Path: path, Ref: "5.10-lts"}, {Role: Stable, Path: path, Ref: "5.15-lts"},
			{Role: Stable, Path: path, Ref: "6.1-lts"}, {Role: Stable, Path: path, Ref: "6.6-lts"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// upstream is the mainline commit that an own commit of a branch carries.
func (s *Set) upstream(v view, p history.Position) history.Position {
	marked := false
	for _, r := range v.own.From(p) {
		marked = marked || r.Kind == history.Upstream
	}
	if !marked {
		return 0
	}
	for _, q := range s.main.Titled(v.own.Title(p)) {
		if s.main.AuthorDate(q) == v.own.AuthorDate(p) {
			return q
		}
	}
	if qs := s.main.Titled(v.own.Title(p)); len(qs) > 0 {
		return qs[len(qs)-1]
	}
	return 0
}

// asks is git's own answer for a mainline commit on a tree: does it go on, by
// apply or by a merge of the whole trees, and does the merge change nothing.
func (s *Set) asks(ctx context.Context, c *change.Change, q history.Position, b *branch, snap *objects.Snapshot) (clean, has bool) {
	if apply.Check(ctx, snap, c.Files) <= apply.Offset {
		return true, false
	}
	base, err := s.main.at(ctx, s.main.ID(q)+"^")
	if err != nil {
		return false, false
	}
	own, err := s.main.at(ctx, s.main.ID(q))
	if err != nil {
		return false, false
	}
	r, err := b.merger.Trees(ctx, base.Root, snap.Root, own.Root)
	return err == nil && r.Clean, err == nil && r.Same
}

// reading is what a branch has, by nothing but the titles that git lists: an
// answer to compare with that shares no code with the index.
type reading struct {
	base map[string]int // title → times taken less times reverted, where the branch left mainline
	own  []string       // titles put on top, oldest first
	at   map[string]int // commit → how many of own it has
}

func read(t *testing.T, s *Set, b *branch) *reading {
	r := &reading{base: map[string]int{}, at: map[string]int{s.main.ID(b.fork): 0}}
	list := func(args ...string) []string {
		out, err := b.Output(context.Background(), "listing titles", append([]string{"log", "--format=%H %s", "--reverse", "--topo-order"},
			args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	}
	for _, line := range list(s.main.ID(b.fork)) {
		_, title, _ := strings.Cut(line, " ")
		count(r.base, title)
	}
	for i, line := range list(s.main.ID(b.fork) + ".." + b.tip) {
		id, title, _ := strings.Cut(line, " ")
		r.own = append(r.own, title)
		r.at[id] = i + 1
	}
	return r
}

func count(have map[string]int, title string) {
	if t, ok := strings.CutPrefix(title, `Revert "`); ok {
		have[strings.TrimSuffix(t, `"`)]--
	}
	have[title]++
}

// has reports whether the branch has a title at a commit, and what was put on
// top up to there does not take it back.
func (r *reading) has(tip, title string) bool {
	have := map[string]int{title: r.base[title]}
	for _, own := range r.own[:r.at[tip]] {
		if strings.Contains(own, title) {
			count(have, own)
		}
	}
	return have[title] > 0
}

// state is the reading's answer, "" where it has none, and why.
func (r *reading) state(ctx context.Context, c *change.Change, v view, t apply.Tree) (state, why string) {
	lines, there, files, have := 0, 0, 0, 0
	for _, f := range c.Files {
		if f.IsNew {
			continue
		}
		files++
		e, err := t.Entry(ctx, f.OldName)
		if err != nil || !e.Exists() {
			for _, h := range f.TextFragments {
				lines += int(h.OldLines)
			}
			continue
		}
		have++
		img, err := t.Image(ctx, e)
		if err != nil {
			return "", "an object is missing"
		}
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if text := strings.TrimSpace(l.Line); l.Op != gitdiff.OpAdd && len(text) > 8 {
					if lines++; strings.Contains(string(img.Data), text) {
						there++
					}
				}
			}
		}
	}
	known := 0
	for _, f := range c.Fixes {
		if f.Subject == "" {
			continue
		}
		known++
		if r.has(v.tip, f.Subject) {
			return string(affected), "the culprit is in: " + f.Subject
		}
	}
	switch {
	case known < len(c.Fixes):
		return "", "a culprit without a title"
	case files > 0 && have == 0:
		return string(noBase), "no file is there"
	case known > 0:
		return string(notAffected), "no culprit is in"
	case 2*there >= lines:
		return string(affected), fmt.Sprintf("%d of %d lines are there", there, lines)
	case 5*there < lines:
		return string(noBase), fmt.Sprintf("%d of %d lines are there", there, lines)
	}
	return "", fmt.Sprintf("%d of %d lines are there", there, lines)
}

// TestNever takes as many commits of the five releases after 6.1 that 6.1 never
// took as there are backports in it, each on its own day. Right is: the state is
// that of the reading, and what is said to apply does so by git's own answer, on
// the branch of that day.
func TestNever(t *testing.T) {
	s := openReal(t)
	ctx := context.Background()
	b := s.named("6.1")
	have := read(t, s, b)
	var all []history.Position
	for q := b.fork + 1; int(q) <= s.main.Len(); q++ {
		in := ""
		if k := s.main.in[q-1]; k > 0 {
			in = s.main.releases[k-1].name
		}
		if in != "" && !release.Newer("6.2", in) && !release.Newer(in, "6.6") && len(b.own.Titled(s.main.Title(q))) == 0 {
			all = append(all, q)
		}
	}
	const sample = 958 // the 6.1.y backports that TestBackports finds
	n, right, unread, stateRight, fits, noChip := 0, 0, 0, 0, 0, 0
	states := map[string]int{}
	var cold, times []time.Duration
	for i := 0; i < len(all) && n < sample; i += max(1, len(all)/(sample*5/4)) {
		q := all[i]
		c, err := s.main.Change(ctx, s.main.ID(q))
		if err != nil || len(c.Files) == 0 || !strings.HasPrefix(c.Subject, "drm") {
			continue
		}
		n++
		asOf := time.Unix(s.main.when(q), 0)
		start := time.Now()
		tree, err := s.Facts(ctx, c, nil, asOf)
		if err != nil {
			t.Fatal(err)
		}
		cold = append(cold, time.Since(start))
		start = time.Now()
		if _, err = s.Facts(ctx, c, nil, asOf); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(start))
		v := b.at(asOf)
		snap, err := v.snapshot(ctx)
		if err != nil {
			t.Fatal(err)
		}
		o := branchOf(tree, b.name)
		states[string(o.State)]++
		clean, has := s.asks(ctx, c, q, b, snap)
		want, why := have.state(ctx, c, v, snap)
		chip := strings.Contains(o.Why, "no file, ID or version of it")
		if chip {
			noChip++
			want = string(noBase) // what the reading cannot know
			t.Logf("%.12s %s: %s", c.ID, c.Subject, o.Why)
		}
		state := string(o.State) == want || o.State == present && has
		applies := o.State != affected || slices.Contains([]string{"exact", "offset", string(threeWay)}, string(o.Applies)) == clean
		switch {
		case want == "":
			unread++
			n--
			continue // nothing to compare with
		case !state:
			t.Logf("%.12s %s: %s (%s); the reading: %s (%s)", c.ID, c.Subject, o.State, o.Why, want, why)
		}
		if !applies {
			t.Logf("%.12s %s: %s, git says %v; %s", c.ID, c.Subject, o.Applies, clean, o.Why)
		}
		if state {
			stateRight++
		}
		if applies {
			fits++
		}
		if state && applies {
			right++
		}
	}
	percent := func(k int) float64 { return 100 * float64(k) / float64(n) }
	slices.Sort(times)
	slices.Sort(cold)
	t.Logf("%d of %d never taken: %v; state right %.1f%%, applies right %.1f%%, both %.1f%%; %d more without a reading, %d without the chip",
		n, len(all), states, percent(stateRight), percent(fits), percent(right), unread, noChip)
	t.Logf("facts: first time median %v, 99%% %v; again median %v, 99%% %v", cold[len(cold)/2], cold[len(cold)*99/100], times[len(times)/2],
		times[len(times)*99/100])
	if percent(right) < 90 {
		t.Error("less than 90 % are right")
	}
}

func (s *Set) named(name string) *branch {
	for _, b := range s.branches {
		if b.name == name {
			return b
		}
	}
	return nil
}

// TestBackports takes every backport of the four branches as of the day before,
// on its own parent: the import dates of that repository are no days. Right is:
// it is affected, and said to apply where git says so.
func TestBackports(t *testing.T) {
	s := openReal(t)
	ctx := context.Background()
	type count struct{ all, state, applies, git, right int }
	sum := map[string]*count{}
	var times []time.Duration
	for _, b := range s.branches {
		all := b.at(time.Time{})
		for p := history.Position(1); p <= all.last; p++ {
			q := s.upstream(all, p)
			if q == 0 {
				continue
			}
			c, err := s.main.Change(ctx, s.main.ID(q))
			if err != nil {
				continue // an object is missing
			}
			real, err := b.Change(ctx, b.own.ID(p))
			if err != nil || len(c.Files) == 0 || len(real.Files) == 0 {
				continue
			}
			same := change.PatchID(c.Files) == change.PatchID(real.Files)
			kinds := []string{b.name, b.name + " changed"}
			if same {
				kinds[1] = b.name + " same"
			}
			before := b.until(p - 1)
			start := time.Now()
			tree, err := s.facts(ctx, s.question(ctx, c, nil, time.Unix(s.main.when(q), 0)), func(x *branch) view {
				if x == b {
					return before
				}
				return x.at(time.Time{})
			})
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, time.Since(start))
			o := branchOf(tree, b.name)
			clean := slices.Contains([]string{"exact", "offset", string(threeWay)}, string(o.Applies))
			snap, err := before.snapshot(ctx)
			if err != nil {
				t.Fatal(err)
			}
			asked, has := s.asks(ctx, c, q, b, snap)
			asGit := asked == clean || has && o.State == present
			if testing.Verbose() && (o.State != affected || same && !clean || !asGit) {
				t.Logf("%s %.12s %.12s %s: %s %s (git %v) %s", kinds[1], b.own.ID(p), c.ID, c.Subject, o.State, o.Applies, asked, o.Why)
			}
			for _, kind := range kinds {
				n := sum[kind]
				if n == nil {
					n = &count{}
					sum[kind] = n
				}
				n.all++
				for _, x := range []struct {
					yes bool
					to  *int
				}{{o.State == affected, &n.state}, {clean, &n.applies}, {asGit, &n.git}, {o.State == affected && asGit && (clean || !same), &n.right}} {
					if x.yes {
						*x.to++
					}
				}
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(sum)) {
		n := sum[kind]
		of := func(k int) float64 { return 100 * float64(k) / float64(n.all) }
		t.Logf("%s: %d, affected %.1f%%, applies %.1f%%, as git says %.1f%%, state and applicability right %.1f%%", kind, n.all, of(n.state),
			of(n.applies), of(n.git), of(n.right))
		switch {
		case strings.HasSuffix(kind, "same") && of(n.applies) < 99, strings.HasSuffix(kind, "changed") && of(n.git) < 95, of(n.right) < 90 &&
			kind == "6.1":
			t.Errorf("%s is below the goal", kind)
		}
	}
	slices.Sort(times)
	t.Logf("facts: median %v, 99%% %v", times[len(times)/2], times[len(times)*99/100])
}
