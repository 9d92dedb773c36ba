package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/outcome"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/web/fates"
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
			settled, err := s.Settled(ctx, time.Now().Add(-outcome.Patience))
			switch {
			case err != nil:
				return err
			case table:
				return outcome.Table(out, settled)
			case asJSON:
				return encodeLines(out, settled)
			}
			return outcome.Text(out, settled)
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
		p.F("%s  %s\n", id, outcome.LabelOf(of[id], time.Now()))
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
