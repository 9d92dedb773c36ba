package series

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// TestRefusalOfACopy: what a maintainer says of one copy of a change counts for each of
// them, and not for a version of it that changes other lines.
func TestRefusalOfACopy(t *testing.T) {
	const mo = "mo@kernel.example.org"
	posted := func(id, from, subject, line string) string {
		m := strings.NewReplacer("<p@example.org>", "<"+id+">", "[PATCH]", subject, "+int b;", "+"+line).Replace(patchMail)
		return strings.Replace(m, "From: Ada Example <ada@chips.example.org>\nTo", "From: "+from+"\nTo", 1)
	}
	const ada, bot = "Ada Example <ada@chips.example.org>", "Sam Selects <sam@stable.example.org>"
	proposed := posted("c@x", bot, "[PATCH AUTOSEL 6.1 3/9]", "int b;")
	for name, c := range map[string]struct {
		copy, by, text string
		cover          string // of the copy; the answer is to it
		want           string // declined, objections; whether the patch itself is refused
	}{
		"posted again":             {posted("c@x", ada, "[RESEND PATCH]", "int b;"), mo, "NAK. No.", "", "1 0 true"},
		"proposed for stable":      {proposed, mo, "NAK. No.", "", "1 0 false"},
		"under review":             {posted("c@x", bot, "[PATCH 6.1 003/123]", "int b;"), mo, "NAK. No.", "", "1 0 false"},
		"a word on stable":         {posted("c@x", ada, "[PATCH]", "int b;"), mo, "This is not stable material.", "", "1 0 false"},
		"not proven":               {proposed, "", "NAK. No.", "", "0 0 false"},
		"a stranger":               {proposed, "eve@evil.example.com", "NAK. No.", "", "0 0 false"},
		"who sent the copy":        {proposed, "sam@stable.example.org", "NAK. No.", "", "0 0 false"},
		"a draft of other lines":   {posted("c@x", ada, "[RFC PATCH]", "int d;"), mo, "NAK. No.", "", "0 0 false"},
		"another title":            {strings.Replace(proposed, "stop the", "halt the", 1), mo, "NAK. No.", "", "0 0 false"},
		"a batch as a whole":       {posted("c@x", bot, "[PATCH 6.1 1/2]", "int b;"), mo, "NAK. No.", "[PATCH 6.1 0/2]", "0 0 false"},
		"all that was posted once": {posted("c@x", bot, "[PATCH 6.1 1/1]", "int b;"), mo, "NAK. No.", "[PATCH 6.1 0/1]", "1 0 false"},
	} {
		x := Index{May: func(address string, _ []string) bool { return address == mo }}
		mails := []string{patchMail, c.copy}
		to := "c@x"
		if c.cover != "" {
			to = "cover@x"
			mails[1] = strings.Replace(c.copy, "Message-ID", "In-Reply-To: <cover@x>\nMessage-ID", 1)
			mails = append(mails, "From: "+bot+"\nSubject: "+c.cover+" review\n"+
				"Date: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <cover@x>\n\nAll.\n")
			if strings.Contains(c.cover, "/2]") {
				mails = append(mails, strings.NewReplacer("<c@x>", "<d@x>", "1/2]", "2/2]", "stop the", "halt the",
					"int b;", "int d;").Replace(mails[1]))
			}
		}
		var patch *mail.Message
		for _, raw := range mails {
			m, err := mail.Parse([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			x.Add(m)
			if patch == nil {
				patch = m
			}
		}
		m, err := mail.Parse(fmt.Appendf(nil, "From: Mo <mo@kernel.example.org>\nSubject: Re: clk: stop the clock\n"+
			"Date: Mon, 2 Nov 2026 12:00:00 +0100\nMessage-ID: <r@x>\nIn-Reply-To: <%s>\n\n%s\n", to, c.text))
		if err != nil {
			t.Fatal(err)
		}
		n := NoteOf(m)
		n.Proven = c.by
		x.AddNote(n)
		for _, raw := range mails {
			if m, err := mail.Parse([]byte(raw)); err == nil && m.IsPatch && x.Refused(m.Title) {
				x.Copy(change.PatchID(m.Change.Files), m.ID)
			}
		}
		f := x.Facts(patch)
		if got := fmt.Sprintf("%d %d %v", len(f.Declined), len(f.Objections), f.Rejected); got != c.want {
			t.Errorf("%s: %s, want %s\n%+v", name, got, c.want, f)
		}
	}
}

// TestManyCopies: what is asked of copies grows with their number, not with a power of it.
func TestManyCopies(t *testing.T) {
	const senders = 1500
	x := Index{May: func(address string, _ []string) bool { return address == "mo@kernel.example.org" }}
	var patches []*mail.Message
	size := 0
	add := func(raw, proven string) *mail.Message {
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		size += len(raw)
		n := NoteOf(m)
		n.Proven = proven
		x.AddNote(n)
		return m
	}
	for i := range senders {
		from := fmt.Sprintf("a%d@example.com", i)
		add(fmt.Sprintf("From: %s\nSubject: [PATCH 0/1] all\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <c%d@x>\n\nAll.\n", from, i), "")
		raw := strings.NewReplacer("<p@example.org>", fmt.Sprintf("<p%d@x>\nIn-Reply-To: <c%d@x>", i, i), "[PATCH]", "[PATCH 1/1]",
			"Ada Example <ada@chips.example.org>\nTo", from+"\nTo").Replace(patchMail)
		patches = append(patches, add(raw, ""))
		by := from
		if i == 0 {
			by = "mo@kernel.example.org"
		}
		add(fmt.Sprintf("From: %s\nSubject: Re: [PATCH 0/1] all\nDate: Mon, 2 Nov 2026 12:00:00 +0100\n"+
			"Message-ID: <r%d@x>\nIn-Reply-To: <c%d@x>\n\nNAK. No.\n", by, i, i), by)
	}
	err := oracle.Check(size, func() {
		x.about, x.against = nil, nil
		for _, m := range patches {
			if x.Refused(m.Title) {
				x.Copy(change.PatchID(m.Change.Files), m.ID)
			}
		}
		for _, m := range patches {
			if f := x.Facts(m); f == nil || len(f.Declined) == 0 {
				t.Fatalf("%s: the maintainer's no to a copy does not count", m.ID)
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStrangersNoesToCopies: any number of strangers' noes to copies, each of whom sent one,
// or of one stranger's, takes nothing from the no of a maintainer, nor from that of an author.
func TestStrangersNoesToCopies(t *testing.T) {
	const mo, ada = "mo@kernel.example.org", "ada@chips.example.org"
	for name, c := range map[string]struct {
		by       string
		stranger func(i int) string
		covers   bool // the strangers' copies have a cover letter, and a maintainer's no to it
	}{
		"each another":    {mo, func(i int) string { return fmt.Sprintf("eve%d@evil.example.com", i) }, false},
		"one":             {mo, func(int) string { return "eve@evil.example.com" }, false},
		"to the author's": {ada, func(i int) string { return fmt.Sprintf("eve%d@evil.example.com", i) }, false},
		"in one series":   {mo, func(int) string { return "eve@evil.example.com" }, true},
	} {
		x := Index{May: func(address string, _ []string) bool { return address == mo }}
		add := func(raw, proven string) *mail.Message {
			m, err := mail.Parse([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			n := NoteOf(m)
			n.Proven = proven
			x.AddNote(n)
			return m
		}
		no := func(to, by string) {
			add(fmt.Sprintf("From: %s\nSubject: Re: clk\nDate: Mon, 2 Nov 2026 12:00:00 +0100\nMessage-ID: <no-%s>\n"+
				"In-Reply-To: <%s>\n\nNAK. No.\n", by, to, to), by)
		}
		patches := []*mail.Message{
			add(patchMail, ""),
			add(strings.NewReplacer("<p@example.org>", "<old@x>", "[PATCH]", "[PATCH RESEND]").Replace(patchMail), ""),
		}
		no("old@x", c.by)
		if c.covers {
			add("From: eve@evil.example.com\nSubject: [PATCH 0/99] all\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <cover@x>\n\nAll.\n", "")
			no("cover@x", mo)
		}
		for i := range 2 * maxAgainst {
			id, from, prefix := fmt.Sprintf("eve%d@x", i), c.stranger(i), "[PATCH]"
			if c.covers {
				prefix = fmt.Sprintf("[PATCH %d/99]", i%99+1)
				id += ">\nIn-Reply-To: <cover@x"
			}
			patches = append(patches, add(strings.NewReplacer("<p@example.org>", "<"+id+">", "[PATCH]", prefix,
				"Ada Example <ada@chips.example.org>\nTo", from+"\nTo").Replace(patchMail), ""))
			if !c.covers {
				no(id, from)
			}
		}
		if c.covers {
			patches = append(patches, add(strings.NewReplacer("<p@example.org>", "<other@x>\nIn-Reply-To: <cover@x>", "[PATCH]",
				"[PATCH 98/99]", "+int b;", "+int d;", "Ada Example <ada@chips.example.org>\nTo", "eve@evil.example.com\nTo").Replace(patchMail), ""))
		}
		for _, m := range patches {
			x.Copy(change.PatchID(m.Change.Files), m.ID)
		}
		if f := x.Facts(patches[0]); len(f.Declined) != 1 || !strings.HasPrefix(f.Declined[0].Text, c.by) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
