package audit_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// TestGolden builds the small repository of each file of testdata and compares what an
// audit of its branch says. A script has a command a line:
//
//	put PATH PART        writes a file
//	edit PATH OLD NEW    replaces text in it; \n, \t and \s are a line end, a tab, a blank
//	commit NAME          commits with the message in the part NAME, {other} being ids
//	author NAME PERSON   gives the last commit another author, keeping its name
//	git ARGS             runs git
//	no PART              is a file of refusals
//	cve NUMBER PART      is a number, and the commits in the part mend it
//	audit RANGE          asks
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
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
			got := (&bench{T: t, Repo: gittest.New(t), parts: parts, ids: map[string]string{}}).run(string(parts["script"].Data))
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

type bench struct {
	*testing.T
	*gittest.Repo
	parts map[string]*txtar.File
	ids   map[string]string // by the names of commits
	no    *refusal.List
	cve   fstest.MapFS
}

var (
	named   = regexp.MustCompile(`\{[a-z0-9-]+\}`)
	escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\s`, " ")
)

// run runs a script and returns what its audits say.
func (b *bench) run(script string) string {
	var out strings.Builder
	for line := range strings.Lines(script) {
		w := strings.Fields(line)
		if len(w) == 0 || w[0] == "#" {
			continue
		}
		switch w[0] {
		case "put":
			b.Write(w[1], string(b.parts[w[2]].Data))
		case "edit":
			b.edit(w[1], escapes.Replace(w[2]), escapes.Replace(strings.Join(w[3:], " ")))
		case "commit":
			b.ids[w[1]] = b.Commit(b.resolved(w[1]))
		case "author":
			b.Git("commit", "-q", "--amend", "--no-edit", "--author="+strings.Join(w[2:], " "))
			b.ids[w[1]] = b.Git("rev-parse", "HEAD")
		case "git":
			b.Git(w[1:]...)
		case "no":
			b.no = refusal.New()
			if err := b.no.Read(strings.NewReader(b.resolved(w[1])), w[1]); err != nil {
				b.Fatal(err)
			}
		case "cve":
			if b.cve == nil {
				b.cve = fstest.MapFS{}
			}
			b.cve["cve/published/"+w[1][4:8]+"/"+w[1]+".sha1"] = &fstest.MapFile{Data: []byte(b.resolved(w[2]))}
		case "audit":
			out.WriteString(b.audit(w[1]))
		default:
			b.Fatalf("unknown command %q", line)
		}
	}
	return out.String()
}

// resolved is a part with the ids of commits in it.
func (b *bench) resolved(part string) string {
	if b.parts[part] == nil {
		b.Fatalf("no part %s", part)
	}
	return named.ReplaceAllStringFunc(string(b.parts[part].Data), func(s string) string {
		id := b.ids[strings.Trim(s, "{}")]
		if id == "" {
			b.Fatalf("%s: no commit %s yet", part, s)
		}
		return id
	})
}

func (b *bench) edit(path, old, text string) {
	data, err := os.ReadFile(filepath.Join(b.Dir, path))
	if err != nil {
		b.Fatal(err)
	}
	if strings.Count(string(data), old) != 1 {
		b.Fatalf("%s has %q %d times", path, old, strings.Count(string(data), old))
	}
	b.Write(path, strings.Replace(string(data), old, text, 1))
}

func (b *bench) open() *trees.Set {
	set, err := trees.Open(b.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: b.Dir, Ref: "main"}, {Role: trees.Stable, Path: b.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = set.Close() })
	return set
}

func (b *bench) audit(what string) string {
	source := audit.Source{Set: b.open(), Repo: b.Dir, Git: git.Options{}}
	if b.cve != nil {
		var err error
		if source.CVE, err = cve.Read(b.Context(), b.cve); err != nil {
			b.Fatal(err)
		}
	}
	reports, err := source.Audit(b.Context(), []string{what}, b.no)
	if err != nil {
		b.Fatal(err)
	}
	var out strings.Builder
	for _, r := range reports {
		if err := r.Text(&out, 200, true); err != nil {
			b.Fatal(err)
		}
	}
	text := out.String()
	for n, id := range b.ids {
		text = strings.ReplaceAll(text, id[:12], "{"+n+"}")
	}
	return text
}
