package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/sink/outbox"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

const drm = "drm.lists.example.org"

// feed is a source of given mails. Its cursor is the number of those accepted.
type feed struct {
	name  string
	mails [][]byte
	fail  int // polls that fail first
	more  chan struct{}
}

func (f *feed) Name() string { return f.name }
func (f *feed) Close() error { return nil }

func (f *feed) Poll(ctx context.Context, in flow.Intake) error {
	if f.fail > 0 {
		f.fail--
		return errors.New("connection refused")
	}
	at, err := in.Cursor(ctx, f.name)
	if err != nil {
		return err
	}
	var n int
	if at != "" {
		if _, err := fmt.Sscan(at, &n); err != nil {
			return err
		}
	}
	for ; n < len(f.mails); n++ {
		if err := in.Accept(ctx, flow.Item{Source: f.name, Cursor: fmt.Sprint(n + 1), Mail: f.mails[n]}); err != nil {
			return err
		}
	}
	return nil
}

func (f *feed) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.more:
		return nil
	}
}

const diff = `diff --git a/drivers/gpu/drm/amd/amdgpu/x.c b/drivers/gpu/drm/amd/amdgpu/x.c
index 1111111..2222222 100644
--- a/drivers/gpu/drm/amd/amdgpu/x.c
+++ b/drivers/gpu/drm/amd/amdgpu/x.c
@@ -1,3 +1,4 @@
 int a;
+int b;
 int c;
 int d;
--
2.47.0
`

// post is one mail of a test; empty fields get usual values.
type post struct {
	id, from, subject, to, headers, body, reply string
	date                                        time.Time
	text                                        bool // no diff
}

func (p post) bytes() []byte {
	if p.from == "" {
		p.from = "Ada Example <ada@example.org>"
	}
	if p.to == "" {
		p.to = "drm@lists.example.org"
	}
	if p.date.IsZero() {
		p.date = time.Now()
	}
	if p.body == "" {
		p.body = "The card hangs on reset.\n\nSigned-off-by: Ada Example <ada@example.org>\n"
	}
	if p.reply != "" {
		p.headers += "In-Reply-To: <" + p.reply + ">\nReferences: <" + p.reply + ">\n"
	}
	s := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: <%s>\nList-Id: <%s>\n%s\n%s",
		p.from, p.to, p.subject, p.date.Format(time.RFC1123Z), p.id, drm, p.headers, p.body)
	if !p.text {
		s += "---\n x.c | 1 +\n\n" + diff
	}
	return []byte(strings.ReplaceAll(s, "\n", "\r\n"))
}

// judge calls every patch eligible unless its title says otherwise.
func judge(c *change.Change, s *rules.Series, _ *rules.Tree) verdict.Judgement {
	j := verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author.String(), Verdict: verdict.StableEligible,
		When: verdict.AfterMainline, Score: 0.9, Reason: "it fixes a hang"}
	switch {
	case s != nil && s.Of > 0 && s.Have < s.Of:
		j.Verdict, j.When = verdict.Wait, ""
	case strings.Contains(c.Subject, "cleanup"):
		j.Verdict, j.When = verdict.OutOfScope, ""
	case strings.Contains(c.Subject, "big"):
		j.Verdict, j.When, j.ReasonClass = verdict.DKMSOnly, "", verdict.TooBig
	case strings.Contains(c.Subject, "panic"):
		panic("a rule fell over")
	}
	return j
}

type bench struct {
	t     *testing.T
	dir   string
	store *store.Store
	out   *outbox.Outbox
	opts  run.Options
	logs  *observer.ObservedLogs
}

