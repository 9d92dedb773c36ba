package rules

import "fmt"

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
			s.LinesWithContext, rel, maxLines, s.Added, s.Removed, plural(s.Files, "file"))
		if s.TableLines > 0 {
			reason += fmt.Sprintf("; %d of them table lines", s.TableLines)
		}
		if s.Binary > 0 {
			reason += fmt.Sprintf("; %s not counted", plural(s.Binary, "binary file"))
		}
		return Finding{Outcome: o, Reason: reason, Values: map[string]float64{
			"lines_with_context": float64(s.LinesWithContext), "added": float64(s.Added), "removed": float64(s.Removed),
			"files": float64(s.Files), "hunks": float64(s.Hunks), "code_lines": float64(s.CodeLines), "over": float64(max(0, s.LinesWithContext-maxLines)),
		}}, nil
	},
}
