package main

import (
	"go/ast"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// Each kind of action has its row in the table, its words and its line in the README;
// what the rows say is held by the packages that go by them.
func TestClosedKindsOfActions(t *testing.T) {
	var declared []string
	eachFile(t, func(name string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(name, "bot/flow/") {
				if typ, ok := s.Type.(*ast.Ident); ok && typ.Name == "ActionKind" {
					for _, v := range s.Values {
						if l, ok := v.(*ast.BasicLit); ok {
							text, _ := strconv.Unquote(l.Value)
							declared = append(declared, text)
						}
					}
				}
			}
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && name != "bot/flow/kinds.go" &&
				strings.Contains(l.Value, "kind = 'reply'") && !strings.Contains(l.Value, "mail") {
				t.Errorf("%s names a kind of action in SQL: %s", name, l.Value)
			}
			return true
		})
	})
	readme, err := os.ReadFile("../../bot/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, k := range flow.Kinds {
		if slices.Contains(rows, string(k.Name)) || k.Title == "" || !slices.Contains(flow.Retires, k.Retire) {
			t.Errorf("the row of %s is there twice, or not whole: %+v", k.Name, k)
		}
		rows = append(rows, string(k.Name))
		if !strings.Contains(string(readme), "\n| `"+string(k.Name)+"` | ") {
			t.Errorf("bot/README.md does not say what a %s is", k.Name)
		}
		// What is done to no series and no pull request ends by its age.
		alone := !k.Pull && !k.Chosen && k.Late && k.Retire == flow.RetireNever
		if k.Pull != (k.Retire == flow.RetirePlan || k.Retire == flow.RetireNever) && !alone {
			t.Errorf("nothing that ends a %s ever comes for what it is done to", k.Name)
		}
	}
	slices.Sort(rows)
	slices.Sort(declared)
	if !slices.Equal(rows, declared) {
		t.Errorf("the kinds are %v, and the table has %v", declared, rows)
	}
}
