package prereq

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// nameSet says which of the names that a range defines a tree has already.
type nameSet struct {
	Tree  string
	Known []uint64 // ascending
	// Dark are folders in which some header could not be read: what is defined
	// there is not known to be missing.
	Dark []string
}

func (s *nameSet) has(x *index, d def) bool {
	if _, ok := slices.BinarySearch(s.Known, d.Name); ok {
		return true
	}
	return len(s.Dark) > 0 && slices.Contains(s.Dark, path.Dir(x.Paths[d.Path]))
}

// readNames reads the C files of a tree, all of them, or those in which it
// differs from a tree that is known. That a name is there at all is enough: a
// type checker would need the configuration.
func readNames(ctx context.Context, r *git.Repo, x *index, tree string, like *nameSet) (*nameSet, error) {
	args := []string{"ls-tree", "-r", "-z", "--full-tree", tree}
	if like != nil {
		args = []string{"diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", like.Tree, tree}
	}
	out, err := r.Output(ctx, "listing files", args...)
	if err != nil {
		return nil, err
	}
	fresh := make(map[uint64]struct{}, len(x.Defs))
	for _, d := range x.Defs {
		fresh[d.Name] = struct{}{}
	}
	s := &nameSet{Tree: tree}
	found := map[uint64]struct{}{}
	if like != nil {
		s.Dark = slices.Clone(like.Dark)
		for _, n := range like.Known {
			found[n] = struct{}{}
		}
	}
	// A member may be used as a name in a macro, and the other way round.
	see := func(name string, _ bool) {
		for _, member := range [...]bool{false, true} {
			h := nameHash(name, member)
			if _, ok := fresh[h]; ok {
				found[h] = struct{}{}
			}
		}
	}
	for blob, file := range blobs(out, like != nil) {
		if !isC(file) {
			continue
		}
		o, err := r.Object(ctx, blob)
		if errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrCorrupt) || err == nil && o.Data == nil && o.Size > 0 {
			if dir := path.Dir(file); !slices.Contains(s.Dark, dir) {
				s.Dark = append(s.Dark, dir)
			}
			continue
		} else if err != nil {
			return nil, err
		}
		open := false
		for line := range bytes.Lines(o.Data) {
			open = words(string(bytes.TrimRight(line, "\r\n")), open, see)
		}
	}
	s.Known = make([]uint64, 0, len(found))
	for n := range found {
		s.Known = append(s.Known, n)
	}
	slices.Sort(s.Known)
	slices.SortFunc(s.Dark, cmp.Compare[string])
	return s, nil
}

// blobs reads git's lists: "mode blob id\tpath", or ":modes id id M", "path".
func blobs(list []byte, diff bool) func(func(blob, file string) bool) {
	return func(yield func(string, string) bool) {
		for len(list) > 0 {
			var head, file []byte
			head, list, _ = bytes.Cut(list, []byte{0})
			at := 2
			if diff {
				file, list, _ = bytes.Cut(list, []byte{0})
				at = 3
			} else {
				head, file, _ = bytes.Cut(head, []byte{'\t'})
			}
			f := bytes.Fields(head)
			if len(f) <= at || strings.Trim(string(f[at]), "0") == "" {
				continue
			}
			if !yield(string(f[at]), string(file)) {
				return
			}
		}
	}
}

func isC(file string) bool { return strings.HasSuffix(file, ".c") || strings.HasSuffix(file, ".h") }
