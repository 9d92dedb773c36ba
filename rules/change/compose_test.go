package change

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Two patches made one lead where both lead, whether they touch the same lines, lines
// beside each other or others, and whatever stands between them.
func TestCompose(t *testing.T) {
	base := strings.Split("a b c d e f g h i j k l m n o p q r s t u v w x y z", " ")
	text := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	with := func(at int, drop int, in ...string) string {
		out := append([]string{}, base[:at]...)
		return text(append(append(out, in...), base[at+drop:]...)...)
	}
	old := text(base...)
	for _, c := range []struct{ name, before, mid, after string }{
		{"the line that was added is another", old, with(5, 1, "one"), with(5, 1, "two")},
		{"it goes again", old, with(5, 0, "one"), old},
		{"a line beside it", old, with(5, 0, "one"), with(5, 0, "zero", "one")},
		{"more goes", old, with(5, 1), with(4, 3)},
		{"far off", old, with(2, 1, "one", "two"), strings.Replace(with(2, 1, "one", "two"), "x\n", "y2\n", 1)},
		{"at the end", old, with(26, 0, "one"), with(26, 0, "one", "two")},
		{"at the beginning", old, with(0, 2), with(0, 3, "one")},
		{"a new file", "", "one\ntwo\n", "one\nthree\n"},
		{"it ends empty", old, with(0, 20), ""},
		{"without a newline at the end", old, with(26, 0, "one"), strings.TrimSuffix(with(26, 0, "one"), "\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, whole := Compose(diffOf(t, c.before, c.mid), diffOf(t, c.mid, c.after))
			if !whole {
				t.Fatal("they cannot be composed")
			}
			if got := applied(t, c.before, files); got != c.after {
				t.Errorf("together they give %q, not %q", got, c.after)
			}
		})
	}
	t.Run("what is between moves it", func(t *testing.T) {
		mid, far := with(20, 1, "one"), with(2, 0, "new", "newer")
		both := strings.Replace(far, "\nu\n", "\none\n", 1)
		after := strings.Replace(both, "\none\n", "\ntwo\n", 1)
		files, whole := Compose(diffOf(t, old, mid), diffOf(t, both, after), diffOf(t, mid, both))
		if want := with(20, 1, "two"); !whole || applied(t, old, files) != want {
			t.Errorf("whole %v, %q", whole, applied(t, old, files))
		}
	})
	t.Run("what is between touches it", func(t *testing.T) {
		mid, both, after := with(5, 1, "one"), with(5, 1, "one", "other"), with(5, 1, "two", "other")
		if _, whole := Compose(diffOf(t, old, mid), diffOf(t, both, after), diffOf(t, mid, both)); whole {
			t.Error("it is said to be whole")
		}
	})
	t.Run("of another file", func(t *testing.T) {
		if _, whole := Compose(diffOf(t, old, with(5, 1, "one")), diffOf(t, with(5, 1, "else"), with(5, 1, "two"))); whole {
			t.Error("it is said to be whole")
		}
	})
}

// diffOf has git make a diff of a file.
func diffOf(t *testing.T, before, after string) []*gitdiff.File {
	t.Helper()
	dir := t.TempDir()
	args := []string{"diff", "--no-index", "--no-color", "--no-ext-diff", "old/f", "new/f"}
	for name, text := range map[string]string{"old/f": before, "new/f": after} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if before == "" {
		args[4] = "/dev/null"
	}
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, _ := cmd.Output() // 1: they differ
	files, _, err := gitdiff.Parse(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, f := range files {
		f.OldName, f.NewName = strings.TrimPrefix(f.OldName, "old/"), strings.TrimPrefix(f.NewName, "new/")
	}
	return files
}

func applied(t *testing.T, text string, files []*gitdiff.File) string {
	t.Helper()
	for _, f := range files {
		again, _, err := gitdiff.Parse(strings.NewReader(f.String())) // as it is written
		if err != nil || len(again) != 1 {
			t.Fatalf("%v in\n%s", err, f)
		}
		var out bytes.Buffer
		if err := gitdiff.Apply(&out, strings.NewReader(text), again[0]); err != nil {
			t.Fatalf("%v in\n%s", err, f)
		}
		text = out.String()
	}
	return text
}
