package trees

import (
	"bytes"
	"context"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/rules"
)

// countBase counts the hunks whose code stands in a tree (rules.Base).
func countBase(ctx context.Context, t apply.Tree, files []*gitdiff.File) rules.Base {
	b := rules.Base{Known: true}
	for _, f := range files {
		if f.IsNew || f.IsBinary {
			continue
		}
		b.Files++
		b.Hunks += len(f.TextFragments)
		e, err := t.Entry(ctx, f.OldName)
		if err != nil {
			return rules.Base{}
		}
		if !e.Exists() {
			continue
		}
		b.Have++
		img, err := t.Image(ctx, e)
		if err != nil {
			return rules.Base{}
		}
		for _, h := range f.TextFragments {
			if !searches(ctx, img, h) {
				return rules.Base{}
			}
			switch {
			case contains(img.Data, before(h, 3)):
				b.Exact++
				b.Near++
			case contains(img.Data, before(h, 1)):
				b.Near++
			}
		}
	}
	return b
}

// searches spends what looking for the lines of a hunk in a file costs; false when
// nothing is left for it.
func searches(ctx context.Context, img *apply.Image, h *gitdiff.TextFragment) bool {
	return budget.Of(ctx).Spend(200 + len(img.Data)/4 + 8*len(h.Lines))
}

// before is the hunk's old side with at most so many lines of the context left
// out at either end that three lines would leave.
func before(h *gitdiff.TextFragment, context int64) []byte {
	var b []byte
	lead, trail := max(0, h.LeadingContext-context), max(0, h.TrailingContext-context)
	for i := range h.Lines {
		if n := int64(i); n >= lead && n < int64(len(h.Lines))-trail && h.Lines[i].Op != gitdiff.OpAdd {
			b = append(b, h.Lines[i].Line...)
		}
	}
	return b
}

// contains finds whole lines.
func contains(data, lines []byte) bool {
	if len(lines) == 0 || bytes.HasPrefix(data, lines) {
		return true
	}
	for at := 0; ; {
		i := apply.Index(data[at:], lines)
		if i < 0 {
			return false
		}
		if at += i; data[at-1] == '\n' {
			return true
		}
		at++
	}
}

// collides reports whether a merge must end in a conflict, which spares asking
// git: some changed lines, with the line before and behind them, stand together
// neither as they were nor as the change makes them, so the branch has changed
// one of them, and git takes neighbouring changes for a conflict.
func collides(ctx context.Context, t apply.Tree, files []*gitdiff.File) bool {
	for _, f := range files {
		if f.IsNew || f.IsRename || f.IsCopy || f.IsBinary {
			continue
		}
		e, err := t.Entry(ctx, f.OldName)
		if err != nil || !e.Exists() {
			continue
		}
		img, err := t.Image(ctx, e)
		if err != nil {
			continue
		}
		for _, h := range f.TextFragments {
			if !searches(ctx, img, h) {
				return false
			}
			for i := 0; i < len(h.Lines); {
				if h.Lines[i].Op == gitdiff.OpContext {
					i++
					continue
				}
				j := i
				for j < len(h.Lines) && h.Lines[j].Op != gitdiff.OpContext {
					j++
				}
				var old, new []byte
				for k := max(0, i-1); k < min(len(h.Lines), j+1); k++ {
					l := &h.Lines[k]
					if l.Op != gitdiff.OpAdd {
						old = append(old, l.Line...)
					}
					if l.Op != gitdiff.OpDelete {
						new = append(new, l.Line...)
					}
				}
				if !contains(img.Data, old) && !contains(img.Data, new) {
					return true
				}
				i = j
			}
		}
	}
	return false
}
