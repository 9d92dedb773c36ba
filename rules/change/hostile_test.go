package change

import (
	"errors"
	"strings"
	"testing"
)

const hostileHead = "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n"

// What strangers may send must end in an error that says why, in bounded time
// and memory, with the rest of the change intact.
func TestHostile(t *testing.T) {
	for _, c := range []struct {
		name string
		diff string
		is   func(error) bool
	}{
		{"20 MB of one-byte lines", hostileHead + "@@ -0,0 +1,10000000 @@\n" + strings.Repeat("+\n", 10_000_000), tooLarge},
		{"too many lines", hostileHead + "@@ -0,0 +1,300000 @@\n" + strings.Repeat("+\n", 300_000), tooLarge},
		{"a header that is one long line of words", "diff --git " + strings.Repeat("a ", 1<<20) + "\nindex 1..2\n", isDamaged},
		{"a count that is no number", hostileHead + "@@ -1,9999999999999999999 +1 @@\n-a\n+b\n", isDamaged},
		{"a hunk that ends early", hostileHead + "@@ -1,9 +1,9 @@\n-a\n+b\n", isDamaged},
		{"a second hunk without a file", hostileHead + "@@ -1 +1 @@\n-a\n+b\n\nprose\n@@ -1 +1 @@\n-a\n+b\n", isDamaged},
		{"a name that is no name", "diff --git \"a/\\\nindex 1..2\n--- \"a/\\\n+++ b\n@@ -1 +1 @@\n-a\n+b\n", isDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(Input{Kind: Mail, Subject: "[PATCH] x: y", Text: "why\n\nFixes: 0123456789ab (\"x\")\n---\n" + c.diff})
			if !c.is(err) {
				t.Errorf("error %v", err)
			}
			if got.Subject != "x: y" || len(got.Fixes) != 1 || got.Body == "" {
				t.Errorf("the rest of the change is lost: %+v", got)
			}
			if got.Files != nil || got.Size.Files != 0 {
				t.Error("files of a patch that was not read")
			}
		})
	}
}

func tooLarge(err error) bool { return errors.Is(err, ErrTooLarge) }

func isDamaged(err error) bool {
	var d *DamagedError
	return errors.As(err, &d) && d.Line > 0 && strings.Contains(err.Error(), "line")
}

// Messages that would take quadratic time without bounds: this test is killed
// by the test time-out when one of them is lost.
func TestHostileMessages(t *testing.T) {
	const n = 1 << 20
	for name, text := range map[string]string{
		"an open quote":  "Fixes: 0123456789ab (\"x\n" + strings.Repeat("word\n", n),
		"a folded head":  "From: a@example.org\n" + strings.Repeat(" word\n", n),
		"a folded value": "Link: http://x\n" + strings.Repeat(" word\n", n),
		"ids":            "Fixes: " + strings.Repeat("0123456789ab, ", n),
		"tags":           strings.Repeat("Cc: stable@vger.kernel.org # 6.1\n\nprose\n\n", n/16),
		"odd keys":       strings.Repeat("a-b: c\n\nprose\n\n", n/4),
		"prerequisites":  "Cc: stable@vger.kernel.org # " + strings.Repeat("0123456789ab (\"x\"), ", n/4),
		"brackets":       strings.Repeat("[", n),
		"request":        "please apply to stable commit " + strings.Repeat("0123456 ", n),
		"dashes":         strings.Repeat("\n---x", n),
		"headers":        strings.Repeat("diff --git a/x b/x\n", n/4),
		"scissors":       strings.Repeat("-- >8 -- ", n),
		"signatures":     strings.Repeat("\n-- \n", n),
		"base commits":   strings.Repeat("base-commit: ", n),
		"diffstat":       strings.Repeat(" a | 1 +\n", n/4) + " 1 file changed, 1 insertion(+)\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := Parse(Input{Kind: Mail, Subject: strings.Repeat("[", n) + " " + strings.Repeat("patch/", n/8), Text: text, To: []string{"stable@vger.kernel.org"}})
			if len(c.Trailers) > maxTrailers || len(c.Fixes) > maxTrailers {
				t.Errorf("%d trailers, %d culprits", len(c.Trailers), len(c.Fixes))
			}
		})
	}
}

func TestIsPatch(t *testing.T) {
	for text, want := range map[string]bool{
		"x\n---\n" + hostileHead + "@@ -1 +1 @@\n-a\n+b\n": true,
		hostileHead:                 true,
		"--- a\n+++ b\n@@ -1 +1 @@": true,
		"see diff --git in git":     false,
		"> diff --git a/x b/x":      false,
		"":                          false,
	} {
		if got := IsPatch(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
