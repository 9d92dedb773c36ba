package drift

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestNestedGroups: members in groups in groups are read once each, however deep.
func TestNestedGroups(t *testing.T) {
	const deep = 40
	text := "struct toy {\n" + strings.Repeat("struct_group(g, struct {\n", deep) + "int a; DECLARE_BITMAP(bits, 8);" + strings.Repeat("};);\n", deep) + "int b;\n};\n"
	done := make(chan []decl, 1)
	go func() { done <- declarations("x.h", scan([]byte(text), [2]int{})) }()
	select {
	case d := <-done:
		var names []string
		for _, m := range d[0].members {
			names = append(names, m.name)
		}
		if want := []string{"a", "bits", "b"}; !slices.Equal(names, want) {
			t.Errorf("members %v, want %v", names, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still reading 40 groups after 20 seconds")
	}
}

// TestScanned: what is read of a file, by the functions that it declares and the macros
// that it defines.
func TestScanned(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"not for assembler", "#ifdef __KERNEL__\n#if defined(CONFIG_X) && !defined(__ASSEMBLY__)\nint f(void);\n#endif\n#endif\n", "f:3"},
		{"for assembler alone", "#if defined(CONFIG_X) && defined(__ASSEMBLY__)\nint f(void);\n#else\nint g(void);\n#endif\n", "g:4"},
		{"else of not for assembler", "#ifndef __ASSEMBLY__\nint f(void);\n#else\nint g(void);\n#endif\n", "f:2"},
		{"elif of it", "#if defined(__ASSEMBLER__)\nint f(void);\n#elif X\nint g(void);\n#else\nint h(void);\n#endif\n", "g:4 h:6"},
		{"an unpaired quote in prose", "#if 0\nit's prose\n#endif\nint f(void);\n", "f:4"},
		{"an unpaired quote in code", "X(don't)\n#define A 1\nint f(void);\n", "A:2 f:3"},
		{"a comment's beginning in a string", "#define GLOB \"dir/*\"\n#define SLASHES \"//\"\nint f(void);\n#define END \"*/\"\n", "END:4 GLOB:1 SLASHES:2 f:3"},
		{"a string over two lines", "#define S \"a\\\nb\"\nchar *s = \"a\\\nb\";\nint f(void);\n", "S:1 f:5"},
		{"an escaped quote", "#define Q '\\''\n#define R \"\\\"/*\"\nint f(void);\n", "Q:1 R:2 f:3"},
	} {
		var got []string
		for _, d := range declarations("x.h", scan([]byte(c.text), [2]int{})) {
			if d.kind == Function || d.kind == Macro {
				got = append(got, fmt.Sprintf("%s:%d", d.name, d.line))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.what, got, c.want)
		}
	}
}

