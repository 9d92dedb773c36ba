package github_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stablebot/stablebot/bot/store"
)

// TestAnsweredIsStored: at the moment of the answer the pull request is in the
// files of the store, for whoever opens them after a crash; and what cannot be
// stored is not answered as if it were.
func TestAnsweredIsStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	r := start(t, newHub(t), setup{path: path})
	payload := func(n int) []byte {
		return fmt.Appendf(nil, `{"action":"opened","number":%d,"repository":{"full_name":"o/r"}}`, n)
	}
	const rounds, together = 5, 8
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range together {
			n := round*together + i + 1
			wg.Go(func() {
				if got := r.send("pull_request", fmt.Sprint("d", n), payload(n), secret); got != http.StatusAccepted {
					t.Errorf("delivery %d: answered %d", n, got)
				}
			})
		}
		wg.Wait()
		if have, want := afterCrash(t, r, path), (round+1)*together; have != want {
			t.Fatalf("%d deliveries are answered, %d of them stored", want, have)
		}
	}
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := r.send("pull_request", "late", payload(99), secret); got != http.StatusServiceUnavailable {
		t.Errorf("without a store: answered %d", got)
	}
}

// afterCrash counts what is due in the store as its files are now.
func afterCrash(t *testing.T, r *rig, path string) int {
	t.Helper()
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "s.db"+suffix), b, fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	due, err := s.DuePulls(t.Context(), "github:test", r.now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(due)
}
