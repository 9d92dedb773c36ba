package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

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
				buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, m.Version, from.Made,
				from.Data, strings.Join(from.Releases, ", "), from.Cases, from.Taken)
			return err
		},
	}
}

// buildVersion is the module version of an installed build, or the commit of
// one made in a checkout.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, dirty := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (v == "" || v == "(devel)") && len(s.Value) >= 12:
			v = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	return strings.TrimSuffix(v, "+dirty") + dirty // Go's own mark for the same
}
