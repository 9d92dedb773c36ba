package trees

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/tree"
)

// A change that names no culprit has one all the same: what added the code that it edits.
// A branch without that has no bug, and what would have to go in first is the bug itself.
// Only the text is read, so this is asked where the patch does not go on, and where a
// culprit is named it is not asked at all.

// implied says why a branch lacks the origin of a change, "" where it has it or that is
// not known.
func (s *Set) implied(ctx context.Context, c *question, v view, t apply.Tree, out *rules.Branch) string {
	if why := s.cameFirst(ctx, c.Change, v, out.Prerequisites); why != "" {
		return why
	}
	base, _, err := s.sides(ctx, c, v)
	if base == nil || err != nil {
		return ""
	}
	file, label := lackedCase(ctx, base, t, c.Files)
	if label == "" {
		return ""
	}
	why := fmt.Sprintf("all that it changes in %s is %q, which %s does not have", file, label, v.name)
	if id, title := s.addedBy(ctx, c, v, file, label); id != "" {
		why += fmt.Sprintf("; it came with %.12s (%q)", id, title)
	}
	return why
}

// without makes a row one of a branch that has not the code of the bug.
func without(out *rules.Branch, why string) {
	out.State, out.Applies, out.NoBase, out.Why = noBase, notTried, tree.Later, why
	out.Prerequisites, out.PileLines, out.PileMore, out.PileBeyond, out.Enabling = nil, 0, false, 0, nil
	out.Needs, out.Mates = nil, nil
}

// edit is a run of lines that a change takes away or puts in.
type edit struct {
	at       int // the line before which it stands, or of its first line taken away, in the old file
	old, new []string
	beside   []string // the lines of context next to it
}

func editsOf(h *gitdiff.TextFragment) (out []edit) {
	line := int(h.OldPosition)
	for i := 0; i < len(h.Lines); {
		if h.Lines[i].Op == gitdiff.OpContext {
			line++
			i++
			continue
		}
		e := edit{at: line}
		if i > 0 {
			e.beside = append(e.beside, h.Lines[i-1].Line)
		}
		for ; i < len(h.Lines) && h.Lines[i].Op != gitdiff.OpContext; i++ {
			if h.Lines[i].Op == gitdiff.OpDelete {
				e.old = append(e.old, h.Lines[i].Line)
				line++
			} else {
				e.new = append(e.new, h.Lines[i].Line)
			}
		}
		if i < len(h.Lines) {
			e.beside = append(e.beside, h.Lines[i].Line)
		}
		out = append(out, e)
	}
	return out
}

// cameFirst looks for a prerequisite that brings all of the lines that the change edits,
// and as new ones: it puts them where it takes nothing away, and takes them away nowhere.
func (s *Set) cameFirst(ctx context.Context, c *change.Change, v view, prerequisites []string) string {
	for _, id := range prerequisites {
		p, err := s.Commit(ctx, id)
		if err != nil {
			continue // one that cannot be read is the origin of nothing
		}
		if brings(p, c) {
			return fmt.Sprintf("what it changes came with %.12s (%q), which %s does not have", id, p.Subject, v.name)
		}
	}
	return ""
}

func brings(p, c *change.Change) bool {
	fresh, gone := map[string]bool{}, map[string]bool{}
	for _, f := range p.Files {
		for _, h := range f.TextFragments {
			for _, e := range editsOf(h) {
				for _, l := range e.old {
					gone[strings.TrimSpace(l)] = true
				}
				if len(e.old) == 0 {
					for _, l := range e.new {
						fresh[f.NewName+"\x00"+strings.TrimSpace(l)] = true
					}
				}
			}
		}
	}
	some := false
	for _, f := range c.Files {
		for _, h := range f.TextFragments {
			for _, e := range editsOf(h) {
				lines := telling(e.old)
				if len(lines) == 0 {
					lines = telling(e.beside)
				}
				if len(lines) == 0 || slices.ContainsFunc(lines, func(l string) bool { return gone[l] || !fresh[f.OldName+"\x00"+l] }) {
					return false
				}
				some = true
			}
		}
	}
	return some
}

// telling are the lines, without blanks around them, that hardly stand anywhere else.
func telling(lines []string) (out []string) {
	for _, l := range lines {
		if l = strings.TrimSpace(l); strings.Count(l, "_")+strings.Count(l, "(") > 0 && len(l) > 8 && !strings.HasPrefix(l, "return ") {
			out = append(out, l)
		}
	}
	return out
}

