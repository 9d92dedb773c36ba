package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/preview"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/sink/outbox"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/store"
)

type previewOptions struct {
	c                            configFlags
	archive, since, until, reply string
	mails                        string
	asJSON, show                 bool
	begin, end                   time.Time
	config                       *config.Config
	muted                        bool
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
both. Of a list that is muted it is shown what --reply author would do, with 5
replies an hour and 20 a day. Commands that people gave by mail then are left out.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args[0])
		},
	}
	o.c.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "", "a `day`, 2026-09-01, or an age: 4w, 30d, 12h")
	f.StringVar(&o.until, "until", "", "up to the end of this `day`; empty: up to now")
	f.StringVar(&o.archive, "archive", "", "a public-inbox v2 `repository` with the list's mails")
	f.StringVar(&o.reply, "reply", "", "`who` is answered, instead of the configuration's: author or all")
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
	made, err := o.bot(list)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "stablebot-preview-")
	if err != nil {
		return fmt.Errorf("making a folder for the replay: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	s, err := store.Open(ctx, storeFile(scratch))
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	opt := preview.Options{List: list, Since: o.begin, Until: o.end, Mails: mails, Bot: made, Store: s}
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
	return o.print(cmd.OutOrStdout(), r)
}

func (o *previewOptions) check(cmd *cobra.Command, list string) (err error) {
	if o.reply != "" && o.reply != "author" && o.reply != "all" {
		return usagef("--reply %q: author or all", o.reply)
	}
	now := time.Now()
	if o.begin, err = sinceOf(o.since, now); err != nil {
		return err
	}
	if o.until != "" {
		day, err := time.Parse(time.DateOnly, o.until)
		if err != nil {
			return usagef("--until: %q is no day such as 2026-01-31", o.until)
		}
		o.end = day.AddDate(0, 0, 1)
	}
	if !o.end.IsZero() && !o.begin.Before(o.end) {
		return usagef("--since %s is not before --until %s", o.since, o.until)
	}
	o.config, err = readConfig(o.c.file)
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
		return time.Time{}, usagef("--since %q: write a day, 2026-01-31, or an age: 4w, 30d, 12h", s)
	}
	return now.Add(-d.Std()), nil
}

// past is where the mails come from; live is the bot's store, nil without one.
func (o *previewOptions) past(ctx context.Context, list string) (mails iter.Seq2[bot.Item, error], live *store.Store, done func(), err error) {
	from := o.begin.Add(-preview.LeadIn)
	live, err = store.OpenReadOnly(ctx, storeFile(o.config.State))
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.archive != "":
		live = nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil, fmt.Errorf("%w; to look at a list before the bot ever ran, give its archive with --archive", err)
	case err != nil:
		return nil, nil, nil, err
	}
	done = func() {
		if live != nil {
			_ = live.Close()
		}
	}
	if live != nil {
		mails = fresh(live.Past(ctx, list, from, o.end))
	}
	if o.archive == "" {
		return mails, live, done, nil
	}
	a, err := archive.Open(ctx, o.archive, git.Options{})
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	closeStore := done
	done = func() { closeStore(); _ = a.Close() }
	archived := pastOf(ctx, a, list, from, o.end)
	if mails == nil {
		return archived, live, done, nil
	}
	return preview.Merge(mails, archived), live, done, nil
}

// fresh makes stored mails come from a source that is answered, also those
// that a backfill brought.
func fresh(in iter.Seq2[bot.Item, error]) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		for i, err := range in {
			i.Source = "store"
			if !yield(i, err) {
				return
			}
		}
	}
}

// pastOf yields the messages of an archive as items, each at the time it was
// sent as far as the archive's order allows: nothing comes before what stands
// before it.
func pastOf(ctx context.Context, a *archive.Archive, list string, from, to time.Time) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		enough := errors.New("nobody reads on")
		var last time.Time
		err := archive.Read(ctx, a, archive.Options{Since: from, AsOf: to},
			func(m *archive.Mail) bot.Item {
				return bot.Item{Source: "archive", List: list, Received: m.Sent, Mail: bytes.Clone(m.Raw), Err: m.Err}
			},
			func(i bot.Item) error {
				if i.Received.Before(last) {
					i.Received = last
				}
				last = i.Received
				if !yield(i, nil) {
					return enough
				}
				return nil
			})
		if err != nil && !errors.Is(err, enough) {
			yield(bot.Item{}, err)
		}
	}
}

// What a muted list is shown with: what `stablebot init` writes for a first one.
const (
	previewPerHour = 5
	previewPerDay  = 20
)

