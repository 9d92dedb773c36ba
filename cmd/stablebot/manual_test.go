package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManual: each command has a page, and each shell its completion.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	root := rootCommand()
	if err := writeManual(root, dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Commands() {
		page, err := os.ReadFile(filepath.Join(dir, "man", "stablebot-"+c.Name()+".1"))
		if (c.Hidden || c.Name() == "help") != (err != nil) || err == nil && !strings.Contains(string(page), ".SH SYNOPSIS") {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	for _, name := range []string{"stablebot.bash", "_stablebot", "stablebot.fish"} {
		if b, err := os.ReadFile(filepath.Join(dir, "completions", name)); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
