package missing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/shapes"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/verdict"
)

const driver = "drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c"

// code is a file of a driver, some lines replaced.
func code(put map[int]string) string {
	var b strings.Builder
	for i := 1; i <= 80; i++ {
		switch s, ok := put[i]; {
		case ok:
			b.WriteString(s + "\n")
		case i%20 == 1:
			fmt.Fprintf(&b, "int gfx_part_%d(struct amdgpu_device *adev)\n{\n", i/20)
		case i%20 == 0:
			b.WriteString("}\n")
		default:
			fmt.Fprintf(&b, "\tgfx_step_%d(adev);\n", i)
		}
	}
	return b.String()
}

// world is a mainline with fixes, and a branch that has some of their culprits.
type world struct {
	*gittest.Repo
	set                                            *trees.Set
	hang, taken, never, conflict, spelling, noname string // fixes
	backported                                     string // a culprit that the branch took
}

func newWorld(t *testing.T) *world {
	w := &world{Repo: gittest.New(t)}
	put := map[int]string{}
	step := func(at int, line, message string) string {
		if line != "" {
			put[at] = line
		}
		return w.Put(driver, code(put), message)
	}
	fixes := func(id, title string) string {
		return fmt.Sprintf("\n\nThe GPU hangs at resume and users lost their work, reported on many laptops.\n\nReported-by: Uma <uma@example.org>\nFixes: %.12s (%q)\nCc: stable@vger.kernel.org\nSigned-off-by: Ada Author <ada@example.org>\n", id, title)
	}
	w.Put("Makefile", "VERSION = 6\n", "Linux 6.0")
	bug := step(5, "\tgfx_bug(adev);", "drm/amdgpu: add a ring")
	w.Git("tag", "v6.1")
	w.Git("branch", "linux-6.1.y")
	late := step(45, "\tgfx_late(adev);", "drm/amdgpu: add a late feature")
	w.backported = step(65, "\tgfx_third(adev);", "drm/amdgpu: handle a third ring")
	w.hang = step(5, "\tgfx_no_bug(adev);", "drm/amdgpu: fix a hang at resume"+fixes(bug, "drm/amdgpu: add a ring"))
	w.never = step(45, "\tgfx_not_late(adev);", "drm/amdgpu: fix the late feature"+fixes(late, "drm/amdgpu: add a late feature"))
	w.taken = step(25, "\tgfx_two(adev);", "drm/amdgpu: fix the second ring"+fixes(bug, "drm/amdgpu: add a ring"))
	w.conflict = step(45, "\tgfx_third_fixed(adev);", "drm/amdgpu: fix an oops of the third ring"+fixes(w.backported, "drm/amdgpu: handle a third ring"))
	w.spelling = step(30, "\tgfx_step_30(adev); /* the steps */", "drm/amdgpu: fix spelling in a comment\n\nNo functional change.\n\nSigned-off-by: Ada Author <ada@example.org>\n")
	w.noname = step(75, "\tif (adev->gfx) gfx_step_75(adev);", "drm/amdgpu: fix NULL pointer dereference when the ring is gone\n\nBUG: kernel NULL pointer dereference, address: 0000000000000010\n\nSigned-off-by: Ada Author <ada@example.org>\n")
	w.Git("checkout", "-q", "linux-6.1.y")
	own := map[int]string{5: "\tgfx_bug(adev);", 25: "\tgfx_two(adev);"}
	w.Put(driver, code(own), "drm/amdgpu: fix the second ring\n\ncommit "+w.taken+" upstream.\n")
	own[65] = "\tgfx_third(adev);"
	w.Put(driver, code(own), "drm/amdgpu: handle a third ring\n\n[ Upstream commit "+w.backported+" ]\n\nSigned-off-by: Ada Author <ada@example.org>\nSigned-off-by: Stan Stable <stan@example.org>\n")
	w.Git("checkout", "-q", "main")
	set, err := trees.Open(context.Background(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: w.Dir, Ref: "main"}, {Role: trees.Stable, Path: w.Dir, Ref: "linux-*.y"}}, Git: git.Options{Trust: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	w.set = set
	return w
}

func (w *world) sweep(said ...flow.Standing) *missing.Sweep {
	return &missing.Sweep{Set: w.set, Judge: verdict.Default(), Jobs: 2, Said: said, Refusals: refusal.New(),
		Next: missing.Commands{Export: "export --stable 6.1", Plan: "plan"}}
}

func (w *world) report(t *testing.T, s *missing.Sweep) *missing.Report {
	t.Helper()
	r, err := s.Branch(t.Context(), "linux-6.1.y")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rows are the states by title, behind the prefix.
func rows(r *missing.Report) map[string]flow.Stand {
	out := map[string]flow.Stand{}
	for _, x := range r.Rows {
		out[strings.TrimPrefix(x.Title, "drm/amdgpu: ")] = x.State
	}
	return out
}

func rowOf(t *testing.T, r *missing.Report, id string) missing.Row {
	t.Helper()
	for _, x := range r.Rows {
		if x.Commit == id {
			return x
		}
	}
	t.Fatalf("no row for %.12s among %v", id, rows(r))
	return missing.Row{}
}

// A row is a fix whose culprit the branch has, as itself or as a backport, and that it
// lacks: not what it took, not what mends what it has not, not what is no fix.
func TestRows(t *testing.T) {
	w := newWorld(t)
	r := w.report(t, w.sweep())
	for _, x := range []struct{ what, id string }{{"taken", w.taken}, {"for code that came later", w.never}, {"spelling", w.spelling}} {
		for _, row := range r.Rows {
			if row.Commit == x.id && row.Shown() {
				t.Errorf("%s is shown: %+v", x.what, row)
			}
		}
	}
	hang := rowOf(t, r, w.hang)
	if hang.State != flow.StandOpen || hang.Next != "export --stable 6.1 "+w.hang[:12] || hang.Driver != "amdgpu" || len(hang.Culprits) != 1 || hang.Culprits[0].By != missing.BeganWithIt {
		t.Errorf("a hang: %+v", hang)
	}
	third := rowOf(t, r, w.conflict)
	if len(third.Culprits) != 1 || third.Culprits[0].By != "Stan Stable" {
		t.Errorf("a backported culprit: %+v", third.Culprits)
	}
	if third.State != flow.StandBackport || third.Next != "plan "+w.conflict[:12] {
		t.Errorf("what does not apply: %+v", third)
	}
	if doubt := rowOf(t, r, w.noname).Doubt; !strings.Contains(doubt, "names no culprit") {
		t.Errorf("without a culprit: doubt %q", doubt)
	}
}

func TestPaths(t *testing.T) {
	w := newWorld(t)
	s := w.sweep()
	s.Paths = []string{"drivers/net"}
	if r := w.report(t, s); len(r.Rows) != 0 || r.Looked != 0 {
		t.Errorf("elsewhere: %d looked at, %v", r.Looked, rows(r))
	}
	s.Paths = []string{"drivers/gpu/drm/amd"}
	if r := w.report(t, s); len(r.Rows) == 0 {
		t.Error("none in the driver's folder")
	}
}

// A person's word stands above what was heard, and that above what is judged; what is
// only claimed changes nothing.
func TestSaid(t *testing.T) {
	w := newWorld(t)
	day := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	at := func(n int, s flow.Standing) flow.Standing {
		s.Branch, s.At = "6.1", day.AddDate(0, 0, n)
		return s
	}
	word := flow.Standing{Commit: w.hang, Voice: flow.VoiceWord, Who: "Ana <ana@example.org>"}
	heard := flow.Standing{Title: "drm/amdgpu: fix a hang at resume", Voice: flow.VoiceHeard, Who: "gregkh@linuxfoundation.org", Proven: true}
	with := func(s flow.Standing, stand flow.Stand, why string) flow.Standing {
		s.Stand, s.Why = stand, why
		return s
	}
	claimed := heard
	claimed.Proven, claimed.Commit, claimed.Title = false, w.hang[:12], ""
	for _, x := range []struct {
		what string
		said []flow.Standing
		want flow.Stand
		why  string
	}{
		{"nothing", nil, flow.StandOpen, ""},
		{"queued, by title", []flow.Standing{at(1, with(heard, flow.StandQueued, "added to the 6.1-stable tree"))}, flow.StandQueued, "gregkh@linuxfoundation.org, 2024-02-02"},
		{"claimed", []flow.Standing{at(1, with(claimed, flow.StandQueued, ""))}, flow.StandOpen, ""},
		{"queued and dropped again", []flow.Standing{at(1, with(heard, flow.StandQueued, "")), at(2, with(heard, "", "dropped"))}, flow.StandOpen, ""},
		{"failed", []flow.Standing{at(1, with(heard, flow.StandFailed, ""))}, flow.StandFailed, ""},
		{"a no", []flow.Standing{at(2, with(word, flow.StandDeclined, "that board was never sold")), at(3, with(heard, flow.StandFailed, ""))}, flow.StandDeclined, "that board was never sold (Ana <ana@example.org>, 2024-02-03)"},
		{"a no taken back", []flow.Standing{at(2, with(word, flow.StandDeclined, "no")), at(3, with(word, "", ""))}, flow.StandOpen, ""},
	} {
		row := rowOf(t, w.report(t, w.sweep(x.said...)), w.hang)
		if row.State != x.want || !strings.Contains(row.Why, x.why) {
			t.Errorf("%s: %s, %q; want %s with %q", x.what, row.State, row.Why, x.want, x.why)
		}
		if len(row.Said) != len(x.said) {
			t.Errorf("%s: %d are shown of %d that were said", x.what, len(row.Said), len(x.said))
		}
	}
}

// What is remembered makes the next look say what is new, and nothing twice.
func TestSinceLast(t *testing.T) {
	w := newWorld(t)
	file := missing.File(t.TempDir() + "/memory/6.jsonl")
	look := func() (*missing.Report, string) {
		t.Helper()
		said, err := file.Standings(t.Context(), "6.1")
		if err != nil {
			t.Fatal(err)
		}
		r := w.report(t, w.sweep(said...))
		if err := file.Stand(t.Context(), r.Found()); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.Text(&b, missing.View{Width: 80, NewFirst: true}); err != nil {
			t.Fatal(err)
		}
		return r, b.String()
	}
	if r, _ := look(); r.Rows[0].News() || len(r.Found()) != len(r.Rows) {
		t.Errorf("the first time all is as it is: %+v", r.Rows[0])
	}
	if r, text := look(); len(r.Found()) != 0 || strings.Contains(text, "NEW OR CHANGED") {
		t.Errorf("the second time nothing is new: %v\n%s", r.Found(), text)
	}
	if err := file.Stand(t.Context(), []flow.Standing{{Branch: "6.1", Commit: w.hang, Stand: flow.StandPosted, Voice: flow.VoiceWord, Who: "Ana", At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	r, text := look()
	if row := rowOf(t, r, w.hang); !row.News() || row.Was != flow.StandOpen || row.State != flow.StandPosted {
		t.Errorf("posted since: %+v", row)
	}
	if !strings.Contains(text, "NEW OR CHANGED") || !strings.Contains(text, "* posted") {
		t.Errorf("the table does not begin with it:\n%s", text)
	}
}

// Every line keeps to its columns, but for the command, and is plain text.
func TestText(t *testing.T) {
	w := newWorld(t)
	r := w.report(t, w.sweep())
	r.Rows[0].Title += " \x1b[31mred" + shapes.Unseen
	for _, width := range []int{80, 140} {
		var b bytes.Buffer
		if err := r.Text(&b, missing.View{Width: width, All: true}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimRight(line, "\n")
			if len([]rune(line)) > width && !strings.Contains(line, "export --stable") || shapes.Drives(line) != "" {
				t.Errorf("%d columns: %q", width, line)
			}
		}
		if !strings.Contains(b.String(), "amdgpu: ") {
			t.Errorf("no group:\n%s", b.String())
		}
	}
	var b bytes.Buffer
	if err := r.JSON(&b, missing.View{All: true}); err != nil {
		t.Fatal(err)
	}
	var row missing.Row
	if err := json.Unmarshal(bytes.SplitN(b.Bytes(), []byte("\n"), 2)[0], &row); err != nil || row.Branch != "6.1" {
		t.Errorf("%v: %+v", err, row)
	}
}

// What a configuration does not build is said to be so, with the symbol.
func TestNotBuilt(t *testing.T) {
	w := newWorld(t)
	w.Git("checkout", "-q", "linux-6.1.y")
	w.Write("drivers/gpu/drm/amd/amdgpu/Makefile", "amdgpu-y += gfx_v11_0.o\nobj-$(CONFIG_DRM_AMDGPU) += amdgpu.o\n")
	w.Commit("drm/amdgpu: a Makefile")
	w.Git("checkout", "-q", "main")
	set, err := w.set.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.set = set
	s := w.sweep()
	s.Config = "CONFIG_PCI=y\n"
	if row := rowOf(t, w.report(t, s), w.hang); row.State != flow.StandNotBuilt || !strings.Contains(row.Why, "CONFIG_DRM_AMDGPU") {
		t.Errorf("without the driver: %+v", row)
	}
	s.Config = "CONFIG_DRM_AMDGPU=m\n"
	if row := rowOf(t, w.report(t, s), w.hang); row.State != flow.StandOpen {
		t.Errorf("with the driver: %s, %s", row.State, row.Why)
	}
}

// A trailer of the branch is a no, with who and when.
func TestOmitted(t *testing.T) {
	w := newWorld(t)
	w.Git("checkout", "-q", "linux-6.1.y")
	w.Put("README", "x\n", "redhat: note\n\nOmitted-fix: "+w.hang[:12]+" (\"drm/amdgpu: fix a hang at resume\") resume is off here\n")
	r := refusal.New()
	repo, err := git.Open(t.Context(), w.Dir, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	if err := r.ReadBranch(t.Context(), repo, w.Git("rev-parse", "linux-6.1.y"), w.Git("rev-parse", "main")); err != nil {
		t.Fatal(err)
	}
	w.Git("checkout", "-q", "main")
	s := w.sweep()
	s.Refusals = r
	row := rowOf(t, w.report(t, s), w.hang)
	if row.State != flow.StandDeclined || !strings.Contains(row.Why, "resume is off here (Omitted-fix in ") || !strings.Contains(row.Why, "by Ada Author, 2024-01-0") {
		t.Errorf("%s: %q", row.State, row.Why)
	}
}

// A line that a crash cut off is none, and the next one is whole.
func TestFile(t *testing.T) {
	f := missing.File(t.TempDir() + "/m.jsonl")
	one := flow.Standing{Branch: "6.1", Commit: "1a2b3c4d5e6f", Stand: flow.StandDone, Voice: flow.VoiceWord, Who: "Ana"}
	if err := f.Stand(t.Context(), []flow.Standing{one}); err != nil {
		t.Fatal(err)
	}
	cut(t, string(f))
	if err := f.Stand(t.Context(), []flow.Standing{one, one}); err != nil {
		t.Fatal(err)
	}
	got, err := f.Standings(t.Context(), "6.1")
	if err != nil || len(got) != 3 {
		t.Errorf("%d, %v", len(got), err)
	}
	if got, err := f.Standings(t.Context(), "6.6"); err != nil || got != nil {
		t.Errorf("of another branch: %v, %v", got, err)
	}
}

// cut adds half a line.
func cut(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(`{"branch":"6.1","com`)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