// bot is the configured bot, with the one list as it would be when unmuted.
func (o *previewOptions) bot(list string) (bot.Options, error) {
	c := o.config
	judge, err := loadJudge(c.Weights)
	if err != nil {
		return bot.Options{}, err
	}
	p := policy(c)
	l := p.For(list)
	p.Lists = slices.DeleteFunc(p.Lists, func(l bot.ListPolicy) bool { return strings.EqualFold(l.ID, list) })
	o.muted = l.Reply == bot.ReplyNone || l.Reply == ""
	if o.muted {
		l.Reply = bot.ReplyAuthor
	}
	if o.reply != "" {
		l.Reply = bot.ReplyTo(o.reply)
	}
	if l.PerHour == 0 {
		l.PerHour = previewPerHour
	}
	if l.PerDay == 0 {
		l.PerDay = previewPerDay
	}
	l.DryRun = false
	p.Lists = append(p.Lists, l)
	return bot.Options{Judge: judge.Change, Suite: judge.Suite, Policy: p, Settle: c.Series.Settle.Std(), Log: zap.NewNop(),
		Bot: report.Bot{Name: c.Bot.Name, Address: botAddress(c), Contact: c.Bot.Contact, Details: c.Bot.Details, Version: buildVersion(), Commands: c.Commands.Enabled}}, nil
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

func (o *previewOptions) print(w io.Writer, r *preview.Report) error {
	p := &printer{w: w}
	p.f("%s, %s to %s\n", r.List, r.Since.UTC().Format(time.DateOnly), r.Until.Add(-time.Second).UTC().Format(time.DateOnly))
	if o.muted {
		p.f("The list is muted. Shown is what would be with:")
	} else {
		p.f("Its policy:")
	}
	p.f(" reply %s, %s, at most %d an hour and %d a day", r.Policy.Reply, strings.Join(r.Policy.Verdicts, " and "), r.Policy.PerHour, r.Policy.PerDay)
	if r.Policy.Silence {
		p.f(", embargo hours")
	}
	if r.Policy.Approve {
		p.f(", each approved by a person")
	}
	people := 0
	for _, x := range r.People {
		people += min(1, x.N)
	}
	p.f("\n\n%d mails, %d postings judged, %d replies to %d people", r.Mails, r.Series, r.Count(preview.Sent)+r.Count(preview.Approval)+r.Count(preview.Capped), people)
	for _, f := range []struct {
		fate preview.Fate
		say  string
	}{{preview.Sent, "sent"}, {preview.Approval, "waiting for approval"}, {preview.Capped, "held by a cap"}, {preview.Dropped, "dropped before they went"}} {
		if n := r.Count(f.fate); n > 0 {
			p.f(", %d %s", n, f.say)
		}
	}
	p.f("\n\n")
	o.tables(p, r)
	for _, x := range r.Replies {
		p.f("\n%s  %s to %s\n  %s\n  %s", x.At.UTC().Format("2006-01-02 15:04"), x.Fate, printable(strings.Join(x.To, ", ")), printable(x.Subject), printable(x.Line))
		if x.Cause != bot.CauseFirst {
			p.f(" (%s)", printable(x.Cause))
		}
		if x.Waited != "" {
			p.f("\n  waited %s for the end of the embargo hours", x.Waited)
		}
		if x.Why != "" {
			p.f("\n  %s", printable(x.Why))
		}
		p.f("\n")
		if o.show {
			p.f("\n%s", indent(x.Mail))
		}
	}
	if o.mails != "" {
		p.f("\nThe mails are in %s; read them with: mutt -R -f %[1]s\n", o.mails)
	}
	return p.err
}

// tables are the days, the people and the reasons for silence.
func (o *previewOptions) tables(p *printer, r *preview.Report) {
	tw := tabwriter.NewWriter(p.w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "DAY (UTC)\tMAILS\tPOSTINGS\tSENT\tHELD\tDROPPED\t")
	for _, d := range r.Days {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t\n", d.Day, d.Mails, d.Postings, d.Sent, d.Held, d.Dropped)
	}
	if err := tw.Flush(); err != nil {
		p.err = err
	}
	if len(r.People) > 0 {
		p.f("\nTo whom:\n")
	}
	for i, x := range r.People {
		if i == 20 {
			p.f("        and %d more\n", len(r.People)-i)
			break
		}
		p.f("%6d  %s\n", x.N, printable(x.Address))
	}
	p.f("\nNo reply, because:\n")
	for _, q := range r.Quiet {
		p.f("%6d  %s\n", q.N, printable(q.Why))
	}
}
