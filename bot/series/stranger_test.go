package series

import (
	"fmt"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

// A patch by somebody else under a free number of a series is none of its members,
// whichever comes first.
func TestStrangersNumber(t *testing.T) {
	part := func(from string, n int) *mail.Message {
		raw := fmt.Sprintf("From: %s\nTo: l@example.org\nSubject: [PATCH %d/3] drm/x: part %d\nDate: Mon, 02 Nov 2026 10:00:0%d +0000\n"+
			"Message-ID: <20261102100000.77-%d-ada@example.org>\n\nIt hangs.\n---\n x.c | 1 +\n\n"+
			"diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,3 @@\n a\n+b\n c\n", from, n, n, n, n)
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	one, two, junk := part("ada@example.org", 1), part("ada@example.org", 2), part("eve@evil.example.net", 3)
	for _, order := range [][]*mail.Message{{one, two, junk}, {junk, one, two}} {
		var x Index
		for _, m := range order {
			x.Add(m)
		}
		if f := x.Facts(one); f == nil || f.Have != 2 || f.Of != 3 {
			t.Errorf("of the series: %+v", f)
		}
		if f := x.Facts(junk); f == nil || f.Have != 1 {
			t.Errorf("of what is not of it: %+v", f)
		}
	}
}
