package main

import (
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/evaluate/measure"
	"github.com/stablebot/stablebot/bot/evaluate/truth"
)

func calibrateCommand() *cobra.Command {
	var o measure.Learning
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Learn the weights of the score from what your stable trees took",
		Long: `Learns the weights of the score, and the thresholds of the verdicts, from the
commits of a repository whose fate is known, and writes them to a file with
their provenance. classify --weights, evaluate --weights and the key weights of
the configuration take the file.

  stablebot calibrate --git . --mainline master --stable linux-6.6.y \
      --stable linux-6.12.y -o weights.json -- drivers/net/ethernet/intel
  stablebot calibrate --git drm-kmod --truth drm-commits.tsv.gz \
      --release-marks 'Reduce diff with Linux %s' \
      --releases 5.17,5.18,5.19,6.0,6.1,6.2,6.3 -o weights.json

Leave some releases out with --releases and measure on them afterwards:
figures on what was learnt from say little. Releases whose labels have holes
(less than .9 of what asks for stable is known as taken) teach less; the file
says which they are. The same input gives the same file: nothing is left to
chance but the bootstrap of evaluate, whose seed is written down.

A bot that watches the stable branches writes down what they took of all that
it judged. --from-store learns from that instead of --truth, and labels the
patches of --list with it too:

  stablebot calibrate --from-store /var/lib/stablebot --git linux --mainline master -o weights.json

Patches on lists differ from commits: nobody has passed them on yet, and many
are never merged. With --list their head learns from archives, the last version
of each title since 2022-10-01, labelled by --list-truth, a table of subjects: from
those that were merged, as the archives tell, and whose fate the table can see:

  --list nouveau=nouveau.git --list ice=intel-wired-lan.git --list-truth stable-subjects.tsv.gz

` + truth.TableFormat,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.Run(cmd.Context(), args, cmd.ArgsLenAtDash(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	corpusFlags(&o.Sources, f)
	f.StringArrayVar(&o.Branches, "branches", nil, "also learn from stable `branches` of the repository how a patch goes on there, as each was the day before a fix was written; repeat it")
	f.StringArrayVar(&o.Lists, "list", nil, "also learn from patches of a public-inbox v2 `archive`, NAME=PATH or a path; repeat it")
	f.StringVar(&o.ListTruth, "list-truth", "", "the `table` of subjects that labels those patches")
	f.StringArrayVar(&o.Without, "list-without", nil, "leave out patches whose titles stand in this `archive`, which is kept for measuring; repeat it")
	f.StringVarP(&o.Out, "output", "o", "", "write the weights to this `file`")
	f.StringVar(&o.Name, "name", "", "the `version` that judgements are to name; made of data and releases when empty")
	f.StringVar(&o.Data, "data", "", "a `sentence` on what was learnt from, for the provenance")
	f.Var(&o.Made, "made", "the `day` of the provenance; today when empty")
	f.StringVar(&o.Store, "from-store", "", "labels are the outcomes in this `store` of a bot: its state folder, file or postgres://…")
	f.Uint64Var(&o.Seed, "seed", 1, "is written into the provenance")
	return cmd
}
