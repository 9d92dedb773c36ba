package change

import (
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Compose makes one patch of two, of which the second goes onto the first, as if both
// had been one commit. apart are those that stand between them and stay out of it:
// they may have moved what the second names. It is not whole where the second cannot
// be told from what is between, or does not go onto the first.
func Compose(first, second []*gitdiff.File, apart ...[]*gitdiff.File) (files []*gitdiff.File, whole bool) {
	files = slices.Clone(first)
	for _, b := range second {
		b = before(b, apart)
		if b == nil {
			return nil, false
		}
		i := slices.IndexFunc(files, func(a *gitdiff.File) bool { return newName(a) == oldName(b) })
		if i < 0 || b.IsNew {
			files = append(files, b)
			continue
		}
		one, ok := composeFile(files[i], b)
		if !ok {
			return nil, false
		}
		if files[i] = one; one == nil {
			files = slices.Delete(files, i, i+1)
		}
	}
	return files, true
}

func oldName(f *gitdiff.File) string {
	if f.OldName == "" {
		return f.NewName
	}
	return f.OldName
}

func newName(f *gitdiff.File) string {
	if f.NewName == "" {
		return f.OldName
	}
	return f.NewName
}

// before is a file's patch as it would be without the patches between, nil where it
// touches what they touch.
func before(b *gitdiff.File, apart [][]*gitdiff.File) *gitdiff.File {
	out := *b
	for _, c := range slices.Backward(apart) {
		i := slices.IndexFunc(c, func(f *gitdiff.File) bool { return newName(f) == oldName(b) })
		if i < 0 {
			continue
		}
		if c[i].IsNew || c[i].IsRename || c[i].IsBinary {
			return nil
		}
		frags := make([]*gitdiff.TextFragment, len(out.TextFragments))
		for n, f := range out.TextFragments {
			by := int64(0)
			for _, g := range c[i].TextFragments {
				switch {
				case g.NewPosition+g.NewLines <= f.OldPosition:
					by += g.OldLines - g.NewLines
				case g.NewPosition < f.OldPosition+f.OldLines:
					return nil
				}
			}
			moved := *f
			moved.OldPosition += by
			moved.NewPosition += by
			frags[n] = &moved
		}
		out.TextFragments = frags
	}
	return &out
}

// composeFile composes the patches of one file, nil when nothing is left of them.
func composeFile(a, b *gitdiff.File) (*gitdiff.File, bool) {
	if a.IsBinary || b.IsBinary || a.IsDelete {
		return nil, false
	}
	if a.IsNew && b.IsDelete {
		return nil, true
	}
	out := *a
	out.NewName, out.NewMode, out.IsDelete, out.NewOIDPrefix = b.NewName, b.NewMode, b.IsDelete, b.NewOIDPrefix
	out.IsRename = a.IsRename || b.IsRename
	m := middle{}
	if !m.first(a.TextFragments) || !m.second(b.TextFragments) {
		return nil, false
	}
	out.TextFragments = m.fragments()
	if len(out.TextFragments) == 0 && !out.IsNew && !out.IsDelete && oldName(&out) == newName(&out) && out.OldMode == out.NewMode {
		return nil, true
	}
	return &out, true
}

// middle is a file between two patches, by line, as far as they show it.
type middle map[int64]*between

// between is a line of it with what goes before it.
type between struct {
	known       bool
	text        string
	added, gone bool     // by the first, by the second
	lost, got   []string // before it: by the first, by the second
}

func (m middle) at(n int64) *between {
	if m[n] == nil {
		m[n] = &between{}
	}
	return m[n]
}

// show sets a line that a patch shows; both have to show the same.
func (m middle) show(n int64, text string) (*between, bool) {
	l := m.at(n)
	if l.known && l.text != text {
		return l, false
	}
	l.known, l.text = true, text
	return l, true
}

func (m middle) first(frags []*gitdiff.TextFragment) bool {
	for _, f := range frags {
		n := start(f.NewPosition, f.NewLines)
		for _, l := range f.Lines {
			if l.Op == gitdiff.OpDelete {
				m.at(n).lost = append(m.at(n).lost, l.Line)
				continue
			}
			at, ok := m.show(n, l.Line)
			if !ok {
				return false
			}
			at.added = l.Op == gitdiff.OpAdd
			n++
		}
	}
	return true
}

func (m middle) second(frags []*gitdiff.TextFragment) bool {
	for _, f := range frags {
		n := start(f.OldPosition, f.OldLines)
		for _, l := range f.Lines {
			if l.Op == gitdiff.OpAdd {
				m.at(n).got = append(m.at(n).got, l.Line)
				continue
			}
			at, ok := m.show(n, l.Line)
			if !ok {
				return false
			}
			at.gone = l.Op == gitdiff.OpDelete
			n++
		}
	}
	return true
}

// start is the number of a fragment's first line; one without lines names the line
// before it.
func start(position, lines int64) int64 {
	if lines == 0 {
		return position + 1
	}
	return position
}

// fragments writes what leads from before the first patch to after the second.
func (m middle) fragments() (out []*gitdiff.TextFragment) {
	var numbers []int64
	for n := range m {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var frag *gitdiff.TextFragment
	end := func() {
		if frag != nil && frag.LinesAdded+frag.LinesDeleted > 0 {
			if frag.OldLines == 0 {
				frag.OldPosition--
			}
			if frag.NewLines == 0 {
				frag.NewPosition--
			}
			out = append(out, frag)
		}
		frag = nil
	}
	var next, old, now int64 // the line that goes on; how far the old and the new file are off
	for _, n := range numbers {
		l := m[n]
		if n != next {
			end()
		}
		if frag == nil {
			frag = &gitdiff.TextFragment{OldPosition: n + old, NewPosition: n + now}
		}
		for _, text := range l.lost {
			put(frag, gitdiff.OpDelete, text)
		}
		for _, text := range l.got {
			put(frag, gitdiff.OpAdd, text)
		}
		old, now = old+int64(len(l.lost)), now+int64(len(l.got))
		if !l.known {
			end()
			continue
		}
		switch next = n + 1; {
		case l.added && l.gone:
			old, now = old-1, now-1
		case l.added:
			put(frag, gitdiff.OpAdd, l.text)
			old--
		case l.gone:
			put(frag, gitdiff.OpDelete, l.text)
			now--
		default:
			put(frag, gitdiff.OpContext, l.text)
		}
	}
	end()
	return out
}

func put(f *gitdiff.TextFragment, op gitdiff.LineOp, text string) {
	f.Lines = append(f.Lines, gitdiff.Line{Op: op, Line: text})
	switch op {
	case gitdiff.OpAdd:
		f.LinesAdded, f.NewLines = f.LinesAdded+1, f.NewLines+1
	case gitdiff.OpDelete:
		f.LinesDeleted, f.OldLines = f.LinesDeleted+1, f.OldLines+1
	case gitdiff.OpContext:
		f.OldLines, f.NewLines = f.OldLines+1, f.NewLines+1
	}
}
