// Command stablebot tells, for each fix to a driver of shipped silicon, whether
// stable kernels can take it or whether it stays with the out-of-tree package.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
)

// Exit statuses, part of the contract with scripts.
const (
	exitJudged   = 0 // everything was judged
	exitUnjudged = 1 // something could not be judged or done; said on stderr
	exitUsage    = 2 // the command line or the configuration is wrong
	exitFindings = 3 // an audit found something
)

// screen is the terminal that bars are drawn on; what is written to stderr, and to
// standard output, stands above them.
var (
	screen = progress.NewScreen(os.Stderr)
	stderr = screen.Writer(os.Stderr)
)

func main() { os.Exit(execute()) }

func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx = progress.With(ctx, screen)
	cmd := rootCommand()
	cmd.SetOut(screen.Writer(os.Stdout))
	cmd.SetErr(stderr)
	began := &atomic.Bool{}
	complete(cmd, began)
	ran, err := cmd.ExecuteContextC(ctx)
	if err != nil && !began.Load() { // no command ran: its line is wrong
		err = usage.Wrap(err)
	}
	var wrong usage.Error
	switch {
	case err == nil:
		return exitJudged
	case errors.Is(err, usage.ErrReported):
		return exitUnjudged
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "stablebot: %s\n", console.Lines(err.Error()))
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintf(os.Stderr, "stablebot: %s\n", console.Lines(afterStop(ran.Name(), err)))
		return exitUnjudged
	default:
		fmt.Fprintf(os.Stderr, "stablebot: %s\n", console.Lines(err.Error()))
		return exitUnjudged
	}
}

// stoppedError is the end of work that says itself how it goes on.
type stoppedError struct{ error }

// treesKept are the commands that read trees first, and keep the index of them.
var treesKept = []string{"plan", "launch", "missing", "parity", "audit", "export", "branches", "classify", "worklist"}

// afterStop says what is left of a command that a signal stopped.
func afterStop(command string, err error) string {
	var itself stoppedError
	switch {
	case errors.As(err, &itself):
		return err.Error()
	case slices.Contains(treesKept, command):
		return "stopped by a signal, before the end; the same command begins anew, with the index of each branch that was read in full" +
			beside(err)
	}
	return "stopped by a signal, before the end; the same command begins anew" + beside(err)
}

// beside are the errors that the signal does not explain: of several that came together
// one may be the reason for which somebody pressed Ctrl-C.
func beside(err error) string {
	var said []string
	for _, e := range apart(err) {
		var child *exec.ExitError
		if !errors.Is(e, context.Canceled) && !errors.As(e, &child) {
			said = append(said, e.Error())
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "; beside that: " + strings.Join(said, "; ")
}

// apart takes apart what was joined.
func apart(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // each part is looked at by itself
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, apart(e)...)
	}
	return out
}

// complete has each command note that it began, and each one that only groups others
// refuse a name that is none of them: cobra shows its help then and calls it a success.
func complete(cmd *cobra.Command, began *atomic.Bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			began.Store(true)
			return run(c, args)
		}
	} else if cmd.Run == nil {
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		}
	}
	for _, sub := range cmd.Commands() {
		complete(sub, began)
	}
}

func unknownCommand(c *cobra.Command, name string) error {
	hint := fmt.Sprintf("`%s --help` lists them", c.CommandPath())
	if near := c.SuggestionsFor(name); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return usage.Errorf("there is no command %q; %s", c.CommandPath()+" "+name, hint)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "stablebot",
		Short: "Labels driver fixes stable-eligible or dkms-only, with numbers and reasons",
		Long: `stablebot reads driver patches from mails, archives and git, and says for each
fix to shipped silicon whether stable kernels can take it (stable-eligible) or
whether its users get it from the out-of-tree package (dkms-only), and why.

  stablebot run --demo             the bot on built-in mails, nothing to set up
  stablebot classify FILE…         judge patches, mboxes, maildirs
  stablebot classify --git . v6.9..v6.10 -- drivers/gpu/drm`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage.Wrap(fmt.Errorf("%w; `%s --help` lists the flags", err, c.CommandPath()))
	})
	root.AddCommand(
		classifyCommand(),
		checkCommand(),
		planCommand(),
		auditCommand(),
		branchesCommand(),
		exportCommand(),
		launchCommand(),
		missingCommand(), parityCommand(), driftCommand(), worklistCommand(),
		evaluateCommand(),
		calibrateCommand(),
		runCommand(),
		serveCommand(),
		backfillCommand(),
		explainCommand(),
		outcomesCommand(),
		actionsCommand(),
		previewCommand(),
		digestCommand(),
		rulesCommand(),
		siliconCommand(),
		storeCommand(),
		doctorCommand(),
		asideCommand(),
		embargoCommand(),
		initCommand(),
		workflowCommand(),
		manualCommand(),
		versionCommand(),
	)
	return root
}
