package change

import (
	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// contextLines is what git diff shows around a change unless told otherwise,
// and what the limit of stable-kernel-rules counts.
const contextLines = 3

// Measure counts a diff.
//
// Lines with context are those that git diff -U3 would show inside its hunks:
// every added and removed line, and each context line at most three lines from
// one. Context beyond that (-U10, -W) is left out. A patch posted with less is
// brought to three: what is hidden above a hunk and between hunks is known
// from the line numbers; below the last hunk of a file it is taken to be three
// lines unless that hunk shows fewer than the patch does elsewhere, which means
// the end of the file. The count is then an upper bound, too high by at most
// three a file.
//
// Renames, copies and mode changes count their hunks, so a pure one counts
// nothing, as does a binary file.
func Measure(files []*gitdiff.File) Size {
	var s Size
	narrow, shown := shownContext(files)
	var cls []lineClass
	for _, f := range files {
		s.Files++
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		class := classOf(name)
		if class.header {
			s.Headers++
		}
		switch {
		case f.IsBinary:
			s.Binary++
		case len(f.TextFragments) == 0 && !f.IsNew && !f.IsDelete:
			s.Renames++
		}
		if f.IsNew {
			s.NewFiles++
		}
		if f.IsDelete {
			s.DelFiles++
		}
		prevEnd := int64(1)
		for i, h := range f.TextFragments {
			s.Hunks++
			s.Added += int(h.LinesAdded)
			s.Removed += int(h.LinesDeleted)
			if cap(cls) < len(h.Lines) {
				cls = make([]lineClass, max(len(h.Lines), 64))
			}
			s.countHunk(class, h.Lines, cls[:cap(cls)])
			if narrow {
				start := oldStart(h)
				s.LinesWithContext += hidden(f, h, i, start-prevEnd, shown)
				prevEnd = start + h.OldLines
			}
		}
	}
	s.HeaderOnly = s.Files > 0 && s.Headers == s.Files
	return s
}

// countHunk counts one hunk as the hunks that git diff -U3 would make of it;
// cls is room for the classes of its lines. Lines outside those play no part, so
// a patch counts the same however much context it was posted with.
func (s *Size) countHunk(f fileClass, lines []gitdiff.Line, cls []lineClass) {
	for i := 0; i < len(lines); {
		first := i
		for first < len(lines) && lines[first].Op == gitdiff.OpContext {
			first++
		}
		if first == len(lines) {
			return
		}
		// two changes share a hunk when their context touches
		last := first
		for j := first + 1; j < len(lines) && j-last <= 2*contextLines+1; j++ {
			if lines[j].Op != gitdiff.OpContext {
				last = j
			}
		}
		from, to := max(i, first-contextLines), min(last+1+contextLines, len(lines))
		s.countLines(lines[from:to], classify(f, lines[from:to], cls))
		i = to
	}
}

func (s *Size) countLines(lines []gitdiff.Line, cls []lineClass) {
	s.LinesWithContext += len(lines)
	for i := range lines {
		changed := lines[i].Op != gitdiff.OpContext
		switch k := cls[i]; {
		case k == table:
			s.TableLines++
		case changed && k == comment:
			s.Comment++
		case changed && k != blank:
			s.CodeLines++
		}
	}
}

// oldStart is the first line of the old file that a hunk covers. A hunk that
// covers none is written with the line before it.
func oldStart(h *gitdiff.TextFragment) int64 {
	if h.OldLines == 0 {
		return h.OldPosition + 1
	}
	return h.OldPosition
}

// shownContext tells a patch made with fewer than three lines of context: no
// hunk shows more than that, and one shows fewer although the lines are there.
func shownContext(files []*gitdiff.File) (narrow bool, shown int64) {
	for _, f := range files {
		prevEnd := int64(1)
		for _, h := range f.TextFragments {
			shown = max(shown, h.LeadingContext, h.TrailingContext)
			if shown >= contextLines {
				return false, shown
			}
			start := oldStart(h)
			if h.LeadingContext < contextLines && start > prevEnd {
				narrow = true
			}
			prevEnd = start + h.OldLines
		}
	}
	return narrow, shown
}

// hidden is how many lines git diff -U3 would show around hunk i of f beyond
// those that a patch with less context shows. gap is the number of lines
// between it and the hunk above.
func hidden(f *gitdiff.File, h *gitdiff.TextFragment, i int, gap, shown int64) int {
	if f.IsNew || f.IsDelete {
		return 0
	}
	above := contextLines - min(h.LeadingContext, contextLines)
	if i > 0 {
		above += contextLines - min(f.TextFragments[i-1].TrailingContext, contextLines)
	}
	n := min(max(gap, 0), above)
	if i == len(f.TextFragments)-1 && h.TrailingContext == shown {
		n += contextLines - shown
	}
	return int(n)
}
