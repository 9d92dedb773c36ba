// Package gittest builds small real repositories with the git program, for
// tests. Names, dates and so commit ids are the same in every run.
package gittest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Repo is a repository in a temporary folder.
type Repo struct {
	T   testing.TB
	Dir string

	clock time.Time
}

// Start is the date of the first commit of every repository; each further one
// is an hour younger.
var Start = time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)

// New makes an empty repository with a working tree, on branch main.
func New(t testing.TB) *Repo { return initIn(t, t.TempDir()) }

// NewBare makes an empty bare repository at dir.
func NewBare(t testing.TB, dir string) *Repo { return initIn(t, dir, "--bare") }

func initIn(t testing.TB, dir string, args ...string) *Repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("the git program is needed: apt-get install git")
	}
	r := &Repo{T: t, Dir: dir, clock: Start}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.Git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

// Branches makes n branches at HEAD, in one file: git takes a while to write thousands.
func (r *Repo) Branches(n int, name func(int) string) {
	r.T.Helper()
	head, lines := r.Git("rev-parse", "HEAD"), make([]string, n)
	for i := range n {
		lines[i] = head + " refs/heads/" + name(i) + "\n"
	}
	slices.Sort(lines)
	if err := os.WriteFile(filepath.Join(r.Dir, ".git", "packed-refs"), []byte(strings.Join(lines, "")), 0o644); err != nil {
		r.T.Fatal(err)
	}
}

// Git runs git in the repository and returns its answer without the last line
// end. A failure ends the test.
func (r *Repo) Git(args ...string) string { r.T.Helper(); return r.Feed("", args...) }

// Feed is Git with a standard input.
func (r *Repo) Feed(in string, args ...string) string {
	r.T.Helper()
	out, err := r.Try(in, args...)
	if err != nil {
		r.T.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(out, "\n")
}

// Try is Feed for a command that may fail.
func (r *Repo) Try(in string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.Dir
	cmd.Stdin = strings.NewReader(in)
	date := fmt.Sprintf("%d +0100", r.clock.Unix())
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada Author", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=Carl Committer", "GIT_COMMITTER_EMAIL=carl@example.org", "GIT_COMMITTER_DATE="+date,
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=protocol.file.allow", "GIT_CONFIG_VALUE_0=always",
		"GIT_CONFIG_KEY_1=gc.auto", "GIT_CONFIG_VALUE_1=0")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String() + errs.String(), err
	}
	return out.String(), nil
}

// Write writes a file of the working tree.
func (r *Repo) Write(name, content string) {
	r.T.Helper()
	path := filepath.Join(r.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.T.Fatal(err)
	}
}

// Commit records the working tree as it is, changed or not, and returns the id.
func (r *Repo) Commit(message string) string {
	r.T.Helper()
	r.Git("add", "-A")
	r.clock = r.clock.Add(time.Hour)
	r.Feed(message, "commit", "-q", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "-F", "-")
	return r.Git("rev-parse", "HEAD")
}

// Put is Write and Commit.
func (r *Repo) Put(name, content, message string) string {
	r.T.Helper()
	r.Write(name, content)
	return r.Commit(message)
}

// loose is the file that holds an object.
func (r *Repo) loose(name string) string {
	r.T.Helper()
	id := r.Git("rev-parse", name)
	dir := filepath.Join(r.Git("rev-parse", "--absolute-git-dir"), "objects")
	return filepath.Join(dir, id[:2], id[2:])
}

// Lose deletes a loose object: "HEAD~1:file".
func (r *Repo) Lose(name string) {
	r.T.Helper()
	if err := os.Remove(r.loose(name)); err != nil {
		r.T.Fatal(err)
	}
}

// Damage overwrites the end of a loose object.
func (r *Repo) Damage(name string) {
	r.T.Helper()
	path := r.loose(name)
	b, err := os.ReadFile(path)
	if err != nil {
		r.T.Fatal(err)
	}
	for i := len(b) / 2; i < len(b); i++ {
		b[i] ^= 0x5a
	}
	if err := os.Chmod(path, 0o644); err != nil {
		r.T.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		r.T.Fatal(err)
	}
}

// Inbox is one epoch of a public-inbox v2 archive: a bare repository with one
// message a commit at path m, or at path d when the commit deletes it.
type Inbox struct{ *Repo }

// NewInbox makes an empty epoch at dir.
func NewInbox(t testing.TB, dir string) *Inbox { return &Inbox{NewBare(t, dir)} }

// Message is one commit of an Inbox.
type Message struct {
	Raw    string
	Delete bool      // the commit takes this message back
	Date   time.Time // of arrival; an hour after the one before when zero
	Sent   time.Time // what the Date header says; Date when zero
}

// Add records messages in one fast-import and returns the new tip.
func (b *Inbox) Add(messages ...Message) string {
	b.T.Helper()
	_, err := b.Try("", "rev-parse", "--verify", "-q", "main")
	fresh := err != nil
	var s strings.Builder
	for i, m := range messages {
		b.clock = b.clock.Add(time.Hour)
		if m.Date.IsZero() {
			m.Date = b.clock
		}
		if m.Sent.IsZero() {
			m.Sent = m.Date
		}
		path, gone := "m", "d"
		if m.Delete {
			path, gone = gone, path
		}
		fmt.Fprintf(&s, "commit refs/heads/main\nauthor Ada Author <ada@example.org> %d +0000\ncommitter Ada Author <ada@example.org> %d "+
			"+0000\ndata 7\nmessage\n",
			m.Sent.Unix(), m.Date.Unix())
		if i == 0 && !fresh {
			s.WriteString("from refs/heads/main^0\n")
		}
		if i > 0 || !fresh {
			fmt.Fprintf(&s, "D %s\n", gone)
		}
		fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", path, len(m.Raw), m.Raw)
	}
	b.Feed(s.String(), "fast-import", "--quiet", "--force")
	return b.Git("rev-parse", "main")
}
