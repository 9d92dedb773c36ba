package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stablebot/stablebot/"

// arrows are the import rules of the tree: data flows left to right, and only
// cmd knows all. The longest matching folder decides; a folder's own package
// and the listed ones are allowed, "…" at the end means everything below.
var arrows = []struct {
	folder string
	may    []string
}{
	{"rules/release", nil},
	{"rules/tree", nil},
	{"rules/change", []string{"rules/release"}},
	{"rules/silicon", []string{"rules/change", "rules/release"}},
	{"rules", []string{"rules/change", "rules/silicon", "rules/tree"}},
	{"rules/model", []string{"rules", "rules/change", "rules/silicon", "rules/signs", "rules/release", "rules/tree"}},
	{"rules/verdict", []string{"rules/…"}},
	{"bot/progress", []string{"rules/change"}},
	{"bot/shell", nil},
	{"bot/usage", nil},
	{"bot/console", []string{"rules/change", "bot/progress"}},
	{"bot/console/rows", []string{"rules/…", "bot/console", "bot/store"}},
	{"bot/config", []string{"rules/change", "bot/internal/strictyaml"}},
	{"bot/mail", []string{"rules/…"}},
	{"bot/series", []string{"rules/…", "bot/mail"}},
	{"bot/command", []string{"rules/verdict", "bot/mail"}},
	{"bot/git", []string{"rules/…", "bot/internal/filelock"}},
	{"bot/report", []string{"rules/…", "bot/mail", "bot/shell"}},
	{"bot/github", []string{"rules/…", "bot/config", "bot/flow", "bot/report", "bot/internal/strictyaml"}},
	{"bot/kernel", []string{"rules/…", "bot/git"}},
	{"bot", nil},
	{"bot/kernel/history", []string{"rules/change", "bot/git"}},
	{"bot/kernel/objects", []string{"bot/git", "bot/kernel/apply"}},
	{"bot/kernel/apply", []string{"rules/change", "bot/budget"}},
	{"bot/kernel/refusal", []string{"rules/change", "bot/git"}},
	{"bot/kernel/merge", []string{"bot/git"}},
	{"bot/kernel/chips", []string{"rules/…", "bot/kernel/apply"}},
	{"bot/kernel/prereq", []string{"rules/change", "bot/git"}},
	{"bot/kernel/build", []string{"bot/git", "bot/internal/filelock"}},
	{"bot/kernel/build/ksource", []string{"bot/git/gittest", "bot/internal/peers"}},
	{"bot/kernel/backport", []string{"rules/…", "bot/git", "bot/kernel/apply"}},
	{"bot/kernel/mainline", []string{"rules/…", "bot/git", "bot/kernel/history"}},
	{"bot/kernel/missing", []string{"rules/…", "bot/progress", "bot/flow", "bot/git", "bot/kernel/…"}},
	{"bot/kernel/parity", []string{"rules/…", "bot/progress", "bot/git", "bot/kernel/trees"}},
	{"bot/kernel/drivers/kept", []string{"rules/…", "bot/git", "bot/kernel/drivers"}},
	{"bot/kernel/drift", []string{"rules/change", "bot/progress", "bot/git"}},
	{"bot/kernel/audit", []string{"rules/…", "bot/progress", "bot/flow", "bot/report", "bot/git", "bot/mail", "bot/kernel/…"}},
	{"bot/kernel/live", []string{"rules/…", "bot/command", "bot/flow", "bot/report", "bot/git", "bot/pile", "bot/kernel/…"}},
	{"bot/kernel/trees", []string{"rules/…", "bot/progress", "bot/budget", "bot/git", "bot/kernel/…"}},
	{"bot/flow", []string{"rules/…", "bot/command"}},
	{"bot/plan", []string{"rules/…", "bot/flow", "bot/mail", "bot/report", "bot/command"}},
	{"bot/run", []string{"rules/…", "bot/flow", "bot/plan", "bot/budget", "bot/mail", "bot/series", "bot/report", "bot/command"}},
	{"bot/store", []string{"rules/…", "bot/flow", "bot/mail", "bot/series", "bot/command", "bot/launch", "bot/internal/filelock"}},
	{"bot/preview", []string{"rules/…", "bot/console", "bot/progress", "bot/run", "bot/flow", "bot/plan", "bot/mail", "bot/store"}},
	{"bot/digest", []string{"rules/change", "rules/verdict", "bot/flow", "bot/report", "bot/shell", "bot/store"}},
	{"bot/web", []string{"rules/…", "bot/digest", "bot/flow", "bot/mail", "bot/store", "bot/report", "bot/launch", "bot/pile", "bot/shell"}},
	{"bot/web/fates", []string{"rules", "bot/flow", "bot/outcome", "bot/store", "bot/web"}},
	{"bot/outcome", []string{"rules/…", "bot/console", "bot/flow", "bot/kernel/trees", "bot/shell"}},
	{"bot/queue", []string{"bot/flow"}},
	{"bot/export", []string{"rules/change", "rules/release", "bot/git", "bot/kernel/backport", "bot/kernel/objects"}},
	{"bot/worklist", []string{"rules/…", "bot/flow", "bot/git", "bot/export", "bot/kernel/missing"}},
	{"bot/pile", []string{"rules/…"}},
	{"bot/launch", []string{"rules/…"}},
	{"bot/launch/sweep", []string{"rules/…", "bot/console", "bot/launch", "bot/progress", "bot/usage", "bot/git", "bot/planner"}},
	{"bot/evaluate", []string{"rules/…", "bot/evaluate/truth"}},
	{"bot/evaluate/truth", []string{"rules/…", "bot/git"}},
	{"bot/evaluate/corpus", []string{"rules/…", "bot/git", "bot/mail", "bot/kernel/mainline", "bot/series", "bot/source/archive", "bot/kernel/trees", "bot/evaluate/truth", "bot/usage"}},
	{"bot/evaluate/measure", []string{"rules/…", "bot/console", "bot/evaluate", "bot/evaluate/…", "bot/flow", "bot/git", "bot/kernel/live", "bot/kernel/trees",
		"bot/mail", "bot/outcome", "bot/progress", "bot/store", "bot/usage", "bot/wire"}},
	{"bot/source/remote", []string{"bot/flow", "bot/git"}},
	{"bot/source", []string{"rules/…", "bot/flow", "bot/mail", "bot/git", "bot/github", "bot/source/remote", "bot/internal/bearer", "bot/internal/filelock"}},
	{"bot/sink", []string{"rules/…", "bot/flow", "bot/mail", "bot/report", "bot/github", "bot/internal/bearer"}},
	{"bot/workflow", []string{"rules/…", "bot/git", "bot/flow", "bot/github", "bot/plan", "bot/report", "bot/sink/github"}},
	{"fixtures", nil},
	{"bot/demo", []string{"rules/change", "rules/verdict", "bot/flow", "bot/git", "bot/mail", "fixtures"}},
	{"bot/wire", []string{"rules/…", "bot/…"}},
	{"bot/classify", []string{"rules/…", "bot/command", "bot/console", "bot/console/rows", "bot/git", "bot/kernel/…", "bot/mail",
		"bot/progress", "bot/series", "bot/source/archive", "bot/usage", "bot/wire"}},
	{"bot/planner", []string{"rules/…", "bot/progress", "bot/shell", "bot/usage", "bot/export", "bot/git", "bot/kernel/…", "bot/mail", "bot/pile", "bot/wire"}},
	{"bot/doctor", []string{"rules/change", "bot/config", "bot/console", "bot/git", "bot/kernel/live", "bot/store", "bot/usage", "bot/wire"}},
	{"cmd", []string{"rules/…", "bot/…", "fixtures"}},
}

