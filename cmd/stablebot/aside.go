package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func asideCommand() *cobra.Command {
	var file string
	var drop bool
	cmd := &cobra.Command{
		Use:   "aside [KEY…]",
		Short: "Show what was put aside, let it be tried again, or forget it",
		Long: `A series, commit, mail or pull request that fails again and again, or with which
stablebot ended, is put aside so that the others go on. Without arguments this
lists what was, with the reason. With keys these are tried again: a series, a mail
and a pull request now, a commit when its source brings it again. With
--drop they are taken from the list and left as they are until something about
them is new.`,
		RunE: func(cmd *cobra.Command, keys []string) error {
			c, err := wire.ReadConfig(file)
			if err != nil {
				return err
			}
			s, err := store.Open(cmd.Context(), wire.StoreOf(c))
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			return aside(cmd.Context(), cmd.OutOrStdout(), s, keys, drop)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	cmd.Flags().BoolVar(&drop, "drop", false, "forget what has these keys, without trying it again")
	return cmd
}

// asides is what was put aside, as the store has it.
type asides interface {
	flow.Attempts
	Retry(ctx context.Context, u flow.Unit, at time.Time) (again bool, err error)
}

// asideListed is how many are listed.
const asideListed = 1000

func aside(ctx context.Context, out io.Writer, s asides, keys []string, drop bool) error {
	all, err := s.Aside(ctx, asideListed)
	if err != nil {
		return err
	}
	if drop && len(keys) == 0 {
		return usage.Errorf("give the keys of what is to be forgotten, as `stablebot aside` lists them")
	}
	if len(keys) == 0 {
		if len(all) == 0 {
			fmt.Fprintln(out, "Nothing was put aside.")
			return nil
		}
		tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(tw, "KIND\tKEY\tATTEMPTS\tLAST\tWHY")
		for _, a := range all {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", a.Kind, console.Printable(a.Key), a.N, a.At.UTC().Format(time.RFC3339), console.Printable(a.Problem))
		}
		return tw.Flush()
	}
	for _, key := range keys {
		if err := letGo(ctx, out, s, all, key, drop); err != nil {
			return err
		}
	}
	return nil
}

// letGo has what was put aside under a key tried again, or forgotten.
func letGo(ctx context.Context, out io.Writer, s asides, all []flow.Attempt, key string, drop bool) error {
	found := false
	for _, a := range all {
		if a.Key != key {
			continue
		}
		found = true
		if drop {
			if err := s.Absolve(ctx, a.Unit); err != nil {
				return err
			}
			fmt.Fprintf(out, "%s is forgotten.\n", key)
			continue
		}
		again, err := s.Retry(ctx, a.Unit, time.Now())
		switch {
		case err != nil:
			return err
		case again:
			fmt.Fprintf(out, "%s is tried again now.\n", key)
		default:
			fmt.Fprintf(out, "%s is tried again when its source brings it.\n", key)
		}
	}
	if !found {
		return fmt.Errorf("%q was not put aside; `stablebot aside` lists what was", key)
	}
	return nil
}
