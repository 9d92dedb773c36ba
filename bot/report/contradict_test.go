package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// No reply contradicts what it is made of.
func TestRepliesAgree(t *testing.T) {
	for name, p := range cases() {
		text, err := reply(p).Text()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range Contradictions(text, p) {
			t.Errorf("%s: %s\n%s", name, c, text)
		}
	}
}

// What contradicts is found: a check that finds nothing would prove nothing.
func TestContradictions(t *testing.T) {
	el, dk := verdict.StableEligible, verdict.DKMSOnly
	takes := single(tagged(patch(el, "", 0.97, "it fixes a hang", branch("6.12", "affected", "exact", el, "", 0.97),
		branch("6.6", "present", "unknown", "", "", 0)), "6.12"))
	kept := single(patch(dk, verdict.TooBig, 0.97, "912 lines"))
	vendor := kept
	vendor.Patches = []Patch{kept.Patches[0]}
	vendor.Patches[0].Tree = &rules.Tree{Vendors: []rules.Vendor{{Name: "example-dkms"}}}
	long := strings.Repeat("Linux 6.12 has the bug.\n", 17)
	for _, c := range []struct {
		name, text string
		p          Posting
		want       string // part of what is found; "" for nothing
	}{
		{"as it is", "Linux 6.12 has the bug that this patch fixes.\n", takes, ""},
		{"another percentage", "If a stable branch has the bug, it can take this patch (estimated chance 73 %).\n", takes,
			"73 % stands in no judgement"},
		{"a percentage of the judgement", "If a stable branch has the bug, it can take it (estimated chance 97 %).\n", takes, ""},
		{"very likely, and no", "Stable does not take this patch (estimated chance 97 %).\n", kept, "97 % denies"},
		{"a vendor that was not read", "Stable does not take this. Users get it from the vendor's package.\n", kept, "no vendor tree was read"},
		{"a vendor that was read", "Stable does not take this. Users get it from the vendor's package.\n", vendor, ""},
		{"the verdict is no vendor", "The verdict on the version before: dkms-only.\n", kept, ""},
		{"a branch of nobody's", "Linux 6.1 has the bug.\n", takes, "branch 6.1 is none"},
		{"a branch that has the fix", "Linux 6.6 has the bug.\n", takes, "branch 6.6 is present"},
		{"other lines", "This patch has 500 lines.\n", takes, "500 lines are those of nothing"},
		{"its lines", "This patch has 143 lines with context.\n", takes, ""},
		{"it points back", "That is a fix that stable kernels can take.\n", takes, "does not stand alone"},
		{"it points back, quoted", "> That is.\n\nLinux 6.12 has the bug.\n", takes, ""},
		{"too wide", "Linux 6.12 has the bug" + strings.Repeat(" wide", 12) + ".\n", takes, "columns"},
		{"what is pasted may be wide", pasteIndent + "git" + strings.Repeat(" wide", 20) + "\n", takes, ""},
		{"too long", long, takes, "17 lines"},
		{"a row for nothing", "Linux 6.12 has the bug:\n\n    6.6    has it\n", takes, "a row for 6.6"},
		{"the tag that is there", "Linux 6.12 has the bug:\n\n        | Cc: <stable@vger.kernel.org> # 6.12.x\n", takes, "it proposes the tag"},
	} {
		got := strings.Join(Contradictions(c.text, c.p), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// consts are the values of the constants of a type, as the package declares them.
func consts(t *testing.T, dir, typ string) (out []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no package in %s (%v)", dir, err)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, raw, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := s.Type.(*ast.Ident); ok && id.Name == typ {
				for _, v := range s.Values {
					if l, ok := v.(*ast.BasicLit); ok && l.Kind == token.STRING {
						v, err := strconv.Unquote(l.Value)
						if err != nil {
							t.Fatal(err)
						}
						out = append(out, v)
					}
				}
			}
			return true
		})
	}
	return out
}

// Each step that can be said has its phrase.
func TestPhrases(t *testing.T) {
	for _, s := range consts(t, ".", "Say") {
		if steps[Say(s)] == "" {
			t.Errorf("step %q has no phrase", s)
		}
	}
}

// Every verdict, class, state and way of applying makes a reply that agrees with
// itself, alone and as one branch beside another.
func TestEveryCellAgrees(t *testing.T) {
	classes := []verdict.Class{"", verdict.TooBig, verdict.NoBase, verdict.Enablement, verdict.ABI, verdict.NotUpstream, verdict.Declined,
		verdict.Conflicts, verdict.BelowBar}
	n := 0
	for _, v := range order {
		for _, c := range classes {
			if (c != "") != (v == verdict.DKMSOnly) {
				continue
			}
			for state := range states {
				for applies := range going {
					for _, score := range []float64{0.002, 0.5, 0.97} {
						for _, tag := range []bool{false, true} {
							of := v
							if state == "present" || state == "queued" || state == "not-affected" {
								of = ""
							}
							b := branch("6.6", state, applies, of, c, score, one)
							b.Why = "a reason of the branch"
							p := patch(v, c, score, "a reason", branch("6.12", "affected", "exact", v, c, score), b)
							if c == verdict.NotUpstream {
								p.Tree.Vendors = []rules.Vendor{{Name: "example-dkms", Has: true}}
							}
							if tag {
								p = tagged(p, "6.6")
							}
							for _, posting := range []Posting{single(p), numbered(3, 3, 1, p, p)} {
								text, err := reply(posting).Text()
								if err != nil {
									t.Fatal(err)
								}
								n++
								if bad := Contradictions(text, posting); len(bad) > 0 {
									t.Errorf("%s %s, %s %s, %.3f: %q\n%s", v, c, state, applies, score, bad, text)
									return
								}
								if score != 0.5 {
									continue
								}
								comment := CommentOf(posting)
								if body := comment.Body(); strings.Contains(body, "<no value>") || strings.Contains(body, "could not be shown whole") {
									t.Errorf("%s %s: %s", v, c, body)
								}
							}
						}
					}
				}
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d replies were made", n)
	}
}
