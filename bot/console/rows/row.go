// Package rows shows on a terminal what was judged: a change as a row of a table, with its
// branches and reasons below, and all that the store knows of one. What strangers wrote
// rearranges no line.
package rows

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Style colours a verdict on a terminal.
var Style = map[verdict.Verdict]lipgloss.Style{
	verdict.StableEligible: lipgloss.NewStyle().Foreground(lipgloss.Green),
	verdict.DKMSOnly:       lipgloss.NewStyle().Foreground(lipgloss.Magenta),
	verdict.Wait:           lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	verdict.Uncertain:      lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	verdict.NotNeeded:      lipgloss.NewStyle().Faint(true),
	verdict.OutOfScope:     lipgloss.NewStyle().Faint(true),
}

// Label is the verdict with its reason class, as people read it.
func Label(j *verdict.Judgement) string {
	s := string(j.Verdict)
	if j.ReasonClass != "" {
		s += ": " + string(j.ReasonClass)
	}
	if j.Mixed {
		s += " (mixed)"
	}
	return s
}

const rowFormat = "%s  %5s %6s  %-16s %s\n"

// Header names the columns of the table.
func Header() string {
	return fmt.Sprintf(rowFormat, fmt.Sprintf("%-23s", "VERDICT"), "SCORE", "LINES", "SILICON", "CHANGE")
}

// Append writes one change as a line of the table. The verdict is padded
// before it is coloured: escape codes have no width.
func Append(b *bytes.Buffer, j *verdict.Judgement, why, colour bool) {
	verdictCell := fmt.Sprintf("%-23s", Label(j))
	if colour {
		verdictCell = Style[j.Verdict].Render(verdictCell)
	}
	chip := "-"
	if len(j.Silicon) > 0 {
		chip = j.Silicon[0].Name
		if n := len(j.Silicon) - 1; n > 0 && j.Silicon[0].Kind != "driver" {
			chip += fmt.Sprintf(" +%d", n)
		}
		if j.Silicon[0].State != silicon.Production {
			chip += "?"
		}
	}
	fmt.Fprintf(b, rowFormat, verdictCell, fmt.Sprintf("%.2f", j.Score), fmt.Sprint(j.Size.LinesWithContext), console.Clip(chip, 16),
		startOf(j)+console.Printable(j.Subject))
	if j.Error != nil {
		fmt.Fprintf(b, "%25s%s\n", "", "error: "+console.Printable(*j.Error))
	}
	for i := range j.Branches {
		appendBranch(b, &j.Branches[i])
	}
	if why {
		if j.Kind == change.Mail {
			fmt.Fprintf(b, "%25s%s\n", "", console.Printable(j.ID))
		}
		fmt.Fprintf(b, "%25s%s\n", "", console.Printable(j.Reason))
		for _, r := range mattering(j) {
			fmt.Fprintf(b, "%25s%+5.1f %s: %s\n", "", r.Weight, r.ID, console.Printable(r.Reason))
		}
	}
}

// startOf is what one goes on with from a row: the short id of a commit, the day, and
// the version of a patch that was posted before.
func startOf(j *verdict.Judgement) string {
	var s string
	if j.Kind == change.Commit {
		s = fmt.Sprintf("%.12s ", j.ID)
	}
	if len(j.Date) >= len(time.DateOnly) {
		s += j.Date[:len(time.DateOnly)] + " "
	}
	if j.Series != nil && j.Series.Version > 1 {
		s += fmt.Sprintf("v%d ", j.Series.Version)
	}
	return s
}

// mattering are the findings that moved the score, the heaviest first, and then those
// that say that something is not as it should be.
func mattering(j *verdict.Judgement) []verdict.Weighed {
	var out []verdict.Weighed
	for _, r := range j.Rules {
		if r.Weight != 0 && r.Outcome != rules.NotApplicable || r.Outcome == rules.Unmet {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b verdict.Weighed) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) })
	return out
}

// appendBranch writes what one branch needs.
func appendBranch(b *bytes.Buffer, x *verdict.Branch) {
	what := string(x.State)
	if x.State == verdict.Affected {
		what += ", " + string(x.Applies)
	}
	if n := len(x.Prerequisites); n > 0 {
		what += fmt.Sprintf(" (%d first, %s)", n, change.Count(x.PileLines, "line"))
	}
	if len(x.Mates) > 0 {
		what += fmt.Sprintf(" (after %s of its series, %s)", rules.PatchNumbers(x.Mates), change.Count(x.PileLines, "line"))
	}
	if x.Verdict != nil {
		what += ": " + string(*x.Verdict)
		if x.ReasonClass != "" {
			what += " " + string(x.ReasonClass)
		}
		if x.State == verdict.Affected && len(x.Reach) > 0 {
			what += fmt.Sprintf(" %.2f", x.Score)
		}
	}
	if x.Why != "" {
		what += "; " + console.Printable(x.Why)
	}
	fmt.Fprintf(b, "%25s%-6s %s\n", "", x.Name, what)
}

// JSON writes one change as one line of JSON.
func JSON(b *bytes.Buffer, j *verdict.Judgement) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(j)
}
