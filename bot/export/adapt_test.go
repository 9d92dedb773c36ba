package export

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
)

// TestAdapted: what does not merge is written as it was adapted, says what differs under
// the name of who sends it, and comes with a comparison.
func TestAdapted(t *testing.T) {
	r, _, fix := history(t)
	g := open(t, r)
	w := wanted(r, g, fix)
	const after = "the file with the change\n"
	w.Adapted = &Adapted{Files: []AdaptedFile{{Path: "drivers/a.c", Data: []byte(after)}}, Differs: []string{"drivers/a.c: its lines are matched once in the file"}}
	s, err := Backport(t.Context(), w, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Patches) != 1 || !strings.Contains(s.RangeDiff, "demo: do not hang") {
		t.Fatalf("%d patches, range-diff:\n%s", len(s.Patches), s.RangeDiff)
	}
	mail := string(s.Patches[0].Mail)
	for _, want := range []string{
		"\ncommit " + fix + " upstream.\n", "\n[ Ana Ruiz: adapted to 6.12.y\n  drivers/a.c: its lines are matched once in the file\n",
		"]\nSigned-off-by: Ana Ruiz <ana@example.com>\n", "+" + after,
	} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	dir := t.TempDir()
	if err := s.Write(dir + "/out"); err != nil {
		t.Fatal(err)
	}
}
