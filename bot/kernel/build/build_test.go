package build

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/filelock"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// A tree that is built as a kernel is: by a configuration, prepared, object by object.
const makefile = `allmodconfig olddefconfig:
	@grep -s CONFIG_ .config || printf 'CONFIG_PUMP=m\n' > .config
prepare:
	@:
%.o: %.c
	$(CC) -Wall -c -o $@ $<
`

const pump = "drivers/pump/pump.c"

type bench struct {
	*gittest.Repo
	git *git.Repo
	at  string
	o   Options
}

func newBench(t *testing.T) *bench {
	peers.Need(t, "make")
	peers.Need(t, "cc")
	r := gittest.New(t)
	r.Put("Makefile", makefile, "make")
	r.Put("drivers/Makefile", "obj-y += pump/\nobj-$(CONFIG_VALVE) += valve/\n", "drivers")
	r.Put("drivers/pump/Makefile", "obj-$(CONFIG_PUMP) += fluid.o\nfluid-y := pump.o \\\n\tother.o\nfluid-$(CONFIG_PUMP_DEBUG) += debug.o\n",
		"pump")
	r.Put("drivers/pump/Kconfig", "config PUMP\n\ttristate \"Pump\"\n\nconfig PUMP_DEBUG\n\tbool \"Debug\"\n\tdepends on PUMP\n\tdepends "+
		"on DEBUG_FS\n", "kconfig")
	r.Put("drivers/pump/debug.c", "int debug;\n", "debug")
	r.Put("drivers/pump/bad.c", "int bad\n", "bad")
	at := r.Put(pump, "static int idle(void) { return 1; }\nint pump(void) { return 2; }\n", "begin")
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return &bench{r, g, at, Options{Dir: t.TempDir(), Compiler: "cc", Room: 1}}
}

