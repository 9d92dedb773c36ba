package backport

import (
	"fmt"
	"slices"
	"strings"
)

func (l *ladder) put(path string, ours *text, p put, step Step) {
	t := l.want[path]
	if t.before == nil {
		t.before = ours
	}
	step.Rung, step.At, step.Doubt = p.rung, p.from+1, p.weak
	if step.Proof = p.proof; step.Path != "" && step.Rung <= ThreeWay {
		step.Rung, step.Proof = Moved, fmt.Sprintf("mainline's %s has this name in the branch", step.File)
	}
	t.puts = append(t.puts, p)
	l.out.Steps = append(l.out.Steps, step)
}

// join makes the files.
func (l *ladder) join() {
	for _, s := range l.out.Steps {
		l.out.Rung = max(l.out.Rung, s.Rung)
		if s.Doubt != "" {
			l.out.Warnings = append(l.out.Warnings, s.Doubt)
		}
		if s.Rung == Dropped {
			l.out.Warnings = append(l.out.Warnings, "dropped: "+s.Proof)
		}
	}
	for _, path := range l.keep {
		t := l.want[path]
		f := File{Path: path, Mode: t.mode}
		if t.before != nil {
			f.Before = []byte(strings.Join(t.before.lines, ""))
		}
		switch {
		case t.gone:
		case t.made != nil:
			f.After = t.made
		default:
			after, clash := t.after()
			if clash != nil {
				l.refuse(Step{File: path, Line: clash.edit.from + 1, Lines: clash.edit.to - clash.edit.from, Proof: "two of its edits go to the same place"})
			}
			if f.After = []byte(after); after == string(f.Before) && t.to == "" {
				continue
			}
			if t.to != "" {
				f.From, f.Path = path, t.to
			}
		}
		l.out.Files = append(l.out.Files, f)
	}
}

func (t *target) after() (string, *put) {
	slices.SortStableFunc(t.puts, func(a, b put) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return (a.to - a.from) - (b.to - b.from)
	})
	var s strings.Builder
	at := 0
	var last *put
	for i := range t.puts {
		p := &t.puts[i]
		if p.from < at {
			if last != nil && last.from == p.from && last.to == p.to && slices.Equal(last.lines, p.lines) && p.rung == Woven {
				continue
			}
			return "", p
		}
		for ; at < p.from; at++ {
			s.WriteString(t.before.lines[at])
		}
		for _, l := range p.lines {
			s.WriteString(l)
		}
		at = p.to
		last = p
	}
	for ; at < len(t.before.lines); at++ {
		s.WriteString(t.before.lines[at])
	}
	return s.String(), nil
}
