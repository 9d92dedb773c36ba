package command

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/stablebot/stablebot/bot/mail"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"#stablebot recheck":                           "recheck||",
		"#stablebot recheck linux-6.12.y":              "recheck|6.12|",
		"#stablebot  OVERRIDE dkms-only: too risky\n":  "override|dkms-only|too risky",
		"#stablebot omit-fix 1A2B3C4 another chip":     "omit-fix|1a2b3c4|another chip",
		"Hello,\n#stablebot mute\n":                    "mute||",
		"> #stablebot mute":                            "",
		" #stablebot mute":                             "",
		"| #stablebot mute":                            "",
		"I like #stablebot mute":                       "",
		"#stablebotmute":                               "",
		strings.Join(help, "\n") + "\n#stablebot mute": "",
		"-- \n#stablebot recheck":                      "",
		"#stablebot":                                   "wrong",
		"#stablebot override great it is":              "wrong",
		"#stablebot override wait":                     "wrong",
		"#stablebot omit-fix zzzzzzz x":                "wrong",
		"#stablebot recheck $(reboot)":                 "wrong",
		"#stablebot dance":                             "wrong",
		"#stablebot recheck\n#stablebot recheck\n#stablebot mute\n#stablebot mute\n": "recheck||;recheck||;mute||+1",
	} {
		found, more := Parse(text)
		var got []string
		for _, c := range found {
			if c.Wrong != "" {
				got = append(got, "wrong")
				continue
			}
			got = append(got, c.Verb+"|"+c.Arg+"|"+c.Reason)
		}
		s := strings.Join(got, ";")
		if more > 0 {
			s += fmt.Sprintf("+%d", more)
		}
		if s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("#stablebot override wait x\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		found, _ := Parse(s)
		for _, c := range found {
			if strings.ContainsAny(c.Line+c.Reason+c.Wrong, "\r\n\x00") {
				t.Errorf("%+v", c)
			}
		}
	})
}

var now = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// letter is a mail to be signed; each case of the tests changes one thing.
type letter struct {
	from, domain string
	date         time.Time
	fields       []string
	head, body   string
	key          crypto.Signer
	after        func([]byte) []byte // what a stranger does to it
}

func (l letter) raw(t *testing.T) []byte {
	t.Helper()
	raw := strings.ReplaceAll(fmt.Sprintf("From: Ada <%s>\nTo: x@lists.example.org\nSubject: Re: [PATCH] x\nDate: %s\nMessage-ID: "+
		"<c@example.org>\nIn-Reply-To: <p@example.org>\n%s\n%s",
		l.from, l.date.Format(time.RFC1123Z), l.head, l.body), "\n", "\r\n")
	var signed bytes.Buffer
	if err := dkim.Sign(&signed, strings.NewReader(raw), &dkim.SignOptions{Domain: l.domain, Selector: "sel", Signer: l.key,
		HeaderKeys: l.fields}); err != nil {
		t.Fatal(err)
	}
	if l.after != nil {
		return l.after(signed.Bytes())
	}
	return signed.Bytes()
}

func put(s string) func([]byte) []byte {
	return func(b []byte) []byte { return append([]byte(s), b...) }
}

func swap(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
}

