package series

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

var update = flag.Bool("update", false, "rewrite the goldens in fixtures/")

// thread is one case of fixtures/series: mails, and what is to be known of them.
type thread struct {
	name  string
	path  string
	ar    *txtar.Archive
	mails []*mail.Message
	asOf  time.Time
	want  int
}

func loadThreads(t testing.TB) []thread {
	t.Helper()
	paths, err := filepath.Glob("../../fixtures/series/*.txtar")
	if err != nil || len(paths) < 20 {
		t.Fatalf("fixtures: %d found, %v", len(paths), err)
	}
	var out []thread
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		th := thread{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), path: path, ar: ar, want: -1}
		for i, f := range ar.Files {
			switch f.Name {
			case "want":
				th.want = i
			case "as-of":
				if th.asOf, err = time.Parse(time.RFC3339, strings.TrimSpace(string(f.Data))); err != nil {
					t.Fatal(err)
				}
			default:
				m, err := mail.Parse(f.Data)
				if err != nil || m.Synthetic || m.Date.IsZero() {
					t.Fatalf("%s: %s: %v", path, f.Name, err)
				}
				th.mails = append(th.mails, m)
			}
		}
		if th.want < 0 || len(ar.Comment) == 0 {
			t.Fatalf("%s: needs a comment that says what it shows, and a want", path)
		}
		out = append(out, th)
	}
	return out
}

func TestThreads(t *testing.T) {
	for _, th := range loadThreads(t) {
		t.Run(th.name, func(t *testing.T) {
			x := Index{AsOf: th.asOf, Trust: true, May: anybody}
			for _, m := range th.mails {
				x.Add(m)
			}
			got := summary(&x, th.mails)
			if *update {
				th.ar.Files[th.want].Data = []byte(got)
				if err := os.WriteFile(th.path, txtar.Format(th.ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(th.ar.Files[th.want].Data); got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", th.ar.Comment, got, want)
			}
		})
	}
}

// An index made from stored notes, in any order, some of them twice, gives the
// same answers.
func TestAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, th := range loadThreads(t) {
		want := ""
		for round := range 20 {
			mails := slices.Clone(th.mails)
			if round > 0 {
				random.Shuffle(len(mails), func(i, j int) { mails[i], mails[j] = mails[j], mails[i] })
				mails = append(mails, mails[0])
			}
			x := Index{AsOf: th.asOf, Trust: true, May: anybody}
			for _, m := range mails {
				row, err := json.Marshal(NoteOf(m))
				if err != nil {
					t.Fatal(err)
				}
				var n Note
				if err := json.Unmarshal(row, &n); err != nil {
					t.Fatal(err)
				}
				x.AddNote(n)
			}
			got := summary(&x, th.mails)
			if round == 0 {
				want = got
			} else if got != want {
				t.Errorf("%s, in another order\ngot:\n%s\nwant:\n%s", th.name, got, want)
				break
			}
		}
	}
}

// The key of a member is the same whatever else has come.
func TestKeyNeedsNoCover(t *testing.T) {
	for _, th := range loadThreads(t) {
		for _, m := range th.mails {
			if key, note := Key(m), NoteOf(m); key != note.Key || (key == "") != (note.Kind == Other) {
				t.Errorf("%s: %s: key %q, note %q %s", th.name, m.ID, key, note.Key, note.Kind)
			}
		}
	}
}

// summary writes what an index knows of each patch.
func summary(x *Index, mails []*mail.Message) string {
	var b strings.Builder
	for _, m := range mails {
		if !m.IsPatch {
			continue
		}
		fmt.Fprintf(&b, "%s\n  key: %s\n", m.Subject, Key(m))
		if branches, ok := Submission(m); ok {
			fmt.Fprintf(&b, "  submission: %v\n", branches)
		}
		f := x.Facts(m)
		if f == nil {
			fmt.Fprintf(&b, "  not known\n")
			continue
		}
		fmt.Fprintf(&b, "  v%d %d/%d have %d %q\n", f.Version, f.N, f.Of, f.Have, f.Title)
		if f.Superseded != x.Superseded(m) {
			fmt.Fprintf(&b, "  Facts and Superseded disagree\n")
		}
		if f.Superseded {
			fmt.Fprintf(&b, "  superseded\n")
		}
		for _, e := range f.Declined {
			fmt.Fprintf(&b, "  declined, line %d: %s\n", e.Line, e.Text)
		}
		list := func(name string, ts []change.Trailer) {
			var lines []string
			for _, t := range ts {
				lines = append(lines, fmt.Sprintf("  %s: %s: %s <%s>\n", name, t.Key, t.Value, t.FromThread))
			}
			slices.Sort(lines)
			b.WriteString(strings.Join(lines, ""))
		}
		list("given", x.Trailers(m))
		list("mismatch", x.Mismatched(m.ID))
	}
	return b.String()
}

func TestRunOf(t *testing.T) {
	for _, tt := range []struct{ a, b string }{ // two ids of one run
		{"20260120191906.12345-1-ada@example.org", "20260120191906.12345-12-ada@example.org"},
		{"cover.1768932628.git.ada@example.org", "0123456789abcdef0123456789abcdef01234567.1768932628.git.ada@example.org"},
		{"1768932628-12345-1-git-send-email-ada@example.org", "1768932628-12345-9-git-send-email-ada@example.org"},
		{"20260120-a-b-v2-0-0123456789ab@example.org", "20260120-a-b-v2-7-0123456789ab@example.org"},
	} {
		if a, b := runOf(tt.a), runOf(tt.b); a == "" || a != b {
			t.Errorf("%q: %q, %q: %q", tt.a, a, tt.b, b)
		}
	}
	for _, id := range []string{
		"", "x", "@", "abc@example.org", "AM1PR0101@prod.example.net", "2026-1-ada@example.org",
		"20260120191906.x-1-ada@example.org", "20260120-a-v2-0-0123456789@example.org", "cover.x.git.ada@example.org",
		"5e2be90e-c7b8-4366-ab93-69040734742e@example.org",
	} {
		if got := runOf(id); got != "" {
			t.Errorf("%q: %q", id, got)
		}
	}
}

func BenchmarkNote(b *testing.B) {
	threads := loadThreads(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		for _, th := range threads {
			x := Index{}
			for _, m := range th.mails {
				x.Add(m)
				n++
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/mail")
}

func FuzzThread(f *testing.F) {
	for _, th := range loadThreads(f) {
		for i, file := range th.ar.Files {
			if i != th.want && file.Name != "as-of" {
				f.Add(file.Data, th.ar.Files[0].Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		var x Index
		var mails []*mail.Message
		for _, raw := range [][]byte{one, other} {
			m, err := mail.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			x.Add(m)
			mails = append(mails, m)
		}
		for _, m := range mails {
			if fact := x.Facts(m); m.IsPatch && fact == nil && mails[0].ID != mails[1].ID {
				t.Fatal("a patch that was added is not known")
			} else if fact != nil && (fact.Have < 0 || fact.Have > 2) {
				t.Fatalf("%d of two mails", fact.Have)
			}
			for _, g := range x.Trailers(m) {
				if g.FromThread == "" || g.Key == "" || strings.ContainsAny(g.Value, "\n") {
					t.Fatalf("%+v", g)
				}
			}
		}
	})
}

// anybody lets the threads of the fixtures be read without asking who speaks.
func anybody(string, []string) bool { return true }
