package missing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// View is how a report is written.
type View struct {
	Width    int // columns
	All      bool
	States   []flow.Stand // only these
	NewOnly  bool
	NewFirst bool
	ByTaker  bool // grouped by who took the culprit, not by driver
}

// Pick are the rows of a view.
func (v View) Pick(rows []Row) []Row {
	out := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		switch {
		case v.NewOnly && !r.News():
			return true
		case len(v.States) > 0:
			return !slices.Contains(v.States, r.State)
		}
		return !v.All && !r.Shown()
	})
	if v.NewFirst {
		slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(rank(a), rank(b)) })
	}
	return out
}

func rank(r Row) int {
	if r.News() {
		return 0
	}
	return 1
}

// JSON writes a line for each row.
func (r *Report) JSON(w io.Writer, v View) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, row := range v.Pick(r.Rows) {
		if err := enc.Encode(row); err != nil {
			return fmt.Errorf("writing the rows: %w", err)
		}
	}
	return nil
}

// Text writes the table.
func (r *Report) Text(w io.Writer, v View) error {
	var b strings.Builder
	r.head(&b, v)
	rows := v.Pick(r.Rows)
	if v.NewFirst {
		n := slices.IndexFunc(rows, func(x Row) bool { return !x.News() })
		if n < 0 {
			n = len(rows)
		}
		if n > 0 {
			fmt.Fprintf(&b, "\nNEW OR CHANGED\n")
			v.groups(&b, rows[:n])
		}
		if rows = rows[n:]; n > 0 && len(rows) > 0 {
			fmt.Fprintf(&b, "\nAS BEFORE\n")
		}
	}
	v.groups(&b, rows)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) head(b *strings.Builder, v View) {
	fmt.Fprintf(b, "%s (%s, %s) on %s: %s that it may need\n", r.Branch, cmp.Or(r.Release, "no release"), short(r.Tip),
		r.AsOf.Format(time.DateOnly), change.Count(len(r.Rows), "fix"))
	count := map[flow.Stand]int{}
	fresh := 0
	for i := range r.Rows {
		count[r.Rows[i].State]++
		if r.Rows[i].News() {
			fresh++
		}
	}
	var shown, left []string
	for _, s := range flow.Stands {
		if count[s] == 0 {
			continue
		}
		if text := fmt.Sprintf("%d %s", count[s], s); slices.Contains(flow.StandsQuiet, s) && !v.All && len(v.States) == 0 {
			left = append(left, text)
		} else {
			shown = append(shown, text)
		}
	}
	if len(shown) == 0 {
		shown = []string{"none to show"}
	}
	wrap(b, strings.Join(shown, ", "), v.Width)
	if len(left) > 0 {
		wrap(b, "left out: "+strings.Join(left, ", ")+" (--all)", v.Width)
	}
	if !r.Since.IsZero() {
		fmt.Fprintf(b, "%d new or changed since %s, marked *\n", fresh, r.Since.Format(time.DateOnly))
	}
	if r.Failed > 0 {
		fmt.Fprintf(b, "%d could not be judged\n", r.Failed)
	}
}

// groups writes rows under their driver, or who took the culprit.
func (v View) groups(b *strings.Builder, rows []Row) {
	var names []string
	of := map[string][]Row{}
	for _, r := range rows {
		name := r.Driver
		if v.ByTaker {
			name = r.taker()
		}
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], r)
	}
	for _, name := range names {
		fmt.Fprintf(b, "\n%s: %d\n", change.Plain(name), len(of[name]))
		for i := range of[name] {
			v.row(b, &of[name][i])
		}
	}
}

// taker is who took the first culprit.
func (r *Row) taker() string {
	if len(r.Culprits) == 0 {
		return "no culprit known"
	}
	return r.Culprits[0].By
}

// wide is from where on a line has room for how a patch applies.
const wide = 120

func (v View) row(b *strings.Builder, r *Row) {
	mark := " "
	if r.News() {
		mark = "*"
	}
	line := fmt.Sprintf("%s %-19s %.2f  ", mark, r.State, r.Worth)
	if v.Width >= wide {
		line += fmt.Sprintf("%-19s  %-8s ", r.Applies, cmp.Or(r.Release, "-"))
	}
	line += short(r.Commit) + " " + change.Plain(r.Title)
	fmt.Fprintln(b, clip(line, v.Width))
	for _, l := range r.details() {
		fmt.Fprintln(b, clip("      "+change.Plain(l), v.Width))
	}
	if r.Next != "" {
		fmt.Fprintln(b, "      "+r.Next) // whole: it is to be pasted
	}
}

// details are what a reader needs beside the state.
func (r *Row) details() (out []string) {
	var about []string
	for _, c := range r.Culprits {
		text := "culprit taken by " + c.By
		if c.By == BeganWithIt {
			text = "culprit: " + r.Branch + " began with it"
		}
		if !slices.Contains(about, text) {
			about = append(about, text)
		}
	}
	if r.Doubt != "" {
		about = append(about, "doubt: "+r.Doubt)
	}
	about = append(about, r.CVE...)
	if len(about) > 0 {
		out = append(out, strings.Join(about, "; "))
	}
	if r.Why != "" {
		out = append(out, r.Why)
	}
	for _, x := range r.InWay {
		out = append(out, "in the way: "+short(x.Commit)+" "+x.Title)
	}
	for _, s := range r.Said {
		if s.Claims {
			out = append(out, fmt.Sprintf("claimed, not proven: %s by %s, %s", s.State, cmp.Or(s.Who, "somebody"), s.At.Format(time.DateOnly)))
		}
	}
	return out
}

func wrap(b *strings.Builder, text string, width int) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			fmt.Fprintln(b, line)
			line = " "
		}
		line += " " + word
	}
	fmt.Fprintln(b, strings.TrimPrefix(line, " "))
}

func clip(s string, n int) string {
	r := []rune(strings.TrimRight(s, " "))
	if n <= 0 || len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}
