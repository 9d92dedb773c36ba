package run_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/sink/smtp"
	"github.com/stablebot/stablebot/bot/store"
)

// The environment that makes this test binary the bot which is killed.
const (
	killDir  = "STABLEBOT_TEST_KILL_DIR"
	killSink = "STABLEBOT_TEST_KILL_SINK"
	killOnce = "STABLEBOT_TEST_KILL_ONCE"
	killNext = "STABLEBOT_TEST_KILL_NEXT" // a day later
)

// killMails is a list's day: single patches, series with their cover letter
// late or early, second versions, replies, and every fifth mail twice.
func killMails() (mails [][]byte, answered []string, patches int) { return manyMails(25) }

// manyMails are n single patches and n series, with what belongs to them.
func manyMails(n int) (mails [][]byte, answered []string, patches int) {
	add := func(p post) {
		p.date = time.Now().Add(-time.Hour)
		mails = append(mails, p.bytes())
		if len(mails)%5 == 0 {
			mails = append(mails, mails[len(mails)-1])
		}
	}
	for i := range n {
		p := post{id: fmt.Sprintf("single-%d@example.org", i), subject: fmt.Sprintf("[PATCH] drm/amdgpu: fix hang %d", i)}
		add(p)
		add(post{id: "re-" + p.id, from: "Bob <bob@example.org>", subject: "Re: " + p.subject, reply: p.id, text: true,
			body: "Reviewed-by: Bob <bob@example.org>\n"})
		s := series(fmt.Sprintf("10%04d.7", i), 1, 3, fmt.Sprint("drm/amdgpu: fix a", i), fmt.Sprint("drm/amdgpu: cleanup b", i),
			fmt.Sprint("drm/amdgpu: big fix c", i))
		if i%2 == 1 { // the cover letter comes last; the first patch to stand in the thread is answered
			s = append(s[1:], s[0])
		}
		for _, p := range s {
			add(p)
		}
		answered = append(answered, p.id)
		patches += 4
	}
	return mails, answered, patches
}

// slow is a feed that leaves room for being killed between any two steps.
type slow struct {
	feed
	pace time.Duration // at most this between two mails
}

func (s *slow) Poll(ctx context.Context, in flow.Intake) error {
	return s.feed.Poll(ctx, pause{in, s.pace})
}

type pause struct {
	flow.Intake
	longest time.Duration
}

func (p pause) Accept(ctx context.Context, i flow.Item) error {
	time.Sleep(rand.N(p.longest))
	return p.Intake.Accept(ctx, i)
}

// diary is a sink that cannot tell what it has done: it writes a line each time.
type diary struct{ path string }

func (d diary) Name() string     { return "outbox" }
func (d diary) Idempotent() bool { return false }

func (d diary) Deliver(_ context.Context, a flow.Action) error {
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, a.Key)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// diaryIn counts what the diary of a folder says of an action.
func diaryIn(t *testing.T, dir string) func(key string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "diary"))
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]int{}
	for key := range strings.Lines(string(text)) {
		sent[strings.TrimSpace(key)]++
	}
	return func(key string) int { return sent[key] }
}

// TestKillChild is the bot that TestKill kills.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return // only TestKill starts it
	}
	b := newBench(t, dir)
	mails, _, _ := killMails()
	src := &slow{feed{name: "feed", mails: mails, more: make(chan struct{})}, 2 * time.Millisecond}
	b.opts.Sources, b.opts.Log = []flow.Source{src}, nil
	b.opts.Settle = 40 * time.Millisecond
	to, addr, _ := strings.Cut(os.Getenv(killSink), " ")
	addr, hubURL, _ := strings.Cut(addr, " ")
	switch to {
	case "diary":
		b.opts.Sinks = []flow.Sink{diary{filepath.Join(dir, "diary")}}
	case "smtp":
		s, err := smtp.New(smtp.Config{Name: "outbox", Address: addr, TLS: smtp.TLSNone, From: b.opts.Bot.Address}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		b.opts.Sinks = []flow.Sink{s}
	}
	if hubURL != "" {
		wireHub(t, hubURL, &b.opts, b.store)
	}
	x, err := run.New(b.opts)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("running")
	if err := x.Run(context.Background(), os.Getenv(killOnce) != ""); err != nil {
		t.Fatal(err)
	}
}

// idsOf are the Message-IDs of mails, some of which come twice.
func idsOf(mails [][]byte) map[string]bool {
	out := map[string]bool{}
	for _, m := range mails {
		_, rest, _ := strings.Cut(string(m), "Message-ID: <")
		id, _, _ := strings.Cut(rest, ">")
		out[id] = true
	}
	return out
}

// begin starts a bot that is to be killed, and returns when it works.
func begin(t *testing.T, c *exec.Cmd) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "running\n" {
		t.Fatalf("the bot said %q, %v", line, err)
	}
}

func killed(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // "signal: killed"
}

// outcome is what became of the replies of a bot that was killed.
type outcome struct{ replies, received, unclear, missing, waits int }

// nextDay has the bot that is killed work a day later.
func (b *bench) nextDay() {
	if os.Getenv(killNext) != "" {
		b.opts.Clock.Now = func() time.Time { return time.Now().Add(run.UnseenFor + time.Minute) }
	}
}

