package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/store"
)

func doctorCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check each configured part and say what to do about it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{w: cmd.OutOrStdout()}
			d.check("git program", func() (string, error) { return gitVersion(cmd.Context()) })
			c, err := readConfig(file)
			if err != nil {
				return err
			}
			d.say("ok", "configuration", file)
			d.checkAll(cmd.Context(), c)
			if d.failed > 0 {
				return fmt.Errorf("%d of %d checks failed", d.failed, d.done)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	return cmd
}

// doctor runs the checks one after another; a failed one does not stop the rest.
type doctor struct {
	w            io.Writer
	done, failed int
}

func (d *doctor) say(how, what, more string) {
	fmt.Fprintf(d.w, "%-5s %-24s %s\n", how, what, more)
}

func (d *doctor) check(what string, f func() (string, error)) {
	d.done++
	more, err := f()
	if err != nil {
		d.failed++
		d.say("FAIL", what, strings.ReplaceAll(err.Error(), "\n", "\n"+strings.Repeat(" ", 31)))
		return
	}
	d.say("ok", what, more)
}

// checkTime bounds each check: a server that does not answer is a finding too.
const checkTime = 30 * time.Second

func (d *doctor) checkAll(ctx context.Context, c *config.Config) {
	within := func(f func(context.Context) (string, error)) func() (string, error) {
		return func() (string, error) {
			ctx, cancel := context.WithTimeout(ctx, checkTime)
			defer cancel()
			return f(ctx)
		}
	}
	d.check("weights", func() (string, error) {
		j, err := loadJudge(c.Weights)
		if err != nil {
			return "", err
		}
		return j.Model.Version, nil
	})
	d.check("state folder", func() (string, error) { return c.State, writable(c.State) })
	d.check("store", within(func(ctx context.Context) (string, error) { return checkStore(ctx, storeOf(c)) }))
	srcs, err := sources(c, zap.NewNop())
	if err != nil {
		d.check("sources", func() (string, error) { return "", err })
	}
	for _, s := range srcs {
		d.check(s.Name(), within(func(ctx context.Context) (string, error) {
			return "reachable", errors.Join(s.Check(ctx), s.Close())
		}))
	}
	if err == nil && len(srcs) == 0 {
		d.say("note", "sources", "none is configured: the bot has nothing to read")
	}
	into := outboxDir(c.State)
	if c.SMTP.Address != "" {
		d.check("smtp", within(func(ctx context.Context) (string, error) {
			s, err := mailSink(c, zap.NewNop())
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("logged in at %s, %d DKIM keys", c.SMTP.Address, len(c.SMTP.DKIM)), s.Check(ctx)
		}))
	}
	if c.SMTP.Send {
		into = "the mail server " + c.SMTP.Address
	} else {
		d.say("note", "sending", "smtp.send is off: nothing leaves this machine")
	}
	if why := stopped(c.State); why != "" {
		d.say("note", "sending", why+"; end it with: stablebot actions resume")
	}
	muted := true
	for _, l := range c.Lists {
		if l.Reply == "author" || l.Reply == "all" {
			muted = false
			d.say("note", "list "+l.ID, fmt.Sprintf("is answered (to: %s), at most %d an hour and %d a day, into %s", l.Reply, l.PerHour, l.PerDay, into))
		}
	}
	if muted {
		d.say("note", "lists", "all are muted: mail is judged and recorded, no reply is written")
	}
}

func gitVersion(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "git", "version").Output()
	if err != nil {
		return "", fmt.Errorf("running git: %w; install git 2.38 or newer", err)
	}
	var major, minor int
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "git version ")
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return "", fmt.Errorf("git says its version is %q, which is none", version)
	}
	if major < 2 || major == 2 && minor < 38 {
		return "", fmt.Errorf("git %s is too old; 2.38 or newer is needed", version)
	}
	return version, nil
}

// writable makes the folder, as run would, and tries it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("%w; set state to a folder that this user may write", err)
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return fmt.Errorf("%w; give this user the right to write there, or set state to another folder", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func checkStore(ctx context.Context, file string) (string, error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) && !store.IsAddress(file) {
		return "not there yet; the first run makes it", nil
	}
	s, err := store.OpenReadOnly(ctx, file)
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	if err := s.Check(ctx); err != nil {
		return "", err
	}
	n, err := s.Counts(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d mails, %d changes judged, %d series waiting", n.Mails, n.Judgements, n.Unsettled), nil
}
