package measure

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
)

// Sources name changes whose fate is known, for evaluate
// and calibrate.
type Sources struct {
	Git, Archive string
	Evidence     []string
	Truth        []string
	Stable       []string
	Mainline     string
	Releases     []string
	Since        usage.Day
	Jobs         int
	Quiet        bool
	NoTrees      bool
	Marks, Cache string
	only         func(*change.Change) bool // what is read, if set
	stderr       io.Writer                 // what is said besides
}

func (o *Sources) check() error {
	switch {
	case o.Git != "" && o.Archive != "":
		return usage.Errorf("--git and --archive are two inputs; give one")
	case len(o.Truth) == 0 && len(o.Stable) == 0:
		return usage.Errorf("nothing says what stable took: give --truth TABLE, or --git REPO with --stable BRANCH")
	case len(o.Truth) > 0 && len(o.Stable) > 0:
		return usage.Errorf("--truth and --stable are two sources of labels; give one")
	case len(o.Stable) > 0 && o.Git == "":
		return usage.Errorf("--stable names a branch of the repository given by --git")
	case len(o.Releases) > 0 && o.Git == "":
		return usage.Errorf("--releases picks commits, and needs --git")
	}
	return nil
}

// options are the flags as the corpus wants them.
func (o *Sources) options(ctx context.Context) corpus.Options {
	return corpus.Options{
		Mainline: o.Mainline, Stable: o.Stable, Releases: o.Releases, NoTrees: o.NoTrees, Marks: o.Marks, Cache: o.Cache,
		Since: o.Since.Time, Truth: o.Truth, Jobs: o.Jobs, Only: o.only,
		Say: func(format string, a ...any) {
			if !o.Quiet {
				fmt.Fprintf(o.stderr, format+"\n", a...)
			}
		},
		Progress: func(total int) (func(int), func()) {
			if o.Quiet {
				return func(int) {}, func() {}
			}
			bar := progress.Begin(ctx, "judging", total)
			return bar.Set, bar.End
		},
	}
}

// open opens what the flags and arguments name, dash of them before "--" (-1: there is none).
func (o *Sources) open(ctx context.Context, args []string, dash int) (*corpus.Corpus, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := o.options(ctx)
	switch {
	case o.Git != "":
		c.Git, c.Revs = o.Git, args
		if dash >= 0 {
			c.Revs, c.Paths = args[:dash], args[dash:]
		}
	case o.Archive != "" && len(args) > 0:
		return nil, usage.Errorf("--archive takes no files")
	case o.Archive != "":
		c.Lists = []corpus.List{{Name: o.Archive, Path: o.Archive}}
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
	for _, e := range o.Evidence {
		c.Lists = append(c.Lists, listOf(e, corpus.Evidence))
	}
	return corpus.Open(ctx, c)
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
func (o *Sources) left(c *corpus.Corpus) error {
	parts, err := c.Summary()
	if len(parts) > 0 && !o.Quiet {
		fmt.Fprintln(o.stderr, strings.Join(parts, "; "))
	}
	return err
}

// ListsSince is the day from which lists are judged by default: from the release
// of 6.0 on, the tables of what stable took know the series that fixes went to.
var ListsSince = usage.Day{Time: time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)}
