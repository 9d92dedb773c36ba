package change

import (
	"os/exec"
	"strings"
	"testing"
)

// TestPatchID holds PatchID to git's own.
func TestPatchID(t *testing.T) {
	head := "diff --git a/drivers/a.c b/drivers/a.c\nindex 111111111111..222222222222 100644\n--- a/drivers/a.c\n+++ b/drivers/a.c\n"
	hunk := "@@ -1,3 +1,4 @@ int f(void)\n one\n-two\tthree\n+two  four\n+\n five\n"
	for name, diff := range map[string]string{
		"a change":  head + hunk,
		"two files": head + hunk + strings.ReplaceAll(head, "a.c", "b.c") + hunk,
		"a new file": "diff --git a/n.c b/n.c\nnew file mode 100644\nindex 000000000000..222222222222\n--- /dev/null\n+++ b/n.c\n" +
			"@@ -0,0 +1,2 @@\n+one\n+two\n",
		"a file less": "diff --git a/n.c b/n.c\ndeleted file mode 100755\nindex 222222222222..000000000000\n--- a/n.c\n+++ /dev/null\n" +
			"@@ -1,2 +0,0 @@\n-one\n-two\n",
		"no line end": head + "@@ -1,2 +1,2 @@\n one\n-two\n+three\n\\ No newline at end of file\n",
	} {
		cmd := exec.Command("git", "patch-id", "--stable")
		cmd.Stdin = strings.NewReader(diff)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git patch-id: %v", err)
		}
		want, _, _ := strings.Cut(string(out), " ")
		c, err := Parse(Input{Kind: Commit, Subject: "x", Diff: diff})
		if err != nil {
			t.Fatal(err)
		}
		if got := PatchID(c.Files); got != want {
			t.Errorf("%s: %s, git says %s", name, got, want)
		}
	}
	if PatchID(nil) != "" {
		t.Error("no patch has no id")
	}
}
