package trees

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of fixtures/trees")

// TestGolden builds the small repository of each file of fixtures/trees and
// compares what the branches say of its changes. README.md there describes the
// commands.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../../fixtures/trees/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Comment) == 0 {
				t.Error("it does not say what it shows")
			}
			parts := map[string]*txtar.File{}
			for i := range a.Files {
				parts[a.Files[i].Name] = &a.Files[i]
			}
			want := parts["want"]
			if parts["script"] == nil || want == nil {
				t.Fatal("it needs the parts script and want")
			}
			got := golden(t, string(parts["script"].Data), parts)
			switch {
			case got == string(want.Data):
			case *update:
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

// golden runs a script and returns what its facts say.
func golden(t *testing.T, script string, parts map[string]*txtar.File) string {
	g := gittest.New(t)
	ids := map[string]string{}
	named := regexp.MustCompile(`\{[a-z0-9-]+\}`)
	var asked []string
	for line := range strings.Lines(script) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		switch w[0] {
		case "put":
			g.Write(w[1], string(parts[w[2]].Data))
		case "git":
			g.Git(w[1:]...)
		case "commit":
			text := named.ReplaceAllStringFunc(string(parts[w[1]].Data), func(s string) string {
				id := ids[strings.Trim(s, "{}")]
				if id == "" {
					t.Fatalf("%s: no commit %s yet", w[1], s)
				}
				return id
			})
			ids[w[1]] = g.Commit(text)
		case "submodule":
			g.Git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+","+w[1])
		case "facts":
			asked = append(asked, w[1])
		default:
			t.Fatalf("unknown command %q", line)
		}
	}
	set, err := Open(t.Context(), Config{Remotes: []Remote{
		{Role: Mainline, Path: g.Dir, Ref: "main"}, {Role: Stable, Path: g.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	var b strings.Builder
	for _, name := range asked {
		c, err := set.Commit(t.Context(), ids[name])
		if err != nil {
			t.Fatal(err)
		}
		tree, err := set.Facts(t.Context(), c, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tree.Branches {
			why := x.Why
			for n, id := range ids {
				why = strings.ReplaceAll(why, id[:12], "{"+n+"}")
			}
			fmt.Fprintf(&b, "%s %s %s %s", name, x.Name, x.State, x.Applies)
			if why != "" {
				b.WriteString(": " + why)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
