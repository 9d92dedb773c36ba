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
				l.refuse(Step{File: path, Line: clash.edit.from + 1, Lines: clash.edit.to - clash.edit.from,
					Proof: "two of its edits go to the same place", ours: part{from: max(clash.from-1, 0), to: min(clash.to+1, len(t.before.lines))}})
			}
			if name, p := t.doubled(after); p != nil {
				b, _ := called(blocks(t.before), name)
				l.refuse(Step{File: path, Line: p.edit.from + 1, Lines: p.edit.to - p.edit.from, In: name, At: p.from + 1,
					Proof: fmt.Sprintf("the branch has %s already", name), ours: part{from: b.from, to: b.to}})
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

// doubled is a function that the branch's file has once and would have twice, and the edit
// that puts it in. Headers have some twice, for one configuration and the other.
func (t *target) doubled(after string) (string, *put) {
	if !strings.HasSuffix(t.path, ".c") {
		return "", nil
	}
	had := map[string]int{}
	for _, b := range blocks(t.before) {
		had[b.name]++
	}
	now := map[string]int{}
	for _, b := range blocks(newText([]byte(after))) {
		if now[b.name]++; !b.function || had[b.name] != 1 || now[b.name] != 2 {
			continue
		}
		for i := range t.puts {
			if p := &t.puts[i]; strings.Contains(strings.Join(p.lines, ""), b.name+"(") && !slices.ContainsFunc(p.lines, directive) {
				return b.name, p
			}
		}
	}
	return "", nil
}

func directive(line string) bool { return strings.HasPrefix(line, "#") }

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
