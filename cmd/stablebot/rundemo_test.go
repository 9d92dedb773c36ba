package main

import (
	"strings"
	"testing"
)

// TestDemo: the demo shows what the bot can say: each verdict, and each reason
// that a fix cannot go into stable kernels which a change can have by itself.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out strings.Builder
	if err := runDemo(t.Context(), &out, "", true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stable-eligible ", "wait ", "uncertain ", "not-needed ", "out-of-scope ",
		"dkms-only: too-big", "dkms-only: enablement", "dkms-only: abi", "dkms-only: declined"} {
		if !strings.Contains(out.String(), "\n"+want) {
			t.Errorf("no change of the demo is %s", want)
		}
	}
}
