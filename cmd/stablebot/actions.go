package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func actionsCommand() *cobra.Command {
	var c configFlags
	var state string
	var limit int
	var whole bool
	cmd := &cobra.Command{
		Use:   "actions",
		Short: "Show, approve, drop and stop what is sent",
		Long: `Shows what was, would be and failed to be sent, newest first, and why.

Replies that wait for a person (approve: true on their list, or a cap that is
reached) go with approve and never with drop; ID is the first column.
stop is for emergencies: the bot goes on judging and sends nothing until resume.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			rows, err := s.Actions(cmd.Context(), flow.ActionState(state), limit)
			if err != nil {
				return err
			}
			dir, err := c.stateDir()
			if err != nil {
				return err
			}
			if why := wire.Stopped(dir); why != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "%s; end it with: stablebot actions resume\n\n", why)
			}
			return printActions(cmd.OutOrStdout(), rows, whole)
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&state, "state", "", "only those in this `state`: planned, doing, done, failed, unknown, held, dropped")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many, newest first")
	cmd.Flags().BoolVar(&whole, "mail", false, "with the mails themselves")
	cmd.AddCommand(
		decideCommand("approve", "Let replies go that wait for a person", flow.StatePlanned),
		decideCommand("drop", "Decide that replies are never sent", flow.StateDropped),
		stopCommand(), resumeCommand())
	return cmd
}

func decideCommand(name, short string, state flow.ActionState) *cobra.Command {
	var c configFlags
	var all bool
	var why string
	cmd := &cobra.Command{
		Use:   name + " {ID… | --all}",
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usage.Errorf("give the IDs of replies, as `stablebot actions --state held` shows them, or --all")
			}
			s, err := c.openForWriting(cmd)
			if err != nil {
				return err
			}
			d := flow.Decision{State: state, Who: whoami(), Why: why, At: time.Now()}
			return errors.Join(decide(cmd.Context(), cmd.OutOrStdout(), s, name, args, d), s.Close())
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all that are held")
	cmd.Flags().StringVar(&why, "why", "", "the reason, kept with the decision")
	return cmd
}

// decide applies d to the actions that the ids name, or to all that are held.
func decide(ctx context.Context, w io.Writer, s *store.Store, verb string, ids []string, d flow.Decision) error {
	rows, err := s.Actions(ctx, flow.StateHeld, 10000)
	if err != nil {
		return err
	}
	if d.State == flow.StateDropped && len(ids) > 0 { // what is only planned can be dropped as well
		planned, err := s.Actions(ctx, flow.StatePlanned, 10000)
		if err != nil {
			return err
		}
		rows = append(rows, planned...)
	}
	chosen := rows
	if len(ids) > 0 {
		chosen = nil
		for _, id := range ids {
			a, err := pickAction(rows, id)
			if err != nil {
				return err
			}
			chosen = append(chosen, a)
		}
	}
	for _, a := range chosen {
		ok, err := s.Decide(ctx, a.Key, d)
		if err != nil {
			return err
		}
		if !ok {
			fmt.Fprintf(w, "%s is under way or over already\n", report.Result(a.Key))
			continue
		}
		fmt.Fprintf(w, "%s: %s %s\n", verb, report.Result(a.Key), console.Printable(a.Line))
	}
	if len(chosen) == 0 {
		fmt.Fprintln(w, "nothing is held")
	}
	return nil
}

// minPrefix: fewer digits of an ID would be a typo's lottery.
const minPrefix = 6

func pickAction(rows []store.ActionRow, id string) (found store.ActionRow, err error) {
	n := 0
	for _, a := range rows {
		if a.Key == id || len(id) >= minPrefix && strings.HasPrefix(report.Result(a.Key), id) {
			found = a
			n++
		}
	}
	switch n {
	case 0:
		return found, fmt.Errorf("nothing that waits has the ID %q; `stablebot actions --state held` shows what does", id)
	case 1:
		return found, nil
	}
	return found, fmt.Errorf("%q begins %d IDs; give more digits", id, n)
}

func stopCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "stop [REASON]",
		Short: "Emergency stop: nothing is sent until resume",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := c.stateDir()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(dir, 0o750); err != nil {
				return fmt.Errorf("stopping: %w", err)
			}
			text := fmt.Sprintf("by %s at %s %s\n", whoami(), time.Now().Format(time.RFC3339), strings.Join(args, " "))
			if err := os.WriteFile(wire.StopFile(dir), []byte(text), 0o644); err != nil {
				return fmt.Errorf("stopping: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(),
				"stopped: nothing is sent any more, a mail in hand excepted; end it with: stablebot actions resume\n")
			return err
		},
	}
	c.add(cmd)
	return cmd
}

func resumeCommand() *cobra.Command {
	var c configFlags
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End an emergency stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := c.stateDir()
			if err != nil {
				return err
			}
			say := "resumed"
			if err := os.Remove(wire.StopFile(dir)); errors.Is(err, fs.ErrNotExist) {
				say = "it was not stopped"
			} else if err != nil {
				return fmt.Errorf("resuming: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), say)
			return err
		},
	}
	c.add(cmd)
	return cmd
}

func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "somebody"
}

func printActions(w io.Writer, rows []store.ActionRow, whole bool) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing was sent, would be sent, or failed")
		return err
	}
	head := []string{"ID", "STATE", "WHEN", "KIND", "SINK", "LIST", "WHAT"}
	var cells [][]string
	for _, a := range rows {
		what := console.Printable(a.Line)
		if a.Problem != "" {
			what += " — " + console.Printable(a.Problem)
		}
		cells = append(cells, []string{report.Result(a.Key), string(a.State), console.Stamp(a.Created), string(a.Kind), a.Sink, console.Dash(a.List), what})
	}
	if !whole {
		return console.Table(w, head, cells)
	}
	for i, a := range rows {
		if err := console.Table(w, head, cells[i:i+1]); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", console.Indent(string(a.Message)))
	}
	return nil
}
