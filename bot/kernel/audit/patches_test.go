package audit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
)

const source = "int a_start(struct dev *d)\n{\n\tone(d);\n\td->first = 1;\n\td->second = 1;\n\td->third = 1;\n\ttwo(d);\n\treturn 0;\n}\n"

// batch is a repository with a fix and its culprit in mainline, of which 6.1 has neither, and
// the mails that bring both, the fix first.
func batch(t *testing.T) (g *gittest.Repo, mails []string) {
	g = gittest.New(t)
	g.Put("drivers/gpu/a.c", source, "gpu: a: begin\n\nSigned-off-by: Ada Author <ada@example.org>\n")
	g.Git("branch", "linux-6.1.y")
	lock := g.Put("drivers/gpu/a.c", strings.Replace(source, "one(d);", "one(d);\n\tlock(d);", 1),
		"gpu: a: lock\n\nSigned-off-by: Ada Author <ada@example.org>\n")
	fix := g.Put("drivers/gpu/a.c", strings.NewReplacer("one(d);", "one(d);\n\tlock(d);", "two(d);", "unlock(d);\n\ttwo(d);").Replace(source),
		"gpu: a: unlock\n\nFixes: "+lock+" (\"gpu: a: lock\")\nSigned-off-by: Ada Author <ada@example.org>\n")
	for i, id := range []string{fix, lock} {
		mail := g.Git("format-patch", "-1", "--stdout", "--no-signature", id)
		head, rest, _ := strings.Cut(mail, "\n\n")
		head = strings.Replace(head, "[PATCH]", "[PATCH 6.1 "+string(rune('1'+i))+"/2]", 1)
		rest = strings.Replace(rest, "---\n", "Signed-off-by: Carl Committer <carl@example.org>\n---\n", 1)
		mails = append(mails, head+"\n\ncommit "+id+" upstream.\n\n"+rest+"\n")
	}
	return g, mails
}

func says(t *testing.T, g *gittest.Repo, what, onto string) string {
	set, err := trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	s := audit.Source{Set: set, Repo: g.Dir, For: onto, Git: git.Options{}}
	reports, err := s.Audit(t.Context(), []string{what}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range reports {
		if err := r.Text(&b, 120, true); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestBatch gives the same patches as an mbox and as a queue, and one more that goes on
// nowhere.
func TestBatch(t *testing.T) {
	g, mails := batch(t)
	lost := strings.Replace(strings.Replace(mails[0], "1/2]", "3/2]", 1), "\tlock(d);", "\tblock(d);", 1)
	dir := t.TempDir()
	mbox := filepath.Join(dir, "batch.mbox")
	write(t, mbox, strings.Join(mails, "\n")+"\n"+lost)
	queue := filepath.Join(dir, "stable-queue", "queue-6.1")
	write(t, filepath.Join(queue, "one.patch"), mails[0])
	write(t, filepath.Join(queue, "two.patch"), mails[1])
	write(t, filepath.Join(queue, "three.patch"), lost)
	write(t, filepath.Join(queue, "series"), "# what goes in\none.patch\n\ntwo.patch\nthree.patch\n")
	for name, got := range map[string]string{
		"mbox": says(t, g, mbox, ""), "checkout": says(t, g, filepath.Dir(queue), ""), "queue": says(t, g, queue, "6.1"),
	} {
		for _, want := range []string{"before-culprit: ", "comes later, as", "does-not-apply: ", "6.1: 3 commits; content "} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
		for _, no := range []string{"no-sign-off", "no-upstream", "other-author"} {
			if strings.Contains(got, no) {
				t.Errorf("%s: %q in\n%s", name, no, got)
			}
		}
	}
}

// TestOddAuthors: what git refuses in a name, a date or a message does not end the batch.
func TestOddAuthors(t *testing.T) {
	g, mails := batch(t)
	from := "From: " + strings.SplitN(strings.SplitN(mails[1], "\nFrom: ", 2)[1], "\n", 2)[0]
	date := "Date: " + strings.SplitN(strings.SplitN(mails[1], "\nDate: ", 2)[1], "\n", 2)[0]
	for name, m := range map[string]string{
		"a backslash":  strings.Replace(mails[1], from, `From: "\\" <ada@example.org>`, 1),
		"punctuation":  strings.Replace(mails[1], from, `From: ".,;" <ada@example.org>`, 1),
		"a zero byte":  strings.Replace(mails[1], from, "From: =?utf-8?q?A=00da?= <ada@example.org>", 1),
		"before 1970":  strings.Replace(mails[1], date, "Date: Wed, 31 Dec 1969 12:00:00 +0000", 1),
		"far off":      strings.Replace(mails[1], date, "Date: Wed, 31 Dec 9999 12:00:00 +0000", 1),
		"in a message": strings.Replace(mails[1], "upstream.\n", "upstream.\n\nA zero \x00 byte.\n", 1),
	} {
		file := filepath.Join(t.TempDir(), "mbox")
		write(t, file, m)
		if got := says(t, g, file, "6.1"); !strings.Contains(got, "6.1: 1 commit") || strings.Contains(got, "does-not-apply") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// TestAlike: commits whose ids begin alike, which anybody can make, keep what was found of each.
func TestAlike(t *testing.T) {
	g, mails := batch(t)
	set, err := trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	p := flow.Proposal{Branch: "6.1", Tip: strings.TrimSpace(g.Git("rev-parse", "linux-6.1.y"))}
	for i, raw := range []string{mails[1], strings.ReplaceAll(mails[0], "drivers/gpu/a.c", "drivers/gpu/none.c")} {
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		m.Change.ID = strings.Repeat("a", 12) + strings.Repeat(string(rune('1'+i)), 28)
		p.Commits = append(p.Commits, m.Change)
	}
	got, err := audit.Proposed(t.Context(), set, p, nil, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lost := func(a report.Audited) bool {
		return slices.ContainsFunc(a.Findings, func(f report.Found) bool { return f.Kind == string(audit.Unapplied) })
	}
	if lost(got.Commits[0]) || !lost(got.Commits[1]) {
		t.Errorf("%+v", got.Commits)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBadBatches are those that are refused, with what the user can do.
func TestBadBatches(t *testing.T) {
	g, mails := batch(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "unsaid"), strings.Replace(mails[0], "6.1 1/2", "1/2", 1))
	write(t, filepath.Join(dir, "none"), "Subject: hello\n\nno patch\n")
	write(t, filepath.Join(dir, "outside", "queue-6.1", "series"), "../../unsaid\n")
	for _, sub := range []string{"empty", "maildir/cur", "maildir/new", "maildir/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "maildir", "cur", "1"), mails[0][strings.Index(mails[0], "\n")+1:strings.Index(mails[0], "\tunlock(d);")]+"\n")
	set, err := trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	s := audit.Source{Set: set, Repo: g.Dir}
	for what, want := range map[string]string{
		filepath.Join(dir, "unsaid"):  "--for",
		filepath.Join(dir, "none"):    "has no patch in it",
		filepath.Join(dir, "empty"):   "no folder queue-X.Y",
		filepath.Join(dir, "maildir"): "reading " + filepath.Join(dir, "maildir") + " as mails: " + filepath.Join(dir, "maildir", "cur", "1"),
		filepath.Join(dir, "outside"): "reading what the series",
		"no-such-branch":              "no such revision",
		"main":                        "no commits that are the branch's own",
	} {
		if _, err := s.Audit(t.Context(), []string{what}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
}
