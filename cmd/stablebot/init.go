package main

import (
	"bufio"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/template"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

//go:embed starter.yaml.tmpl
var starterText string

var starter = template.Must(template.New("starter").Funcs(template.FuncMap{"quote": yamlQuote, "list": yamlList}).Parse(starterText))

// answers fill the starter configuration; each is a flag, or a question on a
// terminal.
type answers struct {
	State, Address, Contact   string
	IMAP, User, Folders, List string
	Archive, Git, Branch      string
	Paths, Stable, StableURL  string
	Releases, Listen, Since   string
}

// sinceDays is how far back the first look at an archive goes: enough to have
// something to look at, and read in a minute.
const sinceDays = 30

func initCommand() *cobra.Command {
	var a answers
	var file string
	var yes bool
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented starter configuration",
		Long: `Writes a commented configuration from a few questions, or from flags alone
when standard input is no terminal. What it writes is muted: mail is judged and
shown, nobody is written to. An existing file is never overwritten.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			if !yes && isatty.IsTerminal(os.Stdin.Fd()) {
				if err := a.ask(cmd); err != nil {
					return err
				}
			}
			if a.Since == "" {
				a.Since = time.Now().AddDate(0, 0, -sinceDays).Format(time.DateOnly)
			}
			return writeStarter(cmd.OutOrStdout(), file, a)
		},
	}
	f := cmd.Flags()
	file = "stablebot.yaml"
	f.StringVar(&a.State, "state", "stablebot-state", "folder for the store, fetched repositories and the outbox")
	f.StringVar(&a.Address, "address", "stablebot@example.org", "the bot's own mail address")
	f.StringVar(&a.Contact, "contact", "you@example.org", "the person who answers for the bot")
	f.StringVar(&a.IMAP, "imap", "", "IMAP server, host:port")
	f.StringVar(&a.User, "user", "", "user name on the IMAP server")
	f.StringVar(&a.Folders, "folders", "INBOX", "IMAP folders, separated by commas")
	f.StringVar(&a.List, "list", "", "List-Id of the list to watch")
	f.StringVar(&a.Archive, "archive", "", "URL of a public-inbox repository to watch")
	f.StringVar(&a.Since, "since", "", "the `day` from which the first look reads it; empty: 30 days ago")
	f.StringVar(&a.Git, "git", "", "URL of a git remote to watch")
	f.StringVar(&a.Branch, "branch", "master", "its branch")
	f.StringVar(&a.Paths, "paths", "", "judge only commits that touch these folders, separated by commas")
	f.StringVar(&a.Stable, "stable", "", "patterns of the stable branches, separated by commas: linux-6.*.y")
	f.StringVar(&a.StableURL, "stable-url", "", "URL of the remote that has them; empty: that of --git")
	f.StringVar(&a.Releases, "releases", "tags", "how releases are marked in --git: tags, or title:TEXT with one %s")
	f.StringVar(&a.Listen, "listen", wire.DashboardAddress, "address of the dashboard; empty for none")
	f.BoolVarP(&yes, "yes", "y", false, "ask nothing")
	return cmd
}

func (a *answers) ask(cmd *cobra.Command) error {
	in := bufio.NewReader(cmd.InOrStdin())
	for _, q := range []struct {
		what string
		into *string
	}{
		{"Folder for the bot's state", &a.State},
		{"The bot's mail address", &a.Address},
		{"Who answers for the bot", &a.Contact},
		{"IMAP server as host:port (empty for none)", &a.IMAP},
		{"IMAP user", &a.User},
		{"List-Id to watch (empty for none)", &a.List},
		{"public-inbox repository to watch (empty for none)", &a.Archive},
		{"git remote with mainline (empty for none)", &a.Git},
		{"Its branch", &a.Branch},
		{"git remote with the stable branches (empty: the same)", &a.StableURL},
		{"Patterns of the stable branches, linux-6.*.y (empty for none)", &a.Stable},
		{"Address of the dashboard", &a.Listen},
	} {
		switch q.into {
		case &a.User:
			if a.IMAP == "" {
				continue
			}
		case &a.Branch, &a.Stable, &a.StableURL:
			if a.Git == "" {
				continue
			}
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s [%s]: ", q.what, *q.into)
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading the answer to %q: %w", q.what, err)
		}
		if line = strings.TrimSpace(line); line != "" {
			*q.into = line
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	return nil
}

func writeStarter(out io.Writer, file string, a answers) error {
	if a.Stable != "" && a.Git == "" {
		return usage.Errorf("--stable: stable branches are held against mainline; name its remote with --git")
	}
	a.StableURL = cmp.Or(a.StableURL, a.Git)
	a.Git, a.StableURL, a.Archive = local(a.Git), local(a.StableURL), local(a.Archive)
	var b strings.Builder
	if err := starter.Execute(&b, a); err != nil {
		return fmt.Errorf("writing the starter configuration: %w", err)
	}
	if _, err := config.Parse(file, []byte(b.String())); err != nil {
		return usage.Errorf("these answers make no valid configuration:\n%w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage.Errorf("%s is there already and is left alone; name another file", file)
	}
	if err != nil {
		return fmt.Errorf("writing the starter configuration: %w", err)
	}
	if _, err := f.WriteString(b.String()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", file, err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	_, err = fmt.Fprintf(out, "wrote %s; next: stablebot doctor -c %s, then stablebot run -c %[2]s\n", file, shell.Word(file))
	return err
}

// yamlQuote makes any answer one YAML scalar.
func yamlQuote(s string) string {
	return "'" + strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "'", "''") + "'"
}

// yamlList makes a list of what commas separate.
func yamlList(s string) string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, yamlQuote(p))
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}
