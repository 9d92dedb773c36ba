//go:build measure

package run_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/queue"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
)

// TestPlanWorkers compares two workers on PostgreSQL with one, as programs:
// each with GOMAXPROCS=1 and one job at a time, planning real changes for the
// four stable branches of freebsd/drm-kmod. Two are to plan 1.8 times as many a
// second, and each change is judged once. It wants a quiet machine with two
// processors:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./bot/run -run TestPlanWorkers -v -timeout 60m
//
// STABLEBOT_PLANS is how many changes (300).
func TestPlanWorkers(t *testing.T) {
	const goal = 1.8
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	n := 300
	if v := os.Getenv("STABLEBOT_PLANS"); v != "" {
		if _, err := fmt.Sscan(v, &n); err != nil {
			t.Fatal(err)
		}
	}
	bin, dir := built(t), t.TempDir()
	conf := filepath.Join(dir, "stablebot.yaml")
	writeText(t, conf, fmt.Sprintf(`
state: %[1]s/state
workers: 1
log: {level: info, format: json}
web: {listen: ''}
trees: {releases: "title:Reduce diff with Linux %%s"}
sources:
  git:
    - {name: drm, url: %[2]s, role: mainline, branches: [master], every: 24h}
    - {name: lts, url: %[2]s, role: stable, branches: [5.10-lts, 5.15-lts, 6.1-lts, 6.6-lts], every: 24h}
`, dir, path))
	changes := realChanges(t, path, n+warmUp)
	server := peers.NewPostgres(t)
	one := plannedBy(t, bin, conf, server.Database(), 1, changes)
	two := plannedBy(t, bin, conf, server.Database(), 2, changes)
	t.Logf("one worker plans %.1f changes a second, two %.1f: %.2f times as many", one, two, two/one)
	if two < goal*one {
		t.Errorf("two workers plan %.2f times as many changes as one; the goal is %.1f", two/one, goal)
	}
}

// warmUp is how many changes are planned before the clock runs: each worker has
// opened the trees and read the first objects then.
const warmUp = 60

// realChanges are spread over the last years of master.
func realChanges(t *testing.T, path string, n int) (out []*change.Change) {
	t.Helper()
	r, err := git.Open(t.Context(), path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	// Without those that touch the register headers that some copies lack.
	text, err := exec.Command("git", "-C", path, "rev-list", "--no-merges", "--max-count=12000", "master", "--",
		"drivers/gpu/drm/amd", "drivers/gpu/drm/i915", ":(exclude)*_sh_mask.h", ":(exclude)*_offset.h").Output()
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(string(text))
	for i := range n {
		c, err := r.Change(t.Context(), ids[i*len(ids)/n])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func plannedBy(t *testing.T, bin, conf, where string, workers int, changes []*change.Change) float64 {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Exclusive(ctx, func(ctx context.Context) error { return queue.Migrate(ctx, s.Pool()) }); err != nil {
		t.Fatal(err)
	}
	// The copies of the remotes are there before anybody judges.
	if out, err := exec.Command(bin, "run", "-c", conf, "--store", where, "--roles", "source", "--once").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, err := s.Counts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if before.Judgements+before.Waiting != 0 {
		t.Fatalf("the source brought changes of its own: %+v", before)
	}
	put := func(cs []*change.Change) {
		t.Helper()
		for _, c := range cs {
			body, err := flow.EncodeChange(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.KeepCommit(ctx, flow.Waiting{ID: c.ID, Source: "git:drm", Branch: "master", At: time.Now(), Body: body},
				flow.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	judged := func(n int) {
		t.Helper()
		for began := time.Now(); ; time.Sleep(100 * time.Millisecond) { // counting costs the workers time
			c, err := s.Counts(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if c.Judgements >= n {
				return
			}
			if time.Since(began) > 15*time.Minute {
				t.Fatalf("it does not come to an end: %+v", c)
			}
		}
	}
	var running []*process
	for range workers {
		p := &process{cmd: exec.Command(bin, "run", "-c", conf, "--store", where, "--roles", "worker"), ended: make(chan struct{})}
		p.cmd.Env = childEnv(t, "GOMAXPROCS=1")
		p.start(t)
		defer p.kill()
		running = append(running, p)
	}
	for _, p := range running {
		for began := time.Now(); !p.said(`"trees read"`); time.Sleep(100 * time.Millisecond) {
			if time.Since(began) > 5*time.Minute {
				t.Fatalf("a worker has not read the trees:\n%s", p.text.String())
			}
		}
	}
	put(changes[:warmUp])
	judged(warmUp)
	rest := changes[warmUp:]
	put(rest)
	judged(warmUp + 1) // the dispatcher has seen that they came
	began, spent := time.Now(), cpuOf(running)
	judged(len(changes))
	took, cpu := time.Since(began), cpuOf(running)-spent
	planned := 0
	for _, c := range changes {
		got, err := s.Explain(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Revision != 1 {
			t.Errorf("%s was judged %d times", c.ID, got.Revision)
		}
		if len(got.Judged.Branches) == 4 {
			planned++
		}
	}
	if planned < len(changes)*9/10 {
		t.Errorf("only %d of %d changes were planned for four branches", planned, len(changes))
	}
	t.Logf("%d workers: %d changes in %s, %s of a processor for each, git included; %d of all %d planned for four branches",
		workers, len(rest), took.Round(time.Millisecond), (cpu / time.Duration(len(rest))).Round(100*time.Microsecond), planned, len(changes))
	return float64(len(rest)) / took.Seconds()
}

// cpuOf is the time of a processor that workers have used, with the git programs
// that they keep running: it tells a slow machine from workers who wait.
func cpuOf(running []*process) (sum time.Duration) {
	const tick = time.Second / 100 // USER_HZ, the same on every Linux
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid … utime stime cutime cstime, from the 14th field on:
		// its own, and that of the programs that it ran and that have ended
		before, after, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(after)
		pid, _, _ := strings.Cut(before, " ")
		for _, p := range running {
			if own := fmt.Sprint(p.cmd.Process.Pid); len(f) > 14 && (pid == own || f[1] == own) {
				var user, system, users, systems int64
				_, _ = fmt.Sscan(strings.Join(f[11:15], " "), &user, &system, &users, &systems) // the kernel wrote them
				sum += time.Duration(user+system+users+systems) * tick
			}
		}
	}
	return sum
}
