package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// kernelOf is one of a header <linux/toy.h>.
func kernelOf(header string) memory {
	return memory{"Makefile": "VERSION = 6\n", "arch/x86/include/asm/a.h": "", "include/linux/toy.h": header}
}

// driverOf is one of a file.
func driverOf(text string) memory { return memory{"a.c": "#include <linux/toy.h>\n" + text} }

// spread is n files, each of which a text is made for.
func spread(into memory, n int, name, text string) memory {
	for i := range n {
		into[named(i, name)] = named(i, text)
	}
	return into
}

func named(i int, s string) string {
	return strings.NewReplacer("%", fmt.Sprint(i), "^", fmt.Sprint(i+1)).Replace(s)
}

// TestCompareCost: to compare costs by the size of what is compared, whatever there is much
// of.
func TestCompareCost(t *testing.T) {
	type input struct{ driver, from, to memory }
	for name, of := range map[string]func(n int) input{
		"shapes of a function": func(n int) input {
			n *= 3
			return input{driverOf("void x(void) { f(); }\n"), kernelOf(numbered(n, "int f(struct a% *);\n")), kernelOf(numbered(n, "int f(struct b% *);\n"))}
		},
		"functions of a header that are gone": func(n int) input {
			return input{driverOf("void x(void) {" + numbered(n, "f%(); ") + "}\n"), kernelOf(numbered(n, "int f%(struct a% *);\n")), kernelOf(numbered(n, "int g%(struct b *);\n"))}
		},
		"shapes of a member": func(n int) input {
			return input{driverOf("void x(struct s *s) { s->m; }\n"), kernelOf("struct s {" + numbered(n, "struct a% *m;\n") + "};\n"), kernelOf("struct s {" + numbered(n, "struct b% *m;\n") + "};\n")}
		},
		"members that are gone, and structures held": func(n int) input {
			return input{driverOf("void x(struct s *s) {" + numbered(n, "s->m%;\n") + "}\n"), kernelOf("struct s {" + numbered(n, "int m%;\n") + "};\n"),
				kernelOf("struct s {" + numbered(n, "struct b% n%;\n") + "};\n" + numbered(n, "struct b% { int o%; };\n"))}
		},
		"members that are gone, and members of one held": func(n int) input {
			return input{driverOf("void x(struct s *s) {" + numbered(n, "s->m%;\n") + "}\n"), kernelOf("struct s {" + numbered(n, "int m%;\n") + "};\n"),
				kernelOf("struct s { struct b b; };\nstruct b {" + numbered(n, "int o%;\n") + "};\n")}
		},
		"structures with a member, and its uses": func(n int) input {
			return input{driverOf(numbered(n, "void x%(struct s% *s) {\ns->m;\n}\n")), kernelOf(numbered(n, "struct s% { int m; };\n")), kernelOf(numbered(n, "struct s% { long m; };\n"))}
		},
		"headers that are gone": func(n int) input {
			from, to := kernelOf(""), kernelOf("")
			n /= 2
			spread(from, n, "include/linux/gone%.h", "")
			return input{driverOf(numbered(n, "#include <linux/gone%.h>\n")), from, spread(to, n, "include/net/other%.h", "")}
		},
		"exports": func(n int) input {
			n *= 2
			from, to := kernelOf("int f(void);\n"), kernelOf("int f(void);\n")
			from["a.c"] = numbered(n, "EXPORT_SYMBOL_NS(f, A%);\n")
			to["a.c"] = numbered(n, "EXPORT_SYMBOL_NS(f, B%);\n")
			return input{driverOf("void x(void) { f(); }\n"), from, to}
		},
		"files that include one another in a row": func(n int) input {
			n /= 4
			d := spread(driverOf(""), n, "h%.h", "#include \"h^.h\"\n#define own% 1\nint y% = own%;\n")
			k := numbered(n, "#define own% 1\n")
			return input{d, kernelOf(k), kernelOf("")}
		},
		"headers of one name": func(n int) input {
			n /= 4
			d := spread(driverOf("int x = own;\n"), n, "d%/x.h", "#define own 1\n")
			return input{spread(d, n, "c%.c", "#include \"x.h\"\nint x% = own;\n"), kernelOf("#define own 1\n"), kernelOf("")}
		},
		"own ones of some kernels in many files": func(n int) input {
			n /= 4
			d := spread(driverOf("int x = own;\n"), n, "d%/x.h", "#if HAVE_OWN\n#define own 1\n#endif\n")
			return input{spread(d, n, "c%.c", "int x% = own;\n"), kernelOf("#define own 1\n"), kernelOf("")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 6000
			in := of(n)
			size := 0
			for _, m := range []memory{in.driver, in.from, in.to} {
				for p, text := range m {
					size += len(p) + len(text)
				}
			}
			done := make(chan error, 1)
			go func() { done <- oracle.Check(size, func() { compare(t, in.driver, in.from, in.to) }) }()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("still comparing after 30 seconds")
			}
		})
	}
}

// TestOffer: what is looked up of the declarations of a name is what each pair would say.
func TestOffer(t *testing.T) {
	// same is the rule for one pair.
	same := func(a, b *decl) bool {
		value := func(d *decl) bool { return d.kind == Enumerator || d.kind == Macro && d.arity == -1 }
		call := func(d *decl) bool { return d.kind == Macro || d.kind == Function }
		switch {
		case value(a) && value(b), a.kind == Variable && value(b):
			return true
		case a.kind == Macro && a.arity == -1 || b.kind == Macro && b.arity == -1:
			return true
		case a.kind == Function && b.kind == Function:
			return a.shape == b.shape
		case call(a) && call(b):
			return a.arity == b.arity || a.arity == -2 || b.arity == -2
		case a.kind == Typedef && b.kind == Typedef:
			return a.shape == b.shape || strings.Contains(a.shape, "struct") && strings.Contains(b.shape, "struct")
		}
		return a.kind == b.kind
	}
	var all []*decl
	for _, kind := range []string{Function, Macro, Enumerator, Typedef, Variable} {
		for _, arity := range []int{-2, -1, 0, 1} {
			for _, shape := range []string{"int", "struct a", "struct b"} {
				all = append(all, &decl{kind: kind, arity: arity, shape: shape})
			}
		}
	}
	for _, a := range all {
		for i, b := range all {
			is := []*decl{b, all[(i*7+5)%len(all)]}
			want := slices.ContainsFunc(is, func(d *decl) bool { return same(a, d) })
			if got := offered(is).same(a); got != want {
				t.Errorf("%+v with %+v and %+v: %v, want %v", *a, *is[0], *is[1], got, want)
			}
		}
	}
}

// TestManyUses: what all rows list has an end, and what is left out is counted.
func TestManyUses(t *testing.T) {
	c := comparison{listed: mostListed - 4}
	five := make([]Place, 5)
	c.add(Row{Name: "a"}, telling{uses: five[:4]})
	c.add(Row{Name: "b"}, telling{uses: five})
	c.add(Row{Name: "c"}, telling{uses: five[:3]})
	var out strings.Builder
	r := Report{Rows: c.rows}
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 2, 0} {
		if r.Rows[i].More != want {
			t.Errorf("row %d leaves %d out, want %d", i, r.Rows[i].More, want)
		}
	}
	if !strings.Contains(out.String(), "and 1 more") || !strings.Contains(out.String(), "and 2 more") {
		t.Error(out.String())
	}
}
