package build

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that really is full, a small one of memory: while the tree is written, and while
// a change is. What is told is the same, nothing is left that a later build trips over,
// and with room again it goes on.
func TestFullDisk(t *testing.T) {
	b := newBench(t)
	b.Put("drivers/pump/table.h", "/*"+strings.Repeat(" ", 400<<10)+"*/\n", "a large file")
	b.at = b.Put("x", "x\n", "tip")
	disk := func(size string) string {
		dir := t.TempDir()
		if err := syscall.Mount("stablebot-test", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
			t.Skipf("only root mounts a small disk: %v", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	full := func(r *Result) {
		t.Helper()
		if r.Builds != NotTried || !strings.Contains(r.Why, "the disk is full: free some room in "+b.o.Dir) {
			t.Errorf("%+v", r)
		}
	}
	small := File{pump, []byte("int pump(void) { return 3; }\n")}

	b.o.Dir = disk("256k")
	full(b.objects(t, small))
	if left, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "*")); len(left) > 0 {
		t.Errorf("a tree is left: %v", left)
	}

	b.o.Dir = disk("1m")
	if r := b.objects(t, small); r.Builds != Yes {
		t.Fatalf("%+v", r)
	}
	full(b.objects(t, File{pump, []byte("int pump(void) { return 4; }\n//" + strings.Repeat("x", 1<<20) + "\n")}))
	files, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "src", pump))
	if len(files) != 1 {
		t.Fatalf("trees: %v", files)
	}
	if data, _ := os.ReadFile(files[0]); !strings.Contains(string(data), "return 2") {
		t.Errorf("the change was not taken out: %d bytes", len(data))
	}
	if r := b.objects(t, small); r.Builds != Yes {
		t.Errorf("with room again: %+v", r)
	}
}
