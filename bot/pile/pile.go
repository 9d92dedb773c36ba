// Package pile is the plan for one change: what each branch says of it, and what
// would really have to be backported there, with reasons.
//
// A Plan is a pure value. The table, the JSON and the pictures are made of it
// alone, so they say the same.
package pile

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Plan is one change and what becomes of it.
type Plan struct {
	verdict.Judgement
	Mainline   string   `json:"mainline,omitempty"` // its commit there
	Release    string   `json:"release,omitempty"`  // that first carried it
	Files      []string `json:"files"`
	Subsystems []string `json:"subsystems,omitempty"`
	Culprits   []Name   `json:"culprits,omitempty"`
	Followups  []Name   `json:"followups,omitempty"` // later commits that mend or revert it
	// Plans has one entry for each of Branches, in their order.
	Plans []Branch `json:"plans"`
}

// Name is a commit by id and title.
type Name struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Revert bool   `json:"revert,omitempty"`
}

// Branch is what stands beside the verdict of a branch.
type Branch struct {
	Name         string   `json:"name"`
	Active       bool     `json:"active"`
	As           string   `json:"as,omitempty"` // the commit there, when it is present or queued
	MissingNewer []string `json:"missing_newer,omitempty"`
	// Steps go in first, in this order.
	Steps      []Step   `json:"steps,omitempty"`
	Lines      int      `json:"pile_lines,omitempty"` // with context, of the steps and the change
	More       bool     `json:"more,omitempty"`       // there is more than this
	Files      []string `json:"pile_files,omitempty"`
	Subsystems []string `json:"pile_subsystems,omitempty"`
	Beyond     []Step   `json:"beyond,omitempty"`     // what it stands on that nobody would take along
	Unresolved []string `json:"unresolved,omitempty"` // names that are used and that the branch lacks
}

// Step is one prerequisite.
type Step struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Lines int      `json:"lines_with_context"`
	Files []string `json:"files,omitempty"`
	Why   []Why    `json:"why,omitempty"`
	Drags int      `json:"drags,omitempty"` // commits behind one that is not taken along
}

// Why is a reason for which a commit is needed.
type Why struct {
	By     string `json:"by,omitempty"` // the commit that needs it, "" for the change itself
	Reason string `json:"reason"`
}

// JSON writes the plan as one line.
func (p *Plan) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(p)
}

