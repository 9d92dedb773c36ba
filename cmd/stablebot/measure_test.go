//go:build measure

package main

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/wire"
)

// realPlanner opens freebsd/drm-kmod with the branches named; the test skips
// without a clone of it.
func realPlanner(t *testing.T, branches ...string) *planner.Planner {
	t.Helper()
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	o := wire.Branches{Repo: path, Stable: branches, Releases: "title:Reduce diff with Linux %s"}
	p, err := planner.Open(context.Background(), &o, "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// realCommits are the commits of amdgpu, i915 and radeon of a range, oldest
// first, without those that touch the register headers that some copies lack.
func realCommits(t *testing.T, p *planner.Planner, revs ...string) []string {
	t.Helper()
	args := append([]string{"rev-list", "--no-merges", "--reverse"}, revs...)
	args = append(args, "--", "drivers/gpu/drm/amd", "drivers/gpu/drm/i915", "drivers/gpu/drm/radeon", ":(exclude)*_sh_mask.h",
		":(exclude)*_offset.h")
	out, err := p.Set.Mainline().Repo.Output(context.Background(), "listing commits", args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestPlanSpeed plans 300 changes of freebsd/drm-kmod, spread over what came
// after 6.1, for four branches, each for the first time in a process that is
// warm (one change was planned before), and then again:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./cmd/stablebot -run TestPlanSpeed -v
func TestPlanSpeed(t *testing.T) {
	ctx := context.Background()
	p := realPlanner(t, "5.10-lts", "5.15-lts", "6.1-lts", "6.6-lts")
	old, _ := p.Set.Place("6.1")
	all := realCommits(t, p, p.Set.Mainline().Tip, "^"+old.Tip)
	const n = 300
	var some []string
	for i := range n {
		some = append(some, all[i*len(all)/n])
	}
	one := func(id string) time.Duration {
		begin := time.Now()
		c, err := p.Change(ctx, nil, id)
		if err != nil {
			t.Logf("%.12s: %v", id, err)
			return 0
		}
		if _, err := p.Plan(ctx, c); err != nil {
			t.Fatal(err)
		}
		return time.Since(begin)
	}
	t.Logf("the first plan, with the indexes read: %v", one(some[0]))
	for _, what := range []string{"first", "again"} {
		var took []time.Duration
		worst := ""
		for _, c := range some {
			if d := one(c); d > 0 {
				took = append(took, d)
				if d == slices.Max(took) {
					worst = c
				}
			}
		}
		slices.Sort(took)
		n := len(took)
		t.Logf("%s, %d changes: median %v, 90%% %v, 99%% %v, longest %v (%.12s)", what, n, took[n/2], took[n*9/10], took[n*99/100], took[n-1],
			worst)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") || strings.HasPrefix(line, "VmRSS") {
			t.Log(strings.TrimSpace(line))
		}
	}
	t.Logf("%d MB from the system, %d MB in use", m.Sys>>20, m.HeapAlloc>>20)
}
