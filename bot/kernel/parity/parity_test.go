package parity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/parity"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

const ring = "drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c"

// world is a mainline, a stable branch and a distribution's kernel that follow it.
func world(t *testing.T) (set *trees.Set, ids map[string]string) {
	r := gittest.New(t)
	ids = map[string]string{}
	lines := map[int]string{}
	text := func() string {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, "%s\n", lines[i])
		}
		return b.String()
	}
	put := func(n int, title, body string) {
		lines[n] = "\tgfx_" + title[strings.LastIndexByte(title, ' ')+1:] + "();"
		ids[title] = r.Put(ring, text(), title+"\n\n"+body)
	}
	r.Put("Makefile", "VERSION = 6\n", "Linux 6.0")
	put(1, "drm/amdgpu: add a ring", "")
	r.Git("tag", "v6.1")
	r.Git("branch", "linux-6.1.y")
	r.Git("branch", "noble")
	put(10, "drm/amdgpu: add a second", "")
	fix := func(n int, title, culprit string) {
		put(n, title, fmt.Sprintf("Fixes: %.12s (%q)\n", ids[culprit], culprit))
	}
	fix(20, "drm/amdgpu: fix both", "drm/amdgpu: add a ring")
	fix(25, "drm/amdgpu: fix late", "drm/amdgpu: add a ring")
	fix(30, "drm/amdgpu: fix stable", "drm/amdgpu: add a ring")
	fix(35, "drm/amdgpu: fix distro", "drm/amdgpu: add a second")
	fix(40, "drm/amdgpu: fix undone", "drm/amdgpu: add a ring")
	put(45, "drm/amdgpu: fix lost", "Fixes: 0123456789ab (\"drm/amdgpu: what nobody has\")\n")
	r.Git("tag", "v6.2")
	day := ""
	take := func(title string) {
		cmd := exec.Command("git", "-C", r.Dir, "cherry-pick", "-x", "-X", "theirs", ids[title])
		cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE="+day+"T12:00:00Z", "GIT_COMMITTER_NAME=Stan Stable", "GIT_COMMITTER_EMAIL=stan@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	r.Git("checkout", "-q", "linux-6.1.y")
	day = "2024-03-01"
	for _, title := range []string{"fix both", "fix late", "fix stable", "fix undone", "fix lost"} {
		take("drm/amdgpu: " + title)
	}
	r.Git("checkout", "-q", "noble")
	take("drm/amdgpu: fix both")
	day = "2024-03-13"
	for _, title := range []string{"fix late", "add a second", "fix distro", "fix undone"} {
		take("drm/amdgpu: " + title)
	}
	r.Git("revert", "--no-edit", "HEAD")
	r.Git("checkout", "-q", "main")
	set, err := trees.Open(t.Context(), trees.Config{Git: git.Options{Trust: true}, Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: r.Dir, Ref: "main"},
		{Role: trees.Stable, Path: r.Dir, Ref: "linux-*.y"},
		{Role: trees.Distro, Path: r.Dir, Ref: "noble", Name: "noble"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return set, ids
}

func compare(t *testing.T, set *trees.Set, names, paths []string) *parity.Report {
	t.Helper()
	q, err := parity.Ask(t.Context(), set, names, paths)
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCompare(t *testing.T) {
	set, ids := world(t)
	r := compare(t, set, nil, nil) // all that are alive
	late := func(n int) *int { return &n }
	want := map[string][2]parity.Cell{ // 6.1, noble
		"fix both":     {{State: parity.Took, Late: late(0)}, {State: parity.Took, Late: late(0)}},
		"fix late":     {{State: parity.Took, Late: late(0)}, {State: parity.Took, Late: late(12)}},
		"fix stable":   {{State: parity.Took, Late: late(0)}, {State: parity.Lacks}},
		"add a second": {{State: parity.Lacks}, {State: parity.Took, Late: late(0)}},
		"fix distro":   {{State: parity.NoBug}, {State: parity.Took, Late: late(0)}},
		"fix undone":   {{State: parity.Took, Late: late(0)}, {State: parity.Reverted}},
		"fix lost":     {{State: parity.Took, Late: late(0)}, {State: parity.Lacks, Why: "whether it has the bug is not known: mainline has no commit 0123456789ab"}},
	}
	if len(r.Rows) != len(want) {
		t.Errorf("%d rows, want %d", len(r.Rows), len(want))
	}
	for _, row := range r.Rows {
		name := strings.TrimPrefix(row.Title, "drm/amdgpu: ")
		if row.Driver != "amdgpu" || row.Commit != ids[row.Title] || row.Release != "6.2" {
			t.Errorf("%s: driver %q, commit %s, release %q", name, row.Driver, row.Commit, row.Release)
		}
		for i, branch := range []string{"6.1", "noble"} {
			got, w := row.Cells[branch], want[name][i]
			if got == nil || got.State != w.State || w.Why != "" && got.Why != w.Why || (w.Late == nil) != (got.Late == nil) || w.Late != nil && *w.Late != *got.Late {
				t.Errorf("%s in %s: %+v, want %+v", name, branch, got, w)
			}
		}
	}
}

func TestPaths(t *testing.T) {
	set, _ := world(t)
	for path, n := range map[string]int{"drivers/gpu/drm/amd/": 7, ring: 7, "drivers/gpu/drm/am": 0, "net": 0} {
		if r := compare(t, set, []string{"linux-6.1.y", "noble"}, []string{path}); len(r.Rows) != n {
			t.Errorf("below %s: %d rows, want %d", path, len(r.Rows), n)
		}
	}
}

func TestWrongBranches(t *testing.T) {
	set, _ := world(t)
	for _, c := range []struct {
		names []string
		want  error
	}{{[]string{"6.1"}, parity.ErrBranches}, {[]string{"6.1", "9.9"}, trees.ErrNoBranch}} {
		q, err := parity.Ask(t.Context(), set, c.names, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Compare(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.names, err, c.want)
		}
	}
	if _, err := parity.Ask(t.Context(), set, []string{"6.1", "linux-6.1.y"}, nil); err == nil {
		t.Error("a branch that is named twice is taken")
	}
}

func TestPrint(t *testing.T) {
	set, ids := world(t)
	r := compare(t, set, []string{"6.1", "noble"}, nil)
	var text, page, objects strings.Builder
	for _, err := range []error{r.Text(&text, 100, false), r.HTML(&page), r.JSON(&objects)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	id := func(title string) string { return ids["drm/amdgpu: "+title][:12] }
	want := `amdgpu: 7
  6.1        has 5, 3 only here, 1 lacking, 1 without the bug
  noble      has 4, 1 only here, 2 lacking, 1 taken out again, 1 later than elsewhere, half of them by 12 days or more
`
	for _, line := range []string{"6.1 lacks   noble has      " + id("add a second"), "6.1 has     noble lacks    " + id("fix stable"),
		"6.1 has     noble undone   " + id("fix undone"), "6.1 has     noble lacks?   " + id("fix lost")} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("no line %q in\n%s", line, text.String())
		}
	}
	if !strings.HasPrefix(text.String(), want) || strings.Contains(text.String(), id("fix both")) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", text.String(), want)
	}
	for _, s := range []string{"<title>Side by side: 6.1, noble</title>", "2024-03-13, 12 days later", `<span class="bad">reverted</span>`, `<tr class="same">`} {
		if !strings.Contains(page.String(), s) {
			t.Errorf("the page has no %q", s)
		}
	}
	rows := 0
	for line := range strings.Lines(objects.String()) {
		var row parity.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil || len(row.Cells) != 2 {
			t.Errorf("%v of %s", err, line)
		}
		rows++
	}
	if rows != len(r.Rows) {
		t.Errorf("%d objects of %d rows", rows, len(r.Rows))
	}
}
