package command

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/internal/shapes"
)

// FuzzProveCost: who signed a mail is found out within a second a MB, whatever its
// header and its signatures are made of.
func FuzzProveCost(f *testing.F) {
	for _, s := range shapes.Mails() {
		f.Add(s.Mail[:min(len(s.Mail), 8<<10)], uint16(1))
	}
	f.Add([]byte("From: a@b.org\nSubject: x\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nDKIM-Signature: v=1; a=rsa-sha256; d=b.org; s=k;\n"+
		" h=From:Subject:Date:To; bh=YQ==; b=YQ==\nTo: x@y\n\nx\n"), uint16(9))
	lookup := func(context.Context, string) ([]string, error) { return nil, nil }
	f.Fuzz(func(t *testing.T, raw []byte, times uint16) {
		raw = bytes.Repeat(raw, max(1, min(int(times), (64<<10)/(len(raw)+1))))
		if err := oracle.Check(len(raw), func() {
			_, _ = Prove(t.Context(), raw, lookup)
			_ = Print("x", raw)
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestProveCost: the same of the large ones.
func TestProveCost(t *testing.T) {
	lookup := func(context.Context, string) ([]string, error) { return nil, nil }
	head := "From: a@b.org\nSubject: x\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n"
	sign := func(keys string) string {
		return "DKIM-Signature: v=1; a=rsa-sha256; d=b.org; s=k; bh=YQ==; b=YQ==; h=From:Subject:Date" + keys + "\n"
	}
	all := append(shapes.Mails(),
		shapes.Shape{Name: "a signature of many fields", Mail: []byte(head + sign(strings.Repeat(":X", 200000)) +
			strings.Repeat("X: y\n", 100000) + "\nx\n")},
		shapes.Shape{Name: "many signatures", Mail: []byte(head + strings.Repeat(sign(strings.Repeat(":X", 150)), 500) +
			strings.Repeat("X: y\n", 1500) + "\nx\n")})
	for _, s := range all {
		cost := oracle.Measure(func() {
			_ = Signs(s.Mail)
			_, _ = Prove(t.Context(), s.Mail, lookup)
			_ = Print("x", s.Mail)
		})
		if cost.CPU > oracle.Allowed(len(s.Mail)) || cost.Peak > oracle.Memory {
			t.Errorf("%s: %d bytes took %v and %d MiB", s.Name, len(s.Mail), cost.CPU, cost.Peak>>20)
		}
	}
}

func FuzzCost(f *testing.F) {
	f.Add("#stablebot recheck\n#stablebot override wait because\n> #stablebot mute\n")
	f.Fuzz(func(t *testing.T, text string) {
		if err := oracle.Check(len(text), func() {
			if found, _ := Parse(text); len(found) > Max {
				t.Fatalf("%d commands of one mail", len(found))
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
}
