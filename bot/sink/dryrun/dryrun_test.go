package dryrun_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/sink/dryrun"
)

// TestFolder: the last state stands in the file, and no name leads out of the
// folder.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shown")
	bad := errors.New("no such action")
	f := dryrun.New("x", dir, func(a flow.Action) ([]string, []byte, error) {
		switch a.Key {
		case "nothing":
			return nil, nil, nil
		case "bad":
			return nil, nil, bad
		}
		return []string{"..", "a/b", a.Key}, a.Message, nil
	})
	for _, a := range []flow.Action{{Key: "one", Message: []byte("first")}, {Key: "one", Message: []byte("second")},
		{Key: "", Message: []byte("unnamed")}, {Key: "nothing"}} {
		if err := f.Deliver(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Deliver(t.Context(), flow.Action{Key: "bad"}); !errors.Is(err, bad) {
		t.Errorf("an action that cannot be shown: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "_..", "a_b", "one")); err != nil || string(text) != "second" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "a")); err == nil {
		t.Error("a name led out of the folder")
	}
	if f.Name() != "x" || !f.Idempotent() {
		t.Error("it says something else of itself")
	}
}
