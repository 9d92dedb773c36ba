package drift

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// readAll reads a file as the header of a kernel and as a file of a driver.
func readAll(data []byte) {
	exported("x.c", data)
	declarations("x.h", scan(data, [2]int{}))
	s := scan(data, [2]int{Version(6, 1, 0), Version(6, 12, 0)})
	d := newDriver()
	d.source("x.h", s)
	for _, name := range sorted(d.names) {
		d.covered(name, d.kernels(name, d.names[name]))
	}
}

// TestCost: a file costs by its size alone, however deep it goes and whatever stays open.
func TestCost(t *testing.T) {
	const size = 256 << 10
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	for name, text := range map[string]string{
		"nested #if":               fill("#if A\nint b;\n"),
		"nested #if of versions":   fill("#if HAVE_A\n#elif B\n#else\n"),
		"#if in an #if":            fill("#if "),
		"#elif in an #elif":        "#if A\n" + fill("#elif "),
		"#define in a #define":     fill("#define a "),
		"brackets of a condition":  "#if " + fill("("),
		"noes of a condition":      "#if " + fill("!"),
		"calls of a condition":     "#if " + fill("f("),
		"quotes that do not end":   fill("\"\\"),
		"quotes of two kinds":      fill("\"'\\"),
		"calls in calls":           fill("f("),
		"calls in calls that end":  strings.Repeat("f(", size/3) + strings.Repeat(")", size/3),
		"attributes in attributes": fill("struct __a("),
		"a name for many members": "struct { struct {" + strings.Repeat("int a;", size/12) +
			"} " + strings.Repeat("b", size/2) + "; };",
		"a long name": "struct { " + strings.Repeat("b", size/2) +
			strings.Repeat(" *a,", size/8) + "c; };",
		"members of a long type": "struct { " + strings.Repeat("int ", size/8) +
			strings.Repeat("a,", size/4) + "b; };",
		"structures in structures": "struct a {" + strings.Repeat("struct {", size/11) +
			strings.Repeat("}a;", size/11) + "};",
		"structures that do not end": fill("struct {"),
		"groups in groups":           "struct {" + fill("struct_group(g,"),
		"groups in groups that end": "struct {" + strings.Repeat("struct_group(g,", size/17) +
			strings.Repeat(");", size/17),
		"bodies of a structure":      "struct a" + fill("{}"),
		"values of a declaration":    strings.Repeat("static ", size/14) + strings.Repeat("={}", size/6),
		"enumerators":                "enum {" + fill("a, b, c,"),
		"enumerators of a name each": "enum {" + numbered(size/8, "a%, ") + "};",
		"functions of one line":      numbered(size/40, "static inline int a%(void) { return 1; } "),
		"macros that are used":       strings.Repeat("#define a\n", size/20) + strings.Repeat("a ", size/4),
		"macros of some kernels": strings.Repeat("#if HAVE_A\n#define a\n#endif\n", size/56) +
			strings.Repeat("a ", size/4),
		"macros that another one sees": "#if HAVE_A\n" + strings.Repeat("#define a\n", size/20) +
			"#endif\n" + strings.Repeat("a\n", size/4),
		"an enum in structures": "struct a {" + fill("struct b *struct { ") + "enum c d;",
		"pointers in brackets":  fill("int (*"),
		"exports that end late": fill("EXPORT_A(,") + ")",
		"arguments":             "int f(" + fill("int (*a)(int), "),
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan error, 1)
			go func() { done <- oracle.Check(len(text), func() { readAll([]byte(text)) }) }()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Error("still reading after 20 seconds")
			}
		})
	}
}

func numbered(n int, unit string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(unit, "%", strconv.Itoa(i)))
	}
	return b.String()
}

// FuzzScanCost: whatever a file has in it, and however often, it is read to its end, and
// costs by its size.
func FuzzScanCost(f *testing.F) {
	for _, s := range []string{"struct a { int b; };", "#if 1\n#else\n", "/*", "\"", "int f(", "#define x(", "}", "enum { A = (1",
		"typedef int (*f)(void);", "struct_group(a, int b;);", "#if HAVE_A && (B || !C)\n#define a b\n#endif\na\n", "#elif \\\n", "a->b.c(",
		"static inline int f(void) { return 1; }", "__attribute__((a))", "DECLARE_BITMAP(a, 8);", "EXPORT_SYMBOL(a);"} {
		f.Add("", s, "", uint16(1))
		f.Add("struct a {", s, "};", uint16(1000))
		f.Add("#if ", s, "\n", uint16(100))
	}
	const most = 128 << 10 // Go ends what takes ten seconds on a busy machine
	f.Fuzz(func(t *testing.T, before, unit, after string, n uint16) {
		text := []byte(before + strings.Repeat(unit, min(int(n), most/max(len(unit), 1))) + after)
		if err := oracle.Check(len(text), func() { readAll(text) }); err != nil {
			t.Fatal(err)
		}
	})
}
