package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/bot/usage"
)

// memoryOptions say where it is kept what people said of the fixes that branches lack.
type memoryOptions struct {
	file string
	bot  configFlags
}

func (o *memoryOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.file, "memory", "", "keep what was said, and what was found last time, in this `file`; one of the user's for each repository when not given")
	f.StringVarP(&o.bot.file, "bot", "c", "", "keep it in the store of the bot with this configuration `file`, which hears the stable team as well")
	f.StringVar(&o.bot.state, "state-dir", "", "the same by the bot's state `folder`")
	f.StringVar(&o.bot.store, "store", "", "the same by its store, postgres://`…` or a file")
}

// open opens the memory; closing is to be called in the end.
func (o *memoryOptions) open(cmd *cobra.Command, repo string) (memory flow.Standings, closing func(), err error) {
	if o.bot != (configFlags{}) {
		if o.file != "" {
			return nil, nil, usage.Errorf("--memory names a file, and -c, --state-dir and --store a bot's store; give one")
		}
		s, err := o.bot.openForWriting(cmd)
		if err != nil {
			return nil, nil, err
		}
		return s, func() { _ = s.Close() }, nil
	}
	file := o.file
	if file == "" {
		if file, err = defaultMemory(repo); err != nil {
			return nil, nil, err
		}
	}
	return missing.File(file), func() {}, nil
}

// defaultMemory is a file in the user's own folder, one for each repository.
func defaultMemory(repo string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for a folder to remember in: %w; name a file with --memory", err)
	}
	abs, err := filepath.Abs(repo)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "stablebot", "missing", strings.Trim(strings.ReplaceAll(abs, string(filepath.Separator), "-"), "-")+".jsonl"),
		nil
}

// words are the subcommands of a person's word.
var words = map[flow.Stand]struct{ use, short string }{
	flow.StandDone:     {"done", "Say that nothing is left to do about a fix on a branch"},
	flow.StandDeclined: {"no", "Say that a fix is not for a branch, and why"},
	flow.StandPosted:   {"posted", "Say that a fix was sent to stable for a branch, and waits"},
	"":                 {"undo", "Take back the last word about a fix on a branch"},
}

// wordCommand takes a person's word.
func wordCommand(stand flow.Stand) *cobra.Command {
	var memory memoryOptions
	var repo, who string
	w := words[stand]
	cmd := &cobra.Command{
		Use:   w.use + " --trees REPO BRANCH COMMIT [REASON…]",
		Short: w.short,
		Long: w.short + `. It is kept with your name and the day, shown in
the row, and stands above what is judged; undo takes it back.

  stablebot missing ` + w.use + ` --trees linux 6.1 1a2b3c4d5e6f "that board is not supported"`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if stand == flow.StandDeclined && len(args) < 3 {
				return usage.Errorf("say why: a no without a reason is asked about again")
			}
			said, err := readWord(cmd, repo, who, args)
			if err != nil {
				return err
			}
			said.Stand = stand
			m, closing, err := memory.open(cmd, repo)
			if err != nil {
				return err
			}
			defer closing()
			if err := m.Stand(cmd.Context(), []flow.Standing{said}); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %.12s (%q): %s, by %s\n", said.Branch, said.Commit, console.Printable(said.Title), w.use, console.Printable(said.Who))
			return nil
		},
	}
	f := cmd.Flags()
	memory.flags(f)
	f.StringVar(&repo, "trees", "", "the `repository` that has mainline")
	f.StringVar(&who, "who", "", "your `name`; that of git config when not given")
	return cmd
}

// readWord finds the commit and who speaks.
func readWord(cmd *cobra.Command, repo, who string, args []string) (said flow.Standing, err error) {
	if repo == "" {
		return said, usage.Errorf("name the repository that has the commit with --trees")
	}
	ctx := cmd.Context()
	r, err := git.Open(ctx, repo, trusted)
	if err != nil {
		return said, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c, err := r.Commit(ctx, args[1])
	if err != nil {
		return said, fmt.Errorf("finding the commit: %w", err)
	}
	if who == "" {
		id, err := export.WhoAmI(ctx, r)
		if err != nil {
			return said, err
		}
		if !id.Known() {
			return said, usage.Errorf("git config has no user.name and user.email; say who you are with --who")
		}
		who = id.String()
	}
	branch := strings.TrimSuffix(strings.TrimPrefix(args[0], "linux-"), ".y")
	return flow.Standing{Branch: branch, Commit: c.ID, Title: c.Title(), Voice: flow.VoiceWord, Who: who, Why: strings.Join(args[2:], " "),
		At: time.Now().UTC()}, nil
}
