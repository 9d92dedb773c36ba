package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/preview"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/sink/outbox"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

type previewOptions struct {
	c                            configFlags
	t                            wire.Branches
	archive, since, until, reply string
	mails                        string
	asJSON, show, withoutTrees   bool
	margin                       float64
	begin, end                   time.Time
	config                       *config.Config
	muted                        bool
	unfetched                    []string
}

func previewCommand() *cobra.Command {
	var o previewOptions
	cmd := &cobra.Command{
		Use:   "preview LIST --since {DAY | AGE}",
		Short: "Show what would have been sent on a list in the past weeks",
		Long: `Replays the mails of a list at their own dates and shows what the bot would have
said: how many replies, to whom, on which day, what caps, approval and embargo
hours would have held back, and why all the rest was silent. To be looked at
before a list is unmuted; nothing is sent, and the bot's store is only read.

  stablebot preview dri-devel.lists.example.org --since 4w
  stablebot preview dri-devel.lists.example.org --since 2026-09-01 --archive dri-devel.git --mails look
  mutt -R -f look

The mails come from the bot's store, from a public-inbox archive (--archive), or
both. They are judged with the trees as they were on each day: those that the
configuration names, as the bot has fetched them, or those of --trees; once a week
what a moved branch concerns is judged again.

 Of a list that is muted it is shown what --reply author would do, with 5
replies an hour and 20 a day. Commands that people gave by mail then are left out.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args[0])
		},
	}
	o.c.add(cmd)
	f := cmd.Flags()
	branchFlags(&o.t, f)
	f.StringVar(&o.since, "since", "", "a `day`, 2026-09-01, or an age: 4w, 30d, 12h")
	f.StringVar(&o.until, "until", "", "up to the end of this `day`; empty: up to now")
	f.StringVar(&o.archive, "archive", "", "a public-inbox v2 `repository` with the list's mails")
	f.StringVar(&o.reply, "reply", "", "`who` is answered, instead of the configuration's: author or all")
	f.BoolVar(&o.withoutTrees, "without-trees", false, "answer also where no tree has the code, whatever the configuration says")
	f.Float64Var(&o.margin, "min-margin", -1, "how far from its line a label's `chance` has to be, instead of the configuration's")
	f.StringVar(&o.mails, "mails", "", "write the mails into this maildir `folder`, to be opened by any mail program")
	f.BoolVar(&o.show, "show", false, "print the mails as well")
	f.BoolVar(&o.asJSON, "json", false, "all of it as one JSON object, the mails included")
	_ = cmd.MarkFlagRequired("since") // it is defined above
	return cmd
}

func (o *previewOptions) run(cmd *cobra.Command, list string) error {
	ctx := cmd.Context()
	if err := o.check(cmd, list); err != nil {
		return err
	}
	mails, live, done, err := o.past(ctx, list)
	if err != nil {
		return err
	}
	defer done()
	judge, err := wire.LoadJudge(o.config.Weights)
	if err != nil {
		return err
	}
	made := o.bot(list, judge)
	scratch, err := os.MkdirTemp("", "stablebot-preview-")
	if err != nil {
		return fmt.Errorf("making a folder for the replay: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	s, err := store.Open(ctx, wire.StoreFile(scratch))
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	past, err := o.trees(ctx)
	if err != nil {
		return err
	}
	if past != nil {
		defer func() { _ = past.Close() }()
	}
	opt := preview.Options{List: list, Since: o.begin, Until: o.end, Mails: mails, Bot: made, Store: s,
		Past: func(now func() time.Time, b *run.Options) {
			b.Judge = func(c *change.Change, s *rules.Series, t *rules.Tree) verdict.Judgement {
				then := *judge
				then.AsOf = now()
				return then.Change(c, s, t)
			}
			if past != nil {
				past.Now, b.Trees = now, past
			}
		}}
	if live != nil {
		opt.OptedOut = live.OptedOut
	}
	r, err := preview.Run(ctx, opt)
	if err != nil {
		return err
	}
	if o.mails != "" {
		if err := writeMails(ctx, o.mails, r); err != nil {
			return err
		}
	}
	if o.asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	return r.Text(cmd.OutOrStdout(), preview.Shown{Muted: o.muted, Mails: o.show, Folder: o.mails, Unfetched: o.unfetched})
}

// trees are those that the mails are judged with, nil for none.
func (o *previewOptions) trees(ctx context.Context) (p *wire.Past, err error) {
	if o.t.Repo != "" {
		return o.t.Past(ctx)
	}
	p, o.unfetched, err = wire.PastOf(ctx, o.config)
	return p, err
}

func (o *previewOptions) check(cmd *cobra.Command, list string) (err error) {
	if o.margin > 1 {
		return usage.Errorf("--min-margin %g: it is a distance between two chances, from 0 to 1", o.margin)
	}
	if o.reply != "" && o.reply != "author" && o.reply != "all" {
		return usage.Errorf("--reply %q: author or all", o.reply)
	}
	if err := o.t.Check(); err != nil {
		return err
	}
	now := time.Now()
	if o.begin, err = sinceOf(o.since, now); err != nil {
		return err
	}
	if o.until != "" {
		day, err := time.Parse(time.DateOnly, o.until)
		if err != nil {
			return usage.Errorf("--until: %q is no day such as 2026-01-31", o.until)
		}
		o.end = day.AddDate(0, 0, 1)
	}
	if !o.end.IsZero() && !o.begin.Before(o.end) {
		return usage.Errorf("--since %s is not before --until %s", o.since, o.until)
	}
	o.config, err = wire.ReadConfig(o.c.file)
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("config") {
		d := config.Default()
		o.config, err = &d, nil
	}
	if err == nil && o.c.state != "" {
		o.config.State = o.c.state
	}
	return err
}

// sinceOf reads a day, or how long ago something was.
func sinceOf(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	var weeks int
	if n, err := fmt.Sscanf(s, "%dw", &weeks); n == 1 && err == nil && s == fmt.Sprintf("%dw", weeks) && weeks > 0 {
		return now.AddDate(0, 0, -7*weeks), nil
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(s)); err != nil || d <= 0 {
		return time.Time{}, usage.Errorf("--since %q: write a day, 2026-01-31, or an age: 4w, 30d, 12h", s)
	}
	return now.Add(-d.Std()), nil
}

// What a muted list is shown with: what `stablebot init` writes for a first one.
const (
	previewPerHour = 5
	previewPerDay  = 20
)

// bot is the configured bot, with the one list as it would be when unmuted.
func (o *previewOptions) bot(list string, judge *verdict.Judge) run.Options {
	c := o.config
	p := wire.Policy(c)
	l := p.For(list)
	p.Lists = slices.DeleteFunc(p.Lists, func(l plan.ListPolicy) bool { return strings.EqualFold(l.ID, list) })
	o.muted = l.Reply == plan.ReplyNone || l.Reply == ""
	if o.muted {
		l.Reply = plan.ReplyAuthor
	}
	if o.reply != "" {
		l.Reply = plan.ReplyTo(o.reply)
	}
	if l.PerHour == 0 {
		l.PerHour = previewPerHour
	}
	if l.PerDay == 0 {
		l.PerDay = previewPerDay
	}
	l.DryRun = false
	l.WithoutTrees = l.WithoutTrees || o.withoutTrees
	if o.margin >= 0 {
		l.MinMargin = o.margin
	}
	p.Lists = append(p.Lists, l)
	return run.Options{Judge: judge.Change, Suite: judge.Suite, Policy: p, Settle: c.Series.Settle.Std(), Log: zap.NewNop(),
		Bot: wire.BotOf(c)}
}

func writeMails(ctx context.Context, dir string, r *preview.Report) error {
	out, err := outbox.Open("preview", dir)
	for _, x := range r.Replies {
		if err == nil && x.Fate != preview.Dropped {
			err = out.Deliver(ctx, x.Action())
		}
	}
	return err
}
