package trees

import (
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/tree"
)

// TestMarksOfOthers: a mark that came along in a message says nothing of the branch; what
// those who took it over wrote does, and so does a chain that names one change.
func TestMarksOfOthers(t *testing.T) {
	for name, x := range map[string]struct {
		title, body string
		want        tree.State // of the fix in 6.1
	}{
		"the team's mark":          {"gpu: as taken", "commit FIX upstream.\n", present},
		"an author's note below":   {"gpu: fix the end", "commit END upstream.\n\nText.\n\n(cherry picked from commit FIX)\n", affected},
		"an author's mark below":   {"gpu: fix the end", "commit END upstream.\n\nText.\n\ncommit FIX upstream.\n", affected},
		"an author's, in brackets": {"gpu: fix the end", "[ Upstream commit END ]\n\n[ Upstream commit FIX ]\n", affected},
		"an author's note above":   {"gpu: fix the end", "(cherry picked from commit FIX)\n(cherry picked from commit END)\n", affected},
		"an author's above a note": {"gpu: fix the end", "commit FIX upstream.\n\nText.\n\n(cherry picked from commit END)\n", affected},
		"an author's alone":        {"gpu: fix the end", "commit FIX upstream.\n", affected},
		"an author's, afar below":  {"gpu: fix the end", "commit FIX upstream.\n\n(cherry picked from commit AFAR)\n", affected},
		"a chain":                  {"gpu: fix the feature", "(cherry picked from commit FIX)\n(cherry picked from commit COPY)\n", present},
		"a chain of another title": {"V: gpu: mend it", "(cherry picked from commit FIX)\n(cherry picked from commit COPY)\n", present},
		"a chain that ends afar":   {"V: gpu: mend it", "(cherry picked from commit FIX)\n(cherry picked from commit AFAR)\n", present},
		"two marks, one change":    {"gpu: fix the feature", "commit AFAR upstream.\n\n(cherry picked from commit FIX)\n", present},
	} {
		s := newSmall(t)
		copied := s.Git("rev-parse", "linux-6.2.y")
		s.Git("checkout", "-q", "linux-6.1.y")
		s.Put("gpu/z.c", text(9, nil), x.title+"\n\n"+filled(x.body, "FIX", s.fix, "END", s.fix2, "COPY", copied,
			"AFAR", "0123456789012345678901234567890123456789"))
		s.Git("checkout", "-q", "main")
		if b := s.of(t, s.with(t), s.fix, "6.1", time.Time{}); b.State != x.want {
			t.Errorf("%s: %s (%s), want %s", name, b.State, b.Why, x.want)
		}
	}
}

func filled(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }
