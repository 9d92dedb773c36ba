package trees

import (
	"context"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/merge"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// whole merges the whole trees, as git cherry-pick would: with files that were
// moved found as git finds them. ok is false where there is no commit, or where
// the branch's repository lacks its trees.
func (s *Set) whole(ctx context.Context, c *question, v view, ours *objects.Snapshot) (r merge.Result, ok bool) {
	if c.carrier == "" {
		return r, false
	}
	base, err := s.main.at(ctx, c.carrier+"^")
	if err != nil {
		return r, false
	}
	theirs, err := s.main.at(ctx, c.carrier)
	if err != nil {
		return r, false
	}
	if v.repo != s.main.repo {
		for _, t := range []*objects.Snapshot{base, theirs} {
			if _, err := v.Stat(ctx, t.Root); err != nil {
				return r, false
			}
		}
	}
	r, err = v.merger.Trees(ctx, base.Root, ours.Root, theirs.Root)
	return r, err == nil
}

// merges asks for a three-way merge: with the change's own parent where there is
// one, with the blobs that the patch names otherwise. Where a file has moved, in
// the branch or by the change, the whole trees tell.
func (s *Set) merges(ctx context.Context, c *question, v view, ours *objects.Snapshot) (merge.Result, error) {
	var none merge.Result
	moves := slices.ContainsFunc(c.Files, func(f *gitdiff.File) bool { return f.IsRename || f.IsCopy })
	if all, there := countFiles(ctx, ours, c.Files); moves || there < all {
		if r, ok := s.whole(ctx, c, v, ours); ok {
			return r, nil
		}
	}
	base, theirs, err := s.sides(ctx, c, v)
	if base == nil || err != nil {
		return none, err
	}
	files, ok, err := versions(ctx, c.Files, base, ours, theirs, v.repo == s.main.repo)
	if len(files) == 0 || !ok || err != nil {
		return none, err
	}
	for i := range files {
		if x := &files[i]; x.Ours.Data == nil {
			if x.Moved, err = s.moved(ctx, v, ours, base, x.Path); err != nil {
				return none, err
			}
		}
	}
	return v.merger.Files(ctx, files)
}

// sides are trees without and with the change: of the commit that carries it, of
// the blobs that the patch says it was made from, or of mainline as it was when it
// was posted. They are nil when none of these is here.
func (s *Set) sides(ctx context.Context, c *question, v view) (base, theirs apply.Tree, err error) {
	if c.carrier != "" {
		b, err := s.main.at(ctx, c.carrier+"^")
		if err != nil {
			return nil, nil, nil //nolint:nilerr // without a parent there is no base to merge from
		}
		t, err := s.main.at(ctx, c.carrier)
		return b, t, err
	}
	if base, theirs := v.madeFrom(ctx, c.Files); base != nil {
		return base, theirs, nil
	}
	if p := s.proposed(ctx, c); p != nil {
		return p.onto, p.after, nil
	}
	return nil, nil, nil
}

// madeFrom are the versions that a patch names, if all of them are here, and what
// it makes of them.
func (r *repo) madeFrom(ctx context.Context, files []*gitdiff.File) (base, theirs apply.Tree) {
	o := apply.NewOverlay(nothing{r})
	for _, f := range files {
		if f.IsNew {
			continue
		}
		if _, err := r.objects.Blob(ctx, f.OldOIDPrefix); f.OldOIDPrefix == "" || err != nil {
			return nil, nil
		}
		o.Set(f.OldName, apply.Entry{Mode: apply.Regular, ID: f.OldOIDPrefix})
	}
	got := apply.Files(ctx, o, files)
	if got.How > apply.Offset {
		return nil, nil
	}
	after := o.Copy()
	after.Add(&got)
	return o, after
}

// versions are the files of a patch on three sides, those that it makes left out. ok
// is false where a merge of files cannot tell: one that it makes is there, one is
// binary. With ids objects are named by those of the trees.
func versions(ctx context.Context, patch []*gitdiff.File, base, ours, theirs apply.Tree, ids bool) (files []merge.File, ok bool,
	err error) {
	for _, f := range patch {
		if f.IsNew {
			if e, err := ours.Entry(ctx, f.NewName); err != nil || e.Exists() {
				return nil, false, err
			}
			continue
		}
		if f.IsBinary {
			return nil, false, nil
		}
		x := merge.File{Path: f.OldName, New: f.NewName, Copy: f.IsCopy}
		for _, side := range []struct {
			t apply.Tree
			b *merge.Blob
		}{{base, &x.Base}, {ours, &x.Ours}, {theirs, &x.Theirs}} {
			path := f.OldName
			if side.b == &x.Theirs && f.NewName != "" {
				path = f.NewName
			}
			e, err := side.t.Entry(ctx, path)
			if err != nil {
				return nil, false, err
			}
			if !e.Exists() {
				continue
			}
			img, err := side.t.Image(ctx, e)
			if err != nil {
				return nil, false, err
			}
			side.b.Data = img.Data
			if ids && fullID(e.ID) {
				side.b.ID = e.ID
			}
		}
		files = append(files, x)
	}
	return files, true, nil
}

// fullID tells an object's whole name from the beginning of one.
func fullID(id string) bool { return len(id) == 40 || len(id) == 64 }

// nothing is an empty tree over a repository's objects.
type nothing struct{ *repo }

func (nothing) Entry(context.Context, string) (apply.Entry, error) { return apply.Entry{}, nil }
func (n nothing) Image(ctx context.Context, e apply.Entry) (*apply.Image, error) {
	return n.objects.Blob(ctx, e.ID)
}

// maxMoved is how many files of the same name are looked at for one that is
// missing.
const maxMoved = 4

// moved are the files of the branch that have the name of a missing one, in
// another folder, and are not those of base.
func (s *Set) moved(ctx context.Context, v view, ours *objects.Snapshot, base apply.Tree, path string) ([]merge.Blob, error) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if common[name] {
		return nil, nil
	}
	names, err := v.fileNames(ctx, ours.Root)
	if err != nil {
		return nil, err
	}
	var out []merge.Blob
	for _, p := range names[name] {
		if base != nil {
			if e, err := base.Entry(ctx, p); err != nil || e.Exists() {
				continue
			}
		}
		e, err := ours.Entry(ctx, p)
		if err != nil {
			return nil, err
		}
		img, err := ours.Image(ctx, e)
		if err != nil {
			return nil, err
		}
		if out = append(out, merge.Blob{Data: img.Data}); len(out) == maxMoved {
			break
		}
	}
	return out, nil
}

