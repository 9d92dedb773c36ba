package drift

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/stablebot/stablebot/rules/change"
)

// JSON writes the report as one line.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// most is how many uses the table shows of one row.
const most = 3

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if len(r.Rows) > 0 {
		fmt.Fprintln(tw, "COVERED\tKIND\tNAME\tCHANGE\tWAS AT\tIS AT\tUSED AT")
	}
	for i := range r.Rows {
		x := &r.Rows[i]
		to := "-"
		if x.To != nil {
			to = x.To.String()
		}
		used := ""
		for _, u := range x.Uses[:min(most, len(x.Uses))] {
			used += " " + u.String()
		}
		if more := len(x.Uses) + x.More - most; more > 0 {
			used += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Covered, x.Kind, change.Plain(x.Name), change.Plain(x.Change),
			change.Plain(x.From.String()), change.Plain(to), change.Plain(used[1:]))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for i := range r.Rows {
		r.Rows[i].more(w)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", change.Plain(n))
	}
	_, err := fmt.Fprintf(w, "%s to %s: changes of what the driver uses: %d; not covered by its own conditions: %d\n", r.From, r.To, len(r.Rows), r.Open())
	return err
}

// more writes what the table has no room for.
func (x *Row) more(w io.Writer) {
	if x.Was == x.Is && x.By == "" && x.Commit == "" {
		return
	}
	fmt.Fprintf(w, "\n%s %s: %s\n", x.Kind, change.Plain(x.Name), change.Plain(x.Change))
	for _, l := range []struct{ label, text string }{{"was", x.Was}, {"is", x.Is}, {"covered by", x.By}} {
		if l.text != "" && (l.label != "was" || x.Was != x.Is) {
			fmt.Fprintf(w, "  %-10s %s\n", l.label, change.Plain(l.text))
		}
	}
	if x.Commit != "" {
		fmt.Fprintf(w, "  %-10s %.12s (%q)\n", "by", x.Commit, x.Title)
	}
}
