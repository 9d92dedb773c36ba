package series

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
)

func TestVersioned(t *testing.T) {
	for _, c := range []struct {
		title, plain string
		version      int
		stem         string
	}{
		{"drm/x: fix it (v3)", "drm/x: fix it", 3, ""},
		{"drm/x: fix it. (v3)", "drm/x: fix it.", 3, ""},
		{"drm/x: fix it (V3).", "drm/x: fix it", 3, ""},
		{"drm/x: fix it [v2]", "drm/x: fix it", 2, ""},
		{"drm/x: fix it( v2 )", "drm/x: fix it", 2, ""},
		{"drm/x: fix it, v2", "drm/x: fix it", 2, ""},
		{"drm/x: fix it - V2", "drm/x: fix it", 2, ""},
		{"V3: drm/x: fix it", "drm/x: fix it", 3, ""},
		{"v7 Fix it", "Fix it", 7, ""},
		{"wifi: ath12k: (v5) fix it", "wifi: ath12k: fix it", 5, ""},
		{"wifi: ath12k: v5: fix it", "wifi: ath12k: fix it", 5, ""},
		{"drm/x: fix it v4", "drm/x: fix it v4", 0, "drm/x: fix it"},
		{"wifi: x: add support for firmware command v12", "wifi: x: add support for firmware command v12", 0,
			"wifi: x: add support for firmware command"},
		// None of these is one.
		{"iommu/arm: stall on smmu-v2", "iommu/arm: stall on smmu-v2", 0, ""},
		{"drm/x: remove struct send_command_v2", "drm/x: remove struct send_command_v2", 0, ""},
		{"drm/x: support for mmuv2", "drm/x: support for mmuv2", 0, ""},
		{"ath: restore AR1A (v1) detection", "ath: restore AR1A (v1) detection", 0, ""},
		{"v4l2: fix it", "v4l2: fix it", 0, ""},
		{"drm/x: fix DP 1.4", "drm/x: fix DP 1.4", 0, ""},
		{"drm/x: add parser v1", "drm/x: add parser v1", 0, ""},
		{"drm/x: firmware (v2.1)", "drm/x: firmware (v2.1)", 0, ""},
		{"drm/x: (v11_0) fix it", "drm/x: (v11_0) fix it", 0, ""},
		{"v2", "v2", 0, ""},
		{"(v2)", "(v2)", 0, ""},
		{"", "", 0, ""},
	} {
		plain, version := Versioned(c.title)
		if plain != c.plain || version != c.version {
			t.Errorf("Versioned(%q) = %q, %d; want %q, %d", c.title, plain, version, c.plain, c.version)
		}
		if stem, _ := Stem(plain); stem != c.stem {
			t.Errorf("Stem(%q) = %q, want %q", c.title, stem, c.stem)
		}
	}
}

// TestOddVersions: what is superseded by the last of some single patches of one
// sender, a day apart.
func TestOddVersions(t *testing.T) {
	for _, c := range []struct {
		name   string
		titles []string // with what stands in brackets
		gone   string   // which are superseded
	}{
		{"behind in parentheses", []string{"[PATCH] drm/x: fix it", "[PATCH] drm/x: fix it (v2)", "[PATCH] drm/x: fix it (v3)"}, "0 1"},
		{"half a year apart", []string{"[PATCH] drm/x: fix it", "+180 [PATCH] drm/x: fix it (v2)"}, "0"},
		{"in brackets, then behind", []string{"[PATCH] drm/x: fix it", "[PATCH v2] drm/x: fix it", "[PATCH] drm/x: fix it, v3"}, "0 1"},
		{"in front", []string{"[PATCH] Fix it", "[PATCH] v2 Fix it", "[PATCH] V3: Fix it"}, "0 1"},
		{"bare, of a title that was posted", []string{"[PATCH] drm/x: fix it", "[PATCH] drm/x: fix it v2", "[PATCH] drm/x: fix it v3"}, "0 1"},
		{"bare, and then in parentheses", []string{"[PATCH] drm/x: fix it", "[PATCH] drm/x: fix it v2", "[PATCH] drm/x: fix it (v3)"}, "0 1"},
		{"bare, of a command of the firmware", []string{"[PATCH] wifi: x: support command v10", "[PATCH] wifi: x: support command v11",
			"[PATCH] wifi: x: support command v12"}, ""},
		{"one after the other", []string{"[PATCH] x: update the table to v15", "[PATCH] x: update the table to v16"}, ""},
		{"another patch of the same series", []string{"[PATCH 1/2] x: add report v7", "[PATCH 2/2] x: add report v8"}, ""},
		{"a board", []string{"[PATCH] wmi: support the Board Elite", "[PATCH] wmi: support the Board Elite V2"}, ""},
		{"attached to a name", []string{"[PATCH] x: stall on smmu", "[PATCH] x: stall on smmu-v2"}, ""},
		{"both", []string{"[PATCH v2 1/2] drm/x: fix it (v2)", "[PATCH v3 1/2] drm/x: fix it (v3)"}, "0"},
		{"an older one that came late", []string{"[PATCH] drm/x: fix it (v3)", "[PATCH] drm/x: fix it"}, "0"},
	} {
		var x Index
		var mails []*mail.Message
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		for i, title := range c.titles {
			days := 1
			if rest, ok := strings.CutPrefix(title, "+180 "); ok {
				title, days = rest, 180
			}
			at = at.AddDate(0, 0, days)
			m, err := mail.Parse([]byte(fmt.Sprintf("From: Ada Example <ada@example.org>\r\nDate: %s\r\nMessage-ID: <%d@example.org>\r\nSubject: "+
				"%s\r\n\r\nIt hangs.\r\n---\r\ndiff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", at.Format(time.RFC1123Z), i,
				title)))
			if err != nil {
				t.Fatal(err)
			}
			mails = append(mails, m)
			x.Add(m)
		}
		var got []string
		for i, m := range mails {
			if x.Superseded(m) {
				got = append(got, fmt.Sprint(i))
			}
		}
		if g := strings.Join(got, " "); g != c.gone {
			t.Errorf("%s: superseded are %q, want %q", c.name, g, c.gone)
		}
	}
}
