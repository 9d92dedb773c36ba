package mail

import (
	"strings"
	"testing"
)

// TestPrint: two copies of one mail over two lists are one; what differs in
// sender or words is another.
func TestPrint(t *testing.T) {
	head := "From: Ada <ada@example.org>\nSubject: [PATCH 2/2] drm/x: fix it\nMessage-ID: <1@example.org>\n"
	body := "It hangs.\n\n---\n a | 1 +\n\n" + "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n a\n+b\n-- \n2.47.0\n"
	print := func(raw string) string {
		m, err := Scan([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return m.Print()
	}
	want := print(head + "\n" + body)
	for name, raw := range map[string]string{
		"list footer":  head + "\n" + body + "\n_______________________________________________\nx mailing list\n",
		"list subject": strings.Replace(head, "[PATCH", "[x-list] [PATCH", 1) + "\n" + body,
		"line ends":    strings.ReplaceAll(head+"\n"+body, "\n", "\r\n"),
		"hops":         "Received: here\n" + head + "\n" + body,
		"list parts": head + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\n" + body +
			"\n--q\nContent-Type: text/plain\n\n_______________________________________________\nx mailing list\n--q--\n",
	} {
		if got := print(raw); got != want {
			t.Errorf("%s: another mail", name)
		}
	}
	for name, raw := range map[string]string{
		"sender": strings.Replace(head, "ada@", "eve@", 1) + "\n" + body,
		"words":  head + "\nhello\n",
		"patch":  head + "\n" + strings.Replace(body, "+b", "+c", 1),
		"title":  strings.Replace(head, "fix it", "break it", 1) + "\n" + body,
	} {
		if print(raw) == want {
			t.Errorf("another %s: the same mail", name)
		}
	}
}

// TestVia: "via" is undone for the list's own address, and for no other.
func TestVia(t *testing.T) {
	for _, c := range []struct{ from, list, fields, want string }{
		{"Jane via Dri <dri@lists.example.org>", "dri.lists.example.org", "X-Original-From: Jane <jane@example.org>\n", "jane@example.org"},
		{"Jane via Dri <dri@lists.example.org>", "dri.lists.example.org", "Reply-To: Jane <jane@example.org>\n", "jane@example.org"},
		{"Jane via Dri <eve@evil.example.com>", "dri.lists.example.org", "X-Original-From: Jane <jane@example.org>\n", "eve@evil.example.com"},
		{"Jane via Dri <eve@evil.example.com>", "dri.lists.example.org", "Reply-To: Jane <jane@example.org>\n", "eve@evil.example.com"},
		{"Jane via Dri <dri@lists.example.org>", "", "X-Original-From: Jane <jane@example.org>\n", "dri@lists.example.org"},
	} {
		m, err := Scan([]byte("From: " + c.from + "\nList-Id: <" + c.list + ">\n" + c.fields + "Subject: x\n\ny\n"))
		if err != nil || m.From.Address != c.want {
			t.Errorf("%+v: %s, %v", c, m.From.Address, err)
			continue
		}
		if m.AsSent(); !strings.Contains(c.from, "<"+m.From.Address+">") {
			t.Errorf("%+v: as sent %s", c, m.From.Address)
		}
	}
}
