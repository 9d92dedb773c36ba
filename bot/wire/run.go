package wire

import (
	"context"
	"errors"
	"slices"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/drivers/kept"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
)

func Run(ctx context.Context, c *config.Config, once bool, told func(flow.Action), with ...func(*run.Options)) error {
	log, err := Logger(ctx, c.Log)
	if err != nil {
		return err
	}
	kept.Use(c.State, log)
	p, err := Build(ctx, c, log, told, with...)
	if err != nil {
		return err
	}
	log = p.log
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go p.outage.Watch(watched)
	sayMuted(c, log)
	before, err := p.Store.Counts(ctx)
	if err != nil {
		return errors.Join(err, p.Close())
	}
	log.Info("running", zap.String("version", Version()), zap.Int("sources", len(p.sources)), zap.String("state", c.State))
	stop := func() {}
	if !once && slices.Contains(rolesOrAll(c.Roles), string(run.RoleWeb)) {
		if stop, err = startHooks(p.hooks, log); err != nil {
			return errors.Join(err, p.Close())
		}
		if c.Web.Listen != "" {
			d, err := Serve(ctx, c, p.Store, p.metrics, p, log)
			if err != nil {
				stop()
				return errors.Join(err, p.Close())
			}
			hooks := stop
			stop = func() { hooks(); _ = d.Stop() } // it has nothing to lose
		}
	}
	if keep := c.Store.Keep.Std(); keep > 0 && !once && slices.Contains(rolesOrAll(c.Roles), string(run.RoleWorker)) {
		go forgetOld(ctx, p.Store, keep, log)
	}
	end := func() {}
	if once {
		end = ShowWork(ctx, p.Store, before)
	}
	err = p.Bot.Run(ctx, once)
	end()
	if once && err == nil {
		err = sayHandled(ctx, p.Store, before, log)
	}
	stop()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // asked to stop, and stopped in order
		log.Info("stopped; what came in is stored, and the next run goes on from there")
	}
	return errors.Join(err, p.Close())
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
