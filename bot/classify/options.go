// Package classify judges patches that are there already: files, mailboxes, an archive, the
// commits of a repository. Each gets one line, in input order, and nothing is empty or left
// out without a word.
package classify

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

// Options say what is judged, with what, and how it is shown.
type Options struct {
	Git, Archive, Root string
	JSON, All, Why     bool
	Threads, Last      bool
	Trust              bool
	Maintainers        string
	Since, AsOf        usage.Day
	Jobs               int
	Quiet              bool
	Weights            string
	Trees              wire.Branches
}

// Check refuses what contradicts itself; the arguments are the inputs.
func (o *Options) Check(args []string) error {
	switch {
	case o.Git != "" && o.Archive != "":
		return usage.Errorf("--git and --archive are two inputs; give one")
	case o.Archive != "" && len(args) > 0:
		return usage.Errorf("--archive takes no files; %q is too many", args[0])
	case o.Git != "" && (o.Threads || o.Last || o.Trust || o.Maintainers != ""):
		return usage.Errorf("--threads, --trust, --maintainers and --last-version are for mails; commits have no thread")
	case o.Jobs < 1:
		return usage.Errorf("--jobs %d: at least one", o.Jobs)
	case !o.Since.IsZero() && !o.AsOf.IsZero() && o.AsOf.Before(o.Since.Time):
		return usage.Errorf("--as-of %s lies before --since %s: nothing is left", &o.AsOf, &o.Since)
	case o.Git == "" && o.Archive == "" && len(args) == 0 && isatty.IsTerminal(os.Stdin.Fd()):
		return usage.Errorf("nothing to judge; name files, or pipe a mail into `stablebot classify -`")
	}
	return o.Trees.Check()
}

// Run judges what the arguments name, dash of them before "--" (-1: there is none), and
// writes a line for each to stdout; what is said besides goes to stderr.
func (o *Options) Run(ctx context.Context, stdin io.Reader, args []string, dash int, stdout, stderr io.Writer) error {
	o.Threads = o.Threads || o.Last || o.Trust || o.Maintainers != ""
	judge, err := wire.LoadJudge(o.Weights)
	if err != nil {
		return err
	}
	if !o.AsOf.IsZero() {
		judge.AsOf = o.end()
	}
	// Judging makes much garbage and keeps little: four times the memory in use,
	// some 100 MB on a list archive, saves a tenth of the processor's time.
	debug.SetGCPercent(300)
	in, err := o.input(ctx, stdin, args, dash)
	if err != nil {
		return err
	}
	defer in.close()
	set, err := o.Trees.Open(ctx)
	if err != nil {
		return err
	}
	if set != nil {
		defer func() { _ = set.Close() }()
		live.NewPiles(set)
	}
	if o.Root != "" && o.Git == "" {
		if in.place.Layout, err = change.ParseLayout(o.Root); err != nil {
			return usage.Errorf("--root: %w", err)
		}
	}
	if say := in.place.Say(); say != "" && !o.Quiet {
		fmt.Fprintf(stderr, "stablebot: layout of %s: %s\n", console.Printable(cmp.Or(o.Git, "the patches")), say)
	}
	c := &classifier{o: o, judge: judge, place: in.place.Layout, trees: set, ctx: ctx, colour: console.IsTerminal(stdout)}
	if o.Threads {
		if c.threads, err = o.index(ctx, in); err != nil {
			return err
		}
	}
	return c.stream(ctx, in, stdout, stderr)
}

// screen is where a bar is drawn; nil, which draws none, with --quiet.
func (o *Options) screen(ctx context.Context) *progress.Screen {
	if o.Quiet {
		return nil
	}
	return progress.On(ctx)
}

// end is the last moment of --as-of, the zero time without it.
func (o *Options) end() time.Time {
	if o.AsOf.IsZero() {
		return time.Time{}
	}
	return o.AsOf.AddDate(0, 0, 1).Add(-time.Second)
}

// outside reports whether --since or --as-of leave out what has this date.
func (o *Options) outside(t time.Time) bool {
	return !o.Since.IsZero() && t.Before(o.Since.Time) || !o.AsOf.IsZero() && t.After(o.end())
}
