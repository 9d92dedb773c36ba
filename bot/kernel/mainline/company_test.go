package mainline

import (
	"fmt"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules"
)

// TestCompany: a change without a sign of its own, and what follows it.
func TestCompany(t *testing.T) {
	const asks = "\n\nCc: stable@vger.kernel.org\n"
	// Two functions; git names the one a hunk stands in.
	text := func(first, second string) string {
		out := ""
		for i, in := range []string{first, second} {
			out += fmt.Sprintf("int work_%d(void)\n{\n", i)
			for n := range 12 {
				out += fmt.Sprintf("\tstep_%d_%d();\n", i, n)
				if n == 8 {
					out += in
				}
			}
			out += "}\n\n"
		}
		return out
	}
	helper := "\tprepare_the_lamp();\n"
	for _, x := range []struct {
		what            string
		message         string // of what follows
		day, file, then string
		want            int
	}{
		{"on the same lines", "drv: fix b" + asks, "2022-12-22", "drv/a.c", text(helper+"\tmore();\n", ""), rules.CompanyLines},
		{"in the same function", "drv: fix b" + asks, "2022-12-22", "drv/a.c", "/* head */\n" + text(helper, "")[:20] + "\tlamp();\n" +
			text(helper, "")[20:], rules.CompanyFile},
		{"in another function", "drv: fix b" + asks, "2022-12-22", "drv/a.c", text(helper, "\tmore();\n"), rules.CompanyFile},
		{"in another file", "drv: fix b" + asks, "2022-12-22", "drv/b.c", "x\n", rules.CompanyNone},
		{"without asking", "drv: fix b\n", "2022-12-22", "drv/a.c", text(helper+"\tmore();\n", ""), rules.CompanyNone},
		{"in a later pull", "drv: fix b" + asks, "2023-01-20", "drv/a.c", text(helper+"\tmore();\n", ""), rules.CompanyNone},
		{"the same title", "drv: prepare" + asks, "2022-12-22", "drv/a.c", text(helper+"\tmore();\n", ""), rules.CompanyNone},
	} {
		t.Run(x.what, func(t *testing.T) {
			w := &tree{Repo: gittest.New(t)}
			w.commit("2022-10-01", "drv: begin\n", "drv/a.c", text("", ""))
			w.commit("2022-12-11", "Linux 6.1\n", "Makefile", "6.1\n")
			w.tag("v6.1")
			w.commit("2022-12-20", "drv: prepare\n", "drv/a.c", text(helper, ""))
			w.commit(x.day, x.message, x.file, x.then)
			w.commit("2023-02-19", "Linux 6.2\n", "Makefile", "6.2\n")
			w.tag("v6.2")
			m, r, ids := w.open("")
			if got := facts(t, m, r, ids[2]).Landing.Company; got != x.want {
				t.Errorf("%d, want %d", got, x.want)
			}
			// What came before stands on nothing that follows it.
			if got := facts(t, m, r, ids[3]).Landing.Company; got != rules.CompanyNone {
				t.Errorf("the one that follows: %d", got)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	for _, x := range []struct {
		a, b int
		want bool
	}{{-60, 10, true}, {14, -5, true}, {14, 15, false}, {20, 24, true}, {24, 20, true}, {20, 27, false}} {
		if got := together(x.a, x.b); got != x.want {
			t.Errorf("%d and %d: %v", x.a, x.b, got)
		}
	}
}
