package wire

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestLastMails: of an archive the mails of its last weeks are read, of any other folder none.
func TestLastMails(t *testing.T) {
	dir := t.TempDir()
	box := gittest.NewInbox(t, filepath.Join(dir, "git", "0.git"))
	last := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	box.Add(
		gittest.Message{Raw: "Subject: old\n\n", Date: last.AddDate(0, -2, 0)},
		gittest.Message{Raw: "Subject: new\n\n", Date: last.AddDate(0, 0, -8)},
		gittest.Message{Raw: "Subject: last\n\n", Date: last})
	for _, most := range []int{3, 1} {
		ms, err := LastMails(t.Context(), dir)
		if err != nil || ms == nil {
			t.Fatalf("no archive: %v", err)
		}
		var got []string
		for m, err := range ms {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, string(m.Raw)); len(got) == most {
				break
			}
		}
		if want := []string{"Subject: new\n\n", "Subject: last\n\n"}; !slices.Equal(got, want[:min(most, 2)]) {
			t.Errorf("at most %d: %q", most, got)
		}
	}
	code := gittest.New(t)
	code.Put("a.c", "int a;\n", "a: begin")
	for _, none := range []string{t.TempDir(), code.Dir} {
		if ms, err := LastMails(t.Context(), none); err != nil || ms != nil {
			t.Errorf("%s is an archive: %v", none, err)
		}
	}
	for _, head := range []string{"ref: refs/heads/gone\n", "no head"} {
		epoch := filepath.Join(dir, "git", "0.git")
		if err := os.WriteFile(filepath.Join(epoch, "HEAD"), []byte(head), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{dir, epoch} {
			if ms, err := LastMails(t.Context(), dir); err == nil || ms != nil {
				t.Errorf("an archive with HEAD %q: %v", head, err)
			}
		}
	}
}
