package rules

import (
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// maxLines is the limit of stable-kernel-rules.rst for one patch.
const maxLines = 100

// DiffSize compares the patch with the one number that the rules state.
var DiffSize = &Rule{
	ID: "size",
	Doc: `at most 100 lines with context

What counts are the lines inside the hunks: added, removed and context, the
latter brought to three lines above and below whatever the patch was made with.
File and hunk headers, pure renames and mode changes count nothing. So one
inserted line counts seven, one changed line eight. The limit is stated as it is
written; the trees have taken many changes beyond it, above all where most of
the lines are a table, and how much that weighs is learnt from them.

Met: a patch of 12 added and 3 removed lines, 39 lines with context.
Unmet: a patch of 60 added and 22 removed lines, 143 lines with context.`,
	Ref: Ref{stableRules, ruleList, "no more than a hundred lines, counted with their context"},
	Values: []Value{
		{Name: "size.lines", Doc: "doublings of lines with context, tables apart", Of: func(f *Facts) float64 { return log2(f.codeLines()) }},
		{Name: "size.over50", Doc: "doublings beyond 50 lines with context", Of: func(f *Facts) float64 { return above(f.codeLines(), 50) }},
		{Name: "size.over100", Doc: "doublings beyond the documented 100 lines with context", Of: func(f *Facts) float64 { return above(f.codeLines(), 100) }},
		{Name: "size.beyond", Doc: "beyond what stable takes of a fix that nobody asks it to take", Of: func(f *Facts) float64 {
			return yes(f.codeLines() > TooBigAlone && !f.asks() && !f.Submission() && !f.Words().Revert)
		}},
		{Name: "size.over200", Doc: "doublings beyond 200 lines with context", Of: func(f *Facts) float64 { return above(f.codeLines(), 200) }},
		{Name: "size.files", Doc: "doublings of files beyond one", Of: func(f *Facts) float64 { return above(f.Change.Size.Files, 1) }},
		{Name: "size.hunks", Doc: "doublings of hunks beyond one", Of: func(f *Facts) float64 { return above(f.Change.Size.Hunks, 1) }},
		{Name: "size.added", Doc: "doublings of added lines", Of: func(f *Facts) float64 { return log2(f.Change.Size.Added) }},
		{Name: "size.removed", Doc: "doublings of removed lines", Of: func(f *Facts) float64 { return log2(f.Change.Size.Removed) }},
		{Name: "size.removal", Doc: "only removes lines", Of: func(f *Facts) float64 { return yes(f.Change.Size.Added == 0 && f.Change.Size.Removed > 0) }},
		{Name: "size.one-line", Doc: "changes one line", Of: func(f *Facts) float64 { return yes(f.Change.Size.Added <= 1 && f.Change.Size.Removed <= 1) }},
		{Name: "size.insert", Doc: "only adds lines", Of: func(f *Facts) float64 {
			return yes(f.Change.Size.Removed == 0 && f.Change.Size.Added > 0)
		}},
		{Name: "size.insert.few", Doc: "only adds lines, ten or fewer, in existing files", Of: func(f *Facts) float64 {
			return yes(f.Change.Size.Removed == 0 && f.Change.Size.Added > 0 && f.Change.Size.Added <= 10 && f.Change.Size.NewFiles == 0)
		}},
		{Name: "size.claims", Doc: "doublings beyond 50 lines with context, for a claimed fix", Kind: OfClaim, Of: func(f *Facts) float64 {
			if !f.Claims() {
				return 0
			}
			return above(f.codeLines(), 50)
		}},
		{Name: "size.stable", Doc: "doublings beyond 50 lines with context, for a change that asks for stable", Kind: OfRequest, Of: func(f *Facts) float64 {
			if !f.asks() {
				return 0
			}
			return above(f.codeLines(), 50)
		}},
		{Name: "files.dirs", Doc: "doublings of directories beyond one", Of: func(f *Facts) float64 {
			seen := make(map[string]bool, 8)
			for _, file := range f.Change.Files {
				n := signs.FileName(file)
				seen[n[:strings.LastIndexByte(n, '/')+1]] = true
			}
			return above(len(seen), 1)
		}},
	},
	Run: func(f *Facts) (Finding, error) {
		s := &f.Change.Size
		if !f.complete() {
			return notApplicable("there is no diff to count")
		}
		o, rel := Met, "within"
		if s.LinesWithContext > maxLines {
			o, rel = Unmet, "over"
		}
		reason := fmt.Sprintf("%d lines with context, %s the documented limit of %d (%d added, %d removed, %s)",
			s.LinesWithContext, rel, maxLines, s.Added, s.Removed, change.Count(s.Files, "file"))
		if s.TableLines > 0 {
			reason += fmt.Sprintf("; %d of them %s", s.TableLines, f.tableLines())
		}
		if s.Binary > 0 {
			reason += fmt.Sprintf("; %s not counted", change.Count(s.Binary, "binary file"))
		}
		return Finding{Outcome: o, Reason: reason}, nil
	},
}
