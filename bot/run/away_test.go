package run_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/run"
)

// TestHubAway: GitHub refuses connections, answers with errors, hangs up in the
// middle, and comes back; the bot goes on by itself and every label is right.
func TestHubAway(t *testing.T) {
	t.Parallel()
	h := killHub(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil { // nobody listens there for now
		t.Fatal(err)
	}
	b := newBench(t, t.TempDir())
	wireHub(t, "http://"+addr, &b.opts, b.store)
	stop := b.start()
	health := func() string {
		all, err := b.store.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.Component == "source.github:hub" {
				return c.Problem
			}
		}
		return ""
	}
	for wait := time.Now().Add(10 * time.Second); !strings.Contains(health(), "refused"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("while nobody listens its health is %q", health())
		}
	}
	requests := 0
	h.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		switch requests++; {
		case requests <= 8:
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case requests > 80:
		case requests%7 == 0:
			time.Sleep(20 * time.Millisecond)
			panic(http.ErrAbortHandler)
		case requests%11 == 0:
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	if l, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	right := func(n int) bool { return strings.HasPrefix(h.Shown(n), "labels "+labelsAtFirst(n)+"\n") }
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		wrong := 0
		for n := 1; n <= killPulls; n++ {
			if !right(n) {
				wrong++
			}
		}
		if wrong == 0 {
			break
		}
	}
	stop()
	rows, err := b.store.Actions(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range rows {
		if a.State == flow.StateFailed || a.State == flow.StateUnknown {
			t.Errorf("%s is %s: %s", a.Key, a.State, a.Problem)
		}
	}
	for n := 1; n <= killPulls; n++ {
		if !right(n) {
			t.Errorf("pull request %d, want %s:\n%s", n, labelsAtFirst(n), h.Shown(n))
		}
	}
}

// start runs the bot until the returned function is called.
func (b *bench) start() (stop func()) {
	b.t.Helper()
	x, err := run.New(b.opts)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx, false) }()
	return func() {
		b.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("the bot ended: %v", err)
		}
	}
}