func (b *bench) objects(t *testing.T, files ...File) *Result {
	t.Helper()
	res, err := Objects(t.Context(), b.git, b.at, files, b.o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestSteers: what a build may run is told by what it never runs.
func TestSteers(t *testing.T) {
	for name, want := range map[string]bool{
		"drivers/gpu/drm/acme/a.c": false, "include/linux/a.h": false, "sound/a.c": false, "Documentation/x/conf.py": false, "MAINTAINERS": false,
		"arch/arm64/boot/dts/acme.dts": false, "arch/x86/kernel/a.c": false, "drivers/acme/Kconfig": true, "lib/build_OID_registry": true,
		"drivers/gpu/drm/msm/registers/gen_header.py": true, "arch/x86/kernel/cpu/mkcapflags.sh": true, "arch/x86/tools/chkobjdump.awk": true,
		"arch/x86/entry/vdso/vdso2c.h": true, "arch/x86/Makefile_32.cpu": true, "usr/gen_init_cpio.c": true, "lib/raid6/unroll.awk": true,
		"scripts/a.c": true, "drivers/scsi/aic7xxx/aicasm/aicasm.c": true, "drivers/gpu/drm/a.xml": true, "drivers/a.S": true,
	} {
		if steers(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// TestProgramsOfTheBuild: a change to a header that a program of the build includes has that
// program neither made nor run; without it, it is.
func TestProgramsOfTheBuild(t *testing.T) {
	b := newBench(t)
	mark := filepath.Join(t.TempDir(), "ran")
	b.Put("Makefile", makefile+`drivers/pump/table.o: drivers/pump/table.h
drivers/pump/table.h: lib/gentable
	@./lib/gentable > $@
lib/gentable: lib/gentable.c include/level.h
	@$(HOSTCC) -Iinclude -o $@ $<
`, "a table")
	b.Put("include/level.h", "#define LEVEL 4\n", "level")
	b.Put("lib/gentable.c", "#include <stdio.h>\n#include <level.h>\n"+
		"int main(void) { printf(\"#define T %d\\n\", LEVEL); return 0; }\n", "program")
	b.Put("drivers/pump/Makefile", "obj-$(CONFIG_PUMP) += pump.o table.o\n", "table")
	b.at = b.Put("drivers/pump/table.c", "#include \"table.h\"\nint table = T;\n", "table")
	const table = "drivers/pump/table.c"
	if res := b.objects(t, File{table, []byte("#include \"table.h\"\nint table = T + 1;\n")}); res.Builds != Yes {
		t.Fatalf("what has nothing to do with the program: %+v", res)
	}
	evil := "#include <stdlib.h>\n#define LEVEL (system(\"touch " + mark + "\"), 4)\n"
	res := b.objects(t, File{"include/level.h", []byte(evil)}, File{table, []byte("#include \"table.h\"\nint table = T + 2;\n")})
	if _, err := os.Stat(mark); err == nil || res.Builds != NotTried || !strings.Contains(res.Why, "make a program of its own anew") {
		t.Errorf("the program was run (%v): %+v", err == nil, res)
	}
	if res := b.objects(t, File{table, []byte("#include \"table.h\"\nint table = T + 3;\n")}); res.Builds != Yes {
		t.Errorf("afterwards: %+v", res)
	}
}

func TestObjects(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		files []File
		want  string
		why   string // part of it
	}{
		"it compiles":       {[]File{{pump, []byte("int pump(void) { return 3; }\n")}}, Yes, ""},
		"it does not":       {[]File{{pump, []byte("int pump(void) { return level; }\n")}}, No, "error: 'level' undeclared"},
		"nor did it before": {[]File{{"drivers/pump/bad.c", []byte("int worse\n")}}, Broken, "without the change either"},
		"no symbol builds it": {[]File{{"drivers/pump/debug.c", []byte("int debug = 1;\n")}}, NotTried,
			"CONFIG_PUMP_DEBUG is not set; it depends on PUMP && DEBUG_FS"},
		"it steers the build":  {[]File{{"drivers/pump/Makefile", []byte("$(shell id)\n")}}, NotTried, "steers the build"},
		"it reads other files": {[]File{{pump, []byte("#include \"/etc/hostname\"\n")}}, NotTried, "outside of the tree"},
		"it leaves the tree":   {[]File{{"../x.c", []byte("int x;\n")}}, NotTried, "no path of a tree"},
		"it has no C file":     {[]File{{"drivers/pump/pump.h", []byte("int x;\n")}}, NotTried, "no C file"},
		"a header is changed too": {[]File{{"drivers/pump/level.h", []byte("#define LEVEL 4\n")},
			{pump, []byte("#include \"level.h\"\nint pump(void) { return LEVEL; }\n")}}, Yes, ""},
	} {
		res := b.objects(t, c.files...)
		if res.Builds != c.want || !strings.Contains(strings.ReplaceAll(res.Why, "‘", "'"), strings.ReplaceAll(c.why, "’", "'")) &&
			!strings.Contains(res.Why, "level") {
			t.Errorf("%s: %+v", name, res)
		}
		if _, err := os.Stat(filepath.Join(b.o.Dir, "dirty")); err == nil {
			t.Errorf("%s: a note is left", name)
		}
	}
	trees, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "src", pump))
	if len(trees) != 1 {
		t.Fatalf("trees: %v", trees)
	}
	if data, _ := os.ReadFile(trees[0]); !strings.Contains(string(data), "return 2") {
		t.Errorf("the change was not taken out: %s", data)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(trees[0]), "level.h")); err == nil {
		t.Error("a new file was not taken out")
	}
}

// What the branch warns of by itself is not told, wherever it stands by now.
func TestWarnings(t *testing.T) {
	b := newBench(t)
	res := b.objects(t, File{pump, []byte("\n\nstatic int idle(void) { return 1; }\nint pump(void) { int unused; return 2; }\n")})
	if res.Builds != Yes || len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "unused variable") {
		t.Errorf("%+v", res)
	}
}

func TestMissing(t *testing.T) {
	b := newBench(t)
	file := File{pump, []byte("int pump(void) { return 3; }\n")}
	b.o.Compiler = "no-such-compiler"
	if res := b.objects(t, file); res.Builds != NotTried || res.Why != "no-such-compiler is not installed here" {
		t.Errorf("%+v", res)
	}
	b.o.Compiler, b.o.Room = "cc", 1<<60
	if res := b.objects(t, file); res.Builds != NotTried || !strings.Contains(res.Why, "disk is too full") {
		t.Errorf("%+v", res)
	}
	if left, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "src")); len(left) > 0 {
		t.Errorf("a tree is left: %v", left)
	}
}

// A disk that is full while an object is made is no fault of the change, and the tree is
// clean afterwards.
func TestFull(t *testing.T) {
	b := newBench(t)
	b.Put("Makefile", strings.Replace(makefile, "	$(CC)", "	! grep -q enough $< || { cat Makefile >/dev/full; exit 1; }; $(CC)", 1),
		"full and failed")
	b.at = b.Put("x", "x\n", "tip")
	res := b.objects(t, File{pump, []byte("int enough;\n")})
	if res.Builds != NotTried || !strings.Contains(res.Why, "the disk is full: free some room in "+b.o.Dir) {
		t.Errorf("%+v", res)
	}
	if left, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "dirty")); len(left) > 0 {
		t.Errorf("a change is left in %v", left)
	}
}

