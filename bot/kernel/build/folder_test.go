package build

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Another user may make the folder in the temporary one first; what is in it is run.
func TestFolderOfOthers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("permissions say nothing here")
	}
	b := newBench(t)
	file := File{pump, []byte("int pump(void) { return 3; }\n")}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	folder := func(dir string, mode os.FileMode) {
		must(os.Mkdir(dir, 0o700))
		must(os.Chmod(dir, mode))
	}
	give := func(dir string) {
		folder(dir, 0o700)
		must(os.Chown(dir, 12345, -1))
	}
	if b.objects(t, file); b.o.Dir == "" {
		t.Fatal("no folder")
	}
	trees, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*[^k]"))
	if len(trees) != 1 {
		t.Fatalf("trees: %v", trees)
	}
	for name, c := range map[string]struct {
		make func(dir string)
		want string
	}{
		"a link":            {func(dir string) { must(os.Symlink(t.TempDir(), dir)) }, "is a link"},
		"a file":            {func(dir string) { must(os.WriteFile(dir, nil, 0o600)) }, "is no folder"},
		"a folder for all":  {func(dir string) { folder(dir, 0o777) }, "can be written by others"},
		"a group's":         {func(dir string) { folder(dir, 0o770) }, "can be written by others"},
		"another's":         {func(dir string) { give(dir) }, "belongs to another user"},
		"one of ours, open": {func(dir string) { folder(dir, 0o755) }, ""},
	} {
		if name == "another's" && os.Geteuid() != 0 {
			continue
		}
		whole := filepath.Join(t.TempDir(), "builds")
		within := trees[0]
		must(os.RemoveAll(within))
		for _, dir := range []string{whole, within} {
			c.make(dir)
			o := b.o
			if dir == whole {
				o.Dir = whole
			}
			_, err := Objects(t.Context(), b.git, b.at, []File{file}, o)
			told := err != nil && strings.Contains(err.Error(), c.want) && strings.Contains(err.Error(), "--build-dir")
			if told != (c.want != "") || err != nil && !told {
				t.Errorf("%s: %v, not %q", name, err, c.want)
			}
			must(os.RemoveAll(dir))
		}
	}
	// One that is made is nobody else's.
	o := b.o
	o.Dir = filepath.Join(t.TempDir(), "new", "builds")
	if _, err := Objects(t.Context(), b.git, b.at, []File{file}, o); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(o.Dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st, err)
	}
}
