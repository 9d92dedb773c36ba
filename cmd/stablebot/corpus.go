package main

import (
	"runtime"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/evaluate/measure"
)

// corpusFlags are the flags that fill o.
func corpusFlags(o *measure.Sources, f *pflag.FlagSet) {
	f.StringVar(&o.Git, "git", "", "changes are commits of this `repository`; the arguments are revisions, and paths after --")
	f.StringArrayVar(&o.Truth, "truth", nil, "a `table` of what stable took; see above for its form")
	f.StringArrayVar(&o.Stable, "stable", nil, "a stable `branch` of the repository to take labels from; repeat it")
	f.StringVar(&o.Mainline, "mainline", "HEAD", "the mainline `branch` of the repository")
	f.StringSliceVar(&o.Releases, "releases", nil, "only changes that these mainline `releases` first carried: 6.4,6.5,6.6")
	f.StringArrayVar(&o.Evidence, "evidence", nil, "also read in this public-inbox v2 `archive` what was merged; repeat it")
	f.IntVarP(&o.Jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress")
	f.BoolVar(&o.NoTrees, "no-trees", false, "judge each commit alone, without the history and its releases")
	f.StringVar(&o.Marks, "release-marks", "", "the `title`, with %s for the number, of the commits that close releases, in a history without tags")
	f.StringVar(&o.Cache, "cache", "", "keep the index of the history in this `folder`")
}
