package series

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/release"
)

// TestOnlyFor: a no that names branches is for these alone, one against the change or against
// stable as a whole is for all, and what only speaks of a kernel is none.
func TestOnlyFor(t *testing.T) {
	const (
		plain   = "[PATCH 2/5] clock: stop it"
		autosel = "[PATCH AUTOSEL 5.10 3/9] clock: stop it"
		batch   = "[PATCH 5.10 003/123] clock: stop it"
		several = "[PATCH AUTOSEL 6.12-5.10] clock: stop it"
	)
	for _, c := range []struct{ subject, text, want string }{
		// of some branches
		{plain, "This is not for 5.10, the lamp came with 5.12.", "only 5.10"},
		{plain, "Fine for 6.6, but not for 5.10.y please.", "only 5.10"},
		{plain, "It isn't needed in 5.4 and 5.10.", "only 5.4, 5.10"},
		{plain, "We do not need\nthis in the 5.15 stable tree.", "only 5.15"},
		{plain, "Please don't backport this to 5.10 and older.", "only 5.10 and older"},
		{plain, "This should not go to stable before 5.15, thanks.", "only older than 5.15"},
		{plain, "This must not be backported any further back than 6.1.", "only older than 6.1"},
		{plain, "No need to queue this up for 6.1 or later, the code is gone.", "only 6.1 and newer"},
		{plain, "5.10 is not affected, please skip 5.10.", "only 5.10"},
		{plain, "Note that v5.10 does not need this.", "only 5.10"},
		{plain, "NAK for 5.10, the winder is another one there.", "only 5.10"},
		{plain, "NACK for v5.4 and v5.10.", "only 5.4, 5.10"},
		{plain, "Nacked-by: Mo Maintains <mo@example.org> # 5.10.y", "only 5.10"},
		{plain, "This is not stable material for 5.10.", "only 5.10"},
		{autosel, "Please drop this from 5.10.", "only 5.10"},
		{autosel, "Please drop. The lamp came with 5.12, so it is not needed in 5.10.", "only 5.10"},
		{autosel, "NAK. 5.10 does not have the bug.", "only 5.10"},
		{autosel, "Hi Sam,\n\nThis is not needed in this tree, the lamp is not there.\n\nMo", "only 5.10"},
		{batch, "Please drop the 5.10 backport, I will send another one.", "only 5.10"},
		{batch, "Nacked-by: Mo Maintains <mo@example.org>\n\nThis one is not applicable to 5.10.", "only 5.10"},
		{several, "Please drop this from 6.1 and 5.15.", "only 6.1, 5.15"},
		// of all
		{plain, "NAK. This breaks the lamp.", "refused"},
		{plain, "NAK. It is not needed in 5.10 either.", "refused"},
		{plain, "This is not stable material.", "kept out"},
		{plain, "Not for stable, neither 5.10 nor anything else.", "kept out"},
		{autosel, "NAK. It breaks resume.", "refused"},
		{autosel, "Please drop this.", "kept out"},
		{autosel, "Please drop this from all stable trees, 5.10 too.", "kept out"},
		{autosel, "Please drop this, it breaks resume, and is not needed in 5.10 anyway.", "kept out"},
		{autosel, "NAK. This is a leak of its own, not only in 5.10. It is not needed in 5.10.", "refused"},
		// nothing
		{plain, "Is this not needed in 5.10?", ""},
		{plain, "The fix is not in 5.10 yet.", ""},
		{plain, "It does not apply to 5.10, here is a backport.", ""},
		{plain, "Not sure that it is needed in 5.10.", ""},
		{plain, "Please take this for 5.10 as well.", ""},
		{plain, "This is not meant for 3.0 ports.", ""},
		{plain, "It was not backported to 5.10, please queue it.", ""},
		{plain, "Don't backport this to 5.10 without the winder.", ""},
		{plain, "> This is not for 5.10.\n\nIt is.", ""},
		{plain, "Do not pick this to 5.10 until the winder is there.", ""},
		{plain, "Tested on 5.10.", ""},
		{plain, "Please keep this in 6.6.", ""},
		{plain, "Please don't drop this from 6.1.", ""},
		{plain, "I see no reason to drop this from 5.15.", ""},
		{plain, "Let's leave this for 6.13.", ""},
		{plain, "This can't be applied to 5.10, I will send a backport.", ""},
		{plain, "Please drop this from 5.10 and keep it in 6.1.", "only 5.10"},
		{plain, "Please leave this out of 5.10.", "only 5.10"},
	} {
		raw := "From: Mo Maintains <mo@example.org>\nTo: list@example.org\nSubject: Re: " + c.subject + "\nMessage-ID: <r@x>\n" +
			"In-Reply-To: <p@x>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n\n" + c.text + "\n"
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		var only []release.Range
		for _, d := range NoteOf(m).Declined {
			switch {
			case len(d.Only) > 0 && d.Stable:
				for _, r := range d.Only {
					if !strings.Contains(fmt.Sprint(only), r.String()) {
						only = append(only, r)
					}
				}
			case d.Stable && got == "":
				got = "kept out"
			case !d.Stable:
				got = "refused"
			}
		}
		if got == "" && len(only) > 0 {
			var names []string
			for _, r := range only {
				names = append(names, r.String())
			}
			got = "only " + strings.Join(names, ", ")
		}
		if got != c.want {
			t.Errorf("%s\n%s\ngot %q, want %q", c.subject, c.text, got, c.want)
		}
	}
}

// TestOnlyForCosts: what anybody writes is read in the time of its length.
func TestOnlyForCosts(t *testing.T) {
	for _, said := range []string{"the ", "5.4, ", "5.4 ", "not for the ", "Please drop this. ", "NAK. 5.4. ", "5.4 the ",
		"drop it from the 5.4\n"} {
		text := "NAK.\n\n" + strings.Repeat(said, maxReply/len(said)) + "\n\n" + strings.Repeat("Please drop this from 5.4, "+said+"\n", 5000)
		raw := "From: Mo Maintains <mo@example.org>\nSubject: Re: [PATCH AUTOSEL 5.10 3/9] clock: stop it\n" +
			"Message-ID: <r@x>\nIn-Reply-To: <p@x>\n\n" + text
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := oracle.Check(len(raw), func() { NoteOf(m) }); err != nil {
			t.Errorf("%q: %v", said, err)
		}
	}
}
