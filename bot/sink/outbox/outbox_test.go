package outbox

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

func files(t *testing.T, dir string) []string {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

func TestDeliverTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out[box]")
	o, err := Open("outbox", dir)
	if err != nil {
		t.Fatal(err)
	}
	a := flow.Action{Key: "x@example.org/first", Message: []byte("Subject: s\r\n\r\nbody\r\n")}
	for range 2 {
		if err := o.Deliver(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	got := files(t, filepath.Join(dir, "new"))
	if len(got) != 1 || got[0] != File(a.Key) {
		t.Fatalf("new/ has %q", got)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "new", got[0])); string(b) != "Subject: s\n\nbody\n" {
		t.Errorf("wrote %q", b)
	}
	// A mail program has shown it.
	if err := os.Rename(filepath.Join(dir, "new", got[0]), filepath.Join(dir, "cur", got[0]+":2,S")); err != nil {
		t.Fatal(err)
	}
	if err := o.Deliver(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got := files(t, filepath.Join(dir, "new")); len(got) != 0 {
		t.Errorf("a mail that was read came again: %q", got)
	}
	if got := files(t, filepath.Join(dir, "tmp")); len(got) != 0 {
		t.Errorf("tmp/ has %q", got)
	}
}

// TestCutOff: what a crash left in tmp/ does not stop the next try.
func TestCutOff(t *testing.T) {
	dir := t.TempDir()
	o, err := Open("outbox", dir)
	if err != nil {
		t.Fatal(err)
	}
	a := flow.Action{Key: "k", Message: []byte("whole\n")}
	if err := os.WriteFile(filepath.Join(dir, "tmp", File("k")), []byte("half of something longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.Deliver(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "new", File("k"))); string(b) != "whole\n" {
		t.Errorf("wrote %q", b)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("needs root to mount a tmpfs (sudo go test ./bot/sink/outbox): %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	o, err := Open("outbox", dir)
	if err != nil {
		t.Fatal(err)
	}
	a := flow.Action{Key: "k", Message: []byte(strings.Repeat("x", 200<<10))}
	err = o.Deliver(t.Context(), a)
	if !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "free some") {
		t.Fatalf("error is %v", err)
	}
	if got := files(t, filepath.Join(dir, "new")); len(got) != 0 {
		t.Errorf("half a mail is in new/: %q", got)
	}
	a.Message = []byte("small")
	if err := o.Deliver(t.Context(), a); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
