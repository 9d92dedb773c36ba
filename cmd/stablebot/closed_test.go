package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/console/rows"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Whatever a judgement can say, the README explains, and the table colours.
func TestClosedSets(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	row := func(name string) {
		if !strings.Contains(readme, "\n| `"+name+"` | ") {
			t.Errorf("no row of the README explains %s", name)
		}
	}
	for _, v := range verdict.Verdicts {
		row(string(v))
		if _, ok := rows.Style[v]; !ok {
			t.Errorf("%s has no style in the table", v)
		}
	}
	for _, c := range verdict.Classes {
		row(string(c))
	}
	var names []string
	for _, s := range verdict.States {
		names = append(names, string(s))
	}
	for _, a := range verdict.Applicabilities {
		names = append(names, string(a))
	}
	for _, name := range names {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
}

// The values of the closed sets are written where they are declared, and nowhere else: a
// bare string that misses a letter compiles. Only words that mean nothing else are looked
// for; folders with sets of their own of the same words are left out.
func TestNoBareStrings(t *testing.T) {
	owners := []string{"rules/tree", "rules/verdict/verdict.go", "bot/launch/launch.go", "bot/config", "bot/github/policy.go"}
	words := []string{"not-affected", "no-base", "three-way", "needs-prerequisites", "needs-backport", "stable-eligible", "dkms-only",
		"not-needed", "out-of-scope",
		"too-big", "not-upstream", "below-bar"}
	for _, v := range verdict.States {
		if strings.Contains(string(v), "-") && !slices.Contains(words, string(v)) {
			t.Errorf("%s is not looked for", v)
		}
	}
	eachFile(t, func(name string, f *ast.File) {
		if slices.ContainsFunc(owners, func(o string) bool { return strings.HasPrefix(name, o) }) ||
			strings.HasPrefix(name, "rules/model/score.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil && slices.Contains(words, s) {
					t.Errorf("%s has %s; rules/verdict has a name for it", name, l.Value)
				}
			}
			return true
		})
	})
}

// Each constant of a closed set is in its list: what walks the list misses none.
func TestClosedSetsAreWhole(t *testing.T) {
	lists := map[string][]string{}
	for _, v := range verdict.Verdicts {
		lists["Verdict"] = append(lists["Verdict"], string(v))
	}
	for _, v := range verdict.Classes {
		lists["Class"] = append(lists["Class"], string(v))
	}
	for _, v := range verdict.States {
		lists["State"] = append(lists["State"], string(v))
	}
	for _, v := range verdict.Applicabilities {
		lists["Applies"] = append(lists["Applies"], string(v))
	}
	for _, v := range verdict.Lacks {
		lists["Lack"] = append(lists["Lack"], string(v))
	}
	found := map[string]int{}
	eachFile(t, func(name string, f *ast.File) {
		if !strings.HasPrefix(name, "rules/tree/") && !strings.HasPrefix(name, "rules/verdict/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			typ, ok := s.Type.(*ast.Ident)
			if !ok || lists[typ.Name] == nil {
				return true
			}
			for _, v := range s.Values {
				if l, ok := v.(*ast.BasicLit); ok {
					found[typ.Name]++
					if text, err := strconv.Unquote(l.Value); err != nil || !slices.Contains(lists[typ.Name], text) {
						t.Errorf("%s: %s is in no list of all", name, l.Value)
					}
				}
			}
			return true
		})
	})
	for typ, all := range lists {
		if found[typ] != len(all) {
			t.Errorf("%d constants of %s, %d in the list of all", found[typ], typ, len(all))
		}
	}
}

// eachFile parses the files of the program, tests apart.
func eachFile(t *testing.T, do func(name string, f *ast.File)) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "storetest" || strings.HasPrefix(d.Name(), ".") && path != root):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		do(filepath.ToSlash(rel), f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
