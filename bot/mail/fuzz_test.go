package mail

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzMessage(f *testing.F) {
	for _, c := range loadFixtures(f) {
		f.Add(c.raw)
	}
	f.Add([]byte("Subject: =?utf-8?B?AAAA?= =?x?q?=0a?=\nMessage-ID: <a\r\n b>\nFrom: \"\\\nContent-Type: multipart/mixed; boundary=\n\n--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			t.Fatal(err) // no input of this size is refused
		}
		if m.ID == "" || m.IsPatch == (m.NoPatch != "") || m.IsPatch != (m.Change != nil) {
			t.Fatalf("id %q, patch %v, change %v, no patch %q", m.ID, m.IsPatch, m.Change != nil, m.NoPatch)
		}
		for _, s := range append([]string{m.ID, m.InReplyTo, m.Subject, m.Title, m.From.Name, m.From.Address, m.ListID}, m.References...) {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") {
				t.Fatalf("not fit for a header: %q", s)
			}
		}
		if !utf8.ValidString(m.Text()) {
			t.Fatal("the text is no UTF-8")
		}
		again, err := Parse(raw)
		if err != nil || again.ID != m.ID {
			t.Fatalf("read twice: %q, then %q (%v)", m.ID, again.ID, err)
		}
	})
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte(env1 + "Subject: a\n\n>From x\n\n" + env2 + "Subject: b\n\ntwo"))
	f.Add([]byte(envG + "From: a@example.org\n\n" + envG + "\n\n" + envG))
	for _, c := range loadFixtures(f) {
		f.Add([]byte(env1 + string(c.raw) + "\n" + env2 + string(c.raw)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := NewReader(bytes.NewReader(in), "f")
		if err != nil {
			return // a broken gzip header
		}
		gz := bytes.HasPrefix(in, []byte{0x1f, 0x8b})
		total := 0
		for {
			raw, origin, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			var cut *TruncatedError
			if err != nil && !errors.As(err, &cut) && !gz {
				t.Fatal(err)
			}
			if err == nil && origin == "" {
				t.Fatal("a mail from nowhere")
			}
			total += len(raw)
		}
		if total > len(in) && !gz {
			t.Fatalf("%d bytes out of %d", total, len(in))
		}
	})
}
