package change

import (
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDamage: what git am refuses is refused at the line that git names, and the
// files that the patch shows are kept.
func TestDamage(t *testing.T) {
	const names = "--- a/drivers/net/x.c\n+++ b/drivers/net/x.c\n"
	const head = "diff --git a/drivers/net/x.c b/drivers/net/x.c\nindex 111111111111..222222222222 100644\n" + names
	const stat = " drivers/net/x.c | 2 ++\n 1 file changed, 2 insertions(+)\n\n"
	for name, diff := range map[string]string{
		"more lines promised":  head + "@@ -1,3 +1,6 @@\n one\n two\n+three\n+four\n five\n-- \n2.51.0\n",
		"fewer lines promised": head + "@@ -1,3 +1,4 @@\n one\n two\n+three\n+four\n five\n six\n" + head + "@@ -1,2 +1,1 @@\n one\nwo\n",
		"a wrapped line":       head + "@@ -1,3 +1,4 @@\n one\n+a line that is\nwrapped\n two\n three\n",
		"a wrapped hunk head":  head + "@@ -1,3 +1,4 @@ static int\nof_a_function(void)\n one\n+two\n three\n four\n",
		"the end is missing":   head + "@@ -1,5 +1,6 @@\n one\n+two\n three\n",
		"a wrapped name":       "diff --git a/drivers/net/x.c\nb/drivers/net/x.c\nindex 111111111111..222222222222 100644\n" + names + "@@ -1,3 +1,4 @@\n one\n+wrap\nped\n",
		"tabs lost":            head + "@@ -1,3 +1,4 @@\n one\n+two\nthree\n four\n",
	} {
		for _, above := range []string{"", stat} {
			text := "why\n---\n" + above + diff
			c, err := Parse(Input{Kind: Mail, Subject: "[PATCH] x: y", Text: text})
			var d *DamagedError
			if !errors.As(err, &d) || c.Damage == nil {
				t.Errorf("%s: error %v", name, err)
				continue
			}
			if len(c.Files) != 0 || !slices.Equal(c.Paths, []string{"drivers/net/x.c"}) || len(c.Named().Files) != 1 {
				t.Errorf("%s: files %v, paths %v", name, c.Files, c.Paths)
			}
			want := gitLine(t, "---\n"+above+diff)
			if d.Line != want {
				t.Errorf("%s: refused at line %d, git says %d", name, d.Line, want)
			}
		}
	}
}

var atLine = regexp.MustCompile(`line (\d+)`)

// gitLine is the line at which git refuses a patch.
func gitLine(t *testing.T, patch string) int {
	t.Helper()
	cmd := exec.Command("git", "apply", "--numstat")
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(patch)
	out, err := cmd.CombinedOutput()
	found := atLine.FindSubmatch(out)
	if found == nil {
		t.Fatalf("git takes it, or names no line: %v: %s", err, out)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
