package prereq

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// sides is what a merge made of the files that it took whole from no parent:
// for each parent the changes from its version to the result.
type sides [][]mergedFile

type mergedFile struct {
	path      string
	pre, post uint64
	hunks     []hunk
}

// merge adds an entry for each parent of a merge. They carry lines and never join.
func (b *builder) merge(c *git.Commit, s sides) {
	for _, files := range s {
		e := entry{ID: c.ID, Title: c.Title(), Merge: true}
		for _, f := range files {
			p := b.path(f.path)
			e.Files = append(e.Files, fileChange{Old: p, New: p, Pre: f.pre, Post: f.post, Hunks: f.hunks})
		}
		b.x.Commits = append(b.x.Commits, e)
	}
}

// readMerges reads, in one process, the combined diffs of all merges of a
// range: git shows in them only the files that no parent has as they are.
func readMerges(ctx context.Context, r *git.Repo, base, tip string, folders []string) (map[string]sides, error) {
	ids, err := r.Output(ctx, "listing merges", append([]string{"rev-list", "--merges", "--full-history", tip, "^" + base, "--"},
		folders...)...)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	p, err := r.StartFed(ctx, "reading merges", "diff-tree", "--stdin", "-r", "-c", "-p", "-U0", "--full-index",
		"--no-ext-diff", "--no-textconv", "--no-color", "--diff-algorithm=myers", "--src-prefix=a/", "--dst-prefix=b/")
	if err != nil {
		return nil, err
	}
	defer p.Close()
	go func() {
		_, _ = p.In.Write(ids)
		_ = p.In.Close()
	}()
	out := map[string]sides{}
	m := combined{out: out}
	in := bufio.NewReaderSize(p.Out, 256<<10)
	for {
		line, _, err := git.ReadUntil(in, '\n', 64<<10)
		if line != "" || err == nil {
			m.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	// A merge that git cannot read ends the list: the lines of files that later
	// ones merged are then not followed across them, nothing worse.
	if err := p.Wait(); err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

// combined reads git's combined diffs line by line.
type combined struct {
	out  map[string]sides
	id   string
	path string
	// Of the hunk at hand: lines that are still to come, and where each side is.
	want    []int32 // of each parent, then of the result
	at      []int32
	open    []*hunk
	parents int
}

func (m *combined) line(s string) {
	if m.inHunk() {
		m.body(s)
		return
	}
	switch {
	case len(s) >= 40 && strings.Trim(s, "0123456789abcdef") == "":
		m.id, m.path, m.parents = s, "", 0
	case strings.HasPrefix(s, "diff --combined "):
		m.path = unquote(s[len("diff --combined "):])
	case strings.HasPrefix(s, "index ") && m.path != "":
		blobs, _, _ := strings.Cut(s[len("index "):], " ")
		pre, post, ok := strings.Cut(blobs, "..")
		if !ok {
			return
		}
		from := strings.Split(pre, ",")
		m.parents = len(from)
		all := m.out[m.id]
		for len(all) < m.parents {
			all = append(all, nil)
		}
		for i, b := range from {
			all[i] = append(all[i], mergedFile{path: m.path, pre: short(b), post: short(post)})
		}
		m.out[m.id] = all
	case strings.HasPrefix(s, "@@@") && m.parents > 0:
		f := strings.Fields(s)
		if len(f) < m.parents+3 {
			return
		}
		m.want, m.at, m.open = make([]int32, m.parents+1), make([]int32, m.parents+1), make([]*hunk, m.parents)
		for i := range m.parents + 1 {
			m.at[i], m.want[i] = pair(f[1+i][1:])
		}
	}
}

func (m *combined) inHunk() bool {
	for _, n := range m.want {
		if n > 0 {
			return true
		}
	}
	return false
}

// body reads a line of a hunk: a column for each parent, "+" where that parent
// lacks the line, "-" where the result does.
func (m *combined) body(s string) {
	if len(s) < m.parents || s[0] == '\\' {
		if !strings.HasPrefix(s, "\\") {
			m.want = nil // damaged: the rest of the file is not followed
		}
		return
	}
	lost := strings.Contains(s[:m.parents], "-")
	for i := range m.parents {
		switch c := s[i]; {
		case c == '-' || c == '+':
			if m.open[i] == nil {
				files := m.out[m.id][i]
				f := &files[len(files)-1]
				f.hunks = append(f.hunks, hunk{A: m.at[i], B: m.at[m.parents]})
				m.open[i] = &f.hunks[len(f.hunks)-1]
			}
			if c == '-' {
				m.open[i].AN++
				m.at[i]++
				m.want[i]--
			} else {
				m.open[i].BN++
			}
		case !lost: // the parent has this line of the result
			m.open[i] = nil
			m.at[i]++
			m.want[i]--
		}
	}
	if !lost {
		m.at[m.parents]++
		m.want[m.parents]--
	}
}
