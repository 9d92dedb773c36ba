package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/digest"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

type digestOptions struct {
	c                               configFlags
	list, driver, since, mbox, html string
}

func digestCommand() *cobra.Command {
	var o digestOptions
	cmd := &cobra.Command{
		Use:   "digest [NAME]",
		Short: "Show what is new and needs a person, for a list or a driver",
		Long: `Prints what came since a day and needs a person: replies that wait, changes that a
person should judge, fixes that stable kernels take, fixes for the vendor's package, and
what branches were newly found to lack. NAME is one of digests: in the configuration,
which the bot mails to its owner each week; this command sends nothing.

  stablebot digest --list dri-devel.lists.example.org
  stablebot digest --driver amdgpu --since 4w --html digest.html
  stablebot digest amdgpu --mbox digest.mbox`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.c.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.list, "list", "", "of this `list` alone, by its List-Id")
	f.StringVar(&o.driver, "driver", "", "of this `driver` alone")
	f.StringVar(&o.since, "since", "1w", "a `day`, 2026-09-01, or an age: 4w, 30d, 12h")
	f.StringVar(&o.mbox, "mbox", "", "write it as a mail into this `file`, an mbox")
	f.StringVar(&o.html, "html", "", "write it as a page into this `file`; - for standard output")
	return cmd
}

func (o *digestOptions) run(cmd *cobra.Command, args []string) error {
	now := time.Now()
	from, err := sinceOf(o.since, now)
	if err != nil {
		return err
	}
	c, err := o.configured(cmd)
	if err != nil {
		return err
	}
	spec := config.Digest{Name: "digest", List: o.list, Driver: o.driver}
	if len(args) > 0 {
		if spec, err = digestNamed(c, args[0]); err != nil {
			return err
		}
	}
	s, err := o.c.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	d, err := digest.Make(cmd.Context(), spec.Name, digest.Scope{List: spec.List, Driver: spec.Driver}, digest.Period{From: from, To: now},
		digest.News(s))
	if err != nil {
		return err
	}
	return o.write(cmd.OutOrStdout(), c, spec, d, now)
}

// configured is the configuration; with --state-dir or --store there need be none.
func (o *digestOptions) configured(cmd *cobra.Command) (*config.Config, error) {
	if o.c.state+o.c.store != "" && !cmd.Flags().Changed("config") {
		d := config.Default()
		return &d, nil
	}
	return wire.ReadConfig(o.c.file)
}

func digestNamed(c *config.Config, name string) (config.Digest, error) {
	var have []string
	for _, d := range c.Digests {
		if d.Name == name {
			return d, nil
		}
		have = append(have, d.Name)
	}
	if len(have) == 0 {
		return config.Digest{}, usage.Errorf("the configuration has no digests:; say --list or --driver instead of %q", name)
	}
	return config.Digest{}, usage.Errorf("the configuration has no digest %q; it has %s", name, strings.Join(have, ", "))
}

func (o *digestOptions) write(out io.Writer, c *config.Config, spec config.Digest, d *digest.Digest, now time.Time) error {
	if o.html != "" {
		return console.ToFile(out, o.html, func(w io.Writer) error { return d.HTML(w, c.Web.URL) })
	}
	if o.mbox == "" {
		_, err := io.WriteString(console.Folded(out, 6), d.Text(c.Web.URL))
		return err
	}
	to := spec.To
	if len(to) == 0 {
		to = []string{wire.BotAddress(c)}
	}
	raw, err := digest.Mail{Bot: wire.BotOf(c), To: to, Key: "digest/shown/" + now.UTC().Format(time.RFC3339), Date: now, Pages: c.Web.URL}.Bytes(d)
	if err != nil {
		return err
	}
	return console.ToFile(out, o.mbox, func(w io.Writer) error { return digest.Mbox(w, wire.BotAddress(c), now, raw) })
}
