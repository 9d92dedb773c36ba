package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/usage"
)

// What is too large is told, with the cap, and the mails beside it are judged.
func TestClassifyHugeInput(t *testing.T) {
	const head = "From: a@example.org\nSubject: [PATCH] igc: fix a leak\nMessage-ID: <big@example.org>\n\nIt leaks.\n\n---\n"
	const diff = "diff --git a/drivers/net/ethernet/intel/igc/igc_main.c b/drivers/net/ethernet/intel/igc/igc_main.c\n" +
		"--- a/drivers/net/ethernet/intel/igc/igc_main.c\n+++ b/drivers/net/ethernet/intel/igc/igc_main.c\n"
	small := "From x@example.org Mon Jan 12 10:00:00 2026\n" + strings.Replace(head, "big@", "small@", 1) + diff +
		"@@ -1,1 +1,2 @@\n int a;\n+int b;\n\n"
	for _, c := range []struct{ name, mail, want string }{
		{"a mail of 100 MB", "From x@example.org Mon Jan 12 09:00:00 2026\n" + head + strings.Repeat(strings.Repeat("x", 99)+"\n", 1_000_000) +
			"\n", "at most 8 MiB"},
		{"20 MB of one-byte lines", "From x@example.org Mon Jan 12 09:00:00 2026\n" + head + diff + "@@ -0,0 +1,10000000 @@\n" +
			strings.Repeat("+\n", 10_000_000) + "\n", "at most 8 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "in.mbox")
			if err := os.WriteFile(file, []byte(c.mail+small), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := rootCommand()
			var out, said bytes.Buffer
			cmd.SetArgs([]string{"classify", "--json", file})
			cmd.SetOut(&out)
			cmd.SetErr(&said)
			if err := cmd.Execute(); !errors.Is(err, usage.ErrReported) {
				t.Errorf("ended with %v, want that something could not be judged", err)
			}
			if !strings.Contains(said.String(), c.want) {
				t.Errorf("said %.300q, want %q", said.String(), c.want)
			}
			if !strings.Contains(out.String(), `"id":"small@example.org"`) {
				t.Errorf("the mail behind it was not judged: %.300q", out.String())
			}
		})
	}
}
