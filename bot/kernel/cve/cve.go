// Package cve reads the numbers that the kernel's own security team gave to commits.
package cve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// digits is how many of an id are needed to name a commit.
const digits = 7

var sha = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// List are the numbers in a clone of the security team's repository: cve/published/2024/CVE-2024-12345.sha1 holds the commit of
// mainline that mends it, and .mbox beside it the announcement, whose title ends with that
// of the commit.
type List struct {
	byCommit map[string][]string
	commits  map[string][]string // by number
	unread   error
}

// Unread is a list of which nothing is known, and why.
func Unread(why error) *List { return &List{unread: why} }

// Err is why nothing is known.
func (c *List) Err() error {
	if c == nil {
		return nil
	}
	return c.unread
}

var cveFile = regexp.MustCompile(`^(CVE-\d{4}-\d{4,})\.sha1$`)

// Read reads a folder of that layout.
func Read(ctx context.Context, root fs.FS) (*List, error) {
	c := &List{byCommit: map[string][]string{}, commits: map[string][]string{}}
	err := fs.WalkDir(root, "cve/published", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m := cveFile.FindStringSubmatch(path.Base(name))
		if d.IsDir() || m == nil {
			return nil
		}
		return c.read(root, name, m[1])
	})
	if err == nil && len(c.commits) == 0 {
		err = errors.New("it names no commit")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a clone of the kernel's vulns repository: %w; it has cve/published/YEAR/CVE-….sha1", err)
	}
	return c, nil
}

func (c *List) read(root fs.FS, name, cve string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if id := strings.ToLower(strings.TrimSpace(lines.Text())); sha.MatchString(id) {
			key := id[:digits]
			c.byCommit[key] = append(c.byCommit[key], id+" "+cve)
			c.commits[cve] = append(c.commits[cve], id)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// Of are the numbers of a commit of mainline.
func (c *List) Of(commit string) (out []string) {
	if c == nil || len(commit) < digits {
		return nil
	}
	for _, x := range c.byCommit[commit[:digits]] {
		id, cve, _ := strings.Cut(x, " ")
		if strings.HasPrefix(commit, id) && !slices.Contains(out, cve) {
			out = append(out, cve)
		}
	}
	slices.Sort(out)
	return out
}

// Open reads a clone in a folder; nil for "".
func Open(ctx context.Context, dir string) (*List, error) {
	if dir == "" {
		return nil, nil
	}
	return Read(ctx, os.DirFS(dir))
}

// Fixes are the commits of mainline that mend a number, none where it is not known.
func (c *List) Fixes(number string) []string {
	if c == nil {
		return nil
	}
	return c.commits[strings.ToUpper(number)]
}

var named = regexp.MustCompile(`(?i)^\s*(?:[a-z-]*cve:\s*)?(CVE-\d{4}-\d{4,}(?:[\s,]+CVE-\d{4}-\d{4,})*)\s*$`)

// Named are the numbers that a message says it mends: lines that have nothing else, but for
// a tag such as "CVE:". What its sentences speak of may be another change.
func Named(body string) (out []string) {
	for line := range strings.Lines(body) {
		m := named.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, n := range strings.FieldsFunc(strings.ToUpper(m[1]), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}
