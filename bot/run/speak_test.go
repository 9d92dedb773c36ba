package run_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// heard is what a judge was last told of a thread.
type heard struct {
	mu     sync.Mutex
	series rules.Series
	tags   []string
}

func (b *bench) hears() *heard {
	h := &heard{}
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.series, h.tags = rules.Series{}, nil
		if s != nil {
			h.series = *s
		}
		for _, t := range c.Trailers {
			if t.FromThread != "" {
				h.tags = append(h.tags, t.Key+": "+t.Value)
			}
		}
		j := judge(c, s, tree)
		if s != nil && len(s.Declined) > 0 {
			j.Verdict, j.When, j.ReasonClass, j.Reason = verdict.DKMSOnly, "", verdict.Declined, "declined by "+s.Declined[0].Text
		}
		return j
	}
	return h
}

// TestStrangersNAK: whoever is not proven to be somebody who may decline a patch
// objects, and no more; the maintainer declines it.
func TestStrangersNAK(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	b.opts.Maintains = func(who string, files []string) bool { return who == "mo@example.org" && len(files) > 0 }
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(p)
	n := 0
	nak := func(from, text string) post {
		n++
		return post{id: fmt.Sprintf("r%d@example.org", n), from: from, subject: "Re: " + p.subject, reply: p.id, text: true, body: text + "\n"}
	}
	const words = "NAK. Buy pills at evil.example.com."
	for i, raw := range [][]byte{
		nak("Random Stranger <x@evil.example.com>", words).bytes(),
		nak("Mo Maintains <x@evil.example.com>", words).bytes(),
		nak("Mo Maintains <mo@example.org>", words).bytes(), // no signature
		sign(nak("Mo Maintains <eve@example.org>", words)),
	} {
		b.raw(raw)
		b.want(p.id)
		if len(h.series.Declined) != 0 || len(h.series.Objections) != max(i, 1) { // the first two are one person's
			t.Fatalf("after objection %d: declined %v, objections %v", i+1, h.series.Declined, h.series.Objections)
		}
	}
	b.raw(sign(nak("Mo Maintains <mo@example.org>", "NAK. It breaks resume.")))
	if len(h.series.Declined) != 1 || h.series.Declined[0].Text != "mo@example.org: NAK. It breaks resume." || !h.series.Rejected {
		t.Fatalf("the maintainer's word: %+v", h.series)
	}
	var correction string
	for id, m := range b.replies() {
		if id != p.id {
			correction = m
		}
	}
	if !strings.Contains(correction, "mo@example.org: NAK") || strings.Contains(correction, "pills") {
		t.Errorf("the correction:\n%s", correction)
	}
}

// TestMadeUpReviewers: reviews, culprits and stable tags of strangers are shown
// as claimed and reach no judge.
func TestMadeUpReviewers(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", to: "drm@lists.example.org, Rae <rae@example.org>"}
	b.once(p)
	reply := func(n int, from, text string) post {
		return post{id: fmt.Sprintf("r%d@example.org", n), from: from, subject: "Re: " + p.subject, reply: p.id, text: true, body: text + "\n"}
	}
	for i := range 5 {
		who := fmt.Sprintf("Eve %d <eve%d@evil.example.com>", i, i)
		b.once(reply(i, who, "Reviewed-by: "+who))
	}
	b.once(reply(5, "Eve <eve@evil.example.com>", "Cc: stable@vger.kernel.org\nFixes: 0123456789ab (\"drm: start\")"))
	if len(h.tags) != 0 || len(h.series.Claimed) == 0 {
		t.Errorf("strangers gave %q, claimed %v", h.tags, h.series.Claimed)
	}
	b.raw(sign(reply(6, "Rae <rae@example.org>", "Reviewed-by: Rae <rae@example.org>")), sign(reply(7, "", "Cc: stable@vger.kernel.org")))
	if got := strings.Join(h.tags, ", "); got != "Reviewed-by: Rae <rae@example.org>, Cc: stable@vger.kernel.org" {
		t.Errorf("people gave %s", got)
	}
}

