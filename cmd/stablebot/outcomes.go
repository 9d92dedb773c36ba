package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	outcomes "github.com/stablebot/stablebot/bot/outcome"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/web/fates"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/verdict"
)

func outcomesCommand() *cobra.Command {
	var c configFlags
	var table, asJSON bool
	cmd := &cobra.Command{
		Use:   "outcomes [ID…]",
		Short: "Compare what was judged with what stable branches took",
		Long: `Shows, by verdict, how many changes a stable branch took and how many it did
not, and the verdicts that were furthest from what came. With IDs, where those
changes went. "stablebot run" writes it down whenever a branch moves.

Not taken is what mainline has had for 140 days; younger changes are still open.
--table prints the same as labels for evaluate and calibrate.`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			ctx, out := cmd.Context(), cmd.OutOrStdout()
			if len(ids) > 0 {
				return printOutcomes(ctx, out, s, ids, asJSON)
			}
			settled, err := s.Settled(ctx, time.Now().Add(-outcomes.Patience))
			switch {
			case err != nil:
				return err
			case table:
				return writeTable(out, settled)
			case asJSON:
				return encodeLines(out, settled)
			}
			return printSettled(out, settled)
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&table, "table", false, "as a table of labels: subject, release, 1 or 0")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one object a line")
	cmd.MarkFlagsMutuallyExclusive("table", "json")
	return cmd
}

func encodeLines[T any](out io.Writer, of []T) error {
	enc := json.NewEncoder(out)
	for _, o := range of {
		if err := enc.Encode(o); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	return nil
}

func printOutcomes(ctx context.Context, out io.Writer, s *store.Store, ids []string, asJSON bool) error {
	for i, id := range ids {
		ids[i] = strings.Trim(id, "<>")
	}
	of, err := s.OutcomesOf(ctx, ids)
	if err != nil {
		return err
	}
	p := &console.Printer{W: out}
	for _, id := range ids {
		if asJSON {
			if err := encodeLines(out, of[id]); err != nil {
				return err
			}
			continue
		}
		p.F("%s  %s\n", id, outcomes.LabelOf(of[id], time.Now()))
		all, err := fates.Of(s).Fate(ctx, id)
		if err != nil {
			return err
		}
		for _, f := range all {
			p.F("  %-10s %-12s %-12.12s %-10s %s\n", f.Branch, f.What, f.Commit, f.Release, console.Printable(f.Note))
		}
	}
	return p.Err
}

// furthest is how many of the verdicts that were furthest off are shown.
const furthest = 10

func printSettled(out io.Writer, settled []flow.Settled) error {
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
		p.F("  %s %.2f, %s: %s\n    stablebot explain %s\n", c.Verdict, c.Score, came, console.Printable(c.Subject), shell.Word(console.Printable(c.ID)))
	}
	return p.Err
}

// writeTable writes labels as bot/truth reads them. A subject that was judged
// more than once, as a mail and as the commit, is one.
func writeTable(out io.Writer, settled []flow.Settled) error {
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

// fromStore writes the outcomes of a store to a table that labels commits and
// patches; the caller removes it.
func (o *calibrateOptions) fromStore(ctx context.Context) (file string, err error) {
	where := o.store
	if i, err := os.Stat(where); err == nil && i.IsDir() {
		where = wire.StoreFile(where)
	}
	s, err := store.OpenReadOnly(ctx, where)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	settled, err := s.Settled(ctx, time.Now().Add(-outcomes.Patience))
	if err != nil {
		return "", err
	}
	if len(settled) == 0 {
		return "", fmt.Errorf("the store %s knows no fate of a change yet; run the bot with a mainline remote and stable branches first", o.store)
	}
	f, err := os.CreateTemp("", "stablebot-outcomes-*.tsv")
	if err != nil {
		return "", fmt.Errorf("writing the labels of the store: %w", err)
	}
	if err := errors.Join(writeTable(f, settled), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	o.truth = []string{f.Name()}
	if len(o.lists) > 0 {
		o.listTruth = f.Name()
	}
	if o.data == "" {
		o.data = fmt.Sprintf("%s, labels: %d outcomes of a bot's store", o.git, len(settled))
	}
	return f.Name(), nil
}
