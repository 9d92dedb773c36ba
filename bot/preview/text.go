package preview

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// Shown says what the text of a report has besides.
type Shown struct {
	Muted     bool     // the list is, and the report supposes that it were not
	Mails     bool     // print them as well
	Folder    string   // where they were written
	Unfetched []string // trees that are left out because the bot has not fetched them
}

// Text writes the report for a person.
func (r *Report) Text(w io.Writer, o Shown) error {
	p := &console.Printer{W: w}
	p.F("%s, %s to %s\n", r.List, r.Since.UTC().Format(time.DateOnly), r.Until.Add(-time.Second).UTC().Format(time.DateOnly))
	if o.Muted {
		p.F("The list is muted. Shown is what would be with:")
	} else {
		p.F("Its policy:")
	}
	p.F(" reply %s, %s, at most %d an hour and %d a day", r.Policy.Reply, strings.Join(r.Policy.Verdicts, " and "), r.Policy.PerHour,
		r.Policy.PerDay)
	p.F(", %.2f or more from the line", r.Policy.MinMargin)
	if r.Policy.WithoutTrees {
		p.F(", also without trees")
	}
	if r.Policy.Silence {
		p.F(", embargo hours")
	}
	if r.Policy.Approve {
		p.F(", each approved by a person")
	}
	switch {
	case len(r.Branches) > 0:
		p.F("\nJudged with the trees of each day, branches %s.", strings.Join(r.Branches, ", "))
	case len(o.Unfetched) > 0:
		p.F("\nJudged without trees: the bot has not fetched %s yet; run it first, or name a repository with --trees.",
			strings.Join(o.Unfetched, ", "))
	default:
		p.F("\nJudged without trees, so nothing is known of branches; name a repository with --trees.")
	}
	if len(r.Branches) > 0 && len(o.Unfetched) > 0 {
		p.F(" The bot has not fetched %s yet, so that is left out.", strings.Join(o.Unfetched, ", "))
	}
	people := 0
	for _, x := range r.People {
		people += min(1, x.N)
	}
	p.F("\n\n%s, %s judged, %s to %s", change.Count(r.Mails, "mail"), change.Count(r.Series, "posting"),
		change.Count(r.Count(Sent)+r.Count(Approval)+r.Count(Capped), "reply"), change.Count(people, "person"))
	for _, f := range []struct {
		fate Fate
		say  string
	}{{Sent, "sent"}, {Approval, "waiting for approval"}, {Capped, "held by a cap"},
		{Dropped, "dropped before they went"}} {
		if n := r.Count(f.fate); n > 0 {
			p.F(", %d %s", n, f.say)
		}
	}
	p.F("\n\n")
	for _, x := range r.Rates {
		p.F("%-16s %4d %-5s %4d %-6s %.1f mails per 100 fixes\n", x.Label, x.Fixes, change.Agree(x.Fixes, "fix,", "fixes,"),
			x.Mails, change.Agree(x.Mails, "mail:", "mails:"), x.Per100())
	}
	p.F("%-16s %4d of %s: %.1f per 100\n\n", "corrections", r.Corrections, change.Count(r.Said, "mail"), r.CorrectionsPer100())
	r.tables(p)
	for _, x := range r.Replies {
		p.F("\n%s  %s to %s\n  %s\n  %s", x.At.UTC().Format("2006-01-02 15:04"), x.Fate, console.Printable(strings.Join(x.To, ", ")),
			console.Printable(x.Subject), console.Printable(x.Line))
		if x.Cause != flow.CauseFirst {
			p.F(" (%s)", console.Printable(x.Cause))
		}
		if x.Waited != "" {
			p.F("\n  waited %s for the end of the embargo hours", x.Waited)
		}
		if x.Why != "" {
			p.F("\n  %s", console.Printable(x.Why))
		}
		p.F("\n")
		if o.Mails {
			p.F("\n%s", console.Indent(x.Readable()))
		}
	}
	if o.Folder != "" {
		p.F("\nThe mails are in %s; read them with: mutt -R -f %[1]s\n", o.Folder)
	}
	return p.Err
}

// tables are the days, the people and the reasons for silence.
func (r *Report) tables(p *console.Printer) {
	tw := tabwriter.NewWriter(p.W, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "DAY (UTC)\tMAILS\tPOSTINGS\tSENT\tHELD\tDROPPED\t")
	for _, d := range r.Days {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t\n", d.Day, d.Mails, d.Postings, d.Sent, d.Held, d.Dropped)
	}
	if err := tw.Flush(); err != nil {
		p.Err = err
	}
	if len(r.People) > 0 {
		p.F("\nTo whom:\n")
	}
	for i, x := range r.People {
		if i == 20 {
			p.F("        and %d more\n", len(r.People)-i)
			break
		}
		p.F("%6d  %s\n", x.N, console.Printable(x.Address))
	}
	p.F("\nNo reply, because:\n")
	for _, q := range r.Quiet {
		p.F("%6d  %s\n", q.N, console.Printable(q.Why))
	}
}
