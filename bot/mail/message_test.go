package mail

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the goldens in fixtures/")

const fixtures = "../../fixtures/mail"

// fixture is one case: the raw mail and the archive it came from.
type fixture struct {
	name string
	path string
	ar   *txtar.Archive
	raw  []byte
	want int // index of the file with the expected summary
}

func loadFixtures(t testing.TB) []fixture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(fixtures, "*.txtar"))
	if err != nil || len(paths) < 50 {
		t.Fatalf("fixtures: %d found, %v", len(paths), err)
	}
	var out []fixture
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), path: path, ar: ar, want: -1}
		for i, file := range ar.Files {
			switch file.Name {
			case "mail":
				f.raw = file.Data
			case "mail.crlf":
				f.raw = bytes.ReplaceAll(file.Data, []byte("\n"), []byte("\r\n"))
			case "mail.latin1":
				f.raw = latin1(file.Data)
			case "want":
				f.want = i
			default:
				t.Fatalf("%s: unknown file %q", path, file.Name)
			}
		}
		if f.raw == nil || f.want < 0 || len(bytes.TrimSpace(ar.Comment)) == 0 {
			t.Fatalf("%s: needs a comment that says what it shows, a mail and a want", path)
		}
		out = append(out, f)
	}
	return out
}

// latin1 encodes UTF-8 as ISO-8859-1, so that the fixtures themselves stay readable.
func latin1(b []byte) []byte {
	var out []byte
	for _, r := range string(b) {
		out = append(out, byte(r))
	}
	return out
}

func TestMessages(t *testing.T) {
	for _, f := range loadFixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			m, err := Parse(f.raw)
			if err != nil {
				t.Fatal(err)
			}
			got := summary(m)
			if *update {
				f.ar.Files[f.want].Data = []byte(got)
				if err := os.WriteFile(f.path, txtar.Format(f.ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(f.ar.Files[f.want].Data); got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", bytes.TrimSpace(f.ar.Comment), got, want)
			}
		})
	}
}

// summary writes what a message says, for goldens.
func summary(m *Message) string {
	var b strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "0" && s != "[]" && s != "<nil>" && s != "false" {
			fmt.Fprintf(&b, "%s: %s\n", key, s)
		}
	}
	line("id", m.ID)
	line("synthetic", m.Synthetic)
	line("parent", m.InReplyTo)
	line("from", m.From)
	line("to", m.To)
	if !m.Date.IsZero() {
		line("date", m.Date.Format(time.RFC3339))
	}
	line("title", m.Title)
	p := m.Prefix
	line("prefix", strings.TrimSpace(fmt.Sprintf("v%d %d/%d trees=%v andup=%v rfc=%v resend=%v autosel=%v reply=%v words=%v", p.Version, p.N, p.Of, p.Trees, p.AndUp, p.RFC, p.Resend, p.AutoSel, p.Reply, p.Words)))
	line("coming release", p.Coming)
	line("list", m.ListID)
	line("program", m.Program)
	if n, ok := m.Notice(); ok {
		line("notice", fmt.Sprintf("%s %q for %s", n.Kind, n.Title, strings.Join(n.Branches, " ")))
	}
	line("no patch", m.NoPatch)
	line("attached", m.Attached)
	line("more", m.More)
	line("damaged", m.Damaged)
	line("native bytes", len(m.Native))
	if c := m.Change; c != nil {
		line("author", c.Author)
		line("subject", c.Subject)
		for _, s := range strings.Split(c.Body, "\n") {
			fmt.Fprintf(&b, "body| %s\n", s)
		}
		for _, s := range strings.Split(strings.TrimSpace(c.Notes), "\n") {
			if s != "" {
				fmt.Fprintf(&b, "notes| %s\n", s)
			}
		}
		line("base", c.Base)
		for _, f := range c.Fixes {
			line("fixes", f.SHA)
		}
		for _, f := range c.Files {
			line("file", f.NewName)
		}
		line("size", fmt.Sprintf("+%d -%d", c.Size.Added, c.Size.Removed))
	} else {
		for _, s := range strings.Split(strings.TrimSpace(m.Text()), "\n") {
			fmt.Fprintf(&b, "text| %s\n", s)
		}
	}
	return b.String()
}

func TestTooLarge(t *testing.T) {
	_, err := Parse(make([]byte, MaxSize+1))
	var large *TooLargeError
	if !errors.As(err, &large) || large.Size != MaxSize+1 || large.Cap != MaxSize {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "8388609") || !strings.Contains(err.Error(), "8 MiB") {
		t.Errorf("the error does not say size and cap: %v", err)
	}
}

// The same mail read twice, or from two lists, has one key; another mail has another.
func TestSyntheticID(t *testing.T) {
	parse := func(raw string) string {
		m, err := Parse([]byte(raw))
		if err != nil || !m.Synthetic {
			t.Fatalf("%v %v", m, err)
		}
		return m.ID
	}
	a := parse("Received: by one\nFrom: a@example.org\nSubject: x\n\ntext\n")
	b := parse("Received: by two\nReceived: by three\nFrom: a@example.org\nSubject: x\n\ntext\n")
	c := parse("From: a@example.org\nSubject: x\n\nother text\n")
	if a != b || a == c {
		t.Errorf("ids %q %q %q", a, b, c)
	}
}

