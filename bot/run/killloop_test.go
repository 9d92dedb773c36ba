package run_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/sink/smtp"
	"github.com/stablebot/stablebot/bot/source/imap"
)

// killLoop makes this test binary the bot which TestKillLoop kills: folder,
// IMAP and SMTP address, certificates, user and password.
const killLoop = "STABLEBOT_TEST_KILL_LOOP"

// How much goes through the servers: at most loopGroups times six mails, each
// fifth of them twice.
const (
	loopGroups = 60
	loopFew    = 6 // for the short run
)

// TestKillLoopChild is the bot that TestKillLoop kills.
func TestKillLoopChild(t *testing.T) {
	at := strings.Fields(os.Getenv(killLoop))
	if len(at) == 0 {
		return // only TestKillLoop starts it
	}
	dir, imapAddr, smtpAddr, imapCert, smtpCert, user, password := at[0], at[1], at[2], at[3], at[4], at[5], at[6]
	b := newBench(t, dir)
	src, err := imap.New(imap.Config{Name: "live", Address: imapAddr, Folder: "INBOX", TLS: "starttls", Roots: rootsOf(t, imapCert),
		User: user, Auth: "plain", Secret: func() (string, error) { return password, nil }}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(smtp.Config{Name: "outbox", Address: smtpAddr, TLS: smtp.TLSStart, Roots: rootsOf(t, smtpCert), From: loopBot},
		zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	b.opts.Sources, b.opts.Sinks, b.opts.Log = []flow.Source{src}, []flow.Sink{out}, nil
	b.opts.Settle = 2 * time.Second // Postfix delivers in any order
	b.opts.Bot.Address = loopBot
	b.opts.Policy.Lists[0].ID, b.opts.Policy.Lists[0].Reply = test(drm), plan.ReplyAuthor
	b.nextDay()
	x, err := run.New(b.opts)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("running")
	if err := x.Run(context.Background(), os.Getenv(killOnce) != ""); err != nil {
		t.Fatal(err)
	}
}

const loopBot = "stablebot@example.test"

// test puts a name into the domain that the mail server delivers for.
func test(s string) string { return strings.ReplaceAll(s, "example.org", "example.test") }

func rootsOf(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate in %s", file)
	}
	return pool
}

// TestKillLoop: mails go in through Postfix and Dovecot, and the bot that answers
// them through Postfix is killed at random points; the mail server goes away and
// comes back meanwhile. In the end each reply lies in the maildir once, or is
// told to be of unknown outcome and lies there once or not at all: those that lie
// there are seen, and a day later the others wait for a person.
//
// The full run, some minutes: STABLEBOT_KILLS=200 go test ./bot/run -run TestKillLoop -v
func TestKillLoop(t *testing.T) {
	n, groups := kills(t), loopGroups
	if os.Getenv(killsVar) == "" {
		n, groups = loopFew*2, loopFew
	}
	t.Parallel()
	d := peers.NewDovecot(t)
	p := peers.NewPostfix(t, d)
	mails, single, _ := manyMails(groups)
	for i, m := range mails {
		mails[i] = []byte(test(string(m)))
	}
	posts := idsOf(mails)
	replies := 2 * len(single)
	dir := t.TempDir()
	env := killLoop + "=" + strings.Join([]string{dir, d.Addr, p.Addr, d.CertFile(), p.CertFile(), d.User, d.Password}, " ")
	start := func(more ...string) *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestKillLoopChild$")
		c.Env = append(childEnv(t, env), more...)
		return c
	}
	// The mails come in all the while, some before each kill.
	sent := 0
	for k := range n {
		for ; sent < len(mails)*(k+1)/n; sent++ {
			p.Send("ada@example.test", "drm@lists.example.test", mails[sent])
		}
		c := start()
		begin(t, c)
		if k == n/3 || k == 2*n/3 {
			p.Stop() // with a bot that is at work
			time.Sleep(200 * time.Millisecond)
		}
		time.Sleep(rand.N(300 * time.Millisecond))
		killed(t, c)
		if k == n/3 || k == 2*n/3 {
			p.Start()
		}
	}
	b := newBench(t, dir)
	var rows int
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if out, err := start(killOnce + "=1").CombinedOutput(); err != nil {
			t.Fatalf("the last run: %v\n%s", err, out)
		}
		c, err := b.store.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows = c.Actions[flow.StateDone] + c.Actions[flow.StateUnknown] + c.Actions[flow.StateHeld]
		if c.Actions[flow.StatePlanned]+c.Unfiled+c.Unsettled == 0 && rows >= replies {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it does not come to an end: %+v\n%s", c, p.Log())
		}
	}
	actions := actionsOf(t, b.store)
	// What Postfix took last is delivered in a moment.
	var got map[string]int
	var strangers int
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got, strangers = repliesIn(d); len(got) >= rows {
			break
		}
	}
	o := onceEach(t, actions, func(key string) int { return got[report.MessageID(key, loopBot)] })
	if len(actions) != replies || len(got) != o.received || strangers != len(mails) {
		t.Errorf("%d actions, want %d; %d replies that no action tells of; %d of %d posted mails", len(actions), replies, len(got)-o.received,
			strangers, len(mails))
	}
	t.Logf("%d kills, %d mails in (%d different): %d replies, %d in the maildir, %d of unknown outcome of which %d were not sent",
		n, len(mails), len(posts), replies, o.received, o.unclear, o.missing)
	if out, err := start(killOnce+"=1", killNext+"=1").CombinedOutput(); err != nil {
		t.Fatalf("a day later: %v\n%s", err, out)
	}
	settled := onceEach(t, actionsOf(t, b.store), func(key string) int { return got[report.MessageID(key, loopBot)] })
	if settled.unclear != 0 || settled.replies != replies || settled.received+settled.waits != replies {
		t.Errorf("a day later: %+v", settled)
	}
	t.Logf("a day later: %d were sent, %d wait for a person", settled.received, settled.waits)
}

// repliesIn counts the bot's mails in the maildir by Message-ID, and the others.
func repliesIn(d *peers.Dovecot) (got map[string]int, others int) {
	got = map[string]int{}
	for _, raw := range d.Inbox() {
		m, err := mail.Scan(bytes.Clone(raw))
		if err == nil && m.From.Address == loopBot {
			got[m.ID]++
			continue
		}
		others++
	}
	return got, others
}
