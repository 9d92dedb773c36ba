package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/parity"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func parityCommand() *cobra.Command {
	var branches wire.Branches
	var asJSON, all bool
	var html string
	cmd := &cobra.Command{
		Use:   "parity --trees REPO [BRANCH…] [-- PATH…]",
		Short: "Set branches side by side: who took what from mainline, and who lacks it",
		Long: `Compares what stable branches and kernels of distributions took from mainline, driver by
driver: which commits only one of them has, which one of them lacks, and by how many days
one was later. What a branch does not need, since it has neither the bug nor the hardware,
is told apart. Without a name it compares all branches that are alive.

  stablebot parity --trees linux 6.1 6.6
  stablebot parity --trees linux --distro noble=ubuntu#master 6.6 noble -- drivers/gpu/drm
  stablebot parity --trees linux --html parity.html`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, out := cmd.Context(), cmd.OutOrStdout()
			if branches.Repo == "" {
				return usage.Errorf("name the repository that has mainline and the stable branches with --trees")
			}
			if err := branches.Check(); err != nil {
				return err
			}
			names, paths := args, []string(nil)
			if n := cmd.ArgsLenAtDash(); n >= 0 {
				names, paths = args[:n], args[n:]
			}
			set, err := branches.Open(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = set.Close() }()
			live.Frugal()
			q, err := parity.Ask(ctx, set, names, paths)
			if err != nil {
				return usage.Wrap(err)
			}
			r, err := q.Compare(ctx)
			if errors.Is(err, parity.ErrBranches) || errors.Is(err, trees.ErrNoBranch) {
				return usage.Wrap(err)
			}
			if err != nil {
				return err
			}
			if html != "" {
				if err := console.ToFile(out, html, func(w io.Writer) error { return r.HTML(w) }); err != nil || html == "-" {
					return err
				}
			}
			if asJSON {
				return r.JSON(out)
			}
			return r.Text(out, console.Columns(), all)
		},
	}
	branchFlags(&branches, cmd.Flags())
	cmd.Flags().BoolVar(&all, "all", false, "also the commits in which the branches do not differ")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a commit")
	cmd.Flags().StringVar(&html, "html", "", "write a page into this `file`; - for standard output")
	return cmd
}
