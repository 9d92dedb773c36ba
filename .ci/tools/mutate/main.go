// Command mutate asks whether the tests of a package notice when its code is wrong. It
// changes one place at random, runs the package's own fast tests, and counts how many of
// the changes they find:
//
//	go run .ci/tools/mutate/main.go -n 50 -seed 1 rules rules/verdict bot/plan bot/kernel/trees bot/store
//
// The files stay as they are: go test reads the changed one from an overlay. What does not
// compile is no change, and another place is taken. Each survivor is printed with its
// place: a test that would have failed is missing there, or the two say the same.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	n := flag.Int("n", 50, "change so many `places`, the same number in each package")
	seed := flag.Uint64("seed", 1, "of the choice")
	limit := flag.Duration("timeout", 3*time.Minute, "how long the tests of a package may take; a change that hangs them is found")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "mutate: name the folders of packages")
		os.Exit(2)
	}
	random := rand.New(rand.NewPCG(*seed, *seed))
	found, all := 0, 0
	for i, dir := range flag.Args() {
		want := *n*(i+1)/flag.NArg() - *n*i/flag.NArg()
		f, a, err := inPackage(dir, want, random, *limit)
		if err != nil {
			fmt.Fprintf(os.Stderr, "mutate: %v\n", err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d of %d found\n", dir, f, a)
		found, all = found+f, all+a
	}
	fmt.Printf("%d of %d changes were found by the package's own tests\n", found, all)
}

// site is a place that can be changed.
type site struct {
	file, says string
	line       int
	change     func() // in the parsed file
	undo       func()
	parsed     *ast.File
}

func inPackage(dir string, want int, random *rand.Rand, limit time.Duration) (found, all int, err error) {
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return 0, 0, err
	}
	var sites []site
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return 0, 0, err
		}
		if !ast.IsGenerated(f) {
			sites = append(sites, places(fset, name, f)...)
		}
	}
	random.Shuffle(len(sites), func(i, j int) { sites[i], sites[j] = sites[j], sites[i] })
	for _, s := range sites {
		if all == want {
			break
		}
		noticed, compiles, err := try(fset, dir, s, limit)
		if err != nil {
			return found, all, err
		}
		if !compiles {
			continue
		}
		all++
		if noticed {
			found++
		} else {
			fmt.Printf("survived: %s:%d: %s\n", s.file, s.line, s.says)
		}
	}
	return found, all, nil
}

var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
}

// places are what can be changed in a file: operators, numbers, truth values, conditions,
// and statements that are left out.
func places(fset *token.FileSet, name string, f *ast.File) (out []site) {
	add := func(at ast.Node, says string, change, undo func()) {
		out = append(out, site{file: name, line: fset.Position(at.Pos()).Line, says: says, change: change, undo: undo, parsed: f})
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BinaryExpr:
			if to, ok := swaps[x.Op]; ok {
				was := x.Op
				add(x, was.String()+" is "+to.String(), func() { x.Op = to }, func() { x.Op = was })
			}
		case *ast.BasicLit:
			if v, err := strconv.Atoi(x.Value); err == nil && x.Kind == token.INT {
				was := x.Value
				add(x, was+" is one more", func() { x.Value = strconv.Itoa(v + 1) }, func() { x.Value = was })
			}
		case *ast.Ident:
			if to, ok := map[string]string{"true": "false", "false": "true"}[x.Name]; ok {
				was := x.Name
				add(x, was+" is "+to, func() { x.Name = to }, func() { x.Name = was })
			}
		case *ast.IfStmt:
			was := x.Cond
			add(x, "the condition is turned round", func() { x.Cond = &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: was}} }, func() { x.Cond = was })
		case *ast.BlockStmt:
			for i, st := range x.List {
				switch s := st.(type) {
				case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt:
				case *ast.AssignStmt:
					if s.Tok == token.DEFINE {
						continue
					}
				default:
					continue
				}
				add(st, "the statement is left out", func() { x.List[i] = &ast.EmptyStmt{Implicit: true} }, func() { x.List[i] = st })
			}
		}
		return true
	})
	return out
}

// try runs the package's tests with one place changed.
func try(fset *token.FileSet, dir string, s site, limit time.Duration) (noticed, compiles bool, err error) {
	tmp, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return false, false, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	var text bytes.Buffer
	s.change()
	err = printer.Fprint(&text, fset, s.parsed)
	s.undo()
	if err != nil {
		return false, false, fmt.Errorf("%s:%d: writing the change: %w", s.file, s.line, err)
	}
	changed, overlay := filepath.Join(tmp, "changed.go"), filepath.Join(tmp, "overlay.json")
	whole, err := filepath.Abs(s.file)
	if err != nil {
		return false, false, err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {whole: changed}})
	if err != nil {
		return false, false, err
	}
	for name, data := range map[string][]byte{changed: text.Bytes(), overlay: replace} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return false, false, err
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	if exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "./"+dir).Run() != nil {
		return false, false, nil
	}
	err = exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-vet=off", "-short", "-failfast", "-count=1", "./"+dir).Run()
	return err != nil, true, nil
}