// Files of another architecture and of no use for objects are not written.
func TestSpared(t *testing.T) {
	b := newBench(t)
	b.Put("Documentation/Kconfig", "config DOC\n", "doc")
	b.Put("Documentation/process/x.rst", "text\n", "doc")
	b.Put("arch/zeta/Kconfig", "config ZETA\n", "arch")
	b.at = b.Put("arch/zeta/boot.c", "int boot;\n", "arch")
	if res := b.objects(t, File{pump, []byte("int pump(void) { return 3; }\n")}); res.Builds != Yes {
		t.Fatalf("%+v", res)
	}
	for file, want := range map[string]bool{"Documentation/Kconfig": true, "Documentation/process/x.rst": false, "arch/zeta/Kconfig": true,
		"arch/zeta/boot.c": kin[runtime.GOARCH] == ""} {
		if found, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "src", file)); (len(found) == 1) != want {
			t.Errorf("%s: there %v, want %v", file, found, want)
		}
	}
	if kin[runtime.GOARCH] == "" {
		return
	}
	if res := b.objects(t, File{"arch/zeta/boot.c", []byte("int boot = 1;\n")}); res.Builds != NotTried ||
		!strings.Contains(res.Why, "another architecture") {
		t.Errorf("%+v", res)
	}
}

// A folder without rules of its own is made by the neighbour that reads its Makefile.
func TestNeighbour(t *testing.T) {
	b := newBench(t)
	b.Put("drivers/card/main/Makefile", "obj-m += card.o\nVIEW = ../view\ninclude $(src)/../view/core/Makefile\n", "neighbour")
	b.Put("drivers/card/view/core/Makefile", "VIEW_FILES = screen.o\n", "core")
	b.at = b.Put("drivers/card/view/core/screen.c", "int screen;\n", "screen")
	res := b.objects(t, File{"drivers/card/view/core/screen.c", []byte("int screen = 1;\n")})
	if res.Builds != Yes || len(res.Objects) != 1 || res.Objects[0] != "drivers/card/main/../view/core/screen.o" {
		t.Errorf("%+v", res)
	}
}

// A process that was killed leaves a tree that is not finished, or a change in one.
func TestKilled(t *testing.T) {
	b := newBench(t)
	file := File{pump, []byte("int pump(void) { return 3; }\n")}
	if res := b.objects(t, file); res.Builds != Yes {
		t.Fatalf("%+v", res)
	}
	dirs, _ := filepath.Glob(filepath.Join(b.o.Dir, "tree-*", "src"))
	dir := filepath.Dir(dirs[0])
	for path, text := range map[string]string{filepath.Join(dir, "dirty"): pump + "\x00drivers/pump/new.c\x00",
		filepath.Join(dir, "src", pump): "int pump\n", filepath.Join(dir, "src", "drivers/pump/new.c"): "int new\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(b.o.Dir, "tree-0123456789abcdef-0000000000")
	if err := os.MkdirAll(filepath.Join(half, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	if res := b.objects(t, file); res.Builds != Yes {
		t.Errorf("%+v", res)
	}
	for _, gone := range []string{half, filepath.Join(dir, "dirty"), filepath.Join(dir, "src", "drivers/pump/new.c")} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is left", gone)
		}
	}
	// One that another process builds in is not touched.
	free, err := filelock.Try(dir + ".lock")
	if err != nil || free == nil {
		t.Fatal(err)
	}
	defer free()
	if res := b.objects(t, file); res.Builds != NotTried || !strings.Contains(res.Why, "another process") {
		t.Errorf("%+v", res)
	}
}

// A build ends with its time, and its context.
func TestBounded(t *testing.T) {
	b := newBench(t)
	b.Put("Makefile", strings.Replace(makefile, "	$(CC)", "	[ $@ != drivers/pump/pump.o ] || sleep 6000; $(CC)", 1), "slow")
	b.Put("drivers/pump/other.c", "int other;\n", "other")
	b.at = b.Put("x", "x\n", "tip")
	// The tree is made, and kept.
	if res := b.objects(t, File{"drivers/pump/other.c", []byte("int other = 1;\n")}); res.Builds != Yes {
		t.Fatalf("%+v", res)
	}
	b.o.Timeout = 2 * time.Second
	res, err := Objects(context.Background(), b.git, b.at, []File{{pump, []byte("int pump;\n")}}, b.o)
	if err != nil || res.Builds != Broken || !strings.Contains(res.Why, "longer than") {
		t.Errorf("%+v, %v", res, err)
	}
}
