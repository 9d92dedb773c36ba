package mail

import (
	"strings"
	"testing"
	"time"
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

// What reads like the head of a copied mail in any language is doubted, what only looks
// like one commands nothing, and what people write is certain.
func TestDoubt(t *testing.T) {
	wrapped := "> " + strings.Repeat("quoted ", 9) + "\nmine\n\nmore"
	for want, texts := range map[Doubt][]string{
		Copied: {
			"Von: Eve <e@x.example>\nGesendet: Dienstag, 1. Dezember 2026 13:00\nAn: a@x.example\nBetreff: AW: x\n\nmine",
			"De : Eve\nEnvoyé : mardi 1 décembre 2026 13:00\nÀ : a@x.example\nObjet : x\n\nmine", "发件人: Eve\n发送时间: 2026年12月1日 13:00\n收件人: a\n主题: x\n\nmine",
			"보낸 사람: Eve\n보낸 날짜: 2026-12-01\n받는 사람: a@x.example\n제목: x\nmine", "*Von:* Eve\n*Gesendet:* 1.12.2026\n*An:* a\n*Cc:* b\nmine",
			"Eve <e@x.example> wrote on 12/01/2026 01:00:00 PM:\n\nmine", ">>> Eve <e@x.example> 12/1/2026 1:00 PM >>>\nmine", "W dniu 1.12.2026 o 13:00, Eve pisze:\nmine",
			"Eve <e@x.example> kirjoitti:\nmine", "On Tue, 1 Dec 2026, Eve <e@x.example> wrote\n\nmine", wrapped,
		},
		Unsure: {"On 6.12.30 I get:\nmine", "amdgpu 0000:03:00.0:\nmine", "Eve kirjoitti:\nmine", "------------------ 原始邮件 ------------------\nmine", "=====\nmine", "See below:\n\nmine", "I asked e@x.example\nmine"},
		Certain: {
			"mine", "Hello Eve,\n\nmine", "On 1.12.2026 13:00 Eve kirjoitti:\n> quoted\n\nmine", "On Tue, Dec 1, 2026 at 9:00 PM Eve <e@x.example>\nwrote:\n\n> quoted\nmine",
			"Reviewed-by: Ada <a@x.example>\nTested-by: Ada <a@x.example>\nCc: Bo <b@x.example>\n\nmine", "It hangs since 6.12.3.\nmine", "> short\nmine\n", "I met it on 1 December 2026.\nmine",
			"CPU: a\nBoard: b\nmine", "It hangs on 6.12.30\nmine", "amdgpu 0000:03:00.0 hangs\nmine", "> " + strings.Repeat("quoted ", 9) + "\n\nmine",
		},
	} {
		for _, text := range texts {
			for l := range Lines(text) {
				if l.Text == "mine" && l.Doubt != want {
					t.Errorf("doubt %d, not %d:\n%s", l.Doubt, want, text)
				}
			}
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

// A stranger chooses the name that a mail program puts above what it cites, and a long one
// is folded: no piece of it is the word of who answers.
func TestAttribution(t *testing.T) {
	const word = "mine"
	for _, text := range []string{
		"On Wed, Dec 2, 2026 at 1:00 PM Ed Abcdef Abcdef Abcdef\nmine\n<e@x.example> wrote:\n> quoted\n",
		"On Wed, Dec 2, 2026 at 1:00 PM Ed Abcdef Abcdef Abcdef\nmine\n<e@x.example> wrote:\n\n> quoted\n",
		"On 12/2/26 13:00, Ed Abcdef Abcdef Abcdef\nmine\nwrote:\n> quoted\n", "Ed\nmine\n<e@x.example> writes:\n> quoted\n", "mine\n<e@x.example> kirjoitti:\n> quoted\n",
		"* Ed\nmine\n<e@x.example> [2026-12-02 13:00]:\n> quoted\n", "* Ed\nmine\n<e@x.example> [2026-12-02]\n> quoted\n", "Ed\nmine\nAbcdef kirjoitti:\n\n> quoted\n",
		"On Wed, 2 Dec 2026, Ed Abcdef\nmine\n<e@x.example> wrote:\n\ncopied and not marked\n", "On Wed, 2 Dec 2026, Ed\nmine\n<e@x.example> wrote:\ncopied\n",
		"Am 2.12.2026 schrieb Ed\nmine\nAbcdef:\n[...]\n\n> quoted\n", "> quoted\nOn 2.12.2026 Ed\nmine\nwrote:\n> > quoted\n",
	} {
		if strings.Contains(own("Hello.\n\n"+text+"\nPlease explain.\n"), word) {
			t.Errorf("counts as the sender's:\n%s", text)
		}
		if !strings.Contains(own(text+"\nPlease explain.\n"), "Please explain.") && !strings.Contains(text, "copied") {
			t.Errorf("what stands below does not count:\n%s", text)
		}
	}
	for _, text := range []string{
		"mine\n> quoted\n", "mine, and why:\n> quoted\n", "mine, and why:\n\n> quoted\n", "Looks good.\nReviewed-by: Ada <a@x.example>\nmine\n> quoted\n",
		"Fine, mine\nReviewed-by: Ada <a@x.example>\n> quoted\n", "I saw it on 2.12.2026, too.\nmine\n\nEd <e@x.example> wrote:\n> quoted\n", "mine\n\nEd <e@x.example> wrote:\n> quoted\n",
	} {
		if !strings.Contains(own(text), word) {
			t.Errorf("does not count as the sender's:\n%s", text)
		}
	}
}

// TestLinesCost: what stands for a gap is walked through once, however long it is.
func TestLinesCost(t *testing.T) {
	for _, s := range []string{"...\n", "a:\n\n...\n", "[snip]\n\n", "Ed <e@x.example> x:\n", "On 1.1.2026, x\n...\n"} {
		began := time.Now()
		for range Lines(strings.Repeat(s, 256<<10/len(s))) {
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("256 KB of %q took %v", s, took)
		}
	}
}
