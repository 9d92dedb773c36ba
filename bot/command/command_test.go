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
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
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

// TestProve: what a signature must have for a command to count; each case
// breaks one thing.
func TestProve(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"From", "Subject", "Date", "Message-ID", "In-Reply-To"}
	type letter struct {
		from, domain string
		date         time.Time
		fields       []string
		key          crypto.Signer
		after        func([]byte) []byte
	}
	for name, c := range map[string]struct {
		tune func(*letter)
		ok   bool
		says string
	}{
		"good":             {func(*letter) {}, true, ""},
		"parent domain":    {func(l *letter) { l.from = "ada@lab.example.org" }, true, ""},
		"subdomain signs":  {func(l *letter) { l.domain = "eve.example.org" }, false, "is of"},
		"another domain":   {func(l *letter) { l.domain = "example.net" }, false, "is of"},
		"look-alike":       {func(l *letter) { l.from = "ada@notexample.org" }, false, "is of"},
		"top-level domain": {func(l *letter) { l.domain = "org" }, false, "is of"},
		"subject unsigned": {func(l *letter) { l.fields = []string{"From", "Date", "Message-ID"} }, false, "leaves out"},
		"old":              {func(l *letter) { l.date = now.Add(-8 * 24 * time.Hour) }, false, "seven days"},
		"from the future":  {func(l *letter) { l.date = now.Add(48 * time.Hour) }, false, "seven days"},
		"changed text": {func(l *letter) {
			l.after = func(b []byte) []byte { return bytes.Replace(b, []byte("recheck"), []byte("mute"), 1) }
		}, false, "signature"},
		"text added": {func(l *letter) { l.after = func(b []byte) []byte { return append(b, "#stablebot mute\r\n"...) } }, false, "signature"},
		"length tag": {func(l *letter) {
			l.after = func(b []byte) []byte { return bytes.Replace(b, []byte("; s=sel"), []byte("; l=3; s=sel"), 1) }
		}, false, "signature"},
		"second From": {func(l *letter) {
			l.after = func(b []byte) []byte { return append([]byte("From: eve@example.net\r\n"), b...) }
		}, false, "2 times"},
		"unsigned": {func(l *letter) {
			l.after = func(b []byte) []byte {
				_, rest, _ := bytes.Cut(b, []byte("\r\nFrom:"))
				return append([]byte("From:"), rest...)
			}
		}, false, "no signature"},
		"another key": {func(l *letter) { _, l.key, _ = ed25519.GenerateKey(rand.Reader) }, false, "signature"},
		"LF stored": {func(l *letter) {
			l.after = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
		}, true, ""},
	} {
		l := letter{from: "ada@example.org", domain: "example.org", date: now.Add(-time.Hour), fields: all, key: key}
		c.tune(&l)
		raw := strings.ReplaceAll(fmt.Sprintf("From: Ada <%s>\nTo: x@lists.example.org\nSubject: Re: [PATCH] x\nDate: %s\nMessage-ID: <c@example.org>\nIn-Reply-To: <p@example.org>\n\n#stablebot recheck\n",
			l.from, l.date.Format(time.RFC1123Z)), "\n", "\r\n")
		var signed bytes.Buffer
		if err := dkim.Sign(&signed, strings.NewReader(raw), &dkim.SignOptions{Domain: l.domain, Selector: "sel", Signer: l.key, HeaderKeys: l.fields}); err != nil {
			t.Fatal(name, err)
		}
		mail := signed.Bytes()
		if l.after != nil {
			mail = l.after(mail)
		}
		p, err := Prove(t.Context(), mail, now, func(context.Context, string) ([]string, error) {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
		})
		switch {
		case c.ok && (err != nil || p.From != l.from || !p.Thread):
			t.Errorf("%s: %+v, %v", name, p, err)
		case !c.ok && (!errors.Is(err, ErrUnproven) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v, %v; want %q", name, p, err, c.says)
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