func newBench(t *testing.T, dir string) *bench {
	t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(dir, "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	out, err := outbox.Open("outbox", filepath.Join(dir, "outbox"))
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	return &bench{t, dir, s, out, run.Options{
		Sinks: []flow.Sink{out}, Journal: s, Judge: judge, Log: zap.New(core),
		Bot: report.Bot{Name: "stablebot", Address: "stablebot@example.com", Version: "test"},
		Policy: plan.Policy{MaxAge: plan.DefaultMaxAge, Lists: []plan.ListPolicy{
			{ID: drm, Reply: plan.ReplyAll, WithoutTrees: true, PerHour: 1000, PerDay: 1000}}},
		Clock: run.Clock{Jitter: func(time.Duration) time.Duration { return 0 }, After: func(d time.Duration) <-chan time.Time {
			return time.After(min(d, 20*time.Millisecond))
		}},
	}, logs}
}

func (b *bench) once(posts ...post) {
	b.t.Helper()
	f := &feed{name: fmt.Sprintf("feed-%d", time.Now().UnixNano())}
	for _, p := range posts {
		f.mails = append(f.mails, p.bytes())
	}
	b.run(f)
}

func (b *bench) run(f flow.Source) {
	b.t.Helper()
	o := b.opts
	o.Sources = []flow.Source{f}
	x, err := run.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := x.Run(b.t.Context(), true); err != nil {
		b.t.Fatal(err)
	}
}

// replies returns what is in the outbox, by the Message-ID that is answered.
func (b *bench) replies() map[string]string {
	b.t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(b.out.Dir(), "new", "*"))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(raw), "\nIn-Reply-To: <")
		id, _, _ := strings.Cut(rest, ">")
		if out[id] != "" {
			b.t.Errorf("two replies to %s", id)
		}
		out[id] = string(raw)
	}
	return out
}

func (b *bench) want(ids ...string) {
	b.t.Helper()
	var got []string
	for id := range b.replies() {
		got = append(got, id)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		b.t.Errorf("answered %q, want %q", got, ids)
	}
}

func (b *bench) quiet(id, why string) {
	b.t.Helper()
	c, err := b.store.Explain(b.t.Context(), id)
	if err != nil {
		b.t.Error(err)
		return
	}
	said := c.Mail.Note
	if c.Series != nil {
		said += c.Series.Quiet
	}
	if !strings.Contains(said, why) {
		b.t.Errorf("%s is silent because %q, want %q", id, said, why)
	}
}

func TestSingleAndDuplicate(t *testing.T) {
	b := newBench(t, t.TempDir())
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(p, p)
	b.once(p)
	b.want("1@example.org")
	for _, e := range b.logs.All() {
		if _, ok := e.ContextMap()[flow.KeyMessageID]; !ok && strings.Contains(e.Message, "mail") {
			t.Errorf("a line about a mail has no message-id: %s", e.Message)
		}
	}
}

func series(base string, version, of int, titles ...string) []post {
	v := ""
	if version > 1 {
		v = fmt.Sprintf(" v%d", version)
	}
	cover := fmt.Sprintf("20261102%s-1-ada@example.org", base)
	out := []post{{id: cover, subject: fmt.Sprintf("[PATCH%s 0/%d] drm/amdgpu: two fixes", v, of), text: true, body: "These fix hangs.\n"}}
	for i, title := range titles {
		out = append(out, post{id: fmt.Sprintf("20261102%s-%d-ada@example.org", base, i+2), reply: cover,
			subject: fmt.Sprintf("[PATCH%s %d/%d] %s", v, i+1, of, title)})
	}
	return out
}

func TestSeries(t *testing.T) {
	b := newBench(t, t.TempDir())
	one := series("100000.1", 1, 3, "drm/amdgpu: fix one", "drm/amdgpu: cleanup", "drm/amdgpu: fix two")
	b.once(one...)
	b.want(one[0].id)
	if m := b.replies()[one[0].id]; !strings.Contains(m, "patches 1 and 3 of this") || !strings.Contains(m, `    1/3 "drm/amdgpu: fix one"`) ||
		!strings.Contains(m, "    Not proposed: patch 2 (") {
		t.Errorf("reply:\n%s", m)
	}
	// Nothing changed: no second answer. Changed: one.
	two := series("110000.1", 2, 3, "drm/amdgpu: fix one", "drm/amdgpu: cleanup", "drm/amdgpu: fix two")
	b.once(two...)
	b.want(one[0].id)
	b.quiet(two[1].id, "nothing changed")
	three := series("120000.1", 3, 3, "drm/amdgpu: fix one", "drm/amdgpu: big cleanup of all", "drm/amdgpu: big fix two")
	b.once(three...)
	b.want(one[0].id, three[3].id) // under the one patch that it is about
	m := b.replies()[three[3].id]
	if !strings.Contains(strings.Join(strings.Fields(m), " "), "References: <"+three[0].id+"> <"+three[3].id+">") ||
		!strings.Contains(m, "Subject: Re: [PATCH v3 3/3] drm/amdgpu: big fix two") || !strings.Contains(m, "This patch is larger") {
		t.Errorf("reply:\n%s", m)
	}
}

