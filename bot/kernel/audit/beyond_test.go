package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBeyond: what a backport does to files beyond its upstream commit, and no line of it
// shows, is told with the file.
func TestBeyond(t *testing.T) {
	for name, x := range map[string]struct {
		do   func(t *testing.T, dir string, git func(...string) string)
		want string
	}{
		"nothing": {func(*testing.T, string, func(...string) string) {}, ""},
		"a binary file": {func(t *testing.T, dir string, _ func(...string) string) {
			write(t, filepath.Join(dir, "firmware/a.bin"), "\x00\x01\x02")
		}, "it changes, not readable as text, firmware/a.bin,"},
		"code with a NUL": {func(t *testing.T, dir string, _ func(...string) string) {
			write(t, filepath.Join(dir, "drivers/gpu/b.c"), "int b;\n\x00\nint evil;\n")
		}, "it changes, not readable as text, drivers/gpu/b.c,"},
		"an empty file": {func(t *testing.T, dir string, _ func(...string) string) {
			write(t, filepath.Join(dir, "drivers/gpu/.empty"), "")
		}, "it adds drivers/gpu/.empty,"},
		"a rename": {func(_ *testing.T, _ string, git func(...string) string) {
			git("mv", "drivers/gpu/b.c", "drivers/gpu/c.c")
		}, "it removes drivers/gpu/b.c,"},
		"a deletion": {func(_ *testing.T, _ string, git func(...string) string) {
			git("rm", "-q", "drivers/gpu/b.c")
		}, "it removes drivers/gpu/b.c,"},
		"a mode": {func(t *testing.T, dir string, _ func(...string) string) {
			if err := os.Chmod(filepath.Join(dir, "drivers/gpu/b.c"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "it gives the mode 100755 to drivers/gpu/b.c,"},
	} {
		g, _ := batch(t)
		g.Put("drivers/gpu/b.c", "int b;\n", "gpu: b\n\nSigned-off-by: Ada Author <ada@example.org>\n")
		b := g.Git("rev-parse", "HEAD")
		lock := g.Git("rev-parse", "HEAD~2")
		g.Git("checkout", "-q", "linux-6.1.y")
		g.Git("cherry-pick", b)
		g.Git("cherry-pick", lock)
		x.do(t, g.Dir, func(args ...string) string { return g.Git(args...) })
		g.Git("config", "core.fileMode", "true")
		g.Git("add", "-A")
		g.Git("commit", "-q", "--amend", "-m", "gpu: a: lock\n\ncommit "+lock+" upstream.\n\n[ carl: backport, adapted ]\n"+
			"Signed-off-by: Ada Author <ada@example.org>\nSigned-off-by: Carl Committer <carl@example.org>\n")
		g.Git("checkout", "-q", "-f", "main")
		got := says(t, g, "linux-6.1.y", "")
		if found := strings.Contains(got, "differs: "); found != (x.want != "") || !strings.Contains(got, x.want) {
			t.Errorf("%s: want %q in\n%s", name, x.want, got)
		}
	}
}
