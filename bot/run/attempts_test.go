package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// largePatch is a patch mail of about so many bytes.
func largePatch(n, of, size int) post {
	var d strings.Builder
	lines := size / 38
	fmt.Fprintf(&d, "---\ndiff --git a/drivers/gpu/drm/amd/amdgpu/f%d.c b/drivers/gpu/drm/amd/amdgpu/f%d.c\n--- "+
		"a/drivers/gpu/drm/amd/amdgpu/f%d.c\n+++ b/drivers/gpu/drm/amd/amdgpu/f%d.c\n@@ -1,1 +1,%d @@\n x\n",
		n, n, n, n, lines+1)
	for i := range lines {
		fmt.Fprintf(&d, "+\twrite_register(dev, 0x%06x, %06d);\n", i, n)
	}
	return post{
		id: fmt.Sprintf("20260101.%d-%d-eve@evil.example.com", 1, n), subject: fmt.Sprintf("[PATCH %d/%d] drm/amdgpu: fix hang %d", n, of, n),
		text: true, body: "The card hangs on reset.\n\nSigned-off-by: Eve Example <eve@example.org>\n" + d.String(),
		from: "Eve Example <eve@example.org>",
	}
}

// 150 patches of 381 kB took 1.5 GB, and were due again after each restart.
func TestLargeSeries(t *testing.T) {
	if testing.Short() {
		t.Skip("57 MB of patches")
	}
	b := newBench(t, t.TempDir())
	real := verdict.Default()
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		return real.Change(c, s, tree)
	}
	const n = 150
	f := &feed{name: "feed"}
	size := 0
	for i := range n {
		raw := largePatch(i+1, n, 381_000).bytes()
		size += len(raw)
		f.mails = append(f.mails, raw)
	}
	b.run(&feed{name: "empty"})
	cost := oracle.Measure(func() { b.run(f) })
	c, err := b.store.Counts(t.Context())
	if err != nil || c.Judgements != n {
		t.Fatalf("%d of %d patches were judged, %v", c.Judgements, n, err)
	}
	t.Logf("%d MB took %d MiB", size/1e6, cost.Peak>>20)
	if cost.Peak > oracle.Memory {
		t.Errorf("%d MB took %d MiB", size/1e6, cost.Peak>>20)
	}
}

// mean is a journal that fails for one series.
type mean struct {
	flow.Journal
	key  string
	err  error
	hits int
}

func (m *mean) Settle(ctx context.Context, s flow.Settlement) (bool, error) {
	if s.Series.Key == m.key && !strings.HasPrefix(s.Quiet, "it was put aside") {
		m.hits++
		return false, m.err
	}
	return m.Journal.Settle(ctx, s)
}

// What is wrong with one series ends neither the bot nor the others, and it is put
// aside with the reason, whatever the class of its error.
func TestAside(t *testing.T) {
	b := newBench(t, t.TempDir())
	bad := post{id: "bad@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", from: "Eve Example <eve@example.org>"}
	m := &mean{Journal: b.store, key: bad.id, err: errors.New("too many variables")}
	b.opts.Journal = m
	f := &feed{name: "feed", mails: [][]byte{bad.bytes()}}
	for i := range 5 {
		f.mails = append(f.mails, post{id: fmt.Sprintf("%d@example.org", i), subject: fmt.Sprintf("[PATCH] drm/amdgpu: fix hang %d", i)}.bytes())
	}
	o := b.opts
	o.Sources = []flow.Source{f}
	began := time.Now()
	o.Clock.Now = func() time.Time { return began.Add(30 * time.Since(began)) }
	x, err := run.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx, false) }()
	for {
		aside, err := b.store.Aside(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.store.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(aside) == 1 && c.Judgements == 6 {
			if aside[0].Key != bad.id || !strings.Contains(aside[0].Problem, "too many variables") {
				t.Errorf("put aside: %+v", aside)
			}
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("%d were put aside, %d judged after %d attempts", len(aside), c.Judgements, m.hits)
		}
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended the bot: %v", err)
	}
	if c, err := b.store.Explain(t.Context(), bad.id); err != nil || c.Judged == nil || c.Judged.Verdict != verdict.Uncertain ||
		c.Judged.Reason != "too expensive to judge" {
		t.Errorf("its judgement: %+v, %v", c.Judged, err)
	}
	b.quiet(bad.id, "put aside")
	if m.hits != 8 {
		t.Errorf("it was attempted %d times", m.hits)
	}
}

// A series with which the process ends is begun three times when it is large, and
// then no more, whatever comes after it.
func TestDeadlySeries(t *testing.T) {
	b := newBench(t, t.TempDir())
	p := largePatch(1, 1, 300_000)
	p.subject = "[PATCH] drm/amdgpu: fix a hang"
	b.once(post{id: "x@example.org", subject: "[PATCH] drm/amdgpu: fix another hang"})
	u := flow.Unit{Kind: flow.UnitSeries, Key: p.id}
	for range 3 { // as a process leaves it that ends there
		if _, err := b.store.Attempt(t.Context(), u, time.Now(), true); err != nil {
			t.Fatal(err)
		}
	}
	judged := 0
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		judged++
		return judge(c, s, tree)
	}
	b.once(p)
	if judged != 0 {
		t.Error("it was judged once more")
	}
	aside, err := b.store.Aside(t.Context(), 10)
	if err != nil || len(aside) != 1 || !strings.Contains(aside[0].Problem, "ended 3 times") {
		t.Errorf("put aside: %+v, %v", aside, err)
	}
	b.quiet(p.id, "put aside")
	if err := b.store.Absolve(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// TestRetry: what a person lets go is done at once where the store has it.
func TestRetry(t *testing.T) {
	b := newBench(t, t.TempDir())
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(p)
	c, err := b.store.Explain(t.Context(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range map[flow.Unit]bool{
		{Kind: flow.UnitSeries, Key: c.Series.Key}:            true,
		{Kind: flow.UnitMail, Key: p.id}:                      false, // it is filed
		{Kind: flow.UnitCommit, Key: strings.Repeat("a", 40)}: false,
	} {
		if err := b.store.Blame(t.Context(), u, "too large", time.Now(), true); err != nil {
			t.Fatal(err)
		}
		if again, err := b.store.Retry(t.Context(), u, time.Now()); again != want || err != nil {
			t.Errorf("%v: tried again %v, %v", u, again, err)
		}
	}
	if aside, err := b.store.Aside(t.Context(), 10); err != nil || len(aside) != 0 {
		t.Errorf("still aside: %+v, %v", aside, err)
	}
	if c, err := b.store.Counts(t.Context()); err != nil || c.Unsettled != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
