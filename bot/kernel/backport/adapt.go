package backport

import (
	"context"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// Tree is the tree of a commit.
type Tree interface {
	apply.Tree
	// Names lists a folder, in no order; nothing when it is not there.
	Names(ctx context.Context, folder string) ([]string, error)
}

// Question is a change that is to go into a branch.
type Question struct {
	Files        []*gitdiff.File // as mainline has it
	Base, Theirs apply.Tree      // mainline before and with it
	Ours         Tree            // the branch
	// Newer are the backports of the change that newer stable branches have, the
	// nearest branch first.
	Newer []Carried
	// Words knows the names of trees; without it they are not checked.
	Words *Words
}

// Carried is a backport of a change.
type Carried struct {
	Branch, Commit string
	Files          []*gitdiff.File
	Before, After  apply.Tree
}

// File is one file of the branch, before and with the change.
type File struct {
	Path   string // of the branch
	From   string // where it was before, when the change moves it
	Before []byte // nil: it is made
	After  []byte // nil: it is deleted
	Mode   apply.Mode
}

// Step is what became of one edit of the change.
type Step struct {
	File  string // as mainline calls it
	Line  int    // of mainline's file before the change, from 1
	Lines int    // that it takes away there
	In    string // the function or table, "" outside of all
	Rung  Rung
	Path  string // where it went, when that is another file
	At    int    // the line there, from 1
	Proof string
	Doubt string // why a reader should look twice; "" when sure
	// What stands in its way: lines of mainline that the branch has otherwise or not,
	// and what the branch has there.
	drift       []part
	extra       []string
	ours, block part
	// Misses are names that it uses and the branch has not, or has in another shape.
	Misses []string
}

// part is some lines of a file, counted from 0.
type part struct {
	path     string
	from, to int
	name     string // what they define, where the branch lacks that
}

// Result is the change as it goes into the branch.
type Result struct {
	Rung     Rung // the last that was needed
	Files    []File
	Steps    []Step
	Refused  []Step   // what no rung solves
	Misses   []string // of all steps
	Warnings []string // what a person has to know before it is sent
	Carried  *Carried // the newer branch's backport that this is
}

// Proposed reports whether there is a change to propose: something goes in and nothing
// was refused.
func (r *Result) Proposed() bool {
	return len(r.Refused) == 0 && len(r.Misses) == 0 && len(r.Files) > 0
}

// ladder is one climb.
type ladder struct {
	*Question
	out  *Result
	want map[string]*target
	keep []string // paths of want in order
}

// target is a file of the branch and what goes into it.
type target struct {
	path     string
	before   *text
	mode     apply.Mode
	puts     []put
	to       string // where it moves to
	gone     bool
	made     []byte
	declares map[string]bool // names that the edits put in and do not only use, for the check
	has      *words
}

// Adapt brings a change into a branch by the first rung that holds for each edit. What a
// newer branch carries comes first where it merges as it is, and last where nothing else
// goes in.
func Adapt(ctx context.Context, q Question) (*Result, error) {
	for _, n := range q.Newer {
		r, err := climb(ctx, &q, n.Files, n.Before, n.After)
		if err != nil {
			return nil, err
		}
		if r.Proposed() && r.Rung <= ThreeWay {
			return r.by(n), nil
		}
	}
	out, err := climb(ctx, &q, q.Files, q.Base, q.Theirs)
	if err != nil || out.sure() {
		return out, err
	}
	for _, n := range q.Newer {
		r, err := climb(ctx, &q, n.Files, n.Before, n.After)
		if err != nil {
			return nil, err
		}
		if r.Proposed() && (!out.Proposed() || len(r.Warnings) < len(out.Warnings)) {
			return r.by(n), nil
		}
	}
	return out, nil
}

func (r *Result) sure() bool { return r.Proposed() && len(r.Warnings) == 0 }

// by says whose backport it is that goes in.
func (r *Result) by(n Carried) *Result {
	r.Carried = &n
	r.Rung = max(r.Rung, Newer)
	return r
}

func climb(ctx context.Context, q *Question, files []*gitdiff.File, base, theirs apply.Tree) (*Result, error) {
	own := *q
	own.Files, own.Base, own.Theirs = files, base, theirs
	l := &ladder{Question: &own, out: &Result{}, want: map[string]*target{}}
	for _, f := range files {
		if err := l.file(ctx, f); err != nil {
			return nil, err
		}
	}
	l.join()
	if err := l.check(ctx); err != nil {
		return nil, err
	}
	return l.out, l.variables(ctx)
}

func read(ctx context.Context, t apply.Tree, path string) (data []byte, mode apply.Mode, err error) {
	if path == "" {
		return nil, 0, nil
	}
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() || e.Mode == apply.Folder {
		return nil, 0, err
	}
	img, err := t.Image(ctx, e)
	if err != nil {
		return nil, 0, err
	}
	if img.Data == nil {
		return []byte{}, e.Mode, nil
	}
	return img.Data, e.Mode, nil
}
