package main

import (
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/evaluate/measure"
	"github.com/stablebot/stablebot/bot/evaluate/truth"
)

func evaluateCommand() *cobra.Command {
	var o measure.Options
	cmd := &cobra.Command{
		Use:   "evaluate [FILE…]",
		Short: "Measure judgements against what stable trees really took",
		Long: `Judges changes whose fate is known, each with what was known on its day, and
prints how well the judgements agree with it.

  stablebot evaluate --git . --stable linux-6.6.y --stable linux-6.12.y -- drivers/gpu/drm
  stablebot evaluate --git drm-kmod --truth drm-commits.tsv.gz --releases 6.4,6.5,6.6 \
      --release-marks 'Reduce diff with Linux %s' --html figures.html
  stablebot evaluate --archive dri-devel --truth stable-subjects.tsv.gz

With --git the changes are the commits of the range and paths that are given,
or those that the table names, or, with --stable, what mainline has had since
the oldest branch left it. A commit counts as taken when a stable branch says
so ("commit <sha> upstream", a cherry-pick note), or has a commit with the same
title and author or file, or with the same diff.

With --archive or files the changes are patches as posted: the last version of
each title, without cover letters and without what was posted for stable. They
are judged alone. Which of them were merged is read from the same mails, and from
those of --evidence: "applied" notices, patchwork-bot, pull requests, Fixes: tags.

A fate is counted as one where the change was merged and the table can see what
became of it; the figures under "worth" say so, and all others stand beside them.

` + truth.TableFormat + `

Precision and recall are given at the two thresholds of the policy. Calibration
error is over ten bins of equal width. "No stable tag" judges the same changes
as if no Cc: stable stood in them.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.Run(cmd.Context(), args, cmd.ArgsLenAtDash(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	corpusFlags(&o.Sources, f)
	o.Since = measure.ListsSince
	f.StringVar(&o.Archive, "archive", "", "changes are patches of a public-inbox v2 `repository`")
	f.Var(&o.Since, "since", "leave out mails older than this `day`")
	f.StringArrayVar(&o.Branches, "branches", nil, "let the verdict rest on these stable `branches` of the repository as well, each as it was the day before the change was written; names or patterns; repeat it")
	f.BoolVar(&o.Fixes, "fixes", false, "judge only what presents itself as a fix; the figures over all changes are left out")
	f.StringVar(&o.Weights, "weights", "", "a weights `file` instead of the built-in one")
	f.StringVar(&o.HTML, "html", "", "write plots and the worst disagreements as one page to this `file`")
	f.StringVar(&o.Cases, "cases", "", "also write each change with its fate and its judgement, one JSON object a line, to this `file`")
	f.BoolVar(&o.JSON, "json", false, "one JSON object instead of text")
	f.IntVar(&o.Rounds, "rounds", 1000, "bootstrap rounds for the intervals; 0 leaves them out")
	f.Uint64Var(&o.Seed, "seed", 1, "of the bootstrap")
	return cmd
}
