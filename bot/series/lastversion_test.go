package series

import (
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
)

// TestLateVersions: months between two versions, and a series that grew, do not hide
// that one replaces the other; a usual title alone does not make it so.
func TestLateVersions(t *testing.T) {
	type post struct {
		id, subject, reply string
		day                int
	}
	series := func(name, prefix string, day int, titles ...string) (out []post) {
		for i, title := range titles {
			p := post{id: fmt.Sprintf("%s-%d@example.org", name, i+1), subject: fmt.Sprintf("[%s %d/%d] drm/demo: %s", prefix, i+1, len(titles),
				title), day: day}
			if i > 0 {
				p.reply = name + "-1@example.org"
			}
			out = append(out, p)
		}
		return out
	}
	one := func(name, prefix string, day int, title string) []post {
		return []post{{id: name + "@example.org", subject: "[" + prefix + "] drm/demo: " + title, day: day}}
	}
	for _, tt := range []struct {
		name     string
		old, new []post
		gone     bool
	}{
		{"a second version after five months", one("a1", "PATCH", 0, "fix it"), one("a2", "PATCH v2", 150, "fix it"), true},
		{"a second version after sixteen months", one("a1", "PATCH", 0, "fix it"), one("a2", "PATCH v2", 480, "fix it"), true},
		{"sent again as such after four months", one("a1", "PATCH", 0, "fix it"), one("a2", "PATCH RESEND", 120, "fix it"), true},
		{"a usual title after four months", one("a1", "PATCH", 0, "fix it"), one("a2", "PATCH", 120, "fix it"), false},
		{"a patch became a series", one("a1", "PATCH", 0, "fix it"), series("a2", "PATCH v2", 100, "prepare", "fix it", "tidy"), true},
		{"grew, after half a year", series("a1", "PATCH", 0, "fix it", "fix that"),
			series("a2", "PATCH v2", 180, "fix it", "fix that", "fix more"), true},
		{"grew, with one title left", series("a1", "PATCH v2", 0, "fix it", "fix that", "fix more"),
			series("a2", "PATCH v3", 180, "fix it", "take the lock", "drop the flag", "count"), true},
		{"grew without a version, after four months", series("a1", "PATCH", 0, "fix it", "fix that"),
			series("a2", "PATCH", 120, "fix it", "fix that", "fix more"), true},
		{"another series without a title of it", series("a1", "PATCH", 0, "fix it", "fix that"),
			series("a2", "PATCH v2", 20, "one", "two", "three"), false},
		{"a smaller one with one of three titles", series("a1", "PATCH", 0, "fix it", "fix that", "fix more"),
			series("a2", "PATCH v2", 20, "fix it", "new"), false},
	} {
		x := &Index{}
		var old []*mail.Message
		for i, p := range append(append([]post{}, tt.old...), tt.new...) {
			at := time.Date(2025, 1, 1, 12, i, 0, 0, time.UTC).AddDate(0, 0, p.day)
			raw := fmt.Sprintf("From: Ada Okafor <ada@example.org>\nSubject: %s\nDate: %s\nMessage-ID: <%s>\n", p.subject, at.Format(time.RFC1123Z),
				p.id)
			if p.reply != "" {
				raw += fmt.Sprintf("In-Reply-To: <%s>\nReferences: <%s>\n", p.reply, p.reply)
			}
			m, err := mail.Parse([]byte(raw + "\nWhy.\n\nSigned-off-by: Ada Okafor <ada@example.org>\n---\ndiff --git a/a.c b/a.c\n--- " +
				"a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n"))
			if err != nil || !m.IsPatch {
				t.Fatalf("%s: %v", p.subject, err)
			}
			x.Add(m)
			if i < len(tt.old) {
				old = append(old, m)
			} else if x.Superseded(m) {
				t.Errorf("%s: the newer %q is left out", tt.name, p.subject)
			}
		}
		for i, m := range old {
			// Of a series that shrank, the titles that stand in the newer one are replaced.
			want := tt.gone || tt.name == "a smaller one with one of three titles" && i == 0
			if got := x.Superseded(m); got != want {
				t.Errorf("%s: patch %d is superseded: %v", tt.name, i+1, got)
			}
		}
	}
}
