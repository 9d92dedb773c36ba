package series

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

const patchMail = `From: Ada Example <ada@chips.example.org>
To: patches@lists.example.org, Rae Reader <rae@reads.example.org>
Subject: [PATCH] clk: stop the clock
Date: Mon, 2 Nov 2026 10:00:00 +0100
Message-ID: <p@example.org>

The clock never stops.

Signed-off-by: Ada Example <ada@chips.example.org>
---
diff --git a/drivers/clk/a.c b/drivers/clk/a.c
--- a/drivers/clk/a.c
+++ b/drivers/clk/a.c
@@ -1,2 +1,3 @@
 int a;
+int b;
 int c;
`

// answer is a reply to the patch, proven when its sender is.
type answer struct {
	from, text string
	proven     bool
}

// TestWhoSaysSo: what a reply says counts by who is proven to have sent it.
func TestWhoSaysSo(t *testing.T) {
	const (
		ada  = "Ada Example <ada@chips.example.org>"
		mo   = "Mo Maintains <mo@kernel.example.org>"
		rae  = "Rae Reader <rae@reads.example.org>"
		fake = "Mo Maintains <eve@evil.example.com>"
	)
	eve := func(n int) string { return fmt.Sprintf("Eve %d <eve%d@evil.example.com>", n, n) }
	below := func(n int) string { return fmt.Sprintf("Eve %d <eve@x%d.abc.io>", n, n) }
	for name, c := range map[string]struct {
		answers []answer
		trust   bool
		want    string // declined, objections, tags, claimed
	}{
		"a stranger's NAK":         {[]answer{{eve(1), "NAK. No.", false}}, false, "0 1 0 0"},
		"a proven stranger's NAK":  {[]answer{{eve(1), "NAK. No.", true}}, false, "0 1 0 0"},
		"a maintainer's name":      {[]answer{{fake, "NAK. No.", true}}, false, "0 1 0 0"},
		"a maintainer, not proven": {[]answer{{mo, "NAK. No.", false}}, false, "0 1 0 0"},
		"a maintainer":             {[]answer{{mo, "NAK. No.", true}}, false, "1 rejected 0 0 0"},
		"not for stable":           {[]answer{{mo, "This is not stable material.", true}}, false, "1 0 0 0"},
		"the author":               {[]answer{{ada, "Please drop it, this is not for stable.", true}}, false, "1 0 0 0"},
		"the author, not proven":   {[]answer{{ada, "This is not for stable.", false}}, false, "0 1 0 0"},
		"over a trusted source":    {[]answer{{mo, "NAK. No.", false}}, true, "1 rejected 0 0 0"},
		"a stranger there":         {[]answer{{eve(1), "NAK. No.", false}}, true, "0 1 0 0"},
		"five made-up reviewers": {[]answer{{eve(1), "Reviewed-by: " + eve(1), false}, {eve(2), "Reviewed-by: " + eve(2), false}}, false,
			"0 0 0 2"},
		"five of one domain": {[]answer{{eve(1), "Reviewed-by: " + eve(1), true}, {eve(2), "Reviewed-by: " + eve(2), true},
			{eve(3), "Reviewed-by: " + eve(3), true}}, false, "0 0 1 2"},
		"of names below one": {[]answer{{below(1), "Reviewed-by: " + below(1), true}, {below(2), "Reviewed-by: " + below(2), true}}, false,
			"0 0 1 1"},
		"whom the author asked":     {[]answer{{rae, "Reviewed-by: " + rae, true}}, false, "0 0 1 0"},
		"asked, not proven":         {[]answer{{rae, "Reviewed-by: " + rae, false}}, false, "0 0 0 1"},
		"a stranger's stable tag":   {[]answer{{eve(1), "Cc: stable@vger.kernel.org", true}}, false, "0 0 0 1"},
		"a stranger's culprit":      {[]answer{{eve(1), "Fixes: 0123456789ab (\"clk: start it\")", true}}, false, "0 0 0 1"},
		"the author's stable tag":   {[]answer{{ada, "Cc: stable@vger.kernel.org", true}}, false, "0 0 1 0"},
		"a maintainer's stable tag": {[]answer{{mo, "Cc: stable@vger.kernel.org", true}}, false, "0 0 1 0"},
		"the author's, not proven":  {[]answer{{ada, "Cc: stable@vger.kernel.org", false}}, false, "0 0 0 1"},
		"in a maintainer's name":    {[]answer{{fake, "Reviewed-by: " + mo, true}}, false, "0 0 1 0"},
	} {
		x := Index{Trust: c.trust, May: func(address string, files []string) bool {
			return address == "mo@kernel.example.org" && len(files) == 1 && files[0] == "drivers/clk/a.c"
		}}
		patch, err := mail.Parse([]byte(patchMail))
		if err != nil {
			t.Fatal(err)
		}
		x.Add(patch)
		for i, a := range c.answers {
			m, err := mail.Parse([]byte(fmt.Sprintf("From: %s\nSubject: Re: [PATCH] clk: stop the clock\nDate: Mon, 2 Nov 2026 1%d:00:00 "+
				"+0100\nMessage-ID: <r%d@example.org>\nIn-Reply-To: <p@example.org>\n\n%s\n", a.from, i+1, i, a.text)))
			if err != nil {
				t.Fatal(err)
			}
			n := NoteOf(m)
			if a.proven {
				n.Proven = m.From.Address
			}
			x.AddNote(n)
		}
		f, tags := x.Facts(patch), x.Trailers(patch)
		got := fmt.Sprintf("%d %d %d %d", len(f.Declined), len(f.Objections), len(tags), len(f.Claimed))
		if f.Rejected {
			got = strings.Replace(got, " ", " rejected ", 1)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s\n%+v\n%+v", name, got, c.want, f, tags)
		}
		for _, d := range f.Declined {
			if !strings.HasPrefix(d.Text, "mo@kernel.example.org: ") && !strings.HasPrefix(d.Text, "ada@chips.example.org: ") {
				t.Errorf("%s: the address is not shown: %s", name, d.Text)
			}
		}
		for _, d := range append(f.Objections, f.Claimed...) {
			if !strings.Contains(d.Text, "not proven") && !strings.Contains(d.Text, "no author or maintainer") {
				t.Errorf("%s: it is not shown as claimed: %s", name, d.Text)
			}
		}
		for _, g := range tags {
			if strings.Contains(g.Value, "mo@kernel.example.org") && !c.trust {
				t.Errorf("%s: a tag of somebody else: %s", name, g.Value)
			}
		}
	}
}