// TestRepost: the same patch posted again is not answered again; two series
// under one usual title have nothing to do with each other.
func TestRepost(t *testing.T) {
	b := newBench(t, t.TempDir())
	now := time.Now()
	b.opts.Clock.Now = func() time.Time { return now }
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", date: now}
	a := series("100000.1", 1, 1, "drm/amdgpu: fix one")
	c := series("100000.2", 1, 1, "drm/amdgpu: fix other")
	b.once(append(append([]post{p}, a...), c...)...)
	b.want(p.id, a[1].id, c[1].id)
	now = now.Add(time.Hour)
	p.id, p.subject = "2@example.org", "[RESEND PATCH] drm/amdgpu: fix a hang"
	b.once(p)
	b.want("1@example.org", a[1].id, c[1].id)
	b.quiet(p.id, "nothing changed")
}

// TestLate: what comes late belongs to the same posting, whose key is taken.
func TestLate(t *testing.T) {
	b := newBench(t, t.TempDir())
	one := series("100000.1", 1, 3, "drm/amdgpu: fix one", "drm/amdgpu: fix two", "drm/amdgpu: fix three")
	b.once(one[1], one[3])
	b.want()
	b.quiet(one[1].id, "none of its verdicts")
	b.once(one[2])
	b.want(one[1].id)
	b.once(one[0])
	b.want(one[1].id)
}

func TestSuperseded(t *testing.T) {
	b := newBench(t, t.TempDir())
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	q := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang", reply: p.id}
	b.once(p, q)
	b.want(q.id)
	b.quiet(p.id, "superseded")
}

func TestSilence(t *testing.T) {
	for name, c := range map[string]struct {
		p    post
		why  string
		tune func(*bench)
	}{
		"own":   {p: post{from: "stablebot <stablebot@example.com>"}, why: "own mail"},
		"auto":  {p: post{headers: "Auto-Submitted: auto-generated\n"}, why: "program"},
		"robot": {p: post{from: "kernel test robot <lkp@example.com>", headers: "Precedence: bulk\n"}, why: "program"},
		"bounce": {p: post{from: "MAILER-DAEMON@example.org", subject: "Undelivered Mail", text: true, body: "no such user\n"},
			why: "program"},
		"old":      {p: post{date: time.Now().Add(-100 * time.Hour)}, why: "older than"},
		"security": {p: post{to: "drm@lists.example.org, security@kernel.org"}, why: "security contact"},
		"embargo":  {p: post{to: "drm@lists.example.org, stable@kernel.org"}, why: "security contact"},
		"stable":   {p: post{subject: "[PATCH 6.6.y] drm/amdgpu: fix a hang"}, why: "submission to stable"},
		"autosel":  {p: post{subject: "[PATCH AUTOSEL 6.19-5.15] drm/amdgpu: fix a hang"}, why: "submission to stable"},
		"verdict":  {p: post{subject: "[PATCH] drm/amdgpu: cleanup"}, why: "none of its verdicts"},
		"panic":    {p: post{subject: "[PATCH] drm/amdgpu: panic"}, why: "none of its verdicts"},
		"opted out": {p: post{}, why: "wants no mail", tune: func(b *bench) {
			_ = b.store.OptOut(context.Background(), "ada@example.org",
				"test")
		}},
		"list out": {p: post{}, why: "opted out", tune: func(b *bench) { _ = b.store.OptOut(context.Background(), "list:"+drm, "test") }},
		"ignored":  {p: post{}, why: "wants no mail", tune: func(b *bench) { b.opts.Policy.Lists[0].Ignore = []string{"Ada@Example.org"} }},
		"muted":    {p: post{}, why: "muted", tune: func(b *bench) { b.opts.Policy.Lists = nil }},
		"chat":     {p: post{subject: "a question", text: true, body: "Why?\n"}, why: "no diff"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			if c.tune != nil {
				c.tune(b)
			}
			p := c.p
			p.id = "x@example.org"
			if p.subject == "" {
				p.subject = "[PATCH] drm/amdgpu: fix a hang"
			}
			b.once(p)
			b.want()
			b.quiet(p.id, c.why)
		})
	}
}

