package main

import (
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/wire"
)

func runCommand() *cobra.Command {
	var file, state, level, where string
	var once, isDemo bool
	var roles []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot: sources in, replies to the outbox",
		Long: `Runs the bot until SIGTERM or Ctrl-C: mails and commits come in from the
configured sources, are judged, and replies are written to the outbox, a maildir
under the state folder. Nothing leaves the machine unless smtp.send is on.

Several processes can share the work, each with the --roles it is to have. On
SQLite they run on one machine; with --store postgres://… on as many as wanted.
A source, and each way out, is held by one process at a time, and taken over
within seconds when that one dies.

--demo needs no configuration: it starts a mail server on loopback with built-in
mails and a small git remote, in a temporary folder that goes when it ends, lets
four weeks pass, and then answers what you send it. With --once it ends there;
--state-dir keeps the store and the replies.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isDemo {
				return runDemo(cmd.Context(), cmd.OutOrStdout(), demoOptions{state: state, level: level, once: once})
			}
			c, err := wire.ReadConfig(file)
			if err != nil {
				return err
			}
			if state != "" {
				c.State = state
			}
			if level != "" {
				c.Log.Level = level
			}
			if len(roles) > 0 {
				if c.Roles, err = wire.CheckRoles(roles); err != nil {
					return err
				}
			}
			if where != "" {
				c.Store.Address = where
			}
			return wire.Run(cmd.Context(), c, once, nil)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	f.StringVar(&state, "state-dir", "", "state `folder`, instead of the configuration's")
	f.StringVar(&where, "store", "", "store, postgres://`…` or a file, instead of the configuration's")
	f.StringSliceVar(&roles, "roles", nil, "the parts of the work that this process takes, of source, worker, web; all without it")
	f.StringVar(&level, "log-level", "", "debug, info, warn or error, instead of the configuration's")
	f.BoolVar(&once, "once", false, "handle what is there and end")
	f.BoolVar(&isDemo, "demo", false, "run on built-in mails and a built-in git remote")
	cmd.MarkFlagsMutuallyExclusive("demo", "config")
	cmd.MarkFlagsMutuallyExclusive("demo", "roles")
	cmd.MarkFlagsMutuallyExclusive("demo", "store")
	return cmd
}
