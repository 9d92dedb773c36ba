package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
)

func runCommand() *cobra.Command {
	var file, state, level, where string
	var once, isDemo bool
	var roles []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot: sources in, replies to the outbox",
		Long: `Runs the bot until SIGTERM or Ctrl-C: mails and commits come in from the
configured sources, are judged, and replies are written to the outbox, a maildir
under the state folder. Nothing leaves the machine unless smtp.send is on.

Several processes can share the work, each with the --roles it is to have. On
SQLite they run on one machine; with --store postgres://… on as many as wanted.
A source, and each way out, is held by one process at a time, and taken over
within seconds when that one dies.

--demo needs no configuration: it starts a mail server on loopback with built-in
mails and a small git remote, in a temporary folder that goes when it ends, lets
four weeks pass, and then answers what you send it. With --once it ends there;
--state-dir keeps the store and the replies.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isDemo {
				return runDemo(cmd.Context(), cmd.OutOrStdout(), demoOptions{state: state, level: level, once: once})
			}
			c, err := readConfig(file)
			if err != nil {
				return err
			}
			if state != "" {
				c.State = state
			}
			if level != "" {
				c.Log.Level = level
			}
			if len(roles) > 0 {
				if c.Roles, err = checkRoles(roles); err != nil {
					return err
				}
			}
			if where != "" {
				c.Store.Address = where
			}
			return runBot(cmd.Context(), c, once, nil)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	f.StringVar(&state, "state-dir", "", "state `folder`, instead of the configuration's")
	f.StringVar(&where, "store", "", "store, postgres://`…` or a file, instead of the configuration's")
	f.StringSliceVar(&roles, "roles", nil, "the parts of the work that this process takes, of source, worker, web; all without it")
	f.StringVar(&level, "log-level", "", "debug, info, warn or error, instead of the configuration's")
	f.BoolVar(&once, "once", false, "handle what is there and end")
	f.BoolVar(&isDemo, "demo", false, "run on built-in mails and a built-in git remote")
	cmd.MarkFlagsMutuallyExclusive("demo", "config")
	cmd.MarkFlagsMutuallyExclusive("demo", "roles")
	cmd.MarkFlagsMutuallyExclusive("demo", "store")
	return cmd
}

func runBot(ctx context.Context, c *config.Config, once bool, told func(flow.Action), with ...func(*run.Options)) error {
	log, err := newLogger(c.Log)
	if err != nil {
		return err
	}
	useDrivers(c.State, log)
	p, err := build(ctx, c, log, told, with...)
	if err != nil {
		return err
	}
	log = p.log
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go p.outage.watch(watched)
	sayMuted(c, log)
	before, err := p.store.Counts(ctx)
	if err != nil {
		return errors.Join(err, p.close())
	}
	log.Info("running", zap.String("version", buildVersion()), zap.Int("sources", len(p.sources)), zap.String("state", c.State))
	stop := func() {}
	if !once && slices.Contains(rolesOrAll(c.Roles), string(run.RoleWeb)) {
		if stop, err = startHooks(p.hooks, log); err != nil {
			return errors.Join(err, p.close())
		}
		if c.Web.Listen != "" {
			d, err := newDashboard(ctx, c, p.store, p.metrics, p, log)
			if err != nil {
				stop()
				return errors.Join(err, p.close())
			}
			hooks := stop
			stop = func() { hooks(); _ = d.stop() } // it has nothing to lose
		}
	}
	if keep := c.Store.Keep.Std(); keep > 0 && !once && slices.Contains(rolesOrAll(c.Roles), string(run.RoleWorker)) {
		go forgetOld(ctx, p.store, keep, log)
	}
	end := func() {}
	if once {
		end = showWork(ctx, p.store, before)
	}
	err = p.bot.Run(ctx, once)
	end()
	if once && err == nil {
		err = sayHandled(ctx, p.store, before, log)
	}
	stop()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // asked to stop, and stopped in order
		log.Info("stopped; what came in is stored, and the next run goes on from there")
	}
	return errors.Join(err, p.close())
}

// sayMuted says that no list hears anything, and of which it could.
func sayMuted(c *config.Config, log *zap.Logger) {
	var ids []string
	for _, l := range c.Lists {
		if l.Reply == "author" || l.Reply == "all" {
			return
		}
		ids = append(ids, l.ID)
	}
	if len(c.Sources.IMAP)+len(c.Sources.Archive) > 0 {
		log.Info("every list is muted: its mail is judged and no reply is written; set reply of a list to author or all",
			zap.Strings("lists", ids))
	}
}

// sayHandled says what a run with --once came to.
func sayHandled(ctx context.Context, s *store.Store, before store.Counts, log *zap.Logger) error {
	after, err := s.Counts(ctx)
	if err != nil {
		return err
	}
	log.Info("what was there is handled", zap.Int("new_mails", after.Mails-before.Mails),
		zap.Int("judged", after.Judgements-before.Judgements),
		zap.Int("changes_in_store", after.Judgements), zap.Int("series_waiting", after.Unsettled),
		zap.Int("replies_done", after.Actions[flow.StateDone]-before.Actions[flow.StateDone]))
	return nil
}
