package shell

import (
	"os/exec"
	"testing"
)

// TestWord: a shell reads what was meant, and does nothing else.
func TestWord(t *testing.T) {
	for _, s := range []string{"linux-6.12.y", "/a/b c", "it's", "'", "x'", "", "$(touch x)", "a;b", "a\nb", "*", "~", "a`b`", `\`, "é"} {
		out, err := exec.Command("sh", "-c", "printf %s "+Word(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q as %s is read as %q, %v", s, Word(s), out, err)
		}
	}
	if Word("linux-6.12.y") != "linux-6.12.y" {
		t.Error("quoted for nothing")
	}
}
