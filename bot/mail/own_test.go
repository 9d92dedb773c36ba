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
		"Eve <e@x.example> writes:\n\nmine", "> quoted\nmine\n> and more",
	} {
		if strings.Contains(own("Hello.\n\n"+copied+"\n"), "mine") {
			t.Errorf("counts as the sender's:\n%s", copied)
		}
	}
	for _, written := range []string{
		"mine", "> quoted\nmine", "> quoted\n\nmine\n\n> more", "On Tue, 1 Dec 2026, Eve wrote:\n> quoted\n\nmine", "Eve <e@x.example> wrote:\n\n> quoted\nmine",
		"On Tue, Dec 1, 2026 at 9:00 PM Eve\n<e@x.example> wrote:\n> quoted\nmine", "From: what I see\nit works\nhere\nand there\nmine", "I tested it on:\nmine",
		"------------[ cut here ]------------\nWARNING\nmine", "-----\nmine", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nmine", "----- Test results -----\nmine", "On Polaris, it hangs\nmine",
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