func TestScanLeavesChange(t *testing.T) {
	for _, f := range loadFixtures(t) {
		s, err := Scan(f.raw)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(f.raw)
		if err != nil {
			t.Fatal(err)
		}
		if s.Change != nil || s.IsPatch != p.IsPatch || s.NoPatch != p.NoPatch || s.IsPatch != (p.Change != nil) || s.IsPatch == (s.NoPatch != "") {
			t.Errorf("%s: scan %v %q, parse %v %q, change %v", f.name, s.IsPatch, s.NoPatch, p.IsPatch, p.NoPatch, p.Change != nil)
		}
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Tue, 20 Jan 2026 19:19:06 +0100", "2026-01-20T19:19:06+01:00"},
		{"20 Jan 2026 19:19 -0330", "2026-01-20T19:19:00-03:30"},
		{"Tue,  6 Jan 2026 09:05:06 +0000 (UTC)", "2026-01-06T09:05:06Z"},
		{"Tue, 20 Jan 26 19:19:06 GMT", "2026-01-20T19:19:06Z"},
		{"Tue, 20 Jan 2026 19:19:06 +9900", ""},
		{"Tue, 41 Jan 2026 19:19:06 +0000", ""},
		{"yesterday", ""},
		{"", ""},
	} {
		got := ""
		if d := date([]byte(tt.in)); !d.IsZero() {
			got = d.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestPeople(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`Ada <ADA@Example.org>`, "Ada <ada@example.org>"},
		{`ada@example.org (Ada Miller)`, "Ada Miller <ada@example.org>"},
		{`"Miller, Ada" <a@example.org>, b@example.org`, "Miller, Ada <a@example.org>|b@example.org"},
		{`Miller, Ada <a@example.org>`, "Miller, Ada <a@example.org>"},
		{`"Ada \"the clock\" Miller" <a@example.org>`, `Ada "the clock" Miller <a@example.org>`},
		{`"Ada (Labs)" Miller <a@example.org>`, "Ada (Labs) Miller <a@example.org>"},
		{`=?utf-8?q?J=C3=BCrgen?= =?utf-8?q?_Wei=C3=9F?= <j@example.org>`, "Jürgen Weiß <j@example.org>"},
		{`"=?UTF-8?B?SsO8cmdlbg==?=" <j@example.org>`, "Jürgen <j@example.org>"},
		{`undisclosed-recipients:;`, ""},
		{`team: a@example.org, b@example.org;`, "a@example.org|b@example.org"},
		{`Ada`, "Ada"},
		{`"ada"@example.org`, "ada@example.org"},
		{`Ada <"a\da"@example.org>`, "Ada <ada@example.org>"},
		{`<"ada miller"@example.org>`, `"adamiller"@example.org`},
		{`<>`, ""},
		{`,,`, ""},
	} {
		var got []string
		for _, p := range people([]byte(tt.in)) {
			if s := p.String(); s != "" {
				got = append(got, s)
			}
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, s, tt.want)
		}
	}
}

func TestPrograms(t *testing.T) {
	for _, tt := range []struct{ header, want string }{
		{"From: Ada Miller <ada@example.org>", ""},
		{"From: Robert Abbot <abbot@example.org>", ""},
		{"From: Ada <ada@example.org>\nPrecedence: list", ""},
		{"From: Ada <ada@example.org>\nAuto-Submitted: no", ""},
		{"From: Ada <ada@example.org>\nAuto-Submitted: auto-replied (vacation)", "auto-submitted"},
		{"From: Ada <ada@example.org>\nPrecedence: auto_reply", "auto-reply"},
		{"From: syzbot <syzbot+0123@syzkaller.appspotmail.com>", "syzbot"},
		{"From: kernel test robot <x@example.com>", "kernel test robot"},
		{"From: Patchwork <patchwork@example.org>", "patchwork"},
		{"From: patchwork-bot+clock@example.org", "patchwork"},
		{"From: \"tip-bot2 for Ada\" <tip-bot2@example.org>", "tip-bot"},
		{"From: pr-tracker-bot@example.org", "pr-tracker-bot"},
		{"From: \"example.org bot\" <bot@example.org>", "bot"},
		{"Return-Path: <>\nFrom: ada@example.org", "mailer-daemon"},
		{"From: Mail <MAILER-DAEMON@example.org>", "mailer-daemon"},
		{"From: Ada <ada@example.org>\nX-Autoreply: yes", "auto-submitted"},
		{"From: x <patches-unsubscribe@lists.example.org>", "list software"},
		{"From: x <majordomo@example.org>", "list software"},
		{"From: x <patches+subscribe@example.org>", "list software"},
		{"From: x <patches-bounces+ada=example.org@lists.example.org>", "list software"},
		{"From: Helper <helper@example.org>", ""},
		{"From: x <\"no-reply\"@example.org>", "no-reply"},
	} {
		m, err := Scan([]byte(tt.header + "\n\n"))
		if err != nil || m.Program != tt.want {
			t.Errorf("%q: got %q, want %q (%v)", tt.header, m.Program, tt.want, err)
		}
	}
}

// Mails made to cost much are read in time and memory in proportion to their
// size; the largest of these took minutes before its list was capped.
func TestHostile(t *testing.T) {
	for name, raw := range map[string]string{
		"names without address": "To: " + strings.Repeat("a,", 1<<20) + "\n\n",
		"encoded words":         "Subject: " + strings.Repeat("=?a?q?", 1<<20) + "\n\n",
		"brackets":              "Subject: " + strings.Repeat("[", 4<<20) + "\n\n",
		"parts":                 "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 1<<20),
		"one-byte lines":        "Subject: [PATCH] x\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,3145728 @@\n" + strings.Repeat("+\n", 3<<20),
		"file headers":          "Subject: [PATCH] x\n\n" + strings.Repeat("diff --git \n", 1<<18),
	} {
		start := time.Now()
		m, err := Parse([]byte(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = m.Text()
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if (name == "parts" || name == "one-byte lines") && m.Damaged == nil {
			t.Errorf("%s: the cap is not told", name)
		}
	}
}
