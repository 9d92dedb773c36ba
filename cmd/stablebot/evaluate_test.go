package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules/model"
)

// stableTree is a mainline of drv/ with a stable branch that took what asked
// for it, and half of the other fixes: 80 commits behind the branch.
func stableTree(t *testing.T) (r *gittest.Repo, table string) {
	t.Helper()
	r = gittest.New(t)
	var in strings.Builder
	mark := 0
	var rows strings.Builder
	commit := func(branch, subject, body, file, content, from string) string {
		mark++
		message := subject + "\n\n" + body + "\nSigned-off-by: Ada Author <ada@example.org>\n"
		fmt.Fprintf(&in, "commit refs/heads/%s\nmark :%d\nauthor Ada Author <ada@example.org> %d +0000\ncommitter Ada Author "+
			"<ada@example.org> %d +0000\ndata %d\n%s\n", branch, mark, 1700000000+mark*3600, 1700000000+mark*3600, len(message), message)
		if from != "" {
			fmt.Fprintf(&in, "from %s\n", from)
		}
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", file, len(content), content)
		return fmt.Sprintf(":%d", mark)
	}
	base := commit("main", "drm/nouveau: begin", "", "drivers/gpu/drm/nouveau/nv.c", "int a;\n", "")
	type backport struct{ subject, body, file, content string }
	var took []backport
	taken := map[string]bool{}
	for i := range 80 {
		file := fmt.Sprintf("drivers/gpu/drm/nouveau/nv%d.c", i)
		content := fmt.Sprintf("int nv_%d(void *p)\n{\n\tif (!p)\n\t\treturn -EINVAL;\n\treturn %d;\n}\n", i, i)
		subject, body := fmt.Sprintf("drm/nouveau: add the file %d", i), "It will be used later."
		switch i % 4 {
		case 0:
			subject, body = fmt.Sprintf("drm/nouveau: Fix a crash of engine %d", i), "It crashes with a NULL pointer.\n\nCc: stable@vger.kernel.org"
		case 1:
			subject, body = fmt.Sprintf("drm/nouveau: Fix the name of engine %d", i), "It is wrong.\n\nFixes: 123456789abc (\"drm/nouveau: begin\")"
		}
		commit("main", subject, body, file, content, "")
		if i%4 == 0 && i != 40 || i%8 == 1 {
			taken[subject] = true
			took = append(took, backport{subject, body, file, content})
		}
	}
	for i, b := range took {
		from := ""
		if i == 0 {
			from = base
		}
		commit("linux-6.6.y", b.subject, b.body, b.file, b.content, from)
	}
	r.Feed(in.String(), "fast-import", "--quiet")
	for _, line := range strings.Split(r.Git("log", "--reverse", "--format=%H%x09%s", "main"), "\n") {
		id, subject, _ := strings.Cut(line, "\t")
		release, flag := "6.7", 0
		if strings.Compare(id, "8") < 0 {
			release = "6.8"
		}
		if taken[subject] {
			flag = 1
		}
		fmt.Fprintf(&rows, "%s\t%s\t%d\n", id, release, flag)
	}
	table = filepath.Join(t.TempDir(), "table.tsv")
	if err := os.WriteFile(table, []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return r, table
}

// stablebot runs a command in this process.
func stablebot(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := rootCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

// fixed are weights that do not change when the embedded ones do.
func fixed(t *testing.T) string {
	t.Helper()
	heads := map[string]model.Weighed{}
	for _, h := range model.Heads {
		heads[h] = model.Weighed{Bias: -3, Weights: map[string]float64{"claims": 2.5}}
	}
	heads[model.HeadCommit].Weights["stable-request=met"] = 2
	heads[model.HeadFix].Weights["claims"] = 5
	w := model.Weights{Format: model.Format, Version: "fixed", Thresholds: model.Thresholds{Fix: .5, Eligible: .55, DKMS: .1}, Heads: heads}
	var b bytes.Buffer
	if err := w.Write(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "weights.json")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEvaluateGit(t *testing.T) {
	r, table := stableTree(t)
	weights := fixed(t)
	page, cases := filepath.Join(t.TempDir(), "page.html"), filepath.Join(t.TempDir(), "cases")
	common := []string{"evaluate", "--git", r.Dir, "--no-trees", "--mainline", "main", "--weights", weights, "--rounds", "50", "-q"}

	byBranch, _, err := stablebot(t, append(common, "--stable", "linux-6.6.y", "--html", page, "--cases", cases, "--", "drivers")...)
	if err != nil {
		t.Fatal(err)
	}
	byTable, _, err := stablebot(t, append(common, "--truth", table, "--", "drivers")...)
	if err != nil {
		t.Fatal(err)
	}
	// The table also has the first commit, which the branch cannot take.
	figures := func(s string) string {
		_, after, _ := strings.Cut(s, "called stable-eligible: never taken")
		return after
	}
	if figures(byBranch) == "" || !strings.Contains(byBranch, "80, 29 taken") || !strings.Contains(byTable, "81, 29 taken") {
		t.Errorf("by branch:\n%s\nby table:\n%s", byBranch, byTable)
	}
	golden := "testdata/evaluate/git.txt"
	got := strings.NewReplacer(r.Dir, "REPO", r.Git("rev-list", "--max-parents=0", "main"), "FIRST").Replace(byBranch)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run go test -update and read the difference\ngot:\n%s", golden, got)
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte("Fix a crash of engine 40")) {
		t.Errorf("the page lacks the refused crash fix: %v", err)
	}

	lines, err := os.ReadFile(cases)
	if n := bytes.Count(lines, []byte("\n")); err != nil || n != 80 {
		t.Errorf("%d cases were written: %v", n, err)
	}
	var one struct {
		Taken     bool
		Judgement struct{ Subject string }
	}
	if line, _, _ := bytes.Cut(lines, []byte("\n")); json.Unmarshal(line, &one) != nil || one.Judgement.Subject == "" {
		t.Errorf("a case without its judgement: %s", line)
	}

	out, _, err := stablebot(t, append(common, "--truth", table, "--releases", "6.7", "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Sets []struct{ Cases int } `json:"sets"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Sets) != 4 || report.Sets[0].Cases == 0 ||
		report.Sets[0].Cases >= 81 {
		t.Errorf("one release: %+v, %v", report, err)
	}
}

// TestCalibrate: what was learnt judges better than what knew nothing, is the
// same when learnt again, and is taken by the other commands.
func TestCalibrate(t *testing.T) {
	r, table := stableTree(t)
	dir := t.TempDir()
	var files [2][]byte
	for i := range files {
		file := filepath.Join(dir, fmt.Sprint(i))
		out, _, err := stablebot(t, "calibrate", "--git", r.Dir, "--no-trees", "--truth", table, "--made", "2024-02-03", "--name", "test-1", "-q",
			"-o", file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out, "learnt from 81 changes, 29 of them taken, of 6.7, 6.8") {
			t.Errorf("got:\n%s", out)
		}
		if files[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same input gave two files")
	}
	out, _, err := stablebot(t, "classify", "--git", r.Dir, "--weights", filepath.Join(dir, "0"), "--json", "-q", "main")
	if err != nil || !strings.Contains(out, `"weights":"test-1"`) {
		t.Errorf("classify with what was learnt: %v\n%s", err, out)
	}
	out, _, err = stablebot(t, "evaluate", "--git", r.Dir, "--no-trees", "--truth", table, "--weights", filepath.Join(dir, "1"), "--rounds",
		"0", "-q")
	if err != nil || !strings.Contains(out, "weights test-1") {
		t.Errorf("evaluate with what was learnt: %v\n%s", err, out)
	}
}

// TestEvaluateBranches: a verdict rests on the branches as they were on the day
// before, when none had the fix.
func TestEvaluateBranches(t *testing.T) {
	r, _ := stableTree(t)
	r.Git("tag", "v6.5", r.Git("rev-list", "--max-parents=0", "main"))
	args := []string{"evaluate", "--git", r.Dir, "--mainline", "main", "--stable", "linux-6.6.y", "--weights", fixed(t), "--rounds", "0", "-q"}
	share := func(args ...string) string {
		t.Helper()
		out, _, err := stablebot(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(out, "verdicts, all")
		after, _, _ = strings.Cut(after, "\n\n")
		return after
	}
	without, with := share(append(args, "--", "drivers")...), share(append(args, "--branches", "linux-6.*.y", "--", "drivers")...)
	if strings.Contains(without, "not-needed") || strings.Contains(with, "not-needed") || with == "" {
		t.Errorf("a branch is said to have what it got later:\n%s\nwithout branches:\n%s", with, without)
	}
	if _, _, err := stablebot(t, append(args, "--branches", "linux-9.*.y", "--", "drivers")...); err == nil ||
		!strings.Contains(err.Error(), "linux-9") {
		t.Errorf("a branch that is not there: %v", err)
	}
}

func TestEvaluateUsage(t *testing.T) {
	r, table := stableTree(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no labels":          {[]string{"evaluate", "--git", r.Dir}, "nothing says what stable took"},
		"two labels":         {[]string{"evaluate", "--git", r.Dir, "--truth", table, "--stable", "x"}, "two sources of labels"},
		"two inputs":         {[]string{"evaluate", "--git", r.Dir, "--archive", "x", "--truth", table}, "two inputs"},
		"no input":           {[]string{"evaluate", "--truth", table}, "name what to judge"},
		"no such release":    {[]string{"evaluate", "--git", r.Dir, "--truth", table, "--releases", "5.1"}, "has a release of 5.1"},
		"mainline as stable": {[]string{"evaluate", "--git", r.Dir, "--mainline", "main", "--stable", "main"}, "is it a stable branch?"},
		"nothing below":      {[]string{"evaluate", "--git", r.Dir, "--mainline", "main", "--truth", table, "--", "sound"}, "no commit is left"},
		"calibrate, no file": {[]string{"calibrate", "--git", r.Dir, "--truth", table}, "give -o"},
		"calibrate, no git":  {[]string{"calibrate", "--truth", table, "-o", "x"}, "give --git"},
		"branches, no trees": {[]string{"evaluate", "--git", r.Dir, "--truth", table, "--no-trees", "--branches", "linux-6.6.y"},
			"needs its history"},
		"branches of mails":   {[]string{"evaluate", "--truth", table, "--branches", "linux-6.6.y", table}, "given by --git"},
		"no such stable tree": {[]string{"evaluate", "--git", r.Dir, "--mainline", "main", "--stable", "linux-9.9.y"}, "linux-9.9.y"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := stablebot(t, append(c.args, "-q")...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