// TestTrustedSource: a source that the configuration trusts needs no signature
// for what is said of a patch, and does for a command.
func TestTrustedSource(t *testing.T) {
	b := newBench(t, t.TempDir())
	h := b.hears()
	b.opts.Maintains = func(who string, files []string) bool { return who == "mo@example.org" && len(files) > 0 }
	b.opts.Policy.Trusted = []string{"imap:work"}
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(p)
	r := post{id: "r@example.org", from: "Mo <mo@example.org>", subject: "Re: " + p.subject, reply: p.id, text: true,
		body: "NAK. It breaks resume.\n\n#stablebot override wait for me\n"}
	b.run(&feed{name: "imap:work/INBOX", mails: [][]byte{r.bytes()}})
	if len(h.series.Declined) != 1 {
		t.Errorf("over a trusted source: %+v", h.series)
	}
	b.quiet(r.id, "a command is not obeyed")
}

// TestForgedCommands: what is put on top of a signed mail neither makes a command
// of it, nor moves the one in it; nor does a second copy repeat it.
func TestForgedCommands(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	one, two := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"},
		post{id: "2@example.org", subject: "[PATCH] drm/amdgpu: fix a leak"}
	b.once(one, two)
	innocent := sign(post{id: "c1@example.org", subject: "Re: " + one.subject, reply: one.id, text: true,
		body: "I3N0YWJsZWJvdCBvdmVycmlkZSBka21zLW9ubHkgYmVjYXVzZQo=\n"})
	b.raw(append([]byte("Content-Transfer-Encoding: base64\r\n"), innocent...))
	command := sign(post{id: "c2@example.org", subject: "Re: " + one.subject, reply: one.id, text: true,
		body: "#stablebot override dkms-only because\n"})
	moved := strings.Replace(string(command), "Message-ID: <c2@", "X-Message-ID: <c2@", 1)
	b.raw([]byte("In-Reply-To: <" + two.id + ">\r\n" + string(command)))
	b.want(one.id, two.id)
	b.quiet("c1@example.org", "does not cover it")
	b.raw(command)
	b.want(one.id, two.id, "c2@example.org")
	// Its Message-ID is signed, so without it nothing is proven.
	b.raw([]byte("Message-ID: <c3@example.org>\r\n" + moved))
	b.want(one.id, two.id, "c2@example.org")
}

// TestUnsignedMessageID: kernel.org signs no Message-ID; its commands count, once.
func TestUnsignedMessageID(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signerOf("From", "To", "Cc", "Subject", "Date", "In-Reply-To", "References")
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(p)
	raw := sign(post{id: "c1@example.org", subject: "Re: " + p.subject, reply: p.id, text: true,
		body: "#stablebot override dkms-only because\n"})
	b.raw(raw)
	b.want(p.id, "c1@example.org")
	b.raw([]byte(strings.Replace(string(raw), "<c1@", "<c2@", 1)))
	b.want(p.id, "c1@example.org")
	b.quiet("c2@example.org", "used by another mail before")
}

// TestGuessedRun: a mail with a guessed key and a security contact hides nothing:
// not the series, and not a patch that it forestalls.
func TestGuessedRun(t *testing.T) {
	b := newBench(t, t.TempDir())
	all := series("100000.1", 1, 2, "drm/amdgpu: fix one", "drm/amdgpu: fix two")
	eve := post{id: "20261102100000.1-9-ada@example.org", from: "Eve <eve@evil.example.com>", subject: "[PATCH 2/2] drm/amdgpu: big thing",
		to: "drm@lists.example.org, psirt@evil.example.com", reply: all[0].id}
	forged := eve
	forged.id, forged.from = "20261102100000.1-8-ada@example.org", ""
	extra := post{id: "20261102100000.1-7-ada@example.org", subject: "[PATCH 3/2] drm/amdgpu: one more", reply: all[0].id}
	hello := post{id: all[2].id, from: "Eve <eve@evil.example.com>", subject: "hello", text: true, body: "hello\n"}
	b.once(all[0], eve, forged, hello, all[1], extra, all[2])
	b.want(all[0].id, extra.id)
	c, err := b.store.Show(t.Context(), all[1].id)
	if err != nil || c.Series.Private || len(c.Series.Members) != 3 {
		t.Fatalf("the series: %+v, %v", c, err)
	}
	for _, id := range []string{eve.id, forged.id} {
		if s, err := b.store.Show(t.Context(), id); err == nil {
			t.Errorf("a mail to a security contact is shown: %+v", s.Series)
		}
	}
	if m := b.replies()[all[0].id]; !strings.Contains(joined(m), "both patches") || strings.Contains(m, "big thing") {
		t.Errorf("the answer:\n%s", m)
	}
}