func TestRecipients(t *testing.T) {
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang",
		to: "drm@lists.example.org, Bob <bob@example.org>, stable@vger.kernel.org, stablebot@example.com, Eve <eve@example.org>"}
	b := newBench(t, t.TempDir())
	b.opts.Policy.OptOut = []string{"eve@example.org"}
	b.once(p)
	m := b.replies()[p.id]
	for _, no := range []string{"eve@", "stable@vger.kernel.org>", "stablebot@example.com>, "} {
		if head, _, _ := strings.Cut(m, "\n\n"); strings.Contains(head, no) {
			t.Errorf("%s is among the recipients:\n%s", no, head)
		}
	}
	if !strings.Contains(m, "bob@example.org") || !strings.Contains(m, "Subject: Re: [PATCH] drm/amdgpu: fix a hang\n") {
		t.Errorf("reply:\n%s", m)
	}
}

// TestBadMail: what cannot be read is kept with its error and stops nothing.
func TestBadMail(t *testing.T) {
	b := newBench(t, t.TempDir())
	good := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	f := &feed{name: "f", fail: 2, mails: [][]byte{nil, []byte("\x00\x01\xff garbage"), make([]byte, 33<<20), good.bytes()}}
	b.run(f)
	b.want(good.id)
	c, err := b.store.Counts(t.Context())
	if err != nil || c.Mails != 4 || c.Unfiled != 0 || c.Bad != 1 {
		t.Errorf("counts: %+v, %v", c, err)
	}
	h, err := b.store.Health(t.Context())
	if err != nil || !slices.ContainsFunc(h, func(h store.Health) bool {
		return h.Component == "source.f" && h.Problem == "connection refused" && h.Failures == 0 && !h.OK.IsZero()
	}) {
		t.Errorf("health: %+v, %v", h, err)
	}
}

// TestThreadTrailers: a reply that says something makes the series be judged
// again, and its trailer counts; nobody is answered twice.
func TestThreadTrailers(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	var mu sync.Mutex
	seen := 0
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		mu.Lock()
		defer mu.Unlock()
		for _, tr := range c.Trailers {
			if tr.Key == "Reviewed-by" {
				seen++
			}
		}
		return judge(c, s, tree)
	}
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	r := post{id: "r@example.org", from: "Bob <bob@example.org>", subject: "Re: [PATCH] drm/amdgpu: fix a hang", reply: p.id, text: true,
		body: "> The card hangs on reset.\n\nReviewed-by: Bob <bob@example.org>\n"}
	b.raw(sign(r), p.bytes())
	if seen != 1 {
		t.Errorf("a review that overtook its patch was seen %d times", seen)
	}
	r.id = "r2@example.org"
	b.raw(sign(r))
	if seen != 2 {
		t.Errorf("the review was seen %d times", seen)
	}
	b.want(p.id)
}

