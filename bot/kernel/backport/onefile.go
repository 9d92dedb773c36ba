package backport

import (
	"context"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// One file of a change: which file of the branch it is for, and its edits one by one.

func (l *ladder) refuse(s Step) { l.out.Refused = append(l.out.Refused, s) }

func (l *ladder) file(ctx context.Context, f *gitdiff.File) error {
	base, _, err := read(ctx, l.Base, f.OldName)
	if err != nil {
		return err
	}
	theirs, mode, err := read(ctx, l.Theirs, f.NewName)
	if err != nil {
		return err
	}
	if f.IsNew {
		base = nil
	}
	if f.IsDelete {
		theirs = nil
	}
	if f.IsBinary {
		l.refuse(Step{File: f.NewName, Proof: "it is binary"})
		return nil
	}
	if base == nil {
		return l.made(ctx, f, theirs, mode)
	}
	ours, mode, err := read(ctx, l.Ours, f.OldName)
	if err != nil {
		return err
	}
	path := f.OldName
	var moved string
	if ours == nil {
		if path, ours, mode, err = l.elsewhere(ctx, f.OldName, base); err != nil {
			return err
		}
		moved = path
	}
	s := newSides(newText(base), newText(theirs), newText(ours))
	if theirs == nil {
		switch {
		case ours == nil:
			l.out.Steps = append(l.out.Steps, Step{File: f.OldName, Rung: Dropped, Proof: "the branch has no such file to delete"})
		case slices.Equal(s.base.keys, s.ours.keys):
			t := l.target(path, s.ours, mode)
			t.gone = true
			l.out.Steps = append(l.out.Steps, Step{File: f.OldName, Rung: ThreeWay, Path: moved})
		default:
			l.refuse(Step{File: f.OldName, Line: 1, Proof: "the branch's version of this file, which the change deletes, differs"})
		}
		return nil
	}
	if ours != nil {
		t := l.target(path, s.ours, mode)
		if f.IsRename && f.NewName != f.OldName && moved == "" {
			t.to = f.NewName
		}
	}
	steps, refused, keep := len(l.out.Steps), len(l.out.Refused), l.mark(path)
	for _, e := range s.fix {
		if err := l.edit(ctx, f, s, e, path, ours != nil, moved); err != nil {
			return err
		}
	}
	if len(l.out.Refused) == refused && !slices.ContainsFunc(l.out.Steps[steps:], func(s Step) bool { return s.Rung > Moved }) && !s.foreign() {
		return nil
	}
	// Said with the branch's own names it may go in better.
	other, used := s.translated()
	if other == nil {
		return nil
	}
	was := l.out.cut(steps, refused)
	had := l.reset(path, keep)
	for _, e := range other.fix {
		if err := l.edit(ctx, f, other, e, path, ours != nil, moved); err != nil {
			return err
		}
	}
	if len(l.out.Refused) > refused+len(was[1]) {
		l.out.cut(steps, refused)
		l.out.Steps, l.out.Refused = append(l.out.Steps, was[0]...), append(l.out.Refused, was[1]...)
		l.restore(path, had)
		return nil
	}
	for i := range l.out.Steps[steps:] {
		x := &l.out.Steps[steps+i]
		x.Rung = max(x.Rung, Renamed)
		x.Proof = "the branch says " + strings.Join(used, ", ")
	}
	return nil
}

// foreign reports whether the fix uses a name for which the branch has another.
func (s *sides) foreign() bool {
	_, used := s.translated()
	return len(used) > 0
}

// mark, reset and restore take back what was put into a file of the branch.
func (l *ladder) mark(path string) int {
	if t := l.want[path]; t != nil {
		return len(t.puts)
	}
	return 0
}

func (l *ladder) reset(path string, keep int) []put {
	t := l.want[path]
	if t == nil {
		return nil
	}
	had := slices.Clone(t.puts)
	t.puts = t.puts[:keep]
	return had
}

func (l *ladder) restore(path string, had []put) {
	if t := l.want[path]; t != nil {
		t.puts = had
	}
}

// cut takes back the steps that came last.
func (r *Result) cut(steps, refused int) (was [2][]Step) {
	was = [2][]Step{slices.Clone(r.Steps[steps:]), slices.Clone(r.Refused[refused:])}
	r.Steps, r.Refused = r.Steps[:steps], r.Refused[:refused]
	return was
}

// made is a file that the change makes.
func (l *ladder) made(ctx context.Context, f *gitdiff.File, theirs []byte, mode apply.Mode) error {
	have, _, err := read(ctx, l.Ours, f.NewName)
	switch {
	case err != nil:
		return err
	case have == nil:
		t := l.target(f.NewName, nil, mode)
		t.made = theirs
		l.out.Steps = append(l.out.Steps, Step{File: f.NewName, Rung: Exact})
	case string(have) != string(theirs):
		l.refuse(Step{File: f.NewName, Line: 1, Proof: "the branch has this file, which the change makes, already"})
	}
	return nil
}

func (l *ladder) target(path string, before *text, mode apply.Mode) *target {
	t := l.want[path]
	if t == nil {
		t = &target{path: path, before: before, mode: mode}
		l.want[path] = t
		l.keep = append(l.keep, path)
	}
	return t
}