// TestAsked: what a condition names is used, unless it is asked whether it is there.
func TestAsked(t *testing.T) {
	driver := memory{"a.c": "#include <linux/toy.h>\n#ifdef CONFIG_TOY\n#elif TOY_LEVEL > 2 && IS_ENABLED(CONFIG_TOY_BUS)\n#endif\n#ifdef TOY_GONE\n#endif\n"}
	a := memory{"Makefile": "VERSION = 6\n", "arch/x86/include/asm/a.h": "", "include/linux/toy.h": "#define TOY_LEVEL 3\n#define TOY_GONE\n", "Kconfig": "config TOY\nconfig TOY_BUS\n", "a.c": ""}
	b := memory{"Makefile": "VERSION = 6\n", "arch/x86/include/asm/a.h": "", "include/linux/toy.h": "", "Kconfig": "config OTHER\n", "a.c": ""}
	var got []string
	for _, x := range compare(t, driver, a, b).Rows {
		got = append(got, x.Name+" "+x.Uses[0].String())
	}
	slices.Sort(got)
	if want := []string{"CONFIG_TOY a.c:2", "CONFIG_TOY_BUS a.c:3", "TOY_LEVEL a.c:3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestExports: a symbol that two files export, and what exports without saying symbol.
func TestExports(t *testing.T) {
	driver := memory{"a.c": "#include <linux/toy.h>\nint x(void) { return toy_one() + toy_two() + toy_pm.x + toy_own(); }\n"}
	kernel := func(files map[string]string) memory {
		m := memory{"Makefile": "VERSION = 6\n", "Kconfig": "config X\n", "arch/x86/include/asm/a.h": "",
			"include/linux/toy.h": "int toy_one(void);\nint toy_two(void);\nint toy_own(void);\nextern const struct pm toy_pm;\n"}
		for p, text := range files {
			m[p] = text
		}
		return m
	}
	a := kernel(map[string]string{
		"lib/one.c": "EXPORT_SYMBOL_GPL(toy_one);\n", "arch/x86/one.c": "EXPORT_SYMBOL(toy_one);\n",
		"lib/two.c": "EXPORT_TOY_MOD(toy_two);\n", "lib/pm.c": "EXPORT_GPL_DEV_PM_OPS(toy_pm) = { 0 };\n", "lib/own.c": "EXPORT_SYMBOL_GPL(toy_own);\n"})
	b := kernel(map[string]string{
		"lib/one.c": "EXPORT_SYMBOL_GPL(toy_one);\n",
		"lib/two.c": "EXPORT_SYMBOL(toy_two);\n", "lib/pm.c": "EXPORT_NS_GPL_SIMPLE_DEV_PM_OPS(toy_pm, toy_suspend, toy_resume, TOYS);\n",
		"lib/own.c": "EXPORT_SYMBOL_FOR_MODULES(toy_own, \"kvm\");\n"})
	for range 20 {
		var got []string
		for _, x := range compare(t, driver, a, b).Rows {
			got = append(got, x.Name+": "+x.Was+" > "+x.Is)
		}
		if want := []string{"toy_own: EXPORT_SYMBOL_GPL > EXPORT_SYMBOL_FOR_MODULES kvm", "toy_pm: EXPORT_SYMBOL_GPL > EXPORT_SYMBOL_NS_GPL TOYS"}; !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

// TestLinks: a folder of links lists what they lead to, once, and no link leads it astray.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"real/include/linux/a.h": "a", "real/sub/b.c": "b", "real/.git/c.c": "", "d.h": "d"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for to, from := range map[string]string{"link": "real", "real/linked": "sub", "real/d.h": "../d.h", "real/none.h": "nowhere", "real/sub/up": ".",
		"real/self.h": "self.h", "real/include/itself": "itself", "real/file.h": "d.h/x.h", "real/long.h": strings.Repeat("l", 300)} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string][]string{"": {"d.h", "include/linux/a.h", "linked/b.c", "sub/b.c"}, "include": {"include/linux/a.h"}, "linked": {"linked/b.c"}, "nowhere": nil, "self.h": nil, "d.h/x": nil} {
		got, err := Folder(filepath.Join(dir, "link")).List(t.Context(), folder)
		got = slices.DeleteFunc(got, func(p string) bool { return strings.Contains(p, "/up/") })
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", folder, got, err, want)
		}
		for _, p := range got {
			if _, err := Folder(filepath.Join(dir, "link")).Read(t.Context(), p); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestDriverLinks: a link of a driver that leads out of its folder is not followed, and told.
func TestDriverLinks(t *testing.T) {
	_, from, to, _ := toy(t)
	dir, other := t.TempDir(), t.TempDir()
	for _, p := range []string{filepath.Join(dir, "small.c"), filepath.Join(other, "secret.c")} {
		if err := os.WriteFile(p, []byte("#include <linux/toy.h>\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"a.c": filepath.Join(other, "secret.c"), "b": other, "c.c": "/proc/self/mem",
		"in.c": filepath.Join(dir, "small.c"), "again": "."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	d := DriverIn(dir)
	got, err := d.List(t.Context(), "")
	if err != nil || !slices.Equal(got, []string{"in.c", "small.c"}) {
		t.Errorf("files %v, %v", got, err)
	}
	for _, name := range []string{"a.c", "b/secret.c", "../" + filepath.Base(other) + "/secret.c"} {
		if _, err := d.Read(t.Context(), name); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if _, err := d.Read(t.Context(), "in.c"); err != nil {
		t.Error(err)
	}
	const want = "the driver: links that lead out of its folder were not followed: a.c, b, c.c; put copies in their place if they are of the driver"
	if r := compare(t, d, from, to); !slices.Equal(r.Notes, []string{want}) {
		t.Errorf("told %q", r.Notes)
	}
}

// TestPlainChange: what a header calls a thing reaches the terminal without its marks.
func TestPlainChange(t *testing.T) {
	var out bytes.Buffer
	r := Report{From: "a", To: "b", Rows: []Row{{Kind: Function, Name: "f", Change: "moved into x\u202e\u009b31m", Was: "a", Is: "b", Uses: []Place{{}}}}}
	if err := r.Text(&out); err != nil || strings.ContainsAny(out.String(), "\u202e\u009b") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestLarge: a file that is too large is not read and told, and so is what has no end; the
// rest is compared.
func TestLarge(t *testing.T) {
	_, from, to, _ := toy(t)
	dir := t.TempDir()
	large := filepath.Join(dir, "large.c")
	if err := os.WriteFile(large, []byte("#include <linux/toy.h>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "small.c"), []byte("#include <linux/toy.h>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, git.MaxObject+1); err != nil { // it takes no room
		t.Fatal(err)
	}
	const want = "the driver: nothing is said of what stands in large.c, which was not read: larger than the 32 MiB that are read of a file"
	if r := compare(t, Folder(dir), from, to); !slices.Equal(r.Notes, []string{want}) {
		t.Errorf("told %q", r.Notes)
	}
	r := gittest.New(t)
	commit := r.Put("small.c", "#include <linux/toy.h>\n", "small")
	if err := os.Rename(large, filepath.Join(r.Dir, "large.c")); err != nil {
		t.Fatal(err)
	}
	r.Git("add", "large.c")
	commit = r.Commit("large, after " + commit)
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	if r := compare(t, Revision{g, commit}, from, to); !slices.Equal(r.Notes, []string{want}) {
		t.Errorf("of a revision: told %q", r.Notes)
	}
	if w := (&walk{out: make([]string, mostFiles)}); w.add("one more") == nil {
		t.Error("a tree may have any number of files")
	}
	if _, err := Folder("/dev").Read(t.Context(), "zero"); err == nil {
		t.Error("/dev/zero was read")
	}
}

// TestArch: an architecture by any of its names, and one that the kernel has not.
func TestArch(t *testing.T) {
	driver, from, _, _ := toy(t)
	ask := func(arch string) (*Report, error) {
		return Compare(context.Background(), Question{Driver: driver, From: from, To: from, Arch: arch, FromSay: "a", Say: "b"})
	}
	r, err := ask("x86_64")
	if err != nil || len(r.Notes) > 0 {
		t.Errorf("x86_64: %+v, %v", r, err)
	}
	var json bytes.Buffer
	if err := r.JSON(&json); err != nil || !strings.Contains(json.String(), `"rows":[]`) {
		t.Errorf("no rows are %s", json.String())
	}
	if _, err := ask("vax"); err == nil || !strings.Contains(err.Error(), "no architecture vax; there are x86") {
		t.Errorf("vax: %v", err)
	}
}
