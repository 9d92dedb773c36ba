//go:build measure

package trees

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/trees/apply"
	"github.com/stablebot/stablebot/bot/trees/history"
	"github.com/stablebot/stablebot/bot/trees/objects"
	"github.com/stablebot/stablebot/rules/change"
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

// code is the patch without what git's patch-id leaves out: positions and spaces.
func code(c *change.Change) string {
	var b strings.Builder
	for _, f := range c.Files {
		b.WriteString(f.OldName + " " + f.NewName + "\n")
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				b.WriteString(l.Op.String())
				b.WriteString(strings.Join(strings.Fields(l.Line), ""))
			}
		}
	}
	return b.String()
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

// TestNever takes commits of the releases after 6.1 that 6.1 never took, on
// their own day: none may be said to be there, and what is said to apply has to.
func TestNever(t *testing.T) {
	s := openReal(t)
	ctx := context.Background()
	var b *branch
	for _, x := range s.branches {
		if x.name == "6.1" {
			b = x
		}
	}
	const sample = 400
	n, there, right := 0, 0, 0
	states := map[string]int{}
	var cold, times []time.Duration
	for q := b.fork + 1; int(q) <= s.main.Len() && n < sample; q += 17 {
		release := ""
		if k := s.main.in[q-1]; k > 0 {
			release = s.main.releases[k-1].name
		}
		if version(release) < version("6.2") || version(release) > version("6.6") || len(b.own.Titled(s.main.Title(q))) > 0 {
			continue
		}
		c, err := s.main.Change(ctx, s.main.ID(q))
		if err != nil || len(c.Files) == 0 || !strings.HasPrefix(c.Subject, "drm") {
			continue
		}
		n++
		asOf := time.Unix(s.main.when(q), 0)
		start := time.Now()
		tree, err := s.Facts(ctx, c, asOf)
		if err != nil {
			t.Fatal(err)
		}
		cold = append(cold, time.Since(start))
		start = time.Now()
		if _, err = s.Facts(ctx, c, asOf); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(start))
		snap, err := b.at(asOf).snapshot(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range tree.Branches {
			if o.Name != b.name {
				continue
			}
			states[o.State]++
			clean, has := s.asks(ctx, c, q, b, snap)
			switch said := slices.Contains([]string{"exact", "offset", threeWay}, o.Applies); {
			case o.State == present:
				there++
				if has {
					right++
				}
			case o.State != affected || said == clean:
				right++
			default:
				t.Logf("%.12s %s: %s, git says %v; %s", c.ID, c.Subject, o.Applies, clean, o.Why)
			}
		}
	}
	slices.Sort(times)
	slices.Sort(cold)
	t.Logf("%d never taken: %v; %d said to be there; %.1f%% right; facts: first time %v, again median %v, 99%% %v", n, states, there, 100*float64(right)/float64(n), cold[len(cold)/2], times[len(times)/2], times[len(times)*99/100])
}

// TestBackports takes every backport of the four branches on its own parent, as
// of the day before: it has to be affected and said to apply.
func TestBackports(t *testing.T) {
	s := openReal(t)
	ctx := context.Background()
	type count struct{ all, state, applies, git int }
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
			kind := b.name + " changed"
			if code(c) == code(real) {
				kind = b.name + " same"
			}
			n := sum[kind]
			if n == nil {
				n = &count{}
				sum[kind] = n
			}
			n.all++
			before := b.until(p - 1)
			start := time.Now()
			tree, err := s.facts(ctx, c, time.Time{}, func(x *branch) view {
				if x == b {
					return before
				}
				return x.at(time.Time{})
			})
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, time.Since(start))
			for _, o := range tree.Branches {
				if o.Name != b.name {
					continue
				}
				if o.State == affected {
					n.state++
				}
				clean := slices.Contains([]string{"exact", "offset", threeWay}, o.Applies)
				if clean {
					n.applies++
				}
				snap, err := before.snapshot(ctx)
				if err != nil {
					t.Fatal(err)
				}
				asked, has := s.asks(ctx, c, q, b, snap)
				if asked == clean || has && o.State == present {
					n.git++
				}
				if testing.Verbose() && (o.State != affected || strings.HasSuffix(kind, "same") && !clean || asked != clean) {
					t.Logf("%s %.12s %s: %s %s (git %v) %s", kind, b.own.ID(p), c.Subject, o.State, o.Applies, asked, o.Why)
				}
			}
		}
	}
	for kind, n := range sum {
		t.Logf("%s: %d, affected %.1f%%, applies %.1f%%, as git says %.1f%%", kind, n.all,
			100*float64(n.state)/float64(n.all), 100*float64(n.applies)/float64(n.all), 100*float64(n.git)/float64(n.all))
	}
	slices.Sort(times)
	t.Logf("facts: median %v, 99%% %v", times[len(times)/2], times[len(times)*99/100])
}