// impure are what rules/ must not import: it knows no file system, network,
// process, logger or source of true chance (a seeded one is arithmetic).
var impure = []string{"os", "os/exec", "net", "net/http", "log", "log/slog", "crypto/rand", "syscall", "io/ioutil"}

func TestImports(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		checkFile(t, filepath.ToSlash(rel), f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, file string, f *ast.File) {
	dir := file[:strings.LastIndexByte(file, '/')]
	if strings.Contains(dir, "/internal/") {
		return // test peers and generators
	}
	best := -1
	for i, a := range arrows {
		if (dir == a.folder || strings.HasPrefix(dir, a.folder+"/")) && (best < 0 || len(a.folder) > len(arrows[best].folder)) {
			best = i
		}
	}
	if best < 0 {
		t.Errorf("%s: the folder has no import rule; add one to arrows", file)
		return
	}
	pure := dir == "rules" || strings.HasPrefix(dir, "rules/")
	for _, im := range f.Imports {
		path, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		own, ours := strings.CutPrefix(path, module)
		switch {
		case ours:
			if !allowed(dir, own, arrows[best].may) {
				t.Errorf("%s imports %s: %s may import only %v", file, own, arrows[best].folder, arrows[best].may)
			}
		case pure && strings.Contains(path, ".") && !strings.HasPrefix(path, "github.com/bluekeyes/go-gitdiff/"):
			t.Errorf("%s imports %s: rules/ uses the standard library and go-gitdiff only", file, path)
		case pure && slices.Contains(impure, path):
			t.Errorf("%s imports %s: rules/ is pure", file, path)
		}
	}
	if pure {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && (s.Sel.Name == "Now" || s.Sel.Name == "Since") {
					t.Errorf("%s uses time.%s: the day is a fact that comes in", file, s.Sel.Name)
				}
			}
			return true
		})
	}
}

func allowed(dir, own string, may []string) bool {
	if own == dir {
		return true
	}
	// A source or a sink may be split into packages of its own, but never
	// knows another.
	if strings.HasPrefix(own, dir+"/") {
		return true
	}
	for _, m := range may {
		if all, ok := strings.CutSuffix(m, "/…"); ok && (own == all || strings.HasPrefix(own, all+"/")) || own == m {
			return true
		}
	}
	return false
}
