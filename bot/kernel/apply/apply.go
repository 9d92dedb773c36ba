// Package apply puts a patch onto the files of a tree as `git apply` would,
// within the process: what git does in a new process per patch is a search for
// a few lines in a file that is often in memory already.
//
// Promises:
//
//   - Files says yes where `git apply --cached --check` says yes, and no where
//     it says no, with git's defaults: no fuzz, white space counts, a hunk may
//     have moved, what an earlier hunk touched is not matched again, a file that
//     is to be made must not be there.
//   - The content after the patch is git's, byte for byte.
//   - Nothing is written; the tree after a patch is an Overlay on the one before.
//
// peer_test.go compares with git on real and on random patches.
package apply

import (
	"context"
	"fmt"
	"os"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/budget"
)

// Mode is a mode as a git tree has it, in git's octal numbers.
type Mode uint32

// The types of tree entries; the rest of the bits are permissions.
const (
	Regular Mode = 0o100644
	Program Mode = 0o100755
	Symlink Mode = 0o120000
	Gitlink Mode = 0o160000 // a submodule
	Folder  Mode = 0o040000

	typeBits Mode = 0o170000
)

// Entry is what a tree has at a path. The zero Entry is nothing.
type Entry struct {
	Mode  Mode
	ID    string // of the object; "" for content that only an Overlay has
	image *Image // that content
}

// Exists reports whether there is anything.
func (e Entry) Exists() bool { return e.Mode != 0 }

// Content is an entry that is in no object store.
func Content(mode Mode, m *Image) Entry { return Entry{Mode: mode, image: m} }

// Tree is what a patch is put on. Both methods fail only when something cannot
// be read; a path that is not there is the zero Entry.
type Tree interface {
	Entry(ctx context.Context, path string) (Entry, error)
	Image(ctx context.Context, e Entry) (*Image, error)
}

// How says how well a patch, a file or a hunk fits.
type How int

// From the best to the worst.
const (
	Exact   How = iota // every hunk stands where the patch says
	Offset             // some hunk has moved
	Fails              // some hunk, or a whole file, does not fit
	Unknown            // some object cannot be read
)

func (h How) String() string {
	return [...]string{"exact", "offset", "fails", "unknown"}[h]
}

// Result is what a patch does to a tree.
type Result struct {
	How   How
	Files []File
}

// File is the result for one file of the patch.
type File struct {
	Old, New string // paths; Old is "" for a new file, New for a deleted one
	How      How
	Hunks    []Hunk
	// Fault says why the file as a whole does not fit: it is missing, it is
	// there already. "" when only hunks fail.
	Fault  string
	Kind   Fault // the sort of Fault, or of the first hunk that fails
	Entry  Entry // after the patch; the zero Entry for a deleted file and when it fails
	before *Image
	patch  *gitdiff.File
	rest   []segment // what hunks were matched against

	total     int // lines of rest
	at, first int // a segment of rest and the line it begins with: hunks stand in order
	work      *budget.Work
	spent     bool
}

// Fault sorts the reasons of a failure.
type Fault string

// The reasons.
const (
	None       Fault = ""
	Missing    Fault = "file missing"
	InTheWay   Fault = "file exists"
	WrongType  Fault = "another type of file"
	Drift      Fault = "context drift"
	NoFunction Fault = "function missing"
	Already    Fault = "already there"
	Binary     Fault = "binary"
	Damaged    Fault = "damaged patch"
	Unreadable Fault = "object missing"
	LeavesRest Fault = "file to delete differs"
	TooMuch    Fault = "too expensive"
)

// Hunk is the result for one hunk.
type Hunk struct {
	N      int // from 1
	How    How
	Line   int // from 1, where it went; 0 when it fails
	Offset int // lines from where the patch says
}

// Files puts a patch on a tree. It never fails as a whole: what cannot be read
// is Unknown in the result.
func Files(ctx context.Context, t Tree, patch []*gitdiff.File) Result {
	return files(ctx, t, patch, false)
}

// Files and Check spend from the budget of the context; when it is spent the rest
// is Unknown.

// Check is Files for who only asks whether: like git it stops at the first hunk
// that does not fit.
func Check(ctx context.Context, t Tree, patch []*gitdiff.File) How {
	r := files(ctx, t, patch, true)
	return r.How
}

func files(ctx context.Context, t Tree, patch []*gitdiff.File, quick bool) Result {
	r := Result{Files: make([]File, len(patch))}
	work := budget.Of(ctx)
	var o *Overlay // only needed when a path occurs twice
	paths := make(map[string]int, 2*len(patch))
	leaving := map[string]bool{} // renamed away or deleted by some file of this patch
	for _, f := range patch {
		if f.OldName != "" {
			paths[f.OldName]++
		}
		if f.NewName != f.OldName && f.NewName != "" {
			paths[f.NewName]++
		}
		if f.OldName != "" && (f.IsDelete || f.IsRename) {
			leaving[f.OldName] = true
		}
	}
	for i, f := range patch {
		x := &r.Files[i]
		x.Old, x.New, x.patch, x.work = f.OldName, f.NewName, f, work
		if f.IsNew {
			x.Old = ""
		} else if f.IsDelete {
			x.New = ""
		}
		from := t
		if o != nil {
			from = o
			// Git reads a file that a rename or a copy of the same patch takes
			// away as it was before the patch.
			if (f.IsRename || f.IsCopy) && leaving[f.OldName] && !o.written(f.OldName) {
				from = t
			}
		}
		again := paths[f.OldName] > 1 || paths[f.NewName] > 1
		x.run(ctx, from, leaving, quick, quick && !again && !f.IsDelete)
		r.How = max(r.How, x.How)
		if quick && r.How >= Fails {
			return r
		}
		if x.How < Fails && again {
			if o == nil {
				o = NewOverlay(t)
			}
			o.file(x)
		}
	}
	return r
}