// onceEach: each reply was received once, or is told to be of unknown outcome
// and was received once or not at all; one that waits for a person was not. got counts those received of one action.
func onceEach(t *testing.T, rows []store.ActionRow, got func(key string) int) (o outcome) {
	t.Helper()
	for _, a := range rows {
		if a.Kind != flow.ActionReply {
			continue
		}
		n := got(a.Key)
		o.replies, o.received = o.replies+1, o.received+n
		switch {
		case a.State == flow.StateDone && n == 1:
		case a.State == flow.StateUnknown && n <= 1 && strings.Contains(a.Problem, "not repeated"):
			o.unclear++
			o.missing += 1 - n
		case a.State == flow.StateHeld && n == 0 && strings.HasPrefix(a.Problem, flow.Unseen):
			o.waits++
		default:
			t.Errorf("%s is %s (%s) and was received %d times", a.Key, a.State, a.Problem, n)
		}
	}
	return o
}

func actionsOf(t *testing.T, s *store.Store) []store.ActionRow {
	t.Helper()
	rows, err := s.Actions(t.Context(), "", 10000)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// childEnv is the environment of a process that is killed. What it leaves of its
// temporary files goes when the test ends.
func childEnv(t testing.TB, more ...string) []string {
	t.Helper()
	return append(append(os.Environ(), "TMPDIR="+t.TempDir()), more...)
}

// noneAside: nothing is put aside for having been in hand when the bot was killed.
func noneAside(t *testing.T, s *store.Store) {
	t.Helper()
	aside, err := s.Aside(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range aside {
		t.Errorf("put aside: %s %s: %s", a.Kind, a.Key, a.Problem)
	}
}

func child(t *testing.T, dir, sink string, once bool) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	c.Env = childEnv(t, killDir+"="+dir, killSink+"="+sink)
	if once {
		c.Env = append(c.Env, killOnce+"=1")
	}
	c.Stderr = os.Stderr
	return c
}

// soon is any time in which the bot takes in, judges and answers.
func soon() { time.Sleep(rand.N(30 * time.Millisecond)) }

// killAtRandom starts the bot n times and kills it each time a moment after it
// began to work; at last it lets it finish.
func killAtRandom(t *testing.T, dir, sink string, n int, moment func()) {
	t.Helper()
	for range n {
		c := child(t, dir, sink, false)
		begin(t, c)
		moment()
		killed(t, c)
	}
	lastRun(t, dir, sink)
}

func lastRun(t *testing.T, dir, sink string) {
	t.Helper()
	if out, err := child(t, dir, sink, true).Output(); err != nil {
		t.Fatalf("the last run: %v\n%s", err, out)
	}
}

// untilDone lets the bot finish what was put off at last, whose time has still to come.
func untilDone(t *testing.T, dir, sink string, done func() bool) {
	t.Helper()
	for range 20 {
		if done() {
			return
		}
		time.Sleep(300 * time.Millisecond)
		lastRun(t, dir, sink)
	}
}

func nothingPlanned(t *testing.T, s *store.Store) bool {
	t.Helper()
	c, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Actions[flow.StatePlanned] == 0
}

// TestKill: kill -9 at random points loses nothing and doubles nothing.
// STABLEBOT_FULL=1 kills three times as often.
func TestKill(t *testing.T) {
	t.Parallel()
	mails, single, patches := killMails()
	posts := idsOf(mails)
	replies := len(single) * 2 // one to each single patch and to each series

	t.Run("outbox", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		killAtRandom(t, dir, "outbox", peers.Scale(10, 30), soon)
		b := newBench(t, dir)
		got := b.replies() // fails when a mail is answered twice
		for _, id := range single {
			if got[id] == "" {
				t.Errorf("no reply to %s", id)
			}
		}
		c, err := b.store.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != replies || c.Actions[flow.StateDone] != replies || len(c.Actions) != 1 {
			t.Errorf("%d replies, actions %v; want %d", len(got), c.Actions, replies)
		}
		if c.Mails != len(posts) || c.Judgements != patches || c.Unfiled+c.Unsettled+c.Bad != 0 {
			t.Errorf("counts %+v; want %d mails, %d judgements", c, len(posts), patches)
		}
		js, err := b.store.Judgements(t.Context(), store.Filter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range js {
			if j.Verdict == "wait" {
				t.Errorf("%s is still judged as if its series were incomplete", j.ID)
			}
		}
	})
	t.Run("smtp", func(t *testing.T) {
		t.Parallel()
		post := newPostOffice(t)
		dir := t.TempDir()
		killAtRandom(t, dir, "smtp "+post.addr, peers.Scale(20, 60), post.moment)
		b := newBench(t, dir)
		untilDone(t, dir, "smtp "+post.addr, func() bool { return nothingPlanned(t, b.store) })
		rows := actionsOf(t, b.store)
		post.mu.Lock()
		defer post.mu.Unlock()
		o := onceEach(t, rows, func(key string) int { return post.got[report.MessageID(key, b.opts.Bot.Address)] })
		noneAside(t, b.store)
		if o.replies != replies || len(rows) != replies {
			t.Errorf("%d actions, %d replies; want %d", len(rows), o.replies, replies)
		}
		if len(post.got) != o.received {
			t.Errorf("%d mails came that no action tells of", len(post.got)-o.received)
		}
		t.Logf("%d replies, %d received, %d of unknown outcome", replies, o.received, o.unclear)
	})
	t.Run("at most once", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		killAtRandom(t, dir, "diary", peers.Scale(5, 15), soon)
		b := newBench(t, dir)
		if o := onceEach(t, actionsOf(t, b.store), diaryIn(t, dir)); o.replies != replies {
			t.Errorf("%d replies; want %d", o.replies, replies)
		}
	})
}
