package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxLeft bounds the paths that one commit's diff is read without: they go on
// git's command line, 128 KiB of which every system takes.
const maxLeft = 512

// salvage reads a commit over whose diff git died, without the files whose
// blobs are absent or damaged. It takes a handful of processes, for this commit
// only. Only a context's end is an error: the commit comes with what was left
// out, at worst without message and diff.
func (r *Repo) salvage(ctx context.Context, id string, died error) (*Commit, error) {
	plain := append([]string(nil), diffArgs...)
	c, err := r.withoutDiff(ctx, id, plain)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		// Not even the commit, or its tree, can be read.
		return &Commit{ID: id, Left: []Left{{Reason: reason(err)}}}, nil
	}
	changed, err := r.changed(ctx, id)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		c.Left = []Left{{Reason: reason(err)}}
		return c, nil
	}
	bad := map[string]string{} // blob → what is wrong with it
	for _, f := range changed {
		for _, blob := range f.blobs {
			if _, err := r.Stat(ctx, blob); errors.Is(err, ErrMissing) {
				bad[blob] = "is missing"
			} else if ctx.Err() != nil {
				return nil, err
			}
		}
	}
	for {
		// Git names the object it died of; a damaged one is found only so.
		for _, f := range changed {
			for _, blob := range f.blobs {
				if _, known := bad[blob]; !known && named(died, blob) {
					bad[blob] = "is damaged"
				}
			}
		}
		var left []Left
		var without []string
		for _, f := range changed {
			for _, blob := range f.blobs {
				if what := bad[blob]; what != "" {
					left = append(left, Left{Path: f.path, Reason: "blob " + blob + " " + what})
					without = append(without, ":(top,exclude,literal)"+f.path)
					break
				}
			}
		}
		if len(left) == 0 || len(left) > maxLeft {
			c.Left = append(left[:min(len(left), maxLeft)], Left{Reason: reason(died)})
			return c, nil
		}
		args := append(append(slices.Clone(plain), id, "--", ":(top)"), without...)
		out, err := r.Output(ctx, "reading a commit", args...)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil {
			whole, err := readHeader(out)
			if err != nil {
				c.Left = []Left{{Reason: reason(err)}}
				return c, nil
			}
			whole.Left = append(whole.Left, left...)
			return whole, nil
		}
		known := len(bad)
		died = err
		for _, f := range changed {
			for _, blob := range f.blobs {
				if _, ok := bad[blob]; !ok && named(died, blob) {
					known = -1
				}
			}
		}
		if known >= 0 { // git died of something that this commit does not name
			c.Left = append(left, Left{Reason: reason(died)})
			return c, nil
		}
	}
}

// withoutDiff reads the header and message alone.
func (r *Repo) withoutDiff(ctx context.Context, id string, args []string) (*Commit, error) {
	args = append(slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-p" || a == "-M" || a == "-U3" }), "-s", id)
	out, err := r.Output(ctx, "reading a commit", args...)
	if err != nil {
		return nil, err
	}
	return readHeader(out)
}

// file is one path that a commit changed, with the blobs on both sides.
type file struct {
	path  string
	blobs []string
}

// changed lists what a commit changed without reading a blob.
func (r *Repo) changed(ctx context.Context, id string) ([]file, error) {
	out, err := r.Output(ctx, "listing changed files", "diff-tree", "--root", "-r", "--raw", "--no-renames", "--no-abbrev", "--no-commit-id",
		"-z", id)
	if err != nil {
		return nil, err
	}
	var files []file
	for len(out) > 0 {
		head, rest, ok := bytes.Cut(out, []byte{0})
		path, next, ok2 := bytes.Cut(rest, []byte{0})
		// ":100644 100644 <blob> <blob> M"
		f := strings.Fields(string(head))
		if !ok || !ok2 || len(f) != 5 {
			return nil, fmt.Errorf("git answered %q for a changed file", head)
		}
		out = next
		var blobs []string
		for i, blob := range f[2:4] {
			if strings.Trim(blob, "0") != "" && strings.TrimPrefix(f[i], ":") != "160000" { // a submodule's commit is not here
				blobs = append(blobs, blob)
			}
		}
		files = append(files, file{string(path), blobs})
	}
	return files, nil
}

// named reports whether git died with this blob's name on its lips.
func named(err error, blob string) bool {
	var e *Error
	return errors.As(err, &e) && strings.Contains(e.Stderr, blob)
}

// reason is the short form of an error for Left.
func reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		if f := fatalLine(e.Stderr); f != "" {
			return f
		}
		return e.Err.Error()
	}
	return err.Error()
}