func (x *File) fault(k Fault, format string, a ...any) {
	x.How, x.Kind, x.Fault = Fails, k, fmt.Sprintf(format, a...)
	if k == Unreadable || k == TooMuch {
		x.How = Unknown
	}
}

// run puts the patch on one file. quick stops at the first hunk that fails;
// without result the content afterwards is not made.
func (x *File) run(ctx context.Context, t Tree, leaving map[string]bool, quick, noResult bool) {
	f := x.patch
	var old Entry
	if x.Old != "" {
		var err error
		if old, err = t.Entry(ctx, x.Old); err != nil {
			x.fault(Unreadable, "%s: %v", x.Old, err)
			return
		}
		if !old.Exists() || old.Mode == Folder {
			x.fault(Missing, "%s does not exist", x.Old)
			return
		}
		if m := gitMode(f.OldMode); m != 0 && (m^old.Mode)&typeBits != 0 {
			x.fault(WrongType, "%s is %s, the patch expects %s", x.Old, kindOf(old.Mode), kindOf(m))
			return
		}
	}
	if x.New != "" && x.New != x.Old {
		e, err := t.Entry(ctx, x.New)
		if err != nil {
			x.fault(Unreadable, "%s: %v", x.New, err)
			return
		}
		if e.Exists() && e.Mode != Folder && !leaving[x.New] {
			x.fault(InTheWay, "%s exists already", x.New)
			return
		}
	}
	mode := gitMode(f.NewMode)
	if mode == 0 {
		mode = old.Mode
	}
	if mode == 0 {
		mode = Regular
	}
	if old.Exists() && x.New != "" && (mode^old.Mode)&typeBits != 0 {
		x.fault(WrongType, "%s is %s, the patch makes it %s", x.Old, kindOf(old.Mode), kindOf(mode))
		return
	}
	if f.IsBinary {
		x.binary(ctx, t, old, mode)
		return
	}
	if len(f.TextFragments) == 0 {
		if x.New != "" {
			x.Entry = Entry{Mode: mode, ID: old.ID, image: old.image}
			if !old.Exists() {
				x.Entry.image = empty
			}
		} else if n, err := length(ctx, t, old); err != nil {
			x.fault(Unreadable, "%s: %v", x.Old, err)
		} else if n > 0 {
			x.fault(LeavesRest, "%s is not empty, and the patch deletes an empty file", x.Old)
		}
		return
	}
	x.before = empty
	if old.Exists() {
		m, err := t.Image(ctx, old)
		if err != nil {
			x.fault(Unreadable, "%s: %v", x.Old, err)
			return
		}
		x.before = m
	}
	ok := x.text(quick)
	if x.spent {
		x.fault(TooMuch, "%s: finding the place of its hunks is too expensive", x.Old)
	}
	if !ok || x.spent || noResult {
		return
	}
	switch after := x.join(); {
	case x.New == "" && len(after) > 0:
		x.fault(LeavesRest, "%s has more than the patch deletes", x.Old)
	case x.New != "":
		x.Entry = Content(mode, NewImage(after))
	}
	x.rest = nil
}

var empty = NewImage(nil)

func length(ctx context.Context, t Tree, e Entry) (int, error) {
	m, err := t.Image(ctx, e)
	if err != nil {
		return 0, err
	}
	return len(m.Data), nil
}

// binary is a change of a file that is no text. Git takes it only for the very
// content that the patch was made from.
func (x *File) binary(ctx context.Context, t Tree, old Entry, mode Mode) {
	f := x.patch
	if x.Old != "" && old.ID != f.OldOIDPrefix {
		x.fault(Binary, "%s is binary and differs from what the patch was made from", x.Old)
		return
	}
	if x.New == "" {
		return
	}
	if f.OldOIDPrefix == "" && f.NewOIDPrefix == "" {
		x.fault(Binary, "%s is binary and its content is not in the patch", x.New)
		return
	}
	e := Entry{Mode: mode, ID: f.NewOIDPrefix}
	if _, err := t.Image(ctx, e); err != nil {
		x.fault(Binary, "%s is binary and its new content is not here", x.New)
		return
	}
	x.Entry = e
}

// gitMode turns the mode of a parsed patch into git's: the parser keeps git's
// octal number as it is written.
func gitMode(m os.FileMode) Mode { return Mode(m) }

func kindOf(m Mode) string {
	switch m & typeBits {
	case Symlink & typeBits:
		return "a symbolic link"
	case Gitlink & typeBits:
		return "a submodule"
	case Folder & typeBits:
		return "a folder"
	}
	return "a file"
}
