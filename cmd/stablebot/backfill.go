package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

type backfillOptions struct {
	config, state, level string
	archive, list        string
	git, name            string
	branches, paths      []string
	since, until         string
	quiet                bool
}

func backfillCommand() *cobra.Command {
	var o backfillOptions
	cmd := &cobra.Command{
		Use:   "backfill (--archive REPO --list LIST | --git REPO --branch BRANCH)",
		Short: "Judge what a list or a branch brought in the past, and send nothing",
		Long: `Puts a whole public-inbox archive, or the commits of a branch since a day, into
the store that the bot runs on. They are filed, judged by what the trees know
today, and shown like all others; nothing is ever said about them, by this
command or later, by the bot. What is compared with their outcomes is another
judgement: that of the day before each was posted.

  stablebot backfill --archive https://lore.example.org/dri-devel/git/0.git --list dri-devel.lists.example.org
  stablebot backfill --git linux --branch master --since 2025-11-01 drivers/gpu/drm

It may be stopped at any time, also by kill -9, and goes on where it was when it
is called with the same names again. Mail of the last days is left to the
configured sources (--until), as a mail that stands in the store already is not
answered. A bot may run on the same store meanwhile.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return o.run(cmd.Context(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "configuration `file`, for weights, trees and the state folder")
	f.StringVar(&o.state, "state-dir", "", "state `folder`, instead of the configuration's")
	f.StringVar(&o.archive, "archive", "", "a public-inbox v2 `repository`: a URL or a path")
	f.StringVar(&o.list, "list", "", "the `list` that it is the archive of; empty: List-Id decides")
	f.StringVar(&o.git, "git", "", "a git `repository`: a URL or a path")
	f.StringArrayVar(&o.branches, "branch", nil, "a `branch` of it, or a pattern; repeat it")
	f.StringVar(&o.name, "name", "", "the `name` under which it goes on; made from the repository's when empty")
	f.StringVar(&o.since, "since", "", "a `day`; of a branch also a revision. Empty: all of the archive")
	f.StringVar(&o.until, "until", "", "mail up to this `day`; empty: up to max_age ago")
	f.StringVar(&o.level, "log-level", "warn", "debug, info, warn or error")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no summary")
	cmd.MarkFlagsMutuallyExclusive("archive", "git")
	cmd.MarkFlagsOneRequired("archive", "git")
	return cmd
}

func (o *backfillOptions) run(ctx context.Context, told io.Writer) error {
	c, until, err := o.configuration()
	if err != nil {
		return err
	}
	log, err := wire.Logger(ctx, c.Log)
	if err != nil {
		return err
	}
	p, err := wire.Build(ctx, c, log, nil)
	if err != nil {
		return err
	}
	before, err := p.Store.Counts(ctx)
	if err != nil {
		return errors.Join(err, p.Close())
	}
	come := p.Count(until)
	began := time.Now()
	end := func() {}
	if !o.quiet {
		end = wire.ShowWork(ctx, p.Store, before)
	}
	err = p.Bot.Run(ctx, true)
	end()
	if ctx.Err() != nil {
		return stoppedError{errors.Join(fmt.Errorf("stopped after %s; the same command goes on where it was",
			worked(come())), p.Close())}
	}
	if err == nil && !o.quiet {
		var after store.Counts
		if after, err = p.Store.Counts(ctx); err == nil {
			fmt.Fprintf(told, "%s read in %s: %s new, %s judged; nothing was sent\n", worked(come()),
				time.Since(began).Round(time.Second), change.Count(after.Mails-before.Mails, "mail"),
				change.Count(after.Judgements-before.Judgements, "change"))
		}
	}
	return errors.Join(err, p.Close())
}

// worked says how much was read, of lists and of trees.
func worked(n int64) string {
	return strconv.FormatInt(n, 10) + change.Agree(int(n), " mail or commit", " mails and commits")
}

// configuration is the configured bot with one source, and with every list muted.
func (o *backfillOptions) configuration() (*config.Config, time.Time, error) {
	var none time.Time
	c := &config.Config{}
	*c = config.Default()
	if o.config != "" {
		var err error
		if c, err = wire.ReadConfig(o.config); err != nil {
			return nil, none, err
		}
	}
	if o.state != "" {
		c.State = o.state
	}
	if o.config == "" && o.state == "" {
		return nil, none, usage.Errorf("into which store? give -c stablebot.yaml, or --state-dir")
	}
	c.Log.Level = o.level
	until := time.Now().Add(-c.MaxAge.Std())
	if o.until != "" {
		day, err := time.Parse(time.DateOnly, o.until)
		if err != nil {
			return nil, none, usage.Errorf("--until: %q is no day such as 2026-01-31", o.until)
		}
		until = day
	}
	// Remotes stay where they only serve as trees; nothing may be answered.
	for i := range c.Sources.Git {
		c.Sources.Git[i].TreesOnly = true
	}
	c.Sources.IMAP, c.Sources.Archive, c.Sources.GitHub, c.Lists = nil, nil, nil, nil
	c.SMTP.Send = false
	name := o.name
	if name == "" {
		name = nameOf(o.archive + o.git)
	}
	name = flow.BackfillPrefix + name
	switch {
	case o.archive != "":
		if o.since == "" {
			o.since = "1991-08-25" // before the first mail about the kernel
		} else if _, err := time.Parse(time.DateOnly, o.since); err != nil {
			return nil, none, usage.Errorf("--since: %q is no day such as 2026-01-31", o.since)
		}
		c.Sources.Archive = []config.Archive{{Name: name, URL: local(o.archive), List: o.list, Since: o.since}}
	case o.since == "":
		return nil, none, usage.Errorf("since when? give --since with a day or a revision: a whole history is rarely wanted")
	default:
		c.Sources.Git = append(c.Sources.Git, config.Git{Name: name, URL: local(o.git), Role: "mainline", Branches: o.branches, Paths: o.paths,
			Since: o.since})
		until = none
	}
	return c, until, nil
}

// local makes the path of a repository on this machine absolute: git resolves
// it in another folder.
func local(url string) string {
	if _, err := os.Stat(url); err == nil {
		if abs, err := filepath.Abs(url); err == nil {
			return abs
		}
	}
	return url
}

// nameOf is the last telling part of a URL or path: "dri-devel" of
// ".../dri-devel/git/0.git".
func nameOf(url string) string {
	parts := strings.FieldsFunc(url, func(r rune) bool { return r == '/' || r == ':' || r == '\\' })
	for i := len(parts) - 1; i >= 0; i-- {
		p := strings.Trim(strings.TrimSuffix(parts[i], ".git"), ".")
		if p != "" && p != "git" && p != "repo" && strings.Trim(p, "0123456789") != "" {
			return p
		}
	}
	return "archive"
}
