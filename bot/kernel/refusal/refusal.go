// Package refusal remembers which fixes people do not want in a branch.
package refusal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// A person's no is remembered in the forms that distributions keep it in:
//
//	1a2b3c4d5e6f<TAB>reason             a commit of mainline
//	1a2b3c4d5e6f # reason               blacklist.conf of SUSE's kernel-source
//	drivers/staging/* # reason          paths there, also with a tab
//	Omitted-fix: 1a2b3c4d5e6f reason    a trailer of a commit of the branch, or a line

// Refusal is one no.
type Refusal struct {
	Commit string // digits of its id, "" for paths
	Title  string // key of its title, where one stands beside the id: ids of another history
	Glob   string
	Reason string
	From   string // file and line, or the commit that has the trailer
	Who    string // of a trailer: who committed it
	At     time.Time
}

// List is all that are known.
type List struct {
	byCommit map[string][]Refusal // by the first digits
	byTitle  map[uint64]Refusal
	globs    []Refusal
}

// Digits is how many of an id are needed to name a commit.
const Digits = 7

// New is an empty memory.
func New() *List {
	return &List{byCommit: map[string][]Refusal{}, byTitle: map[uint64]Refusal{}}
}

var (
	sha     = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)
	omitted = regexp.MustCompile(`(?i)^omitted-fix:\s*([0-9a-f]{7,40})\b\s*(.*)$`)
	quoted  = regexp.MustCompile(`^\(?"(.+?)"\)?\s*`)
)

// Add takes one in.
func (r *List) Add(x Refusal) {
	switch {
	case x.Glob != "":
		r.globs = append(r.globs, x)
		return
	case x.Title != "":
		r.byTitle[change.TitleKey(x.Title)] = x
	}
	key := strings.ToLower(x.Commit)[:Digits]
	r.byCommit[key] = append(r.byCommit[key], x)
}

// Len is how many there are.
func (r *List) Len() int {
	n := len(r.globs)
	for _, of := range r.byCommit {
		n += len(of)
	}
	return n
}

// Bounds on a file: bytes of a line, bytes and stars of a pattern. A pattern is put on
// every file of every commit; no path of the kernel is longer or deeper.
const (
	maxLine  = 1 << 20
	maxGlob  = 256
	maxStars = 16
)

// Read takes in a file; name is what it is called to the reader.
func (r *List) Read(in io.Reader, name string) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		x, err := readRefusal(line)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		x.From = fmt.Sprintf("%s:%d", path.Base(name), n)
		r.Add(x)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// ReadFile takes in a file by its name.
func (r *List) ReadFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(r.Read(f, name), f.Close())
}

func readRefusal(line string) (x Refusal, err error) {
	if m := omitted.FindStringSubmatch(line); m != nil {
		return withTitle(Refusal{Commit: m[1], Reason: m[2]}), nil
	}
	what, why := line, ""
	if i := strings.IndexAny(line, "\t#"); i >= 0 {
		what, why = strings.TrimSpace(line[:i]), strings.Trim(line[i:], "\t# ")
	}
	word, rest, _ := strings.Cut(what, " ")
	switch {
	case sha.MatchString(word):
		return withTitle(Refusal{Commit: word, Reason: strings.TrimSpace(rest + " " + why)}), nil
	case rest == "" && strings.ContainsAny(word, "/*"):
		if err := checkGlob(word); err != nil {
			return x, fmt.Errorf("%.60q as a pattern of paths: %w", word, err)
		}
		return Refusal{Glob: word, Reason: why}, nil
	}
	return x, fmt.Errorf("%.60q is neither a commit with a reason nor a pattern of paths; write 1a2b3c4d5e6f<TAB>reason", line)
}

// checkGlob returns why a pattern is none that is put on paths.
func checkGlob(glob string) error {
	if len(glob) > maxGlob {
		return fmt.Errorf("it has %d bytes, at most %d are taken", len(glob), maxGlob)
	}
	if n := strings.Count(glob, "*"); n > maxStars {
		return fmt.Errorf("it has %d stars, at most %d are taken", n, maxStars)
	}
	_, err := path.Match(glob, "")
	return err
}

