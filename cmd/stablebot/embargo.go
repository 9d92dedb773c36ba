package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/rules/change"
)

func embargoCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "embargo",
		Short: "Show what is hidden because a security contact was addressed, or make it public",
		Long: `A patch that was sent to a security contact is judged and recorded, and is on no
page, in no export and in no mail. This lists what is hidden so; lift makes a
series public again. Nothing else does.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			hidden, err := s.Embargoed(cmd.Context(), embargoListed)
			if err != nil {
				return err
			}
			if len(hidden) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "Nothing is embargoed.")
				return nil
			}
			tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(tw, "SINCE\tMESSAGE-ID\tSENDER\tTITLE")
			for _, h := range hidden {
				id := h.Key
				if len(h.Members) > 0 {
					id = h.Members[0].ID
				}
				fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", h.First.UTC().Format(time.DateOnly), console.Printable(id), console.Printable(h.Sender), console.Printable(h.Title))
			}
			return tw.Flush()
		},
	}
	c.add(cmd)
	cmd.AddCommand(liftCommand())
	return cmd
}

// embargoListed is how many are listed.
const embargoListed = 1000

func liftCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "lift MESSAGE-ID…",
		Short: "Make series public: their pages, their exports, and what people said of them",
		Long: `Makes the series public that these mails belong to. Nothing is mailed because of
that; whoever wants an answer asks the bot for a recheck.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			s, err := c.openForWriting(cmd)
			if err != nil {
				return err
			}
			for _, id := range ids {
				lifted, err := s.Lift(cmd.Context(), id, whoami(), time.Now())
				if err != nil {
					return errors.Join(err, s.Close())
				}
				fmt.Fprintf(cmd.OutOrStdout(), "public: %s, %s of %s\n", console.Printable(lifted.Title), change.Count(len(lifted.Members), "mail"), console.Printable(lifted.Sender))
			}
			return s.Close()
		},
	}
	c.add(cmd)
	return cmd
}
