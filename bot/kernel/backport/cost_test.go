package backport

import (
	"context"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// shapes of a file as it was, as a change makes it, and as a branch has it: each a unit
// that is repeated.
var shapes = [][3]string{
	{"a\n", "b\n", "a\n"},
	{"a\n", "a\nb\n", "b\na\n"},
	{"x = 1;\n", "x = 2;\n", "x  = 1;\n"},
	{"}\n", "}\n\n", "\n}\n"},
	{"static int f(void)\n{\n\tg(1);\n}\n", "static int f(void)\n{\n\tg(1, 2);\n}\n", "static int f(int a)\n{\n\tg(1);\n}\n"},
	{"int f(void)\n{\n", "int f(void)\n{\n\tint a;\n", "int f(void)\n{\n\tint b;\n"},
	{"#define A 1\n", "#define A 2\n", "#define B 1\n"},
	{"#include \"a.h\"\n", "#include \"b.h\"\n", "#include \"a.h\"\n#include \"c.h\"\n"},
	{"f(", "f(a, ", "f("},
	{"\t.a = b,\n", "\t.a = b,\n\t.c = d,\n", "\t.a = b\n"},
	{"/*", "*/", "/* a */"},
	{"\"", "\"a", "\\"},
	{"{", "}", "{}"},
	{"int a, b, *c = d(e);\n", "int a, b;\n", "int a;\n"},
	{"goto out;\n", "return a(b);\n", "goto out;\nout:\n"},
	{"\t", " ", "\t \t"},
	{"a b c d e f\n", "a b c d e g\n", "a b c d f e\n"},
}

// climbed asks the ladder to take a change of a file over.
func climbed(base, theirs, ours string, size int) func() {
	q := asks(tree{pump: base}, tree{pump: theirs}, tree{pump: ours})
	return func() {
		ctx, end := budget.With(context.Background(), int64(oracle.Allowed(size))/8)
		defer end()
		_, _ = Adapt(ctx, q)
		_ = Strays([]byte(base), []byte(theirs), []byte(ours))
		_ = Edits([]byte(base), []byte(theirs))
	}
}

// grown repeats a unit between a head that differs and an end that is the same, so that a
// change has something to be found by.
func grown(head, unit string, size int) string {
	return head + "\n" + strings.Repeat(unit, size/max(1, len(unit))) + "\nend\n"
}

// TestLadderCost: no shape of file makes the ladder dear.
func TestLadderCost(t *testing.T) {
	const each = 32 << 10
	for _, s := range shapes {
		for _, of := range [][3]string{s, {s[0], s[0], s[2]}, {s[0], s[1], s[0]}} {
			if err := oracle.Check(3*each, climbed(grown("a", of[0], each), grown("b", of[1], each), grown("a", of[2], each), 3*each)); err != nil {
				t.Errorf("%q: %v", of, err)
			}
		}
	}
}

// FuzzLadderCost repeats a shape, as TestLadderCost does.
func FuzzLadderCost(f *testing.F) {
	for _, s := range shapes {
		f.Add("a", "b", s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, was, is, base, theirs, ours string) {
		const most = 8 << 10
		cut := func(s string) string { return s[:min(len(s), most)] }
		was, is, base, theirs, ours = cut(was), cut(is), cut(base), cut(theirs), cut(ours)
		if err := oracle.Check(3*most, climbed(grown(was, base, most), grown(is, theirs, most), grown(was, ours, most), 3*most)); err != nil {
			t.Fatal(err)
		}
	})
}
