package series

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

// TestCoverUntested: what a cover letter says of testing, and of where its series is to go, is said of each of its patches.
func TestCoverUntested(t *testing.T) {
	for text, want := range map[string]string{
		"Two fixes, which are material for the 6.18 release cycle.":                               "",
		"Two fixes.\n\nBoth are untested, as I have no board.":                                    "Both are untested, as I have no board.",
		"Two fixes.\n\nCompile tested only.\nNot tested on the second board; tested on the rest.": "",
		"Two fixes.\n\n> This is untested.\nIt was run since.":                                    "",
	} {
		x := &Index{}
		var last *mail.Message
		for i, body := range []string{text, "Text." + fmt.Sprintf(needDiff, "one"), "Text." + fmt.Sprintf(needDiff, "two")} {
			m, err := mail.Parse(fmt.Appendf(nil, "From: Ada Example <ada@example.org>\nSubject: [PATCH %d/2] x: part %d\n"+
				"Date: Mon, 02 Nov 2026 10:00:00 +0000\nMessage-ID: <u%d@example.org>\nReferences: <u0@example.org>\n\n%s\n", i, i, i, body))
			if err != nil {
				t.Fatal(err)
			}
			x.Add(m)
			last = m
		}
		f := x.Facts(last)
		if got := f.Untested.Text; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if strings.Contains(text, "6.18") != (f.Aim == "6.18" && f.Aimed.Text != "") {
			t.Errorf("%q: meant for %q by %v", text, f.Aim, f.Aimed)
		}
	}
}
