package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func planCommand() *cobra.Command {
	var (
		o        wire.Branches
		asJSON   bool
		svg, dot string
		weights  string
		asOf     usage.Day
		compile  buildOptions
	)
	cmd := &cobra.Command{
		Use:   "plan --trees REPO CHANGE",
		Short: "Say per branch what a change needs there, with what comes first and why",
		Long: `Says for one change, a commit of the repository's mainline or a mail file, which
branches have its bug, which have it, where it applies, and what would really have
to be backported: the prerequisites in their order, with the reason for each, the
lines with context, files and subsystems.

  stablebot plan --trees linux 1a2b3c4d5e6f
  stablebot plan --trees linux --stable 'linux-6.*.y' --svg pile.svg 0001-fix.patch
  stablebot plan --trees linux --dot - 1a2b3c4d5e6f | dot -Tpng > pile.png
  stablebot plan --trees linux --build --config /boot/config-6.1.0 1a2b3c4d5e6f`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			p, err := planner.Open(ctx, &o, weights, asOf.Time)
			if err != nil {
				return err
			}
			defer p.Close()
			c, err := p.Change(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			plan, err := p.Shown(ctx, c)
			if err != nil {
				return err
			}
			if compile.wanted {
				if err := p.Build(ctx, c, plan, compile.Options); err != nil {
					return err
				}
			}
			for file, draw := range map[string]func(io.Writer) error{svg: plan.SVG, dot: plan.Dot} {
				if file == "" {
					continue
				}
				if err := console.ToFile(cmd.OutOrStdout(), file, draw); err != nil {
					return err
				}
			}
			switch {
			case svg == "-" || dot == "-":
				return nil
			case asJSON:
				return plan.JSON(cmd.OutOrStdout())
			}
			return plan.Text(console.Folded(cmd.OutOrStdout(), len("  mainline   ")))
		},
	}
	f := cmd.Flags()
	branchFlags(&o, f)
	f.StringVar(&o.Config, "bot", "", "look into the trees of this bot's configuration `file`, instead of --trees")
	f.BoolVar(&asJSON, "json", false, "one JSON object")
	f.StringVar(&svg, "svg", "", "draw what depends on what into this `file`; - for standard output")
	f.StringVar(&dot, "dot", "", "the same for Graphviz")
	f.StringVar(&weights, "weights", "", "a weights `file` instead of the built-in one")
	f.Var(&asOf, "as-of", "with what was known on this `day`, 2024-01-31")
	compile.flags(f)
	return cmd
}

// trusted are the options for repositories that the user names.
var trusted = git.Options{Trust: true}
