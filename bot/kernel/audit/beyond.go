package audit

import (
	"fmt"
	"path"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// form is something that a patch does to a file and that no line of it shows.
type form struct {
	what, path string
	id         string // of what cannot be read as text
}

// forms are those of a patch; a rename takes one file away and adds one.
func forms(files []*gitdiff.File) (out []form) {
	for _, f := range files {
		name := f.NewName
		if name == "" || f.IsDelete {
			name = f.OldName
		}
		switch {
		case f.IsNew:
			out = append(out, form{what: "adds", path: name})
		case f.IsDelete:
			out = append(out, form{what: "removes", path: name})
		case f.IsRename || f.OldName != f.NewName:
			out = append(out, form{what: "removes", path: f.OldName}, form{what: "adds", path: name})
		}
		const plain = 0o100644
		if f.NewMode != 0 && f.NewMode != f.OldMode && (!f.IsNew || f.NewMode != plain) && !f.IsDelete {
			out = append(out, form{what: fmt.Sprintf("gives the mode %o to", f.NewMode), path: name})
		}
		if f.IsBinary && !f.IsDelete {
			out = append(out, form{what: "changes, not readable as text,", path: name, id: f.NewOIDPrefix})
		}
	}
	return out
}

// beyond are the forms of a commit that its upstream commit has not: a file may have moved, so
// that each of upstream's stands for one, of the same path or else of the same name.
func beyond(own, upstream []*gitdiff.File) []form {
	left := map[form]int{}
	for _, f := range forms(upstream) {
		left[f]++
	}
	var rest []form
	for _, f := range forms(own) {
		if left[f]--; left[f] < 0 {
			rest = append(rest, f)
		}
	}
	moved := map[form]int{}
	for f, n := range left {
		f.path = path.Base(f.path)
		moved[f] += max(n, 0)
	}
	var out []form
	for _, f := range rest {
		named := f
		named.path = path.Base(f.path)
		if moved[named]--; moved[named] < 0 {
			out = append(out, f)
		}
	}
	return out
}

// stray tells what a commit does to files beyond its upstream commit. No merge and no word of
// its message explains it: it is told of each commit whose content is not exact.
func stray(it *Item) bool {
	all := beyond(it.own.Files, it.upstream.Files)
	for _, f := range all {
		it.add(Finding{Kind: Differs, Commit: it.Upstream, Title: it.upstream.Subject, File: f.path,
			Text: fmt.Sprintf("it %s %s, %.12s does not", f.what, f.path, it.Upstream)})
	}
	return len(all) > 0
}
