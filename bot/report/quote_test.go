package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/rules/change"
)

func TestQuoteOfCover(t *testing.T) {
	got := Quote("These fix hangs.\n\nJo Doe (3):\n  drm: one\n\n x.c | 3 +++\n", "")
	if len(got) != 1 || got[0] != "These fix hangs." {
		t.Errorf("quoted %q", got)
	}
}

// A quote tells what the mail is about, in the words of who wrote it and on their day.
func TestQuoteOf(t *testing.T) {
	for text, want := range map[string][]string{
		"Apologies for the noise.\nThe link is lost.\n":                        {"The link is lost."},
		"root@acme:/home/root# lspci\n00:00.0 Host\n\nIt hangs.\n":             {"It hangs."},
		"# ip link set dev eth0 down\n\nThe test fails then.\n":                {"The test fails then."},
		"The link is lost.\n# ip link show\nstate DOWN\n":                      {"The link is lost."},
		"See https://example.org/" + strings.Repeat("x", 80) + "\nIt hangs.\n": {"It hangs."},
		"See https://example.org/x\nIt hangs.\n":                               {"See https://example.org/x", "It hangs."},
		"The ring #1 of ada@example.org hangs.\n":                              {"The ring #1 of ada@example.org hangs."},
		"ada@example.org reported that it hangs.\n":                            {"ada@example.org reported that it hangs."},
		"# 5 of the rings hang.\n":                                             {"# 5 of the rings hang."},
		"#stablebot override dkms-only sorry, it is too big\n":                 {"#stablebot override dkms-only sorry, it is too big"},
		// A whole sentence in the lines of the mail, however many begin or end in them.
		"The stop crashes.\nThe stop crashes.\n":                              {"The stop crashes."},
		"The ring stops late,\nso the  card hangs. A reset\ndoes not help.\n": {"The ring stops late,", "so the  card hangs."},
		"The stop e.g. of Linux\nv6.1 crashes.\n":                             {"The stop e.g. of Linux", "v6.1 crashes."},
		"One\ntwo\nthree\nfour\nfive. It hangs.\n":                            {"It hangs."},
		"One\ntwo\nthree\nfour\nfive.\n":                                      {"One", "two", "three", "[...]"},
		"The stop of the ring\nring: reset crashes.\nIt hangs.\n":             {"It hangs."},
		"- The first stop\n  crashes.\n- The second hangs.\n":                 {"- The first stop", "  crashes."},
		// What no person says, and what opens or ends a mail.
		"Hi all,\n\nThanks,\n":                                             nil,
		"This patchset fixes hangs.\n\nRegards,\nAda.\n":                   {"This patchset fixes hangs."},
		"Ada.\n\nThis patchset fixes hangs.\n":                             {"This patchset fixes hangs."},
		"Best regards,\n\nIt hangs.\n":                                     {"It hangs."},
		"In file included from a.c:1:\nb.c: In function 'x':\nIt hangs.\n": {"It hangs."},
		"Clang warns (or errors):\n\n  a.c:42:2: error: fall-through\n   42 |   case OFF:\n      |   ^\n": {"Clang warns (or errors):"},
		"The stop crashes:\n[   12.345678] acme_stop+0x1a/0x20\nIt reads too far.\n":                      {"The stop crashes:"},
		"Changes in v2:\n- one more\n\nIt hangs.\n":                                                       {"It hangs."},
	} {
		if got := Quote(text, ""); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	text := "The ring is set up once.\n\nIt is stopped too late. The card\nhangs in the reset then.\n"
	pointing := "The ring is\nstopped late. This\nhangs the card.\n"
	if got := Quote(pointing, "hangs the card."); strings.Join(got, "\n")+"\n" != pointing {
		t.Errorf("what points back: %q", got)
	}
	pointing = "The ring stops late. If\nthis happens, the card hangs.\n"
	if got := Quote(pointing, "this happens, the card hangs."); strings.Join(got, "\n")+"\n" != pointing {
		t.Errorf("what points back over a line: %q", got)
	}
	code := "It passes an address, that is:\n\n\tstop(&ring);\n\nin acme_stop() hangs the card.\n"
	if got := Quote(code, "in acme_stop() hangs the card."); !slices.Equal(got, []string{"It passes an address, that is:"}) {
		t.Errorf("a sentence around code: %q", got)
	}
	if got := Quote(text, "hangs in the reset then."); !slices.Equal(got, []string{"The card", "hangs in the reset then."}) {
		t.Errorf("what bears the reason: %q", got)
	}
	m := Mail{Answers: Answered{From: change.Person{Name: "Ada"}, Writer: "Bo Example", Text: "The link is lost.\n",
		Date: time.Date(2026, 11, 6, 1, 0, 0, 0, time.FixedZone("", 9*3600))}}
	if text, err := m.Text(); err != nil || !strings.HasPrefix(text, "On 6 Nov 2026, Bo Example wrote:\n") {
		t.Errorf("%v: %q", err, text)
	}
	m.Answers.Subject, m.Answers.Text = "[PATCH 2/3] drm/x: stop the ring", "Thanks,\n"
	if text, err := m.Text(); err != nil || !strings.Contains(text, "wrote:\n> [PATCH 2/3] drm/x: stop the ring\n> [...]\n\n") {
		t.Errorf("%v: %q", err, text)
	}
}

// What a quote costs grows with the mail, whatever stands in it.
func TestQuoteCosts(t *testing.T) {
	for _, line := range []string{"A. ", "This. It\n", "- a. B\n", "w", "(. \n"} {
		text := strings.Repeat(line, 1<<20/len(line))
		if err := oracle.Check(len(text), func() { Quote(text, "x") }); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}
