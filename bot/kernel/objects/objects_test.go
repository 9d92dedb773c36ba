package objects_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

func TestSnapshot(t *testing.T) {
	g := gittest.New(t)
	g.Write("a", "one\n")
	g.Write("dir/sub/b", "two\n")
	g.Git("add", "-A")
	g.Feed("target", "hash-object", "-w", "--stdin")
	g.Git("update-index", "--add", "--cacheinfo", "120000,"+g.Feed("dir/sub/b", "hash-object", "-w", "--stdin")+",link")
	g.Git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",module")
	g.Git("update-index", "--chmod=+x", "a")
	g.Git("commit", "-q", "-m", "begin")
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s := objects.New(r, 0)
	at, err := s.At(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		mode apply.Mode
		want string
	}{
		{"a", apply.Program, "one\n"},
		{"dir/sub/b", apply.Regular, "two\n"},
		{"dir/sub", apply.Folder, ""},
		{"link", apply.Symlink, "dir/sub/b"},
		{"module", apply.Gitlink, "Subproject commit " + strings.Repeat("1", 40) + "\n"},
		{"none", 0, ""},
		{"a/none", 0, ""}, // a is no folder
		{"none/none/none", 0, ""},
		{"module/none", 0, ""},
	} {
		e, err := at.Entry(t.Context(), c.path)
		if err != nil || e.Mode != c.mode {
			t.Errorf("%s: mode %o, %v; want %o", c.path, e.Mode, err, c.mode)
		}
		if !e.Exists() || e.Mode == apply.Folder {
			continue
		}
		if img, err := at.Image(t.Context(), e); err != nil || string(img.Data) != c.want {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
	names, err := at.Names(t.Context(), "")
	slices.Sort(names)
	if err != nil || strings.Join(names, " ") != "a dir link module" {
		t.Errorf("names %q, %v", names, err)
	}
	if e, err := at.Entry(t.Context(), "dir"); err != nil {
		t.Error(err)
	} else if _, err := s.Blob(t.Context(), e.ID); err == nil {
		t.Error("a folder was read as a file")
	}
	if _, err := s.At(t.Context(), "nope"); err == nil {
		t.Error("a revision that is not there was read")
	}
}

// What is kept stays within its bound, whatever is read.
func TestBound(t *testing.T) {
	g := gittest.New(t)
	var ids []string
	for i := range 40 {
		ids = append(ids, g.Feed(strings.Repeat("line of a file\n", 100+i), "hash-object", "-w", "--stdin"))
	}
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s := objects.New(r, 10_000)
	for range 2 {
		for i, id := range ids {
			img, err := s.Blob(t.Context(), id)
			if err != nil || img.Lines() != 100+i {
				t.Fatalf("%s: %v", id, err)
			}
		}
	}
	first, err := s.Blob(t.Context(), ids[39])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Blob(t.Context(), ids[39]); err != nil || again != first {
		t.Errorf("read once more: %v", err)
	}
}

func TestMissing(t *testing.T) {
	g := gittest.New(t)
	g.Put("dir/a", "one\n", "begin")
	blob := g.Git("rev-parse", "HEAD:dir/a")
	g.Lose("HEAD:dir/a")
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s := objects.New(r, 0)
	for range 2 { // the second answer is a kept one
		if _, err := s.Blob(t.Context(), blob); !errors.Is(err, git.ErrMissing) {
			t.Errorf("a lost file: %v", err)
		}
	}
	at, err := s.At(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	g.Lose("HEAD:dir")
	if _, err := at.Entry(t.Context(), "dir/a"); !errors.Is(err, git.ErrMissing) {
		t.Errorf("a lost folder: %v", err)
	}
}
