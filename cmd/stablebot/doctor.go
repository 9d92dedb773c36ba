package main

import (
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/doctor"
)

func doctorCommand() *cobra.Command {
	var file string
	var offline bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check each configured part and say what to do about it",
		Long: `Checks git, the configuration, the weights, the state folder, the store, and
whether each source and the mail server answer. --offline leaves out what
another machine has to answer, and the reading of the whole store: what a
service manager may ask before each start.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor.Examine(cmd.Context(), console.Folded(cmd.OutOrStdout(), doctor.Hang), file, offline)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	cmd.Flags().BoolVar(&offline, "offline", false, "leave out what another machine has to answer")
	return cmd
}
