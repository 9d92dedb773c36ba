package mail

import (
	"strings"
	"testing"
)

// What is copied below a line of a mail program is not the sender's, whatever the form.
func TestLines(t *testing.T) {
	for _, copied := range []string{
		"--\nmine", "-----Original Message-----\nmine", "---------- Forwarded message ---------\nFrom: x\nmine", "-------- Original-Nachricht --------\nmine",
		"________________________________\nFrom: x\nmine", "From: Eve <e@x.example>\nSent: Tuesday\nmine", "*From:* Eve\n*Sent:* Tuesday\nmine",
		"From: Eve\nTo: x\nmine", "From: Eve <e@x.example>\n\nSubject: x\nmine", "On Tue, 1 Dec 2026, Eve wrote:\n\nmine",
		"On Tue, Dec 1, 2026 at 9:00 PM Eve Example\n<e@x.example> wrote:\n\nmine", "Am 1.12.2026 schrieb Eve <e@x.example>:\nmine", "Le 1 déc. 2026, Eve a écrit :\nmine",
		"Eve <e@x.example> writes:\n\nmine", "> " + strings.Repeat("quoted ", 9) + "\nmine\n> and more", "> see https://lists.example.org/a/long/address/that/has/no/blank\nmine,\n> more",
		"On Tue, 1 Dec 2026, Eve wrote:\n\n[...]\n\nmine", "Eve <e@x.example> said:\nmine", "On Tue, 1 Dec 2026, Eve\nsaid:\n\nmine",
	} {
		if strings.Contains(own("Hello.\n\n"+copied+"\n"), "mine") {
			t.Errorf("counts as the sender's:\n%s", copied)
		}
	}
	for _, written := range []string{
		"mine", "> quoted\nmine", "> quoted\n\nmine\n\n> more", "On Tue, 1 Dec 2026, Eve wrote:\n> quoted\n\nmine", "Eve <e@x.example> wrote:\n\n> quoted\nmine",
		"On Tue, Dec 1, 2026 at 9:00 PM Eve\n<e@x.example> wrote:\n> quoted\nmine", "From: what I see\nit works\nhere\nand there\nmine", "I tested it on:\nmine",
		"------------[ cut here ]------------\nWARNING\nmine", "-----\nmine", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nmine", "----- Test results -----\nmine", "On Polaris, it hangs\nmine",
		"> Is it tested?\nmine\n> And reviewed?", "> a line of a size that leaves room\nmine, all of it\n> more",
		"On Tue, 1 Dec 2026, Eve wrote:\n\n[...]\n\n> quoted\n\nmine", "On Tue, 1 Dec 2026, Eve wrote:\n<snip>\n> quoted\nmine", "Eve <e@x.example> wrote:\n[ … ]\n[snip]\n> quoted\nmine",
		"As the documentation said:\nmine", "The manual said:\n\n  one thing\n\nmine", "What Eve writes:\nmine",
	} {
		if !strings.Contains(own(written+"\n"), "mine") {
			t.Errorf("does not count as the sender's:\n%s", written)
		}
	}
}

// own are the lines of a text that count as its sender's.
func own(text string) string {
	var out []string
	for l := range Lines(text) {
		if l.Own {
			out = append(out, l.Text)
		}
	}
	return strings.Join(out, "\n")
}
