package missing

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/refusal"
)

var sha = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// CVEs are the numbers that the kernel's own security team gave to commits, read from a
// clone of its repository: cve/published/2024/CVE-2024-12345.sha1 holds the commit of
// mainline that mends it, and .mbox beside it the announcement, whose title ends with that
// of the commit.
type CVEs struct {
	byCommit map[string][]string
}

var cveFile = regexp.MustCompile(`^(CVE-\d{4}-\d{4,})\.sha1$`)

// ReadCVEs reads a folder of that layout.
func ReadCVEs(ctx context.Context, root fs.FS) (*CVEs, error) {
	c := &CVEs{byCommit: map[string][]string{}}
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
	if err != nil {
		return nil, fmt.Errorf("reading a clone of the kernel's vulns repository: %w; it has cve/published/YEAR/CVE-….sha1", err)
	}
	return c, nil
}

func (c *CVEs) read(root fs.FS, name, cve string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if id := strings.ToLower(strings.TrimSpace(lines.Text())); sha.MatchString(id) {
			key := id[:refusal.Digits]
			c.byCommit[key] = append(c.byCommit[key], id+" "+cve)
		}
	}
	return nil
}

// Of are the numbers of a commit of mainline.
func (c *CVEs) Of(commit string) (out []string) {
	if c == nil || len(commit) < refusal.Digits {
		return nil
	}
	for _, x := range c.byCommit[commit[:refusal.Digits]] {
		id, cve, _ := strings.Cut(x, " ")
		if strings.HasPrefix(commit, id) && !slices.Contains(out, cve) {
			out = append(out, cve)
		}
	}
	slices.Sort(out)
	return out
}
