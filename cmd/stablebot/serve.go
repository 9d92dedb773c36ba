package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
)

func serveCommand() *cobra.Command {
	var c configFlags
	var listen, tokenFile string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the dashboard of an existing store",
		Long: `Shows what a store holds: verdicts, replies that wait, the launch gap, with a
JSON API, feeds and metrics. The bot need not run; "stablebot run" shows the same
when web.listen is configured.

Without a token it answers on loopback only.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := config.Default()
			if c.state != "" {
				cfg.State = c.state
			} else {
				read, err := wire.ReadConfig(c.file)
				if err != nil {
					return err
				}
				cfg = *read
			}
			if listen != "" {
				cfg.Web.Listen = listen
			}
			if tokenFile != "" {
				cfg.Web.TokenFile = tokenFile
			}
			if cfg.Web.Listen == "" {
				cfg.Web.Listen = wire.DashboardAddress
			}
			return serve(cmd, &cfg)
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on, instead of the configuration's or "+wire.DashboardAddress)
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "`file` with the token that opens it to others")
	return cmd
}

func serve(cmd *cobra.Command, c *config.Config) error {
	ctx := cmd.Context()
	log, err := wire.Logger(ctx, c.Log)
	if err != nil {
		return err
	}
	s, err := store.OpenExisting(ctx, wire.StoreOf(c))
	if err != nil {
		return err
	}
	gone := &wire.Outage{Ping: s.Ping}
	log = gone.Quiet(log)
	go gone.Watch(ctx)
	d, err := wire.Serve(ctx, c, s, nil, nil, log)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "the dashboard is at %s (Ctrl-C ends it)\n", d.URL); err != nil {
		return errors.Join(err, d.Stop(), s.Close())
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-d.Ended:
	}
	return errors.Join(err, d.Stop(), s.Close())
}