// TestRun: the running bot answers what comes, settles a series after its time
// and ends when its context does.
func TestRun(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.opts.Settle = 50 * time.Millisecond
	told := make(chan flow.Action, 10)
	b.opts.Told = func(a flow.Action) { told <- a }
	b.opts.Policy.Lists[0].Verdicts = []verdict.Verdict{verdict.StableEligible, verdict.Wait}
	part := series("100000.1", 1, 2, "drm/amdgpu: fix one")
	f := &feed{name: "f", fail: 1, more: make(chan struct{}), mails: [][]byte{post{id: "1@example.org",
		subject: "[PATCH] drm/amdgpu: fix a hang"}.bytes()}}
	for _, p := range part {
		f.mails = append(f.mails, p.bytes())
	}
	b.opts.Sources = []flow.Source{f}
	x, err := run.New(b.opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx, false) }()
	var verdicts []string
	for range 2 {
		select {
		case a := <-told:
			verdicts = append(verdicts, a.Verdict)
		case <-time.After(10 * time.Second):
			t.Fatalf("only %q was told", verdicts)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	slices.Sort(verdicts)
	if !slices.Equal(verdicts, []string{"stable-eligible", "wait"}) {
		t.Errorf("told %q", verdicts)
	}
}

// mute is a sink that cannot tell whether it has done something.
type mute struct {
	err error
	n   int
}

func (m *mute) Name() string                               { return "smtp" }
func (m *mute) Idempotent() bool                           { return false }
func (m *mute) Deliver(context.Context, flow.Action) error { m.n++; return m.err }

// TestUnknown: what a crash interrupted on a sink that cannot tell is never
// repeated; what a sink surely did not do is.
func TestUnknown(t *testing.T) {
	b := newBench(t, t.TempDir())
	sink := &mute{err: fmt.Errorf("greylisted: %w", flow.ErrTemporary)}
	b.opts.Sinks = []flow.Sink{sink}
	b.once(post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"})
	rows, err := b.store.Actions(t.Context(), "", 10)
	if err != nil || len(rows) != 1 || rows[0].State != flow.StatePlanned || rows[0].Attempts != 1 ||
		!strings.Contains(rows[0].Problem, "greylisted") {
		t.Fatalf("after a temporary failure: %+v, %v", rows, err)
	}
	if ok, err := b.store.Begin(t.Context(), rows[0].Key, time.Now(), flow.Caps{PerHour: 10, PerDay: 10}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	sink.err = nil
	b.once() // the restart after the crash
	rows, err = b.store.Actions(t.Context(), flow.StateUnknown, 10)
	if err != nil || len(rows) != 1 || sink.n != 1 {
		t.Errorf("after the crash: %+v, %v, delivered %d times", rows, err, sink.n)
	}
}

// TestOddVersions: a version at the end of the title is one, and what only looks
// like it is none.
func TestOddVersions(t *testing.T) {
	day := time.Now().AddDate(0, 0, -2)
	at := func(id, subject string, hours int) post {
		return post{id: id + "@example.org", subject: subject, date: day.Add(time.Duration(hours) * time.Hour)}
	}
	b := newBench(t, t.TempDir())
	now := day
	b.opts.Clock.Now = func() time.Time { return now }
	for i, p := range []post{
		at("a1", "[PATCH] drm/amdgpu: fix a hang", 1), at("a2", "[PATCH] drm/amdgpu: fix a hang (v2)", 2),
		at("a3", "[PATCH] drm/amdgpu: fix a hang, v3", 3),
		at("b1", "[PATCH] drm/amdgpu: fix a leak", 4), at("b2", "[PATCH] drm/amdgpu: fix a leak v2", 5),
		at("b3", "[PATCH] drm/amdgpu: fix a leak v3", 6),
		at("c1", "[PATCH] drm/amdgpu: fix firmware command v10", 7), at("c2", "[PATCH] drm/amdgpu: fix firmware command v11", 8),
	} {
		now = day.Add(time.Duration(i+1) * time.Hour)
		b.once(p)
	}
	b.want("a1@example.org", "b1@example.org", "c1@example.org", "c2@example.org")
	b.quiet("a3@example.org", "nothing changed")
	b.quiet("b3@example.org", "nothing changed")
}
