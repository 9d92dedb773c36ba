package backport

import (
	"context"
	"fmt"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// edit climbs the ladder with one edit.
func (l *ladder) edit(ctx context.Context, f *gitdiff.File, s *sides, e edit, path string, there bool, moved string) error {
	step := Step{File: f.OldName, Line: e.from + 1, Lines: e.to - e.from, Path: moved}
	if b, in := within(s.baseBlocks, e.from, e.from == e.to); in {
		step.In = b.name
	}
	if there {
		if p, ok := s.straight(e); ok {
			l.put(path, s.ours, p, step)
			return nil
		}
		lo, hi, name, ok := s.region(e)
		if ok {
			if l.here(s, e, lo, hi, path, step) {
				return nil
			}
			if s.lacking(e, lo, hi) {
				step.Rung, step.Proof = Dropped, "the branch has none of the lines that it changes"
				l.out.Steps = append(l.out.Steps, step)
				return nil
			}
			l.refuse(s.fill(f.OldName, e, step))
			return nil
		}
		step.In = name
	}
	if step.In == "" && !there {
		step.In = s.macro(e)
	}
	if step.In != "" {
		// The file or the function is not there: it may stand in another file.
		done, err := l.other(ctx, f, s, e, step)
		if done || err != nil {
			return err
		}
		if there {
			step.Rung, step.Proof = Dropped, fmt.Sprintf("the branch has no %s", step.In)
			l.out.Steps = append(l.out.Steps, step)
			return nil
		}
	}
	if there {
		l.refuse(s.fill(f.OldName, e, step))
		return nil
	}
	step.Rung, step.Proof = Dropped, "the branch has no such file"
	l.out.Steps = append(l.out.Steps, step)
	return nil
}

// fill notes which lines stand in the way of an edit.
func (s *sides) fill(path string, e edit, step Step) Step {
	b0, b1, o0, o1 := s.gap(e)
	if b0 == e.from && b1 == e.to { // its own lines are there: those beside it are not
		b0, b1 = max(b0-1, 0), min(b1+1, len(s.to))
	}
	lost := func(from, to int) {
		for i := from; i < to; i++ {
			if s.to[i] >= 0 || s.base.keys[i] == "" {
				continue
			}
			if n := len(step.drift); n > 0 && step.drift[n-1].to == i {
				step.drift[n-1].to++
			} else {
				step.drift = append(step.drift, part{path: path, from: i, to: i + 1})
			}
		}
	}
	lost(e.from, e.to)
	lost(b0, e.from)
	lost(e.to, b1)
	if o0 < o1 {
		step.ours = part{from: o0, to: o1}
		for i := o0; i < min(o1, o0+maxGap); i++ {
			if !slices.Contains(s.base.keys, s.ours.keys[i]) {
				step.extra = append(step.extra, s.ours.lines[i])
			}
		}
	}
	if b, in := within(s.baseBlocks, e.from, e.from == e.to); in {
		step.block = part{path: path, from: b.from, to: b.to}
	}
	return step
}

// other places an edit in another file that has the function it stands in. A name that
// several files have, such as a table of each chip, is found in none of them.
func (l *ladder) other(ctx context.Context, f *gitdiff.File, s *sides, e edit, step Step) (done bool, err error) {
	files, err := l.defining(ctx, f.OldName, step.In)
	if err != nil || len(files) != 1 {
		return false, err
	}
	path := files[0]
	data, mode, err := read(ctx, l.Ours, path)
	if err != nil {
		return false, err
	}
	o := newSides(s.base, s.theirs, newText(data))
	lo, hi, _, ok := o.region(e)
	if !ok || !o.akin(e, lo, hi) {
		return false, nil
	}
	l.target(path, o.ours, mode)
	step.Path = path
	if p, ok := o.straight(e); ok {
		p.rung, p.proof = Moved, fmt.Sprintf("%s stands in this file", step.In)
		l.put(path, o.ours, p, step)
		return true, nil
	}
	if !l.here(o, e, lo, hi, path, step) {
		l.refuse(o.fill(f.OldName, e, step))
	}
	return true, nil
}

// akin reports whether the block around an edit has half of its lines in the block that
// was found for it.
func (s *sides) akin(e edit, lo, hi int) bool {
	b, in := within(s.baseBlocks, e.from, e.from == e.to)
	if !in {
		return true
	}
	same, all := 0, 0
	for i := b.from; i < b.to; i++ {
		if telling(s.base.keys[i]) {
			all++
			if slices.Contains(s.ours.keys[lo:hi], s.base.keys[i]) {
				same++
			}
		}
	}
	return 2*same >= all
}

// here places an edit in a file by what it says and by its surroundings.
func (l *ladder) here(s *sides, e edit, lo, hi int, path string, step Step) bool {
	if p, ok := s.anchored(e, lo, hi); ok {
		p.proof = fmt.Sprintf("its lines are matched once in %s", orFile(step.In))
		l.put(path, s.ours, p, step)
		return true
	}
	if p, ok := s.woven(e); ok {
		p.proof = "what the fix and the branch change on these lines are different words"
		l.put(path, s.ours, p, step)
		return true
	}
	return false
}

func orFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}
