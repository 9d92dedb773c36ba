package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/launch/sweep"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func launchCommand() *cobra.Command {
	var (
		o             wire.Branches
		asJSON, asCSV bool
		html          string
		weights       string
		asOf          usage.Day
		paths         []string
		jobs          int
		noBlocks      bool
	)
	cmd := &cobra.Command{
		Use:   "launch --trees REPO CHIP…",
		Short: "Show each fix since a chip's support landed against every branch",
		Long: `The off-by-one report: for a chip, every fix in mainline since the release that
brought its support, against each stable branch: it is in, it is eligible, it needs
prerequisites, or only the vendor's package has it; with line totals. A chip takes in
the blocks that the catalogue knows to be on it, each since the chip's own support
landed. Several names are one card. Code that all chips of a driver share is left out.

  stablebot launch --trees linux Navi33
  stablebot launch --trees linux Phoenix "SMU 13.0.4" --html phoenix.html
  stablebot launch --trees linux DG2 --no-blocks --csv > dg2.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if asJSON && asCSV {
				return usage.Errorf("--json and --csv are two outputs; give one")
			}
			chips, err := sweep.FindChips(args)
			if err != nil {
				return err
			}
			p, err := planner.Open(ctx, &o, weights, asOf.Time)
			if err != nil {
				return err
			}
			defer p.Close()
			r, err := sweep.Make(ctx, p, cmd.ErrOrStderr(), sweep.CardOf(chips, !noBlocks), paths, jobs)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if html != "" {
				if err := console.ToFile(out, html, r.HTML); err != nil || html == "-" {
					return err
				}
			}
			switch {
			case asJSON:
				err = r.JSON(out)
			case asCSV:
				err = r.CSV(out)
			default:
				err = r.Text(out)
			}
			if err == nil && r.Failed > 0 {
				err = usage.ErrReported
			}
			return err
		},
	}
	f := cmd.Flags()
	branchFlags(&o, f)
	f.BoolVar(&asJSON, "json", false, "one JSON object")
	f.BoolVar(&asCSV, "csv", false, "a line for each fix and branch")
	f.BoolVar(&noBlocks, "no-blocks", false, "only what is named, without the blocks on it")
	f.StringVar(&html, "html", "", "draw the map into this `file`; - for standard output")
	f.StringVar(&weights, "weights", "", "a weights `file` instead of the built-in one")
	f.Var(&asOf, "as-of", "with what was known on this `day`, 2024-01-31")
	f.StringArrayVar(&paths, "path", nil, "look at commits below this `folder` only; the driver's when not given")
	f.IntVarP(&jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	return cmd
}