// elsewhere reports whether the branch has one of the files that are missing
// under another path: under the same name in another folder, or, as git says
// when it merges, where it was moved to; or its functions in another file. dark
// says that nothing was found and that what might tell could not be read.
func (s *Set) elsewhere(ctx context.Context, c *question, v view, t *objects.Snapshot) (found, dark bool) {
	gone := map[string]bool{}
	for _, f := range c.Files {
		if f.IsNew {
			continue
		}
		gone[f.OldName], gone[f.NewName] = true, true
		if e, err := t.Entry(ctx, f.OldName); err != nil || e.Exists() {
			continue // it is where it was, which says nothing of the others
		}
		m, err := s.moved(ctx, v, t, nil, f.OldName)
		if dark = dark || err != nil; len(m) > 0 {
			return true, false
		}
	}
	// A conflict at a path that the change does not name is one in a moved file.
	r, ok := s.whole(ctx, c, v, t)
	if ok && (r.Clean || slices.ContainsFunc(r.Conflicts, func(path string) bool {
		e, err := t.Entry(ctx, path)
		return !gone[path] && err == nil && e.Exists()
	})) {
		return true, false
	}
	found, unread := s.functions(ctx, c, v, t)
	return found, !found && (dark || unread)
}

// common are names that many folders have.
var common = map[string]bool{"Makefile": true, "Kconfig": true, "README": true, "Kbuild": true}