// Text writes the plan for people.
func (p *Plan) Text(w io.Writer) error {
	var b strings.Builder
	f := func(format string, a ...any) { fmt.Fprintf(&b, format, a...) }
	f("%s\n", change.Plain(p.Subject))
	if p.Mainline != "" {
		f("  mainline   %.12s%s\n", p.Mainline, map[bool]string{true: ", released in " + p.Release, false: ""}[p.Release != ""])
	} else {
		f("  mainline   not there\n")
	}
	f("  verdict    %s, score %.2f: %s\n", Label(p.Verdict, p.ReasonClass), p.Score, change.Plain(p.Reason))
	f("  size       %s with context (+%d -%d) in %s\n", change.Count(p.Size.LinesWithContext, "line"), p.Size.Added, p.Size.Removed,
		change.Count(p.Size.Files, "file"))
	if len(p.Subsystems) > 0 {
		f("  subsystem  %s\n", strings.Join(p.Subsystems, ", "))
	}
	for _, s := range p.Silicon {
		f("  silicon    %s (%s): %s\n", s.Name, s.Driver, s.State)
	}
	for _, file := range p.Files {
		f("  file       %s\n", change.Plain(file))
	}
	for _, c := range p.Culprits {
		f("  mends      %.12s %s\n", c.ID, change.Plain(c.Title))
	}
	for _, c := range p.Followups {
		f("  later      %.12s %s%s\n", c.ID, map[bool]string{true: "reverts it: "}[c.Revert], change.Plain(c.Title))
	}
	f("\n")
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "BRANCH\tSTATE\tAPPLIES\tVERDICT\tSCORE\tFIRST\tLINES\tWHY")
	for i, br := range p.Branches {
		plan := p.at(i)
		score, say := "-", "-"
		if br.Verdict != nil {
			score, say = fmt.Sprintf("%.2f", br.Score), Label(*br.Verdict, br.ReasonClass)
		}
		why := br.Why
		if plan.As != "" {
			why = strings.TrimSpace(fmt.Sprintf("%.12s %s", plan.As, why))
		}
		if len(plan.MissingNewer) > 0 {
			why = strings.TrimPrefix(why+"; missing in "+strings.Join(plan.MissingNewer, ", "), "; ")
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", br.Name, br.State, none(br.Applies, br.State), say, score, plan.count(br.Applies),
			plan.lines(p.Size.LinesWithContext, br), change.Plain(why))
	}
	_ = tw.Flush() // into memory
	for i := range p.Branches {
		p.pile(&b, i)
		p.adapted(&b, i)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// pile writes the steps of a branch.
func (p *Plan) pile(b *strings.Builder, i int) {
	br := p.at(i)
	if len(br.Steps) == 0 && len(br.Beyond) == 0 || p.Branches[i].Adapted != nil {
		return // an adapted patch needs none of them
	}
	switch whole := p.Branches[i].Applies == verdict.NeedsPrerequisites; {
	case whole:
		fmt.Fprintf(b, "\nFor %s %s first, in this order:\n", br.Name, map[bool]string{true: "this goes in",
			false: "these go in"}[len(br.Steps) == 1])
	case len(br.Steps) > 0:
		fmt.Fprintf(b, "\nIn %s it stands on these, which alone would not do: an adjusted patch may need none of them.\n", br.Name)
	}
	for n, s := range br.Steps {
		fmt.Fprintf(b, "%4d  %.12s %s (%s)\n", n+1, s.ID, change.Plain(s.Title), change.Count(s.Lines, "line"))
		for _, y := range s.Why {
			fmt.Fprintf(b, "      %s\n", change.Plain(br.Because(y)))
		}
	}
	if len(br.Files) > 0 && p.Branches[i].Applies == verdict.NeedsPrerequisites {
		fmt.Fprintf(b, "      together %s with context in %s; %s\n",
			change.Count(br.Lines, "line"), change.Count(len(br.Files), "file"), strings.Join(br.Subsystems, ", "))
	}
	if len(br.Beyond) > 0 {
		fmt.Fprintf(b, "\nIn %s it %sstands on what nobody would take along, so an adjusted patch is needed:\n", br.Name,
			map[bool]string{true: "also "}[len(br.Steps) > 0])
		for _, s := range br.Beyond {
			drags := ""
			if s.Drags > 1 {
				drags = fmt.Sprintf(", with %s behind it", change.Count(s.Drags-1, "commit"))
			}
			fmt.Fprintf(b, "      %.12s %s (%s%s)\n", s.ID, change.Plain(s.Title), change.Count(s.Lines, "line"), drags)
		}
	}
	if len(br.Unresolved) > 0 {
		fmt.Fprintf(b, "      names that %s lacks: %s\n", br.Name, change.Plain(strings.Join(br.Unresolved, ", ")))
	}
}

// adapted writes how the patch was made to fit a branch, or what stands in its way.
func (p *Plan) adapted(b *strings.Builder, i int) {
	br := &p.Branches[i]
	if a := br.Adapted; a != nil {
		fmt.Fprintf(b, "\nFor %s the patch was adapted (%s); look at it before it is sent:\n", br.Name, a.Rung)
		for _, s := range a.Proof {
			fmt.Fprintf(b, "      %s\n", change.Plain(s))
		}
		for _, s := range a.Doubts {
			fmt.Fprintf(b, "      check: %s\n", change.Plain(s))
		}
	}
	if br.Builds != "" {
		fmt.Fprintf(b, "\nBuilds on %s: %s\n", br.Name, br.Builds)
		if br.BuildWhy != "" {
			fmt.Fprintf(b, "      %s\n", change.Plain(br.BuildWhy))
		}
		for _, w := range br.BuildWarnings {
			fmt.Fprintf(b, "      new: %s\n", change.Plain(w))
		}
	}
	if len(br.Conflicts) > 0 {
		fmt.Fprintf(b, "\nIn the way in %s:\n", br.Name)
	}
	for _, c := range br.Conflicts {
		where := fmt.Sprintf("%s:%d", c.File, c.Line)
		if c.In != "" {
			where += ", " + c.In
		}
		advice := "taking it first is sensible: "
		if !c.Take {
			advice = "not to be taken along: "
		}
		if c.Own {
			advice = "a commit of the branch; "
		}
		fmt.Fprintf(b, "      %s: %.12s %s (%s%s)\n", change.Plain(where), c.Commit, change.Plain(c.Title), advice, change.Plain(c.Why))
	}
}

func (p *Plan) at(i int) Branch {
	if i < len(p.Plans) {
		return p.Plans[i]
	}
	return Branch{Name: p.Branches[i].Name}
}

// Because is a reason with who needs it: by its number in the pile.
func (b *Branch) Because(y Why) string {
	for n, s := range b.Steps {
		if s.ID == y.By {
			return fmt.Sprintf("for %d: %s", n+1, y.Reason)
		}
	}
	return "for the change: " + y.Reason
}

// count is how many go in first; what was not found in full is no plan.
func (b *Branch) count(applies verdict.Applies) string {
	if applies != verdict.NeedsPrerequisites || len(b.Steps) == 0 {
		return "-"
	}
	return fmt.Sprint(len(b.Steps))
}

// lines are those of the pile, or of the change where an adjusted patch is needed:
// as many as it has in mainline.
func (b *Branch) lines(own int, v verdict.Branch) string {
	switch {
	case v.State != verdict.Affected:
		return "-"
	case v.Applies == verdict.NeedsPrerequisites && b.Lines > 0:
		return fmt.Sprint(b.Lines)
	}
	return fmt.Sprint(own)
}

func none(applies verdict.Applies, state verdict.State) string {
	if applies == verdict.NotTried && state != verdict.Affected && state != verdict.Unknown {
		return "-"
	}
	return string(applies)
}

// Label is a verdict with its reason class, as people read it.
func Label(v verdict.Verdict, c verdict.Class) string {
	if c != "" {
		return string(v) + ": " + string(c)
	}
	return string(v)
}

// Subsystem is the beginning of a title up to its last colon.
func Subsystem(title string) string {
	i := strings.LastIndex(title, ": ")
	if i < 0 {
		return ""
	}
	return title[:i]
}