// TestCopyToAContact: a copy of somebody's mail with a security contact put on top, which
// comes first, hides neither the mail nor its series, and takes no answer from them.
func TestCopyToAContact(t *testing.T) {
	for name, copied := range map[string]int{"a cover letter": 0, "a patch": 1} {
		b := newBench(t, t.TempDir())
		sign := b.signer()
		all := series("100000.1", 1, 2, "drm/amdgpu: fix one", "drm/amdgpu: fix two")
		b.raw(append([]byte("Cc: security@example.com\n"), sign(all[copied])...))
		for _, p := range all {
			b.raw(sign(p))
		}
		b.want(all[0].id)
		b.raw(sign(post{id: "n@example.org", subject: "Re: " + all[1].subject, reply: all[1].id, text: true, body: "NAK, not this way.\n"}))
		if c, err := b.store.Show(t.Context(), all[1].id); err != nil || len(c.Replies) != 1 || c.Replies[0].Proven == "" {
			t.Errorf("%s: the author's NAK is not heard, %v", name, err)
		}
		for _, p := range all[1:] {
			switch c, err := b.store.Show(t.Context(), p.id); {
			case err != nil:
				t.Errorf("%s: %s is hidden: %v", name, p.id, err)
			case c.Series.Private || len(c.Series.Members) != 3:
				t.Errorf("%s: %s stands in %+v", name, p.id, c.Series)
			}
		}
	}
}

// TestEmbargoTravels: what people said of an embargoed version stays with it.
func TestEmbargoTravels(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", to: "security@example.org"}
	b.once(one)
	b.raw(sign(post{id: "c1@example.org", subject: "Re: " + one.subject, reply: one.id, to: "security@example.org", text: true,
		body: "#stablebot override wait until CVE-2026-1 is public\n"}))
	b.want()
	two := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang", reply: one.id}
	b.once(two)
	b.want(two.id)
	if m := b.replies()[two.id]; strings.Contains(m, "CVE") || strings.Contains(m, "What people said") {
		t.Errorf("the answer to what is public:\n%s", m)
	}
	c, err := b.store.Show(t.Context(), two.id)
	if err != nil || len(c.Orders) != 0 || len(c.Versions) != 1 {
		t.Errorf("shown: %+v, %v", c, err)
	}
	// And what is told to a security contact about something public is not used.
	b.raw(sign(post{id: "c2@example.org", subject: "Re: " + two.subject, reply: two.id, to: "drm@lists.example.org, secure@example.org",
		text: true,
		body: "#stablebot override wait until CVE-2026-1 is public\n"}))
	b.want(two.id)
	b.quiet("c2@example.org", "security contact")
}

// TestSecurityContacts: the usual names, and those of the configuration.
func TestSecurityContacts(t *testing.T) {
	for to, private := range map[string]bool{
		"secure@example.com": true, "security-alert@example.com": true, "security@example.com": true, "PSIRT@example.com": true,
		"security+x@example.com":        true,
		"linux-distros@vs.openwall.org": true, "cve@example.com": true, "cve@example.net": false, "incidents@example.net": true,
		"a@psirt.example.net": true, "a@x.psirt.example.net": true, "drm-security-list@example.com": false,
	} {
		b := newBench(t, t.TempDir())
		b.opts.Policy.Security = []string{"cve@example.com", "incidents@", "@psirt.example.net"}
		p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", to: "drm@lists.example.org, " + to}
		b.once(p)
		if n := len(b.replies()); (n == 0) != private {
			t.Errorf("to %s: %d replies", to, n)
		}
	}
}

