package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// TestOutside: what reads files that are not of the tree, however it is written, and what
// only looks as if it did.
func TestOutside(t *testing.T) {
	const at = "drivers/gpu/pump/dc/pump.c"
	for text, want := range map[string]bool{
		"#include \"/etc/hostname\"\n":                                                true,
		"#include </etc/hostname>\n":                                                  true,
		"#include \"../../../../../etc/hostname\"\n":                                  true,
		"#include \"../dc/../../../../../x.h\"\n":                                     true,
		"%:include \"/etc/hostname\"\n":                                               true,
		"#inc\\\nlude \"/etc/hostname\"\n":                                            true,
		"#inc\\ \nlude \"/etc/hostname\"\n":                                           true,
		"/* x */ #include \"/etc/hostname\"\n":                                        true,
		"// /*\n/* x */#include \"/etc/hostname\"\n// */\n":                           true,
		"#if __has_include(<x/*y>)\n#endif\n/**/#include \"/etc/hostname\"\n/**/\n":   true,
		"#define X \"/etc/hostname\"\n#include X\n":                                   true,
		"#embed \"x.h\"\n":                                                            true,
		"#if __has_include(\"/etc/hostname\")\n#endif\n":                              true,
		"asm(\".incbin \\\"/etc/hostname\\\"\");\n":                                   true,
		"asm(\".include \\\"/etc/hostname\\\"\");\n":                                  true,
		"asm(\".incl\" \"ude \\\"/etc/hostname\\\"\");\n":                             true,
		"\t.include \"/etc/hostname\"\n":                                              true,
		"#include \"../dc/x.h\"\n#include \"../../core/y.h\"\n#include <linux/a.h>\n": false,
		"#include \"../../../../include/x.h\"\n":                                      false,
		"struct a b = { .include = \"x\" };\n":                                        false,
		"x.include = y; // #include what we need\n":                                   false,
		"/*\n#include what is needed\n*/\n":                                           false,
		"char *s = \"#include\";\n#ifdef __has_include\n#endif\n":                     false,
		"#define include(x) x\n#error don't /*\n":                                     false,
	} {
		if why := refuse([]File{{at, []byte(text)}}); strings.Contains(why, "outside of the tree") != want {
			t.Errorf("%q: %q", text, why)
		}
	}
}

// TestOutsideCost: a file costs by its size.
func TestOutsideCost(t *testing.T) {
	for _, unit := range []string{"/*", "//", "//\n", "/**/", "\"", "'\\", "#include \"", "\"\"", ".include ", "\\\n",
		"__has_include(", "#include <a/"} {
		text := []byte(strings.Repeat(unit, (256<<10)/len(unit)))
		if err := oracle.Check(len(text), func() { refuse([]File{{pump, text}}) }); err != nil {
			t.Errorf("%q: %v", unit, err)
		}
	}
}

// TestTold: what a compiler says of files outside of the tree is not told, nor what it
// shows of any.
func TestTold(t *testing.T) {
	tr := &tree{src: filepath.Join(t.TempDir(), "src")}
	if err := os.Mkdir(tr.src, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := tr.put(pump, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(tr.src, "leads.c")); err != nil {
		t.Fatal(err)
	}
	long := pump + ":2: Error: " + strings.Repeat("x", 10000)
	got := tr.told("In file included from " + pump + ":1:\n" +
		"/etc/hostname:1:1: error: unknown type name 'secret'\n    1 | secret\n      | ^~~~~~\n" +
		"../../../../../../../../etc/hostname:1: Error: no such instruction: `secret'\n" +
		"leads.c:1:1: error: unknown type name 'secret'\n" +
		"{standard input}: Assembler messages:\n{standard input}:1: Error: no such instruction: `secret'\n" +
		"/tmp/x.s:1: Error: secret\nsecret\nsecret:rror\n" +
		pump + ":3:1: error: own\n./" + pump + ":4:1: warning: own\n" + filepath.Join(tr.src, pump) + ":5:1: error: own\n" + long + "\n" +
		"gcc: internal compiler error: Killed signal terminated program cc1\nmake[1]: *** [Makefile:5: x.o] Error 1\n")
	if strings.Contains(got, "secret") || strings.Count(got, "own\n") != 3 || !strings.Contains(got, "gcc: internal") ||
		!strings.Contains(got, "make[1]: ***") || len(got) > 1200 {
		t.Errorf("told\n%s", got)
	}
}

// TestStrays: a file above that is there may be included, and nothing that is not; a
// program that the build runs is not run for a patch.
func TestStrays(t *testing.T) {
	b := newBench(t)
	b.Put("drivers/level.h", "#define LEVEL 4\n", "level")
	b.Put("drivers/pump/tool/Makefile", "obj-y += gauge.o\nhostprogs := mktable \\\n\tother\nmktable-objs := mktable.o part.o\n", "tool")
	b.Put("drivers/pump/tool/part.c", "int part;\n", "part")
	b.at = b.Put("drivers/pump/tool/gauge.c", "int gauge;\n", "gauge")
	const gauge = "drivers/pump/tool/gauge.c"
	for name, c := range map[string]struct {
		file      File
		want, why string
	}{
		"it is there":           {File{gauge, []byte("#include \"../../level.h\"\nint gauge = LEVEL;\n")}, Yes, ""},
		"it is not there":       {File{gauge, []byte("#include \"../../../etc/hostname\"\nint gauge;\n")}, NotTried, "not in the tree"},
		"a program":             {File{"drivers/pump/tool/other.c", []byte("int main(void) { return 0; }\n")}, NotTried, "that the build runs"},
		"a part of one":         {File{"drivers/pump/tool/part.c", []byte("int part = 1;\n")}, NotTried, "that the build runs"},
		"a script":              {File{"drivers/pump/tool/x.sh", []byte("id\n")}, NotTried, "steers the build"},
		"an error that is told": {File{gauge, []byte("#error full\n")}, No, gauge + ":1:2: error: #error full"},
		"what the assembler said": {File{gauge, []byte("asm(\"# 1 \\\"/etc/hostname\\\"\\n secret\");\nint gauge;\n")}, No,
			"make: ***"},
	} {
		if res := b.objects(t, c.file); res.Builds != c.want || !strings.Contains(res.Why, c.why) || strings.Contains(res.Why, "secret") {
			t.Errorf("%s: %+v", name, res)
		}
	}
}
