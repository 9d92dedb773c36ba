package run_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/queue"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// benchStore makes this test binary one worker of BenchmarkWorkers.
const benchStore = "STABLEBOT_TEST_BENCH_STORE"

// planWork is how often each change is judged: together some 40 ms of a
// processor, what a plan over four branches of a kernel takes. Counted, not
// timed, so that workers who wait for each other show.
const planWork = 300

// TestWorkerChild is one worker of BenchmarkWorkers: GOMAXPROCS=1, one job at a time.
func TestWorkerChild(t *testing.T) {
	where := os.Getenv(benchStore)
	if where == "" {
		return // only BenchmarkWorkers starts it
	}
	ctx := context.Background()
	s, err := store.Open(ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	o := newBench(t, t.TempDir()).opts
	o.Journal, o.Clock, o.Log, o.Roles = s, run.Clock{}, nil, []run.Role{run.RoleWorker}
	real := verdict.Default()
	o.Judge = func(c *change.Change, ser *rules.Series, tree *rules.Tree) (j verdict.Judgement) {
		for range planWork {
			j = real.Change(c, ser, tree)
		}
		return j
	}
	if o.Queue, err = queue.New(s.Pool(), 1, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	x, err := run.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Run(ctx, false); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkWorkers compares two workers on PostgreSQL with one. It wants a
// quiet machine with two processors.
func BenchmarkWorkers(b *testing.B) {
	server := peers.NewPostgres(b)
	for range b.N {
		one, two := judgedBy(b, server.Database(), 1), judgedBy(b, server.Database(), 2)
		b.ReportMetric(one, "one/s")
		b.ReportMetric(two, "two/s")
		b.ReportMetric(two/one, "speedup")
	}
}

// judgedBy returns how many changes a second so many workers judge.
func judgedBy(b *testing.B, where string, workers int) float64 {
	b.Helper()
	const n = 200
	ctx := b.Context()
	s, err := store.Open(ctx, where)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Exclusive(ctx, func(ctx context.Context) error { return queue.Migrate(ctx, s.Pool()) }); err != nil {
		b.Fatal(err)
	}
	due := time.Now().Add(8 * time.Second) // the workers are up by then
	for i := range n {
		p := post{id: fmt.Sprintf("%d@example.org", i), subject: fmt.Sprintf("[PATCH] drm/amdgpu: fix hang %d", i)}
		m := flow.Mail{ID: p.id, Source: "feed", List: drm, Received: time.Now(), Date: time.Now(), Sender: "ada@example.org", Subject: p.subject,
			Raw: p.bytes()}
		if _, err := s.Keep(ctx, m, flow.Cursor{}); err != nil {
			b.Fatal(err)
		}
		ser := flow.Series{Key: p.id, Sender: m.Sender, Title: p.subject, Version: 1, Of: 1, List: drm, First: m.Received, Due: due}
		if err := s.File(ctx, flow.Filing{ID: p.id, Kind: flow.KindPatch, Series: &ser,
			Adds: &flow.Member{ID: p.id, N: 1, Title: p.subject}}); err != nil {
			b.Fatal(err)
		}
	}
	for range workers {
		c := exec.Command(os.Args[0], "-test.run=^TestWorkerChild$")
		c.Env = childEnv(b, benchStore+"="+where, "GOMAXPROCS=1")
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	}
	time.Sleep(time.Until(due))
	for {
		c, err := s.Counts(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if c.Judgements == n {
			break
		}
		if time.Since(due) > 2*time.Minute {
			b.Fatalf("it does not come to an end: %+v", c)
		}
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(due)
	js, err := s.Judgements(ctx, store.Filter{Limit: n})
	if err != nil {
		b.Fatal(err)
	}
	for _, j := range js {
		if c, err := s.Explain(ctx, j.ID); err != nil || c.Revision != 1 || c.Series.Settled != 1 {
			b.Errorf("%s was judged %d times, %v", j.ID, c.Revision, err)
		}
	}
	return n / took.Seconds()
}