// lackedCase finds that each edit stands below case labels that a tree's file has not,
// though it has others of the same switch. It names the first.
func lackedCase(ctx context.Context, base, t apply.Tree, files []*gitdiff.File) (file, label string) {
	for _, f := range files {
		if f.IsNew || f.IsBinary || len(f.TextFragments) == 0 {
			return "", ""
		}
		before, here := textOf(ctx, base, f.OldName), textOf(ctx, t, f.OldName)
		if before == nil || here == nil {
			return "", ""
		}
		lines := strings.Split(string(before), "\n")
		for _, h := range f.TextFragments {
			if !searches(ctx, &apply.Image{Data: here}, h) {
				return "", ""
			}
			for _, e := range editsOf(h) {
				own, others := casesAt(lines, e)
				has := func(l string) bool { return bytes.Contains(here, []byte(l)) }
				if len(own) == 0 || slices.ContainsFunc(own, has) || !slices.ContainsFunc(others, has) {
					return "", ""
				}
				if label == "" {
					file, label = f.OldName, own[0]
				}
			}
		}
	}
	return file, label
}

func textOf(ctx context.Context, t apply.Tree, name string) []byte {
	e, err := t.Entry(ctx, name)
	if err != nil || !e.Exists() {
		return nil
	}
	img, err := t.Image(ctx, e)
	if err != nil {
		return nil
	}
	return img.Data
}

// indent counts the blanks before a line's text; -1: it has none, or is for the
// preprocessor, or a label.
func indent(line string) int {
	text := strings.TrimLeft(line, " \t")
	if text == "" || text[0] == '#' {
		return -1
	}
	return len(line) - len(text)
}

func caseOf(line string) string {
	text := strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(text, "case "); ok {
		if i := strings.LastIndexByte(rest, ':'); i > 0 {
			return "case " + rest[:i+1]
		}
	}
	return ""
}

// casesAt are the labels right above an edit, and the others of their switch. None when
// the edit stands in no case, or edits the labels.
func casesAt(lines []string, e edit) (own, others []string) {
	if slices.ContainsFunc(e.old, func(l string) bool { return caseOf(l) != "" }) ||
		slices.ContainsFunc(e.new, func(l string) bool { return caseOf(l) != "" }) {
		return nil, nil
	}
	least := 1 << 20
	for _, l := range append(slices.Clone(e.old), e.new...) {
		if n := indent(l); n >= 0 {
			least = min(least, n)
		}
	}
	i := min(e.at-1, len(lines)) - 1 // the line before it
	for ; i >= 0 && caseOf(lines[i]) == ""; i-- {
		n := indent(lines[i])
		if n == 0 {
			return nil, nil // the function's beginning
		}
		if n > 0 {
			least = min(least, n)
		}
	}
	if i < 0 || least <= indent(lines[i]) {
		return nil, nil
	}
	deep := indent(lines[i])
	top := i
	for ; top >= 0 && caseOf(lines[top]) != ""; top-- {
		own = append(own, caseOf(lines[top]))
	}
	others = append(labels(lines, top, -1, deep), labels(lines, e.at-1, 1, deep)...)
	return own, others
}

// labels are the cases of that depth up or down from a line, to the end of the switch.
func labels(lines []string, from, step, deep int) (out []string) {
	for i := from; i >= 0 && i < len(lines); i += step {
		n := indent(lines[i])
		switch l := caseOf(lines[i]); {
		case n < 0 || n > deep:
		case n == deep && l != "":
			out = append(out, l)
		case n == deep && strings.HasPrefix(strings.TrimSpace(lines[i]), "default"):
		default:
			return out
		}
	}
	return out
}

// pickaxe bounds the search for the commit that added a label.
const pickaxe = 5 * time.Second

// addedBy names the commit of mainline that added a text to a file after the branch left.
// It asks git for the file's history, so only who plans is told.
func (s *Set) addedBy(ctx context.Context, c *question, v view, file, text string) (id, title string) {
	if !s.cfg.Adapt || c.carrier == "" || v.fork == 0 || v.repo != s.main.repo {
		return "", ""
	}
	ctx, end := context.WithTimeout(ctx, pickaxe)
	defer end()
	out, err := s.main.Output(ctx, "looking for what added a label", "log", "--reverse", "--no-merges", "--format=%H %s", "-S"+text,
		s.main.ID(v.fork)+".."+c.carrier+"^", "--", file)
	if err != nil {
		return "", "" // the branch lacks it, whoever added it
	}
	line, _, _ := strings.Cut(string(out), "\n")
	id, title, _ = strings.Cut(line, " ")
	return id, title
}