// withTitle cuts a title in quotes off the reason.
func withTitle(x Refusal) Refusal {
	if m := quoted.FindStringSubmatch(x.Reason); m != nil {
		x.Title, x.Reason = m[1], strings.TrimSpace(x.Reason[len(m[0]):])
	}
	return x
}

// ReadBranch takes in the Omitted-fix trailers of the commits that a branch has beyond
// mainline.
func (r *List) ReadBranch(ctx context.Context, repo *git.Repo, tip, mainline string) error {
	args := []string{"log", "-i", "-E", "--grep=^omitted-fix:", "--format=%H%x00%an%x00%aI%x00%B%x01", tip}
	if _, err := repo.Stat(ctx, mainline); err == nil {
		args = append(args, "^"+mainline)
	}
	out, err := repo.Output(ctx, "looking for Omitted-fix trailers", append(args, "--")...)
	if err != nil {
		return err
	}
	for record := range strings.SplitSeq(string(out), "\x01") {
		f := strings.SplitN(strings.TrimSpace(record), "\x00", 4)
		if len(f) < 4 {
			continue
		}
		at, _ := time.Parse(time.RFC3339, f[2]) // without a day it is a no all the same
		c := said(f[3])
		if c == nil {
			continue // a message that cannot be read says nothing
		}
		upstream, err := carried(ctx, repo, c)
		if err != nil {
			return err
		}
		for _, x := range Trailers(c, upstream) {
			x.From, x.Who, x.At = fmt.Sprintf("Omitted-fix in %.12s", f[0]), f[1], at
			r.Add(x)
		}
	}
	return nil
}

// said reads a commit's message, nil when it cannot be read.
func said(message string) *change.Change {
	subject, body, _ := strings.Cut(message, "\n")
	c, err := change.Parse(change.Input{Kind: change.Commit, Subject: subject, Text: strings.TrimLeft(body, "\n")})
	if err != nil {
		return nil
	}
	return c
}

// carried is the message of the commit that another one carries, nil when the repository
// has none of that id.
func carried(ctx context.Context, repo *git.Repo, c *change.Change) (*change.Change, error) {
	o := c.Upstream()
	if o == nil || o.SHA == "" {
		return nil, nil
	}
	if _, err := repo.Stat(ctx, o.SHA); err != nil {
		return nil, ctx.Err()
	}
	out, err := repo.Output(ctx, "reading the message that was taken over", "log", "-1", "--format=%B", o.SHA, "--")
	if err != nil {
		return nil, err
	}
	return said(string(out)), nil
}

// Of is the no to a commit of mainline, nil without one. One to paths counts where all
// files of the change are below them.
func (r *List) Of(commit, title string, files []string) *Refusal {
	if r == nil || len(commit) < Digits {
		return nil
	}
	for _, x := range r.byCommit[commit[:Digits]] {
		if strings.HasPrefix(commit, strings.ToLower(x.Commit)) {
			return &x
		}
	}
	if x, ok := r.byTitle[change.TitleKey(title)]; ok {
		return &x
	}
	for _, x := range r.globs {
		if len(files) > 0 && allBelow(x.Glob, files) {
			return &x
		}
	}
	return nil
}

func allBelow(glob string, files []string) bool {
	for _, f := range files {
		if !isBelow(glob, f) {
			return false
		}
	}
	return true
}

// isBelow reports whether a pattern means a file, or a folder above it: the one that has
// as many slashes, for nothing in a pattern stands for one.
func isBelow(glob, file string) bool {
	glob = strings.TrimSuffix(glob, "/")
	at, left := 0, strings.Count(glob, "/")
	for ; at < len(file) && (file[at] != '/' || left > 0); at++ {
		if file[at] == '/' {
			left--
		}
	}
	if left > 0 {
		return false
	}
	ok, err := path.Match(glob, file[:at])
	return ok && err == nil
}

// Says is a no in a sentence: why, and where it stands.
func (x *Refusal) Says() string {
	out := x.Reason
	if out == "" {
		out = "without a reason"
	}
	out += " (" + x.From
	if x.Who != "" {
		out += " by " + x.Who
	}
	if !x.At.IsZero() {
		out += ", " + x.At.Format(time.DateOnly)
	}
	return out + ")"
}
