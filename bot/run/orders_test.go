package run_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// signer makes the bench believe in mails that it signs for example.org.
func (b *bench) signer() func(p post) []byte {
	return b.signerOf("From", "Subject", "Date", "Message-ID", "In-Reply-To", "References")
}

func (b *bench) signerOf(fields ...string) func(p post) []byte {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	b.opts.Lookup = func(context.Context, string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
	}
	return func(p post) []byte {
		var out bytes.Buffer
		if err := dkim.Sign(&out, bytes.NewReader(p.bytes()), &dkim.SignOptions{Domain: "example.org", Selector: "s", Signer: key,
			HeaderKeys: fields}); err != nil {
			b.t.Fatal(err)
		}
		return out.Bytes()
	}
}

func (b *bench) raw(mails ...[]byte) {
	b.t.Helper()
	b.run(&feed{name: "raw-" + time.Now().String(), mails: mails})
}

// TestOrders: a proven command is answered once and remembered for the next
// version; a forged one does nothing and gets no answer; one without
// authority is refused.
func TestOrders(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	patch := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(patch)
	cmd := func(id, from, text string) post {
		return post{id: id, from: from, subject: "Re: " + patch.subject, reply: patch.id, text: true, body: text + "\n"}
	}
	forged := cmd("forged@example.org", "", "#stablebot override dkms-only because")
	b.raw(forged.bytes())
	b.want(patch.id)
	b.quiet(forged.id, "not obeyed")

	over := cmd("c1@example.org", "", "#stablebot override dkms-only it needs the new firmware")
	b.raw(sign(over), sign(over))
	b.want(patch.id, over.id)
	answer := b.replies()[over.id]
	for _, want := range []string{"Noted. The verdict is to be dkms-only", "needs the new firmware", "stable-eligible",
		"References: <1@example.org> <c1@example.org>"} {
		if !strings.Contains(strings.Join(strings.Fields(answer), " "), want) {
			t.Errorf("the answer lacks %q:\n%s", want, answer)
		}
	}
	stranger := cmd("c2@example.org", "Eve <eve@example.org>", "#stablebot override wait because I say so")
	b.raw(sign(stranger))
	if a := b.replies()[stranger.id]; !strings.Contains(a, "Not done") || strings.Contains(a, "X-Stablebot-Verdict") {
		t.Errorf("the answer to a stranger:\n%s", a)
	}
	b.opts.Maintains = func(who string, files []string) bool {
		return who == "bob@example.org" && len(files) == 1 && strings.HasSuffix(files[0], "x.c")
	}
	again := cmd("c3@example.org", "Bob <bob@example.org>", "#stablebot recheck 6.12")
	b.raw(sign(again))
	if a := b.replies()[again.id]; !strings.Contains(a, "Re-checked as requested") {
		t.Errorf("the answer to a maintainer:\n%s", a)
	}
	// The next version shows the person's word, and eve's is nowhere.
	two := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: big fix a hang", reply: patch.id}
	two.subject = "[PATCH v2] drm/amdgpu: fix a hang"
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		j := judge(c, s, tree)
		j.When = verdict.Now
		return j
	}
	b.once(two)
	if a := b.replies()[two.id]; !strings.Contains(a, "A person's word stands") || !strings.Contains(a, "dkms-only - it needs the new") ||
		strings.Contains(a, "I say so") {
		t.Errorf("the answer to v2:\n%s", a)
	}
	off := cmd("c4@example.org", "", "#stablebot mute")
	off.reply, off.subject = two.id, "Re: "+two.subject
	b.raw(sign(off))
	b.once(post{id: "3@example.org", subject: "[PATCH] drm/amdgpu: fix another hang"})
	b.want(patch.id, over.id, stranger.id, again.id, two.id, off.id)
	b.quiet("3@example.org", "wants no mail")
}

// TestCorrection: what was said and turned wrong is taken back, once, below
// the mail that said it.
func TestCorrection(t *testing.T) {
	b := newBench(t, t.TempDir())
	now := verdict.StableEligible
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		j := judge(c, s, tree)
		if j.Verdict = now; now == verdict.DKMSOnly {
			j.When, j.ReasonClass, j.Reason = "", verdict.Declined, "a maintainer declined it"
		}
		return j
	}
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	reply := func(id string) post {
		return post{id: id, from: "Bob <bob@example.org>", subject: "Re: " + p.subject, reply: p.id, text: true,
			body: "Reviewed-by: Bob <bob@example.org>\n"}
	}
	b.once(p)
	b.once(reply("r1@example.org"))
	b.want(p.id)
	now = verdict.DKMSOnly
	b.once(reply("r2@example.org"))
	now = verdict.StableEligible
	b.once(reply("r3@example.org"))
	got := b.replies()
	if len(got) != 2 {
		t.Fatalf("%d mails, want the answer and one correction", len(got))
	}
	_, rest, _ := strings.Cut(got[p.id], "Message-Id: <")
	first, _, _ := strings.Cut(rest, ">")
	if m := got[first]; !strings.Contains(joined(m), "replaces what was said here") || !strings.Contains(m, "was declined for stable") ||
		!strings.Contains(m, "> stable-eligible") {
		t.Errorf("the correction:\n%s", m)
	}
}

// TestHeld: a reply that waits for approval goes when a person says so; one
// that a second thought overtakes never does.
func TestHeld(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.opts.Policy.Lists[0].Approve = true
	b.once(post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"},
		post{id: "2@example.org", subject: "[PATCH] drm/amdgpu: fix a leak"})
	b.want()
	rows, err := b.store.Actions(t.Context(), flow.StateHeld, 10)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d held, %v", len(rows), err)
	}
	b.opts.Stopped = func() string { return "stopped" }
	if ok, err := b.store.Decide(t.Context(), rows[0].Key, flow.Decision{State: flow.StatePlanned, At: time.Now()}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	b.once()
	b.want() // stopped
	b.opts.Stopped = nil
	b.once()
	if n := len(b.replies()); n != 1 {
		t.Errorf("%d replies after one approval", n)
	}
}

func TestHours(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	night := plan.Hours{From: 22 * time.Hour, To: 7 * time.Hour, Zone: berlin}
	for at, want := range map[string]string{
		"2026-11-02T12:00:00+01:00": "",
		"2026-11-02T22:00:00+01:00": "2026-11-03T07:00:00+01:00",
		"2026-11-03T06:59:00+01:00": "2026-11-03T07:00:00+01:00",
		"2026-11-03T07:00:00+01:00": "",
		"2026-10-24T23:00:00+02:00": "2026-10-25T07:00:00+01:00", // the clock goes back that night
	} {
		v, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if u := night.Until(v); !u.IsZero() {
			got = u.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s: until %q, want %q", at, got, want)
		}
	}
	if u := (plan.Hours{}).Until(time.Now()); !u.IsZero() {
		t.Errorf("never is until %v", u)
	}
}
