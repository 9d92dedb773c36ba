package prereq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// Posted is a change that mainline does not have: a mail, a proposed commit.
type Posted struct {
	Change *change.Change
	// Files are its diff as it would go onto mainline: lines counted there, blobs
	// by their full ids.
	Files []*gitdiff.File
	// There reports whether a mainline commit was there when it was posted; nil:
	// all were.
	There func(id string) bool
}

// ErrMoved says that the files a posted change was put on are not those of the
// indexed mainline.
var ErrMoved = errors.New("the change stands on files that the index of mainline does not know")

// untouched is the number of a path that no commit of the range touched.
const untouched = ^uint32(0)

// Posted finds what a change that mainline does not have needs on a target, as if
// it went in unchanged on top.
func (f *Finder) Posted(ctx context.Context, p Posted, t Target) (*Pile, error) {
	at := int32(len(f.x.Commits))
	if p.There != nil {
		// Commits stand behind their parents, so what was there is a beginning, but
		// for side branches that came in later: their files are no files of then.
		at = int32(sort.Search(len(f.x.Commits), func(i int) bool { return !p.There(f.x.Commits[i].ID) }))
	}
	e, err := f.entryOf(p, at, t.Fits)
	if err != nil {
		return nil, fmt.Errorf("looking for prerequisites of %q: %w", p.Change.Subject, err)
	}
	return f.pile(ctx, at, e, t)
}

// posted is a change by the numbers of an index that does not have it.
type posted struct {
	entry
	texts map[uint64]string // of the names that it uses
}

// entryOf reads a posted change as build reads a commit; the index stays as it is.
func (f *Finder) entryOf(p Posted, at int32, namesOnly bool) (*posted, error) {
	b := newBuilder(index{Paths: []string{""}, Funcs: []string{""}})
	e := &posted{entry: entry{Title: p.Change.Subject}, texts: b.texts}
	e.read(p.Change)
	var text strings.Builder
	for _, file := range p.Files {
		text.WriteString(file.String())
	}
	b.patch(&e.entry, text.String())
	e.Lines = int32(p.Change.Size.LinesWithContext)
	e.Uses = slices.DeleteFunc(e.Uses, func(h uint64) bool {
		_, ok := f.x.definer(h, at)
		return !ok
	})
	number := func(path uint32) uint32 {
		if path == 0 {
			return 0
		}
		if n, ok := f.paths()[b.x.Paths[path]]; ok {
			return n
		}
		return untouched
	}
	for i := range e.Files {
		x := &e.Files[i]
		x.Old, x.New = number(x.Old), number(x.New)
		if !namesOnly && x.Old != 0 && len(x.Hunks) > 0 && !f.x.stood(x.Old, x.Pre, at) {
			return nil, ErrMoved
		}
	}
	return e, nil
}

// stood reports whether a file had this content just before some commit, or was
// not touched in the range before it.
func (x *index) stood(path uint32, blob uint64, at int32) bool {
	if path == untouched {
		return true
	}
	first := true
	for _, c := range x.touches[path] {
		if c >= at {
			break
		}
		for _, f := range x.Commits[c].Files {
			if f.New == path && f.Post == blob || f.Old == path && f.Pre == blob {
				return true
			}
		}
		first = false
	}
	return first
}

// Names are the names that a patch defines, those that it takes away left out, and
// with their texts those that its added lines use and it does not define itself.
func Names(files []*gitdiff.File) (defined map[uint64]struct{}, used map[uint64]string) {
	b := newBuilder(index{Paths: []string{""}, Funcs: []string{""}})
	var text strings.Builder
	for _, file := range files {
		text.WriteString(file.String())
	}
	var e entry
	b.patch(&e, text.String())
	defined, used = map[uint64]struct{}{}, map[uint64]string{}
	for h, n := range b.made {
		if b.gone[h] < n {
			defined[h] = struct{}{}
		}
	}
	for _, h := range e.Uses {
		used[h] = b.texts[h]
	}
	return defined, used
}
