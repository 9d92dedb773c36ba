package run_test

import (
	"bytes"
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// TestRefusalOfACopy: a maintainer's no to a copy of a patch that was proposed for stable
// counts for the patch; a stranger's does not, nor one to a draft of other lines.
func TestRefusalOfACopy(t *testing.T) {
	for name, c := range map[string]struct {
		from, subject, diff string
		want                int
	}{
		"a maintainer":  {"Mo Maintains <mo@example.org>", "[PATCH AUTOSEL 6.1 3/9] drm/amdgpu: fix a hang", "", 1},
		"a stranger":    {"Eve <eve@example.org>", "[PATCH AUTOSEL 6.1 3/9] drm/amdgpu: fix a hang", "", 0},
		"a first draft": {"Mo Maintains <mo@example.org>", "[RFC PATCH] drm/amdgpu: fix a hang", "draft", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign, h := b.signer(), b.hears()
			b.opts.Maintains = func(who string, files []string) bool { return who == "mo@example.org" && len(files) > 0 }
			posted := post{id: "c@example.org", from: "Sam Selects <sam@example.org>", subject: c.subject}
			raw := posted.bytes()
			if c.diff != "" {
				raw = bytes.ReplaceAll(raw, []byte("+int b;"), []byte("+int "+c.diff+";"))
			}
			b.raw(raw, sign(post{id: "r@example.org", from: c.from, subject: "Re: " + c.subject, reply: posted.id, text: true,
				body: "NAK. It breaks resume.\n"}))
			b.once(post{id: "1@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang"})
			if len(h.series.Declined) != c.want || h.series.Rejected {
				t.Errorf("declined %v, rejected %v", h.series.Declined, h.series.Rejected)
			}
		})
	}
}

// TestRefusalForABranch: a maintainer's no to one branch, said of a copy, keeps the patch out
// of that branch and declines nothing.
func TestRefusalForABranch(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	b.opts.Maintains = func(who string, files []string) bool { return who == "mo@example.org" && len(files) > 0 }
	copied := post{id: "c@example.org", from: "Sam Selects <sam@example.org>", subject: "[PATCH AUTOSEL 6.1 3/9] drm/amdgpu: fix a hang"}
	b.raw(copied.bytes(), sign(post{id: "r@example.org", from: "Mo Maintains <mo@example.org>", subject: "Re: " + copied.subject,
		reply: copied.id, text: true, body: "Please drop this, it is not needed in 6.1.\n"}))
	b.once(post{id: "1@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang"})
	if s := h.series; len(s.Declined) != 0 || s.Rejected || s.Keeps("6.1") == nil || s.Keeps("6.6") != nil {
		t.Errorf("declined %v, rejected %v, for branches %+v", s.Declined, s.Rejected, s.NotFor)
	}
}

// TestLaterRefusalOfACopy: a maintainer's no to a copy that comes when the patch was judged
// has it judged again, whether its sender is proven or the source is trusted; what is said of
// another patch, or approves of this one, has not.
func TestLaterRefusalOfACopy(t *testing.T) {
	const nak, ack = "NAK. It breaks resume.\n", "Acked-by: Mo Maintains <mo@example.org>\n"
	for name, c := range map[string]struct {
		body, title string
		trusted     bool
		want        bool
	}{
		"proven":         {nak, "drm/amdgpu: fix a hang", false, true},
		"trusted":        {nak, "drm/amdgpu: fix a hang", true, true},
		"another patch":  {nak, "drm/amdgpu: fix a leak", false, false},
		"an approval":    {ack, "drm/amdgpu: fix a hang", false, false},
		"in other words": {"Thanks.\n\nPlease drop this, it is not stable material.\n", "drm/amdgpu: fix a hang", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign, h := b.signer(), b.hears()
			b.opts.Maintains = func(who string, files []string) bool { return who == "mo@example.org" && len(files) > 0 }
			patch := post{id: "1@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang"}
			copied := post{id: "c@example.org", from: "Sam Selects <sam@example.org>", subject: "[PATCH AUTOSEL 6.1 3/9] " + c.title}
			b.once(patch, copied)
			if n := len(h.series.Declined); n != 0 {
				t.Fatalf("declined before: %d", n)
			}
			said := post{id: "r@example.org", from: "Mo Maintains <mo@example.org>", subject: "Re: " + copied.subject, reply: copied.id,
				text: true, body: c.body}
			raw := sign(said)
			if c.trusted {
				raw, b.opts.Policy.Trusted = said.bytes(), []string{"imap:work"}
			}
			b.run(&feed{name: "imap:work/INBOX", mails: [][]byte{raw}})
			got, err := b.store.Explain(t.Context(), patch.id)
			if err != nil {
				t.Fatal(err)
			}
			if declined := got.Judged.ReasonClass == verdict.Declined; declined != c.want {
				t.Errorf("declined is %v: %s, %s", declined, got.Judged.Verdict, got.Judged.Reason)
			}
		})
	}
}
