package main

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// TestDemo: the demo shows what the bot can say: each verdict, a fix that one branch
// takes and another cannot, and each reason that a fix cannot go into stable kernels.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out strings.Builder
	if err := runDemo(t.Context(), &out, "", true); err != nil {
		t.Fatal(err)
	}
	wanted := []string{"stable-eligible ", "stable-eligible (mixed) ", "wait ", "uncertain ", "not-needed ", "out-of-scope "}
	for _, c := range verdict.Classes {
		wanted = append(wanted, "dkms-only: "+string(c))
	}
	for _, want := range wanted {
		if !strings.Contains(out.String(), "\n"+want) {
			t.Errorf("no change of the demo is %s", want)
		}
	}
}
