package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// TestDispatched: what is out is not given out again before its time, and then to
// somebody else with another turn; what is done is forgotten.
func TestDispatched(t *testing.T) {
	g := &dispatched{low: make(chan struct{}, 1)}
	a, b := flow.Task{Kind: flow.TaskSeries, Key: "a", Revision: 1}, flow.Task{Kind: flow.TaskCommit, Key: "b"}
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	turn := func(t flow.Task, n int) flow.Task { t.Attempt = n; return t }
	take := func(after time.Duration, want []flow.Task, tasks ...flow.Task) {
		t.Helper()
		now = now.Add(after)
		if got := g.take(now, tasks); !slices.Equal(got, want) {
			t.Errorf("given out %v, want %v", got, want)
		}
	}
	take(0, []flow.Task{a, b}, a, b)
	take(time.Second, nil, a, b)
	take(attemptFirst, []flow.Task{turn(a, 1)}, a)       // b was done by somebody
	take(attemptFirst, nil, a)                           // the second turn is longer
	take(attemptFirst, []flow.Task{turn(a, 2), b}, a, b) // and b came anew
	g.failed(turn(a, 2), now.Add(time.Second), errors.New("refused"))
	take(2*time.Second, []flow.Task{turn(a, 3)}, a, b)
	if g.problem() == nil {
		t.Error("a failure is forgotten")
	}
	g.done(a)
	select {
	case <-g.low:
	default:
		t.Error("nobody is told that little is left")
	}
	for range 20 {
		take(attemptMax, []flow.Task{turn(a, g.out[a].n)}, a)
	}
}

func TestLocal(t *testing.T) {
	l := NewLocal(4)
	ctx, stop := context.WithCancel(t.Context())
	var (
		mu   sync.Mutex
		done = map[string]int{}
		open = make(chan struct{})
		all  = make(chan struct{})
	)
	const n = 100
	do := func(_ context.Context, task flow.Task) error {
		<-open
		mu.Lock()
		defer mu.Unlock()
		if done[task.Key]++; len(done) == n {
			close(all)
		}
		return nil
	}
	var tasks []flow.Task
	for i := range n {
		tasks = append(tasks, flow.Task{Kind: flow.TaskSeries, Key: fmt.Sprint(i)})
	}
	ended := make(chan error)
	go func() { ended <- l.Work(ctx, do) }()
	for turn := range 3 { // those that wait or are under way are not doubled
		for i := range tasks {
			tasks[i].Attempt = turn
		}
		if err := l.Put(ctx, tasks); err != nil {
			t.Fatal(err)
		}
	}
	close(open)
	<-all
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for k, times := range done {
		if times != 1 {
			t.Errorf("%s was done %d times", k, times)
		}
	}
}

// TestEncodeChange: a worker elsewhere sees the change that the source saw.
func TestEncodeChange(t *testing.T) {
	text := "It hangs.\n\nFixes: 0123456789ab (\"drm/x: add it\")\nSigned-off-by: Ada <ada@example.org>\n"
	diff := "diff --git a/drivers/gpu/drm/x.c b/drivers/gpu/drm/x.c\n--- a/drivers/gpu/drm/x.c\n+++ b/drivers/gpu/drm/x.c\n@@ -1,3 +1,4 " +
		"@@\n a\n+b\n c\n d\n"
	want, err := change.Parse(change.Input{ID: "0123456789abcdef0123456789abcdef01234567", Kind: change.Commit, Subject: "drm/x: fix a hang",
		Text: text, Diff: diff})
	if err != nil {
		t.Fatal(err)
	}
	b, err := flow.EncodeChange(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := flow.DecodeChange(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(change.Change{})); d != "" {
		t.Errorf("the change came back changed (-want +got):\n%s", d)
	}
	if _, err := flow.DecodeChange(b[:len(b)/2]); err == nil {
		t.Error("half a change is one")
	}
}
