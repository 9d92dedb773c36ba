package rows

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Case writes all that the store knows of a mail or a change.
func Case(w io.Writer, c *store.Case) error {
	p := &console.Printer{W: w}
	if j := c.Judged; j != nil {
		printJudgement(p, &j.Judgement)
		p.F("judged %s, %s\n", console.Times(c.Revision), console.Stamp(j.At))
	} else if c.Mail != nil {
		p.F("%s\n%s, from %s: no change was judged", console.Printable(c.Mail.Subject), console.Printable(c.Mail.ID), c.Mail.Sender)
		if c.Mail.Note != "" {
			p.F(": %s", console.Printable(c.Mail.Note))
		}
		p.F("\n")
	}
	if m := c.Mail; m != nil {
		p.F("\nmail      %s\nreceived  %s from %s\n", console.Printable(m.ID), console.Stamp(m.Received), m.Source)
		if len(m.Lists) > 0 {
			p.F("lists     %s\n", console.Printable(strings.Join(m.Lists, ", ")))
		}
		if m.Note != "" {
			p.F("note      %s\n", console.Printable(m.Note))
		}
	}
	if s := c.Series; s != nil {
		p.F("\nseries    %s, version %d, %d of %s\n", console.Printable(s.Title), s.Version, s.Have(), change.Count(s.Of, "patch"))
		if s.Quiet != "" {
			p.F("no reply  %s\n", console.Printable(s.Quiet))
		}
		if !c.Unsettled.IsZero() {
			p.F("waits     until %s for what is missing\n", console.Stamp(c.Unsettled))
		}
		for _, mate := range c.Mates {
			p.F("  %-22s %s\n", Label(&mate.Judgement), console.Printable(mate.Subject))
		}
		for _, r := range c.Replies {
			p.F("  reply from %s: %s\n", r.Sender, console.Printable(r.Subject))
		}
	}
	for _, a := range c.Actions {
		p.F("\n%s %s: %s", a.Kind, a.State, console.Printable(a.Line))
		if a.Problem != "" {
			p.F(" (%s)", console.Printable(a.Problem))
		}
		p.F("\n")
	}
	for _, o := range c.Orders {
		p.F("\n%s, %s: %s", console.Stamp(o.At), console.Printable(o.Who.String()), console.Printable(o.Line))
		if o.Refused != "" {
			p.F(" (refused: %s)", console.Printable(o.Refused))
		}
		p.F("\n")
	}
	for _, n := range c.Notes {
		p.F("\n%s, %s: %s\n", console.Stamp(n.At), n.Who, console.Printable(n.Body))
	}
	return p.Err
}

func printJudgement(p *console.Printer, j *verdict.Judgement) {
	p.F("%s\n%s by %s\n\n", console.Printable(j.Subject), j.ID, console.Printable(j.Author))
	p.F("verdict   %s", Label(j))
	if j.When != "" {
		p.F(", %s", j.When)
	}
	p.F("\nbecause   %s\nscore     %.2f that stable takes it; worth %.2f, once merged, where the bug is; %.2f that it is a fix (weights %s)\n",
		console.Printable(j.Reason), j.Score, j.Worth, j.Fix, j.Weights)
	p.F("size      %s with context, +%d -%d in %s", change.Count(j.Size.LinesWithContext, "line"), j.Size.Added, j.Size.Removed,
		change.Count(j.Size.Files, "file"))
	if j.Size.TableLines > 0 {
		p.F(", %d of them table", j.Size.TableLines)
	}
	p.F("\n")
	for i, s := range j.Silicon {
		p.F("%-9s %s (%s): %s", map[bool]string{true: "silicon", false: ""}[i == 0], s.Name, s.Driver, s.State)
		if s.Since != "" {
			p.F(", supported since %s", s.Since)
		}
		p.F("\n")
	}
	for i, b := range j.Branches {
		p.F("%-9s %s: %s, %s%s\n", map[bool]string{true: "branches", false: ""}[i == 0], b.Name, b.State, b.Applies, reachOf(&j.Branches[i]))
	}
	if j.Error != nil {
		p.F("error     %s\n", console.Printable(*j.Error))
	}
	p.F("\nwhat moved its worth (log-odds):\n")
	for _, c := range j.Contributions {
		p.F("  %+6.2f  %s = %.3g\n", c.Add(), c.Name, c.Value)
	}
	printFindings(p, j)
}

// printFindings cites each section of the kernel's documents once, below.
func printFindings(p *console.Printer, j *verdict.Judgement) {
	p.F("\nrules:\n")
	var cited []string
	for _, r := range j.Rules {
		if r.Outcome == rules.NotApplicable {
			continue
		}
		mark := ""
		if def := rules.ByID(r.ID); def != nil && r.Outcome != rules.Unknown {
			ref := fmt.Sprintf("%s, %q", def.Ref.File, def.Ref.Section)
			if !slices.Contains(cited, ref) {
				cited = append(cited, ref)
			}
			mark = fmt.Sprintf(" [%d]", slices.Index(cited, ref)+1)
		}
		p.F("  %-8s %s: %s%s\n", r.Outcome, r.ID, console.Printable(r.Reason), mark)
	}
	for i, ref := range cited {
		p.F("  [%d] %s\n", i+1, ref)
	}
	p.F("\n")
}

// reachOf says what a branch is told, and what made its score another than the worth.
func reachOf(b *verdict.Branch) string {
	if b.Verdict == nil {
		return ""
	}
	s := ": " + string(*b.Verdict)
	if b.ReasonClass != "" {
		s += " " + string(b.ReasonClass)
	}
	if b.State != verdict.Affected {
		return s
	}
	s += fmt.Sprintf(", score %.2f", b.Score)
	for _, c := range b.Reach {
		s += fmt.Sprintf("; %+.2f %s", c.Add(), model.Doc(c.Name))
	}
	return s
}
