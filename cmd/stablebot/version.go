package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/model"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Tell the build, and which weights judge with what they were learnt from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m := model.Default()
			from := m.File().Provenance
			_, err := fmt.Fprintf(cmd.OutOrStdout(),
				"stablebot %s, %s %s/%s\nweights   %s, made %s\nlearnt on %s\n          releases %s: %d changes, %d of them taken by stable\n",
				wire.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, m.Version, from.Made,
				from.Data, strings.Join(from.Releases, ", "), from.Cases, from.Taken)
			return err
		},
	}
}
