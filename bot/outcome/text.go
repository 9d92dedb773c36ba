package outcome

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/rules/verdict"
)

// furthest is how many of the verdicts that were furthest off are shown.
const furthest = 10

// Text says, by verdict, how many changes stable took, and shows the verdicts that were
// furthest from what came.
func Text(out io.Writer, settled []flow.Settled) error {
	p := &console.Printer{W: out}
	if len(settled) == 0 {
		p.F("no fate is known yet: it takes a mainline remote and stable branches under sources.git, and time\n")
		return p.Err
	}
	type count struct{ all, taken int }
	by := map[verdict.Verdict]count{}
	for _, c := range settled {
		n := by[c.Verdict]
		n.all++
		if c.Taken {
			n.taken++
		}
		by[c.Verdict] = n
	}
	p.F("%-16s %8s %8s %8s\n", "verdict", "changes", "taken", "share")
	for _, v := range verdict.Verdicts {
		if n := by[v]; n.all > 0 {
			p.F("%-16s %8d %8d %7.0f%%\n", v, n.all, n.taken, 100*float64(n.taken)/float64(n.all))
		}
	}
	off := slices.DeleteFunc(slices.Clone(settled), func(c flow.Settled) bool {
		return c.Taken == (c.Verdict == verdict.StableEligible) || c.Verdict != verdict.StableEligible && c.Verdict != verdict.DKMSOnly
	})
	far := func(c flow.Settled) float64 {
		if c.Taken {
			return 1 - c.Score
		}
		return c.Score
	}
	slices.SortStableFunc(off, func(a, b flow.Settled) int { return cmp.Compare(far(b), far(a)) })
	if len(off) > 0 {
		p.F("\nfurthest from what came:\n")
	}
	for _, c := range off[:min(len(off), furthest)] {
		came := "not taken"
		if c.Taken {
			came = "taken"
		}
		p.F("  %s %.2f, %s: %s\n    stablebot explain %s\n", c.Verdict, c.Score, came, console.Printable(c.Subject),
			shell.Word(console.Printable(c.ID)))
	}
	return p.Err
}

// Table writes labels as bot/truth reads them. A subject that was judged
// more than once, as a mail and as the commit, is one.
func Table(out io.Writer, settled []flow.Settled) error {
	type row struct {
		release string
		taken   bool
	}
	rows := map[string]row{}
	for _, c := range settled {
		subject := strings.Join(strings.Fields(c.Subject), " ")
		r := rows[subject]
		r.taken = r.taken || c.Taken
		r.release = cmp.Or(r.release, c.Release)
		rows[subject] = r
	}
	subjects := make([]string, 0, len(rows))
	for s := range rows {
		subjects = append(subjects, s)
	}
	slices.Sort(subjects)
	w := bufio.NewWriter(out)
	for _, s := range subjects {
		if rows[s].release == "" || strings.HasPrefix(s, "#") {
			continue // not in a release yet: learning goes release by release
		}
		taken := 0
		if rows[s].taken {
			taken = 1
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\n", s, rows[s].release, taken) // the error stays with w
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}
