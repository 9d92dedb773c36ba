package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/classify"
)

func classifyCommand() *cobra.Command {
	var o classify.Options
	var profile string
	cmd := &cobra.Command{
		Use:   "classify [FILE|MAILDIR|-]…",
		Short: "Judge patches: files, mboxes, maildirs, an archive, or commits",
		Long: `Judges every patch in its input and prints one line for each, in input order.

  stablebot classify 0001-fix.patch inbox.mbox ~/Maildir/lists
  curl -s …/t.mbox.gz | stablebot classify -
  stablebot classify --archive dri-devel/git/0.git --since 2026-01-01 --json
  stablebot classify --git . v6.9..v6.10 -- drivers/gpu/drm/amd
  stablebot classify --git . 1a2b3c4d5e6f

With --trees every change is looked for in the branches of a repository: who has
the bug, who has the fix, where does it apply.

  stablebot classify --trees linux --mainline master --stable 'linux-6.*.y' 0001-fix.patch

With --git a revision alone is that one commit, several are those commits, in
their order, and with --since a revision is its history since that day. Commits are taken to be in mainline.

Exit status: 0 everything was judged; 1 something could not be (said on
standard error and in "error"); 2 the command line is wrong.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.Check(args); err != nil {
				return err
			}
			stop, err := startProfile(profile)
			if err != nil {
				return err
			}
			defer stop()
			dash := cmd.ArgsLenAtDash()
			return o.Run(cmd.Context(), cmd.InOrStdin(), args, dash, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Git, "git", "", "judge commits of this `repository`; the arguments are revisions, and paths after --")
	f.StringVar(&o.Archive, "archive", "", "judge a public-inbox v2 `repository`: an epoch, or the folder that has them")
	f.StringVar(&o.Root, "root", "", "the kernel's `folder` that the root of the repository, or of that of the patches, is, or FOLDER=KERNELFOLDER, \".\" for the kernel's root; with --git found by the names of its files when not given")
	f.BoolVar(&o.JSON, "json", false, "one JSON object a line instead of a table")
	f.BoolVar(&o.All, "all", false, "a line for each mail that is no patch too, with the reason")
	f.BoolVar(&o.Why, "why", false, "in the table, the reason and the rules below each change")
	f.BoolVar(&o.Threads, "threads", false, "read the input twice: replies' trailers and later versions count")
	f.BoolVar(&o.Trust, "trust", false, "with --threads, believe that each mail is from whom it names; else replies are shown as claimed")
	f.StringVar(&o.Maintainers, "maintainers", "", "with --threads, a MAINTAINERS `file`: who may decline patches of which files")
	f.BoolVar(&o.Last, "last-version", false, "leave out versions that a later one supersedes; implies --threads")
	f.Var(&o.Since, "since", "leave out what is older than this `day`, 2026-01-31")
	f.Var(&o.AsOf, "as-of", "judge with what was known on this `day`; leave out what came later")
	f.IntVarP(&o.Jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no summary")
	f.StringVar(&o.Weights, "weights", "", "a weights `file` instead of the built-in one")
	f.StringVar(&profile, "cpuprofile", "", "write a CPU profile to this `file`")
	_ = f.MarkHidden("cpuprofile")
	branchFlags(&o.Trees, f)
	return cmd
}
