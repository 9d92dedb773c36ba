package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

func storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after the store: migrate, check, copy, forget, rejudge",
		Long: `Looks after what the bot remembers, a SQLite file in the state folder or a
PostgreSQL database. bot/store/README.md says more.`,
	}
	cmd.AddCommand(storeMigrateCommand(), storeCheckCommand(), storeCopyCommand(), storeForgetCommand(), storeRejudgeCommand())
	return cmd
}

func storeMigrateCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema up to date",
		Long:  `Brings the schema up to date, as run does when it starts; a new database is set up.`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			where, err := c.where()
			if err != nil {
				return err
			}
			s, err := wire.OpenMigrated(cmd.Context(), where)
			if err != nil {
				return err
			}
			have, _, err := s.Versions(cmd.Context())
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s has schema %d\n", s.Path(), have)
			}
			return errors.Join(err, s.Close())
		},
	}
	c.add(cmd)
	return cmd
}

func storeCheckCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether the store is whole, and what is in it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			if err := s.Check(cmd.Context()); err != nil {
				return err
			}
			n, err := s.Counts(cmd.Context())
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s is whole: %s (%d not filed, %d bad), %d series (%d not settled), %s, %s waiting\n",
				s.Path(), change.Count(n.Mails, "mail"), n.Unfiled, n.Bad, n.Series, n.Unsettled,
				change.Count(n.Judgements, "judgement"), change.Count(n.Waiting, "commit"))
			for _, state := range slices.Sorted(maps.Keys(n.Actions)) {
				fmt.Fprintf(w, "  actions %s: %d\n", state, n.Actions[state])
			}
			return nil
		},
	}
	c.add(cmd)
	return cmd
}

func storeCopyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FILE postgres://…",
		Short: "Copy a SQLite store into an empty PostgreSQL database",
		Long: `Copies everything from a SQLite store into an empty database, and compares both
sides by counts and checksums. It is one transaction: all of it is there in the
end, or nothing, and then it can be called again. Stop the bot first.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if store.IsAddress(args[0]) || !store.IsAddress(args[1]) {
				return usage.Errorf("a file comes first, and postgres://… second")
			}
			// A bot that runs holds its desk; what it would write is lost.
			from, err := store.Open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer func() { _ = from.Close() }()
			held, release, err := from.Hold(cmd.Context(), "desk")
			if err != nil {
				return err
			}
			if held == nil {
				return fmt.Errorf("a bot is running on %s; stop it first", args[0])
			}
			defer release()
			to, err := wire.OpenMigrated(cmd.Context(), args[1])
			if err != nil {
				return err
			}
			defer func() { _ = to.Close() }()
			done, err := store.Copy(cmd.Context(), from, to)
			if err != nil {
				return err
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, d := range done {
				fmt.Fprintf(t, "%s\t%d\t%s\n", d.Table, d.Rows, d.Sum)
			}
			return t.Flush()
		},
	}
}

func storeForgetCommand() *cobra.Command {
	var c configFlags
	var before string
	cmd := &cobra.Command{
		Use:   "forget {ADDRESS | --before DAY}",
		Short: "Delete what a person wrote, or what is old",
		Long: `Deletes a person's mails and series, and what was said about them. Of the
judgements the figures stay, without author, subject or any sentence; of what they
said of fixes on branches, that it was said. Mails of others that quote or name the
person are theirs, and stay. An opt-out stays too, or they would be written to again.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (before == "") == (len(args) == 0) {
				return usage.Errorf("give an address, or --before with a day")
			}
			day, err := time.Parse(time.DateOnly, before)
			if before != "" && err != nil {
				return usage.Errorf("--before: %q is no day such as 2026-01-31", before)
			}
			s, err := c.openForWriting(cmd)
			if err != nil {
				return err
			}
			var f store.Forgotten
			if before != "" {
				f, err = s.ForgetBefore(cmd.Context(), day)
			} else {
				f, err = s.Forget(cmd.Context(), args[0])
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "deleted: %s, %d series; %s and %s about branches name nobody any more\n",
					change.Count(f.Mails, "mail"), f.Series, change.Count(f.Judgements, "judgement"), change.Count(f.Standings, "word"))
			}
			return errors.Join(err, s.Close())
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&before, "before", "", "what was received before this `day`")
	return cmd
}

func storeRejudgeCommand() *cobra.Command {
	var c configFlags
	var weights string
	var limit int
	cmd := &cobra.Command{
		Use:   "rejudge --weights FILE",
		Short: "Say which verdicts other weights would change",
		Long: `Judges the stored mails again with other weights, stores nothing, and shows which
verdicts would change, and of which of those people were told already. Look at
it before the weights are taken into use.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := wire.ReadConfig(c.file)
			if err != nil {
				return err
			}
			if c.state != "" {
				cfg.State = c.state
			}
			if c.store != "" {
				cfg.Store.Address = c.store
			}
			cfg.Weights = weights
			p, err := wire.Build(cmd.Context(), cfg, zap.NewNop(), nil)
			if err != nil {
				return err
			}
			return errors.Join(rejudge(cmd.Context(), cmd.OutOrStdout(), p, limit), p.Close())
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&weights, "weights", "", "the weights `file` to try")
	cmd.Flags().IntVar(&limit, "limit", 100, "show at most so many changes")
	_ = cmd.MarkFlagRequired("weights")
	return cmd
}

// rejudgePage bounds what is in memory.
const rejudgePage = 200

func rejudge(ctx context.Context, w io.Writer, p *wire.Parts, limit int) error {
	type turn struct{ from, to string }
	turns := map[turn]int{}
	all, told, shown := 0, 0, 0
	if p.Trees != nil {
		if _, err := p.Trees.Refresh(ctx, false); err != nil {
			fmt.Fprintf(w, "without the trees: %v\n", err)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for after := ""; ; {
		page, err := p.Store.SeriesAfter(ctx, after, rejudgePage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Key
		for _, s := range page {
			stored, err := p.Store.Judgements(ctx, store.Filter{SeriesKey: s.Key, Private: true, Limit: 1000})
			if err != nil {
				return err
			}
			now, err := p.Bot.JudgeAgain(ctx, s)
			if err != nil {
				return err
			}
			said, err := p.Store.Told(ctx, s.Key)
			if err != nil {
				return err
			}
			for _, before := range stored {
				i := slices.IndexFunc(now, func(j flow.Judged) bool { return j.ID == before.ID })
				if i < 0 {
					continue
				}
				all++
				k := turn{verdictOf(before), verdictOf(now[i])}
				if k.from == k.to {
					continue
				}
				turns[k]++
				mark := ""
				if slices.ContainsFunc(said, func(a flow.Action) bool { return a.Told[before.ID] != "" }) {
					told++
					mark = "told"
				}
				if shown++; shown <= limit || mark != "" {
					fmt.Fprintf(t, "%s\t%s\t%.2f → %.2f\t%s\t%s\n", k.from, k.to, before.Score, now[i].Score, mark, console.Printable(before.Subject))
				}
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s judged again, %s would change, %d of them %s told\n",
		change.Count(all, "patch"), change.Count(shown, "verdict"), told, change.Agree(told, "was", "were"))
	var lines []string
	for k, n := range turns {
		lines = append(lines, fmt.Sprintf("%6d  %s → %s", n, k.from, k.to))
	}
	slices.Sort(lines)
	for _, l := range slices.Backward(lines) {
		fmt.Fprintln(w, l)
	}
	return nil
}

func verdictOf(j flow.Judged) string {
	if j.ReasonClass != "" {
		return string(j.Verdict) + "/" + string(j.ReasonClass)
	}
	return string(j.Verdict)
}