// TestAmplifier: a mail that names thousands is answered to twenty.
func TestAmplifier(t *testing.T) {
	b := newBench(t, t.TempDir())
	var cc []string
	for i := range 5000 {
		cc = append(cc, fmt.Sprintf("v%d@example.net", i))
	}
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", to: "x@example.net", headers: "Cc: " + strings.Join(cc, ",\n ") +
		",\n drm@lists.example.org\n"}
	b.once(p)
	head, _, _ := strings.Cut(b.replies()[p.id], "\n\n")
	if n := strings.Count(head, "@example.net>") + strings.Count(head, "ada@example.org>") +
		strings.Count(head, "drm@lists.example.org>"); n != plan.MaxRecipients {
		t.Errorf("%d recipients:\n%s", n, head)
	}
	if !strings.Contains(head, "drm@lists.example.org>") || !strings.Contains(head, "X-Stablebot-Left-Out: 4983 recipients") {
		t.Errorf("the header:\n%s", head)
	}
	// Nor does a field of its own send the answer to somebody else.
	v := post{id: "2@example.org", from: "Victim via Eve <eve@evil.example.com>", subject: "[PATCH] drm/amdgpu: fix a leak",
		headers: "X-Original-From: Victim <victim@example.net>\n"}
	own := v
	own.id, own.from = "3@example.org", "Victim via Other <other@lists.example.net>"
	own.headers += "List-Id: <other.lists.example.net>\n"
	b.opts.Policy.Lists[0].Reply = plan.ReplyAuthor
	b.once(v, own)
	for id, want := range map[string]string{"2@example.org": "eve@evil.example.com", "3@example.org": "other@lists.example.net"} {
		if m := b.replies()[id]; strings.Contains(m, "victim@example.net") || !strings.Contains(m, want) {
			t.Errorf("the answer to %s:\n%s", id, m)
		}
	}
}

// TestSlowDNS: filing and judging wait for nobody's name server, a key is looked
// up for a signature of the sender's own domain only, and what cannot be looked
// up is asked for again.
func TestSlowDNS(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	good := b.opts.Lookup
	answers, asked := make(chan struct{}), make(chan string, 10)
	fails := 1
	var mu sync.Mutex
	b.opts.Lookup = func(ctx context.Context, name string) ([]string, error) {
		asked <- name
		select {
		case <-answers:
		case <-ctx.Done():
		}
		mu.Lock()
		defer mu.Unlock()
		if fails--; fails >= 0 {
			return nil, &net.DNSError{Err: "timeout", IsTimeout: true}
		}
		return good(ctx, name)
	}
	now := time.Now()
	b.opts.Clock.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Second); return now }
	told := make(chan flow.Action, 10)
	b.opts.Told = func(a flow.Action) { told <- a }
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	f := &feed{name: "f", more: make(chan struct{}), mails: [][]byte{p.bytes(),
		sign(post{id: "c0@example.org", from: "Eve <eve@evil.example.com>", subject: "Re: " + p.subject, reply: p.id, text: true,
			body: "#stablebot recheck\n"}),
		sign(post{id: "c1@example.org", subject: "Re: " + p.subject, reply: p.id, text: true, body: "#stablebot recheck\n"}),
		post{id: "2@example.org", subject: "[PATCH] drm/amdgpu: fix a leak"}.bytes()}}
	b.opts.Sources = []flow.Source{f}
	x, err := run.New(b.opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx, false) }()
	next := func() flow.Action {
		t.Helper()
		select {
		case a := <-told:
			return a
		case <-time.After(15 * time.Second):
			t.Fatal("nothing is said")
		}
		return flow.Action{}
	}
	for range 2 { // both patches, while the name server does not answer
		if a := next(); a.Cause != flow.CauseFirst {
			t.Errorf("said for %s", a.Cause)
		}
	}
	if name := <-asked; name != "s._domainkey.example.org" {
		t.Errorf("%s was looked up", name)
	}
	close(answers)
	if a := next(); a.Cause != "c1@example.org" {
		t.Errorf("said for %s, want the command", a.Cause)
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
