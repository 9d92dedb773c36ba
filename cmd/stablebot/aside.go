package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
)

func asideCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "aside [KEY…]",
		Short: "Show what was put aside, or let it be tried again",
		Long: `A series, commit, mail or pull request that fails again and again, or with which
stablebot ended, is put aside so that the others go on. Without arguments this
lists what was, with the reason. With keys these are let go: they are tried again
when something about them is new, a mail or a branch that moved.`,
		RunE: func(cmd *cobra.Command, keys []string) error {
			c, err := readConfig(file)
			if err != nil {
				return err
			}
			s, err := store.Open(cmd.Context(), storeOf(c))
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			return aside(cmd.Context(), cmd.OutOrStdout(), s, keys)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	return cmd
}

// asideListed is how many are listed.
const asideListed = 1000

func aside(ctx context.Context, out io.Writer, s flow.Attempts, keys []string) error {
	all, err := s.Aside(ctx, asideListed)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		if len(all) == 0 {
			fmt.Fprintln(out, "Nothing was put aside.")
			return nil
		}
		tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(tw, "KIND\tKEY\tATTEMPTS\tLAST\tWHY")
		for _, a := range all {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", a.Kind, a.Key, a.N, a.At.UTC().Format(time.RFC3339), a.Problem)
		}
		return tw.Flush()
	}
	for _, key := range keys {
		found := false
		for _, a := range all {
			if a.Key == key {
				found = true
				if err := s.Absolve(ctx, a.Unit); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("%q was not put aside; `stablebot aside` lists what was", key)
		}
		fmt.Fprintf(out, "%s may be tried again.\n", key)
	}
	return nil
}