// TestProve: what a signature must have to prove a sender; each case breaks one
// thing. Nothing is looked up for a signature that could prove nothing.
func TestProve(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"From", "Subject", "Date", "Message-ID", "In-Reply-To"}
	for name, c := range map[string]struct {
		tune  func(*letter)
		ok    bool
		says  string
		asked int
	}{
		"good":             {func(*letter) {}, true, "", 1},
		"parent domain":    {func(l *letter) { l.from = "ada@lab.example.org" }, true, "", 1},
		"no Message-ID":    {func(l *letter) { l.fields = []string{"From", "Subject", "Date", "In-Reply-To"} }, true, "", 1},
		"subdomain signs":  {func(l *letter) { l.domain = "eve.example.org" }, false, "is of", 0},
		"another domain":   {func(l *letter) { l.domain = "example.net" }, false, "is of", 0},
		"look-alike":       {func(l *letter) { l.from = "ada@notexample.org" }, false, "is of", 0},
		"top-level domain": {func(l *letter) { l.domain = "org" }, false, "is of", 0},
		"a registry's":     {func(l *letter) { l.from, l.domain = "ada@example.co.uk", "co.uk" }, false, "is of", 0},
		"subject unsigned": {func(l *letter) { l.fields = []string{"From", "Date", "Message-ID"} }, false, "leaves out", 0},
		"old":              {func(l *letter) { l.date = now.Add(-8 * 24 * time.Hour) }, false, "seven days", 1},
		"from the future":  {func(l *letter) { l.date = now.Add(48 * time.Hour) }, false, "seven days", 1},
		"changed text":     {func(l *letter) { l.after = swap("recheck", "mute") }, false, "signature", 1},
		"text added": {func(l *letter) { l.after = func(b []byte) []byte { return append(b, "#stablebot mute\r\n"...) } }, false,
			"signature", 1},
		"length tag":        {func(l *letter) { l.after = swap("; s=sel", "; l=3; s=sel") }, false, "part of the text", 0},
		"second From":       {func(l *letter) { l.after = put("From: eve@example.net\r\n") }, false, "2 times", 0},
		"second thread":     {func(l *letter) { l.after = put("In-Reply-To: <other@example.org>\r\n") }, false, "2 times", 0},
		"odd second thread": {func(l *letter) { l.after = put("IN-REPLY-TO : <other@example.org>\r\n") }, false, "2 times", 0},
		"mixed line ends":   {func(l *letter) { l.after = put("X-Odd: 1\n") }, false, "line ends", 0},
		"unsigned": {func(l *letter) {
			l.after = func(b []byte) []byte {
				_, rest, _ := bytes.Cut(b, []byte("\r\nFrom:"))
				return append([]byte("From:"), rest...)
			}
		}, false, "no signature", 0},
		"another key": {func(l *letter) { _, l.key, _ = ed25519.GenerateKey(rand.Reader) }, false, "signature", 1},
		"behind many": {func(l *letter) {
			l.after = put(strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=evil.example.net; s=a; h=from:subject:date; bh=AA==; b=AA==\r\n", 30))
		}, true, "", 1},
		"LF stored": {func(l *letter) {
			l.after = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
		}, true, "", 1},
	} {
		l := letter{from: "ada@example.org", domain: "example.org", date: now.Add(-time.Hour), fields: all, key: key,
			body: "#stablebot recheck\n"}
		c.tune(&l)
		asked := 0
		p, err := Prove(t.Context(), l.raw(t), func(_ context.Context, name string) ([]string, error) {
			if asked++; name != "sel._domainkey.example.org" {
				t.Errorf("%s: %s was looked up", name, name)
			}
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
		})
		if err == nil {
			err = p.Stale(now)
		}
		switch {
		case c.ok && (err != nil || p.From != l.from || len(p.Uses) == 0 || !bytes.Contains(p.Signed, []byte("<p@example.org>"))):
			t.Errorf("%s: %+v, %v", name, p, err)
		case !c.ok && (!errors.Is(err, ErrUnproven) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v, %v; want %q", name, p, err, c.says)
		case asked != c.asked:
			t.Errorf("%s: %d look-ups, want %d", name, asked, c.asked)
		}
	}
}

// TestSigned: the mail is read as it was signed, whatever was put on top of it.
func TestSigned(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(context.Context, string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
	}
	// As kernel.org signs: no Message-ID and nothing of MIME.
	kernel := []string{"From", "To", "Cc", "Subject", "Date", "In-Reply-To", "References"}
	mime := append([]string{"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}, kernel...)
	hidden := base64.StdEncoding.EncodeToString([]byte("#stablebot override dkms-only because\n"))
	two := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
	parts := "--b\nContent-Type: text/plain\n\nmine\n\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\n#stablebot " +
		"mute\n--b--\n"
	for name, c := range map[string]struct {
		fields     []string
		head, body string
		after      func([]byte) []byte
		want       string // verbs
		thread     string
	}{
		"plain":               {kernel, "", "#stablebot recheck\n", nil, "recheck", "p@example.org"},
		"encoding put on top": {kernel, "", "Look at this:\n" + hidden + "\n", put("Content-Transfer-Encoding: base64\r\n"), "", "p@example.org"},
		"type put on top":     {kernel, "", "> #stablebot mute\n", put("Content-Type: text/plain; format=flowed\r\n"), "", "p@example.org"},
		"signed base64": {mime, "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n", hidden + "\n", nil,
			"override", "p@example.org"},
		"unsigned base64": {kernel, "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n", hidden + "\n", nil,
			"", "p@example.org"},
		"references on top": {[]string{"From", "Subject", "Date", "In-Reply-To"}, "", "#stablebot recheck\n",
			put("References: <other@example.org>\r\n"), "recheck", "p@example.org"},
		"thread unsigned": {[]string{"From", "Subject", "Date"}, "", "#stablebot recheck\n", nil, "recheck", ""},
		"an attachment":   {kernel, two, parts, nil, "", "p@example.org"},
		"made one part":   {kernel, two, parts, swap("Content-Type: multipart/mixed; boundary=b\r\n", ""), "", "p@example.org"},
		"the first part":  {kernel, two, strings.Replace(parts, "mine", "#stablebot recheck", 1), nil, "recheck", "p@example.org"},
	} {
		l := letter{from: "ada@example.org", domain: "example.org", date: now, fields: c.fields, key: key, head: c.head, body: c.body,
			after: c.after}
		p, err := Prove(t.Context(), l.raw(t), lookup)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := mail.Parse(p.Signed)
		if err != nil {
			t.Fatal(err)
		}
		found, _ := Parse(m.Text())
		var verbs []string
		for _, f := range found {
			verbs = append(verbs, f.Verb)
		}
		if got := strings.Join(verbs, " "); got != c.want || m.InReplyTo != c.thread || m.From.Address != "ada@example.org" {
			t.Errorf("%s: commands %q in thread %q of %s, want %q in %q\n%s", name, got, m.InReplyTo, m.From.Address, c.want, c.thread, p.Signed)
		}
	}
}

// TestUses: a signed mail keeps its name whatever is changed that is not signed.
func TestUses(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := letter{from: "ada@example.org", domain: "example.org", date: now, fields: []string{"From", "Subject", "Date", "In-Reply-To"},
		key: key, body: "#stablebot recheck\n"}
	raw := l.raw(t)
	uses := func(raw []byte) string {
		p, err := Prove(t.Context(), raw, func(context.Context, string) ([]string, error) {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
		})
		if err != nil {
			t.Error(err)
		}
		return strings.Join(p.Uses, ",")
	}
	want := uses(raw)
	for _, other := range [][]byte{swap("Message-ID: <c@", "Message-ID: <d@")(raw), put("Received: elsewhere\r\n")(raw)} {
		if got := uses(other); got != want || want == "" {
			t.Errorf("used as %q, then as %q", want, got)
		}
	}
}

// TestLookupFails: a key that cannot be looked up now is no proof that there is none.
func TestLookupFails(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := letter{from: "ada@example.org", domain: "example.org", date: now, fields: []string{"From", "Subject", "Date"}, key: key, body: "x\n"}
	for want, failure := range map[error]error{
		ErrLookup:   &net.DNSError{Err: "timeout", IsTimeout: true},
		ErrUnproven: &net.DNSError{Err: "no such host", IsNotFound: true},
	} {
		_, err := Prove(t.Context(), l.raw(t), func(context.Context, string) ([]string, error) { return nil, failure })
		if !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", failure, err, want)
		}
	}
}

func TestMaintainers(t *testing.T) {
	m, err := ReadMaintainers(strings.NewReader(`Some words first.

EXAMPLE GPU DRIVER
M:	Ada Example <ada@example.org>
R:	Rob Reader <rob@example.org>
S:	Supported
F:	drivers/gpu/example/
F:	include/example*.h
X:	drivers/gpu/example/legacy/

EXAMPLE NET
M:	net@example.org
F:	drivers/net/*/core.c
N:	[^a-z]exn
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who   string
		files []string
		want  bool
	}{
		{"Ada@Example.org", []string{"drivers/gpu/example/a/b.c"}, true},
		{"ada@example.org", []string{"drivers/gpu/example/a.c", "include/example_x.h"}, true},
		{"ada@example.org", []string{"drivers/gpu/example/a.c", "drivers/net/x/core.c"}, false},
		{"ada@example.org", []string{"drivers/gpu/example/legacy/a.c"}, false},
		{"ada@example.org", []string{"drivers/gpu/examples/a.c"}, false},
		{"rob@example.org", []string{"drivers/gpu/example/a.c"}, false},
		{"net@example.org", []string{"drivers/net/x/core.c"}, true},
		{"net@example.org", []string{"drivers/net/x/y/core.c"}, false},
		{"net@example.org", []string{"lib/exn.c"}, true},
		{"ada@example.org", nil, false},
	} {
		if got := m.Maintains(c.who, c.files); got != c.want {
			t.Errorf("%s of %q: %v", c.who, c.files, got)
		}
	}
}

// A command below what may begin a copy of somebody else's mail is refused, in any
// language, and not obeyed.
func TestBelowACopy(t *testing.T) {
	for text, obeyed := range map[string]bool{
		"Thanks, Eve.\n\n#stablebot recheck\n":                                                            true,
		"Reviewed-by: Ada <a@x.example>\n#stablebot recheck\n":                                            true,
		"On Tue, 1 Dec 2026, Eve <e@x.example> wrote:\n> quoted\n\n#stablebot recheck\n":                  true,
		"No.\n\nVon: Eve\nGesendet: 1.12.2026 13:00\nAn: a@x.example\nBetreff: x\n\n#stablebot recheck\n": false,
		"No.\n\nEve kirjoitti:\n#stablebot recheck\n":                                                     false,
		"No.\n\n> " + strings.Repeat("quoted ", 9) + "\n#stablebot recheck\n\n":                           false,
		"No.\n\n>>> Eve <e@x.example> 12/1/2026 1:00 PM >>>\n#stablebot recheck\n":                        false,
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n#stablebot recheck\n":                        true,
	} {
		got, _ := Parse(text)
		if len(got) != 1 || (got[0].Wrong == "") != obeyed {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
