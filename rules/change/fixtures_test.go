package change

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted results of fixtures/change")

const fixtures = "../../fixtures/change"

// fixture is one file of fixtures/change.
type fixture struct {
	path    string
	archive *txtar.Archive
	in      Input
}

func readFixtures(t testing.TB) []fixture {
	t.Helper()
	paths, err := filepath.Glob(fixtures + "/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures in %s: %v", fixtures, err)
	}
	var out []fixture
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{path: p, archive: a}
		crlf := false
		for _, file := range a.Files {
			s := string(file.Data)
			switch file.Name {
			case "head":
				for _, line := range strings.Split(strings.TrimSpace(s), "\n") {
					key, value, ok := strings.Cut(line, ": ")
					switch {
					case !ok:
						t.Fatalf("%s: head line %q has no value", p, line)
					case key == "kind":
						f.in.Kind = Kind(value)
					case key == "id":
						f.in.ID = value
					case key == "subject":
						f.in.Subject = value
					case key == "from":
						f.in.Author = ParsePerson(value)
					case key == "to":
						f.in.To = strings.Split(value, ", ")
					case key == "cc":
						f.in.Cc = strings.Split(value, ", ")
					case key == "crlf":
						crlf = true
					default:
						t.Fatalf("%s: unknown head line %q", p, line)
					}
				}
			case "text":
				f.in.Text = s
			case "diff":
				f.in.Diff = s
			case "want":
			default:
				t.Fatalf("%s: unknown part %q", p, file.Name)
			}
		}
		if f.in.Kind != Mail && f.in.Kind != Commit {
			t.Fatalf("%s: kind %q", p, f.in.Kind)
		}
		if strings.TrimSpace(string(a.Comment)) == "" {
			t.Errorf("%s: does not say what it shows", p)
		}
		if crlf {
			f.in.Text = strings.ReplaceAll(f.in.Text, "\n", "\r\n")
		}
		out = append(out, f)
	}
	return out
}

// show writes a change as JSON without what is empty.
func show(c *Change, err error) string {
	type view struct {
		ID, Subject string
		Prefix      Prefix
		Author      string
		Body, Notes []string
		Trailers    []Trailer
		Fixes       []Fixes
		Stable      []StableTag
		Origin      []Origin
		DependsOn   []Origin
		Base        string
		Files       []string
		Size        Size
		More        map[string]any
		Error       string
	}
	v := view{ID: c.ID, Subject: c.Subject, Prefix: c.Prefix, Author: c.Author.String(),
		Trailers: c.Trailers, Fixes: c.Fixes, Stable: c.Stable, Origin: c.Origin,
		DependsOn: c.DependsOn, Base: c.Base, Size: c.Size,
		More: map[string]any{"Hunks": c.Size.Hunks, "CodeLines": c.Size.CodeLines, "Comment": c.Size.Comment,
			"Headers": c.Size.Headers, "Binary": c.Size.Binary, "Renames": c.Size.Renames,
			"NewFiles": c.Size.NewFiles, "DelFiles": c.Size.DelFiles, "HeaderOnly": c.Size.HeaderOnly}}
	if c.Body != "" {
		v.Body = strings.Split(c.Body, "\n")
	}
	if c.Notes != "" {
		v.Notes = strings.Split(c.Notes, "\n")
	}
	for _, f := range c.Files {
		v.Files = append(v.Files, f.OldName+" → "+f.NewName)
	}
	if err != nil {
		v.Error = err.Error()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var full any
	if err := json.Unmarshal(b, &full); err != nil {
		return err.Error()
	}
	var s strings.Builder
	e := json.NewEncoder(&s)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(filled(full)); err != nil {
		return err.Error()
	}
	return s.String()
}

// filled leaves out what is zero, but not the empty lines of a text.
func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			switch e = filled(e); e := e.(type) {
			case nil:
				delete(v, k)
			case bool:
				if !e {
					delete(v, k)
				}
			case float64:
				if e == 0 {
					delete(v, k)
				}
			case string:
				if e == "" {
					delete(v, k)
				}
			case map[string]any:
				if len(e) == 0 {
					delete(v, k)
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
	}
	return v
}

func TestFixtures(t *testing.T) {
	for _, f := range readFixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(f.path), ".txtar"), func(t *testing.T) {
			c, err := Parse(f.in)
			got := show(c, err)
			want := &f.archive.Files[len(f.archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last part is not want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(f.path, txtar.Format(f.archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Errorf("-want +got (go test -update rewrites it):\n%s", d)
			}
		})
	}
}

// The same change counts the same however much context it was posted with.
func TestContextIsNormalised(t *testing.T) {
	sizes := map[string]Size{}
	for _, f := range readFixtures(t) {
		if name := strings.TrimSuffix(filepath.Base(f.path), ".txtar"); strings.HasPrefix(name, "context-") {
			c, err := Parse(f.in)
			if err != nil {
				t.Fatal(err)
			}
			s := c.Size
			s.Hunks = 0 // as posted
			sizes[name] = s
		}
	}
	want := sizes["context-3"]
	if want.LinesWithContext != 7+8 {
		t.Errorf("one inserted and one changed line count %d, want 7 and 8", want.LinesWithContext)
	}
	for name, got := range sizes {
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
