package trees

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

func patch(t *testing.T, text string) *change.Change {
	t.Helper()
	files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/gpu/ring.c b/gpu/ring.c\n--- a/gpu/ring.c\n+++ b/gpu/ring.c\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return &change.Change{Files: files}
}

// A prerequisite that brings the lines that a fix edits is where the bug is from; one
// that moves, rewrites or only stands beside them is not.
func TestBrings(t *testing.T) {
	fix := "@@ -4,3 +4,3 @@\n \tint r;\n-\tr = ring_start(ring, 4);\n+\tr = ring_start(ring, 8);\n \treturn r;\n"
	adds := "@@ -4,2 +4,5 @@\n \tint r;\n+\tspin_lock(&ring->lock);\n+\tr = ring_start(ring, 4);\n+\tspin_unlock(&ring->lock);\n \treturn r;\n"
	only := "@@ -5,2 +5,3 @@\n \tr = ring_start(ring, 4);\n+\tring_wait(ring);\n \tspin_unlock(&ring->lock);\n"
	for name, c := range map[string]struct {
		first, fix string
		want       bool
	}{
		"new lines":             {adds, fix, true},
		"put beside new lines":  {adds, only, true},
		"rewritten lines":       {"@@ -4,3 +4,3 @@\n \tint r;\n-\tr = start(ring, 4);\n+\tr = ring_start(ring, 4);\n \treturn r;\n", fix, false},
		"moved lines":           {adds + "@@ -20,2 +23,1 @@\n \tint x;\n-\tr = ring_start(ring, 4);\n", fix, false},
		"other lines":           {"@@ -4,2 +4,3 @@\n \tint r;\n+\tring_reset(ring);\n \treturn r;\n", fix, false},
		"one of two edits":      {adds, fix + "@@ -30,2 +30,2 @@\n-\tring_stop(ring);\n+\tring_halt(ring);\n \treturn 0;\n", false},
		"beside nothing of its": {adds, "@@ -9,1 +9,2 @@\n \treturn r;\n+\tring_wait(ring);\n", false},
	} {
		if got := brings(patch(t, c.first), patch(t, c.fix)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestCasesAt(t *testing.T) {
	lines := strings.Split(`int start(int v)
{
	int r = 0;
	switch (v) {
	case V10:
		r = ten();
		break;
	case V20:
	case V21:
		if (r) {
			r = twenty();
		}
		break;
	default:
		r = other();
	}
	r = last();
	return r;
}`, "\n")
	for name, c := range map[string]struct {
		at          int
		old         string
		own, others string
	}{
		"in a case":         {6, "\t\tr = ten();", "case V10:", "case V20: case V21:"},
		"in a group":        {11, "\t\t\tr = twenty();", "case V21: case V20:", "case V10:"},
		"behind the switch": {17, "\tr = last();", "", ""},
		"before it":         {3, "\tint r = 0;", "", ""},
		"a label":           {5, "\tcase V10:", "", ""},
	} {
		own, others := casesAt(lines, edit{at: c.at, old: []string{c.old}})
		if strings.Join(own, " ") != c.own || strings.Join(others, " ") != c.others {
			t.Errorf("%s: %q, others %q", name, own, others)
		}
	}
}
