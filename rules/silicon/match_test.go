package silicon

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/rules/change"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of fixtures/silicon")

const fixtures = "../../fixtures/silicon"

// readCase reads one fixture: subject, body and diff of a change, and the
// matches it is to give.
func readCase(t testing.TB, name string) (*change.Change, *txtar.Archive) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Comment) == 0 {
		t.Errorf("%s does not say what it shows", name)
	}
	ch := &change.Change{Kind: change.Mail}
	for _, f := range a.Files {
		switch s := string(f.Data); f.Name {
		case "subject":
			ch.Subject = strings.TrimSpace(s)
		case "body":
			ch.Body = s
		case "diff":
			if ch.Files, _, err = gitdiff.Parse(strings.NewReader(s)); err != nil || len(ch.Files) == 0 {
				t.Fatalf("%s: %d files in its diff: %v", name, len(ch.Files), err)
			}
		case "want":
		default:
			t.Errorf("%s: unknown part %q", name, f.Name)
		}
	}
	return ch, a
}

func cases(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(fixtures + "/*.txtar")
	if err != nil || len(names) < 25 {
		t.Fatalf("%d fixtures: %v", len(names), err)
	}
	return names
}

// show writes matches as the fixtures do.
func show(ms []Match) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "%s: %s %s, %s", m.Name, m.Driver, m.Kind, m.State)
		if m.Since != "" {
			fmt.Fprintf(&b, ", since %s", m.Since)
		}
		if m.Enabled != "" {
			fmt.Fprintf(&b, ", enabled %s", m.Enabled)
		}
		if m.Launched != "" {
			fmt.Fprintf(&b, ", launched %s", m.Launched)
		}
		b.WriteByte('\n')
		for _, w := range m.Where {
			fmt.Fprintf(&b, "\t%s: %s", w.In, w.Text)
			if w.Line > 0 {
				fmt.Fprintf(&b, " (%s:%d)", w.File[strings.LastIndexByte(w.File, '/')+1:], w.Line)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestMatch(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ch, a := readCase(t, name)
			got := show(Default().Match(ch))
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				t.Fatal("the fixture has no part named want")
			}
			if *update {
				a.Files[i].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[i].Data); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestMatchPromises: same answer twice, the driver's entry last, at most three
// recognitions, no match twice.
func TestMatchPromises(t *testing.T) {
	for _, name := range cases(t) {
		ch, _ := readCase(t, name)
		ms := Default().Match(ch)
		if again := Default().Match(ch); !reflect.DeepEqual(ms, again) {
			t.Errorf("%s: two answers\n%s%s", name, show(ms), show(again))
		}
		seen := map[string]bool{}
		driverSeen := false
		for _, m := range ms {
			if seen[m.Driver+m.Name] {
				t.Errorf("%s: %s stands twice", name, m.Name)
			}
			seen[m.Driver+m.Name] = true
			if m.Specific() && driverSeen {
				t.Errorf("%s: %s comes after a driver", name, m.Name)
			}
			driverSeen = driverSeen || !m.Specific()
			if len(m.Where) == 0 || len(m.Where) > maxWhere {
				t.Errorf("%s: %s has %d recognitions", name, m.Name, len(m.Where))
			}
		}
	}
}

// TestMatchBounds: a change that touches every version is cut to what a reader
// can take in, and keeps its driver.
func TestMatchBounds(t *testing.T) {
	var lines []gitdiff.Line
	for _, e := range Default().Entries() {
		for _, p := range e.Patterns {
			if p.How == byVer && strings.HasPrefix(p.What, "gc:") && strings.Count(p.What, ".") == 2 {
				v := strings.ReplaceAll(strings.TrimPrefix(p.What, "gc:"), ".", ", ")
				lines = append(lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: "\tcase IP_VERSION(" + v + "): // GC_HWIP\n"})
			}
		}
	}
	f := &gitdiff.File{NewName: "drivers/gpu/drm/amd/amdgpu/amdgpu_demo.c", TextFragments: []*gitdiff.TextFragment{{Lines: lines}}}
	ms := Default().Match(&change.Change{Files: []*gitdiff.File{f}})
	if len(lines) < 30 || len(ms) != maxMatches+1 || ms[len(ms)-1].Name != "amdgpu" {
		t.Errorf("%d versions gave %d matches, the last %q", len(lines), len(ms), ms[len(ms)-1].Name)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatch is one round over all fixtures, and what a change costs.
func BenchmarkMatch(b *testing.B) {
	var all []*change.Change
	for _, name := range cases(b) {
		ch, _ := readCase(b, name)
		all = append(all, ch)
	}
	c := Default()
	b.ReportAllocs()
	before := processor()
	for b.Loop() {
		for _, ch := range all {
			c.Match(ch)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/change")
	b.ReportMetric(float64(processor()-before)/float64(b.N*len(all)), "cpu-ns/change")
}

// FuzzMatch: whatever a stranger's patch holds, Match answers, keeps its
// bounds, and names only hardware of drivers whose files are touched.
func FuzzMatch(f *testing.F) {
	for _, name := range cases(f) {
		ch, a := readCase(f, name)
		for _, part := range a.Files {
			if part.Name == "diff" {
				f.Add(ch.Subject, ch.Body, string(part.Data))
			}
		}
	}
	f.Add("IP_VERSION(", "a.b.c ...", "diff --git a/drivers/gpu/drm/amd/x.c b/drivers/gpu/drm/amd/x.c\n--- a/drivers/gpu/drm/amd/x.c\n+++ b/drivers/gpu/drm/amd/x.c\n@@ -1 +1,3 @@ IP_VERSION(\n+\n+IP_VERSION(GC_HWIP\n+rev_id \n x\n")
	f.Fuzz(func(t *testing.T, subject, body, diff string) {
		files, _, err := gitdiff.Parse(strings.NewReader(diff))
		if err != nil {
			return
		}
		ms := Default().Match(&change.Change{Subject: subject, Body: body, Files: files})
		specific := 0
		for _, m := range ms {
			if m.Specific() {
				specific++
			}
			// What the table of all drivers tells has its reason, and a compatible string counts in every folder.
			if m.Why != "" || slices.ContainsFunc(m.Where, func(w Where) bool { return w.In == InOF }) {
				continue
			}
			if len(files) > 0 && !slices.ContainsFunc(files, func(f *gitdiff.File) bool {
				for _, p := range []string{f.NewName, f.OldName} {
					if d, _ := Default().ix.driverOf(p); d >= 0 && Default().ix.drivers[d].name == m.Driver {
						return true
					}
				}
				return false
			}) {
				t.Errorf("%s of %s, and no file of it is touched", m.Name, m.Driver)
			}
		}
		if specific > maxMatches {
			t.Errorf("%d matches", specific)
		}
	})
}
