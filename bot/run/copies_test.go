package run_test

import (
	"bytes"
	"testing"
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
