package run_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/queue"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
)

// The environment that makes this test binary one of the processes that share
// a store.
const (
	shareDir   = "STABLEBOT_TEST_SHARE_DIR"
	shareStore = "STABLEBOT_TEST_SHARE_STORE"
	sharePace  = "STABLEBOT_TEST_SHARE_PACE"
)

// TestShareChild is one process of TestShare.
func TestShareChild(t *testing.T) {
	dir := os.Getenv(shareDir)
	if dir == "" {
		return // only TestShare starts it
	}
	b := newBench(t, t.TempDir()) // for its options
	s, err := store.Open(context.Background(), os.Getenv(shareStore))
	if err != nil {
		t.Fatal(err)
	}
	o := b.opts
	o.Journal, o.Clock, o.Settle = s, run.Clock{}, 300*time.Millisecond
	o.Sinks = []flow.Sink{diary{filepath.Join(dir, "diary")}}
	mails, _, _ := killMails()
	pace, err := time.ParseDuration(os.Getenv(sharePace))
	if err != nil {
		t.Fatal(err)
	}
	o.Sources = []flow.Source{&slow{feed{name: "feed", mails: mails, more: make(chan struct{})}, pace}}
	if o.Log, err = zap.NewProduction(); err != nil {
		t.Fatal(err)
	}
	if s.Pool() != nil {
		if err := s.Exclusive(context.Background(), func(ctx context.Context) error { return queue.Migrate(ctx, s.Pool()) }); err != nil {
			t.Fatal(err)
		}
		if o.Queue, err = queue.New(s.Pool(), 2, o.Log); err != nil {
			t.Fatal(err)
		}
	}
	x, err := run.New(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Log.Info("running")
	if err := x.Run(context.Background(), false); err != nil {
		t.Fatal(err)
	}
}

// process is one of them, and what it has logged.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu   sync.Mutex
	text strings.Builder
}

func startShare(t *testing.T, dir, where string, pace time.Duration) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "-test.run=^TestShareChild$"), ended: make(chan struct{})}
	p.cmd.Env = childEnv(t, shareDir+"="+dir, shareStore+"="+where, sharePace+"="+pace.String())
	p.start(t)
	p.wait(t, `"running"`)
	return p
}

// start starts it, reads its log, and kills it when the test ends.
func (p *process) start(t *testing.T) {
	t.Helper()
	p.cmd.Stdout = io.Discard
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.text.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
		}
	}()
	t.Cleanup(p.kill)
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
	_ = p.cmd.Wait()
}

// said reports whether a line was logged that has all of these.
func (p *process) said(all ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(p.text.String()) {
		n := 0
		for _, s := range all {
			if strings.Contains(line, s) {
				n++
			}
		}
		if n == len(all) {
			return true
		}
	}
	return false
}

// takeover is how long it may take until another process does what a killed
// one did: the promise is half a minute.
const takeover = 30 * time.Second

func (p *process) wait(t *testing.T, all ...string) time.Duration {
	t.Helper()
	began := time.Now()
	for !p.said(all...) {
		if time.Since(began) > takeover {
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Fatalf("%q was not said within %s:\n%s", all, takeover, p.text.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// TestShare: three processes on one store, the one that holds everything and
// others killed at random while mails pass. Nothing is lost and nothing is done
// twice. STABLEBOT_TEST_KILLS=200 kills more often.
func TestShare(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some twenty seconds")
	}
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		share(t, filepath.Join(t.TempDir(), "s.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		share(t, peers.NewPostgres(t).Database())
	})
}

func share(t *testing.T, where string) {
	kills := peers.Scale(4, 8)
	if v := os.Getenv("STABLEBOT_TEST_KILLS"); v != "" {
		if _, err := fmt.Sscan(v, &kills); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	mails, single, patches := killMails()
	// Mails come as long as processes are killed, a quarter of a second for each.
	pace := time.Duration(kills) * 500 * time.Millisecond / time.Duration(len(mails))
	posts := idsOf(mails)
	// The first one holds everything; what it leaves is taken over.
	first, second := startShare(t, dir, where, pace), startShare(t, dir, where, pace)
	for _, held := range []string{"source feed", "desk", "sink outbox"} {
		second.wait(t, `"held":"`+held+`"`)
	}
	first.kill()
	for _, held := range []string{"source feed", "desk", "sink outbox"} {
		t.Logf("%s was taken over %s after kill -9", held, second.wait(t, "taken over from", `"held":"`+held+`"`).Round(time.Millisecond))
	}
	running := []*process{second, startShare(t, dir, where, pace), startShare(t, dir, where, pace)}
	for range kills {
		time.Sleep(rand.N(300 * time.Millisecond))
		i := rand.N(len(running))
		running[i].kill()
		running[i] = startShare(t, dir, where, pace)
	}
	s, err := store.OpenReadOnly(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	replies := len(single) * 2
	var c store.Counts
	for began, last := time.Now(), 0; ; time.Sleep(100 * time.Millisecond) {
		if c, err = s.Counts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if done := c.Mails + c.Judgements + c.Actions[flow.StateDone]; done > last {
			began, last = time.Now(), done
		}
		if c.Mails == len(posts) && c.Unfiled+c.Unsettled == 0 && c.Actions[flow.StateDone]+c.Actions[flow.StateUnknown] == replies {
			break
		}
		if time.Since(began) > 2*takeover {
			t.Fatalf("it does not come to an end: %+v, want %d mails, %d judgements, %d replies", c, len(posts), patches, replies)
		}
	}
	if c.Judgements != patches || c.Bad != 0 {
		t.Errorf("counts %+v; want %d judgements", c, patches)
	}
	o := onceEach(t, actionsOf(t, s), diaryIn(t, dir))
	if o.replies != replies {
		t.Errorf("%d replies; want %d", o.replies, replies)
	}
	t.Logf("%d processes killed, %d mails, %d replies, %d of unknown outcome", kills+1, len(posts), replies, o.unclear)
}
