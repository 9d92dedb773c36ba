package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
)

// corpusOptions are the flags that name changes whose fate is known, for evaluate
// and calibrate.
type corpusOptions struct {
	git, archive string
	evidence     []string
	truth        []string
	stable       []string
	mainline     string
	releases     []string
	since        usage.Day
	jobs         int
	quiet        bool
	noTrees      bool
	marks, cache string
	only         func(*change.Change) bool // what is read, if set
}

func (o *corpusOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.git, "git", "", "changes are commits of this `repository`; the arguments are revisions, and paths after --")
	f.StringArrayVar(&o.truth, "truth", nil, "a `table` of what stable took; see above for its form")
	f.StringArrayVar(&o.stable, "stable", nil, "a stable `branch` of the repository to take labels from; repeat it")
	f.StringVar(&o.mainline, "mainline", "HEAD", "the mainline `branch` of the repository")
	f.StringSliceVar(&o.releases, "releases", nil, "only changes that these mainline `releases` first carried: 6.4,6.5,6.6")
	f.StringArrayVar(&o.evidence, "evidence", nil, "also read in this public-inbox v2 `archive` what was merged; repeat it")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	f.BoolVar(&o.noTrees, "no-trees", false, "judge each commit alone, without the history and its releases")
	f.StringVar(&o.marks, "release-marks", "", "the `title`, with %s for the number, of the commits that close releases, in a history without tags")
	f.StringVar(&o.cache, "cache", "", "keep the index of the history in this `folder`")
}

func (o *corpusOptions) check() error {
	switch {
	case o.git != "" && o.archive != "":
		return usage.Errorf("--git and --archive are two inputs; give one")
	case len(o.truth) == 0 && len(o.stable) == 0:
		return usage.Errorf("nothing says what stable took: give --truth TABLE, or --git REPO with --stable BRANCH")
	case len(o.truth) > 0 && len(o.stable) > 0:
		return usage.Errorf("--truth and --stable are two sources of labels; give one")
	case len(o.stable) > 0 && o.git == "":
		return usage.Errorf("--stable names a branch of the repository given by --git")
	case len(o.releases) > 0 && o.git == "":
		return usage.Errorf("--releases picks commits, and needs --git")
	}
	return nil
}

// options are the flags as the corpus wants them.
func (o *corpusOptions) options(cmd *cobra.Command) corpus.Options {
	stderr := cmd.ErrOrStderr()
	return corpus.Options{
		Mainline: o.mainline, Stable: o.stable, Releases: o.releases, NoTrees: o.noTrees, Marks: o.marks, Cache: o.cache,
		Since: o.since.Time, Truth: o.truth, Jobs: o.jobs, Only: o.only,
		Say: func(format string, a ...any) {
			if !o.quiet {
				fmt.Fprintf(stderr, format+"\n", a...)
			}
		},
		Progress: func(total int) (func(int), func()) {
			if o.quiet {
				return func(int) {}, func() {}
			}
			bar := progress.Begin(cmd.Context(), "judging", total)
			return bar.Set, bar.End
		},
	}
}

// open opens what the flags and arguments name.
func (o *corpusOptions) open(cmd *cobra.Command, args []string) (*corpus.Corpus, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := o.options(cmd)
	switch {
	case o.git != "":
		c.Git, c.Revs = o.git, args
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			c.Revs, c.Paths = args[:dash], args[dash:]
		}
	case o.archive != "" && len(args) > 0:
		return nil, usage.Errorf("--archive takes no files")
	case o.archive != "":
		c.Lists = []corpus.List{{Name: o.archive, Path: o.archive}}
	case len(args) > 0 && !slices.Contains(args, "-"):
		c.Files = func(put func(raw []byte, origin string, err error) error) error {
			for _, name := range args {
				if err := mail.Each(os.Stdin, name, put); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, e := range o.evidence {
		c.Lists = append(c.Lists, listOf(e, corpus.Evidence))
	}
	return corpus.Open(cmd.Context(), c)
}

// listOf reads NAME=PATH, or a path.
func listOf(s string, use corpus.Use) corpus.List {
	name, path, ok := strings.Cut(s, "=")
	if !ok {
		name, path = s, s
	}
	return corpus.List{Name: name, Path: path, Use: use}
}

// left says what of the corpus was left out.
func (o *corpusOptions) left(c *corpus.Corpus, stderr io.Writer) error {
	parts, err := c.Summary()
	if len(parts) > 0 && !o.quiet {
		fmt.Fprintln(stderr, strings.Join(parts, "; "))
	}
	return err
}

// listsSince is the day from which lists are judged by default: from the release
// of 6.0 on, the tables of what stable took know the series that fixes went to.
var listsSince = usage.Day{Time: time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)}
