package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

// missingOptions are the flags.
type missingOptions struct {
	branches          wire.Branches
	memory            memoryOptions
	weights           string
	asOf              usage.Day
	asJSON, sinceLast bool
	all, byTaker      bool
	conflicts         bool
	states, no        []string
	config, cve, out  string
	jobs, width       int
}

func missingCommand() *cobra.Command {
	var o missingOptions
	cmd := &cobra.Command{
		Use:   "missing --trees REPO BRANCH [-- PATH…]",
		Short: "List the fixes that a branch needs and lacks, with the next command for each",
		Long: `Lists the fixes of mainline whose bug a branch has and that it lacks: one row a fix,
with one word of where it stands, what it is worth (the chance that stable takes such a
change), who took its culprit, and the next command. Rows that stable would not take are
counted and left out; --all shows them.

  stablebot missing --trees linux 6.1 -- drivers/gpu/drm/amd
  stablebot missing --trees linux 6.1 --since-last          # new and changed first
  stablebot missing --trees linux 6.1 --no blacklist.conf --config /boot/config-6.1.0
  stablebot missing --trees linux 6.1 --export series       # write those that are open
  stablebot missing done 6.1 1a2b3c4d5e6f                   # a person's word
  stablebot missing no 6.1 1a2b3c4d5e6f "that board is not supported"

What people say is kept, and stands above what is judged.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	branchFlags(&o.branches, f)
	o.memory.flags(f)
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	f.Var(&o.asOf, "as-of", "with what was known on this `day`, 2024-01-31; nothing is remembered then")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object a row")
	f.BoolVar(&o.sinceLast, "since-last", false,
		"what is new or changed since the last time first, and remember this time; with -c the dashboard shows it")
	f.BoolVar(&o.all, "all", false, "also what stable would not take, and what somebody declined")
	f.StringSliceVar(&o.states, "state", nil, "only rows with this `word`: "+console.Joined(flow.Stands))
	f.BoolVar(&o.byTaker, "by-taker", false, "group by who took the culprit, not by driver")
	f.BoolVar(&o.conflicts, "conflicts", false,
		"name the commits that are in the way of what needs a backport: git looks through the history of each place")
	f.StringArrayVar(&o.no, "no", nil, "a `file` of what people declined: lines of a commit or a pattern of paths, a tab or #, and the reason")
	f.StringVar(&o.config, "config", "", "a .config `file`: what it does not build is left out")
	f.StringVar(&o.cve, "vulns", "", "a clone of the kernel's vulns repository, for CVE numbers: its `folder`; that of the configuration with -c")
	f.StringVar(&o.out, "export", "", "write the mails and series of the open rows below this `folder`")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.IntVar(&o.width, "width", console.Columns(), "columns of the table")
	cmd.AddCommand(wordCommand(flow.StandDone), wordCommand(flow.StandDeclined), wordCommand(flow.StandPosted), wordCommand(""))
	return cmd
}

func (o *missingOptions) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	view := missing.View{Width: o.width, All: o.all, NewFirst: o.sinceLast, ByTaker: o.byTaker}
	for _, s := range o.states {
		if !flow.IsStand(flow.Stand(s)) {
			return usage.Errorf("--state %q is none of %s", s, console.Joined(flow.Stands))
		}
		view.States = append(view.States, flow.Stand(s))
	}
	p, err := planner.Open(ctx, &o.branches, o.weights, o.asOf.Time)
	if err != nil {
		return err
	}
	defer p.Close()
	memory, closing, err := o.memory.open(cmd, o.branches.Repo)
	if err != nil {
		return err
	}
	defer closing()
	s, err := o.sweep(ctx, p, memory, args)
	if err != nil {
		return err
	}
	s.Told = func(id string, err error) {
		fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: %.12s: %s\n", id, console.Lines(err.Error()))
	}
	r, err := s.Branch(ctx, args[0])
	if errors.Is(err, trees.ErrNoBranch) || errors.Is(err, missing.ErrEnded) {
		return usage.Wrap(err)
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		err = r.JSON(cmd.OutOrStdout(), view)
	} else {
		err = r.Text(console.Folded(cmd.OutOrStdout(), 4), view)
	}
	if err == nil && o.sinceLast && o.asOf.IsZero() {
		err = memory.Stand(ctx, r.Found())
		if pages, ok := memory.(flow.Lackings); ok && err == nil {
			err = pages.SaveLacking(ctx, r.Lacking(args[1:]))
		}
	}
	if err == nil && o.out != "" {
		err = o.export(cmd, p, r, view)
	}
	if err == nil && r.Failed > 0 {
		err = usage.ErrReported
	}
	return err
}

func (o *missingOptions) sweep(ctx context.Context, p *planner.Planner, memory flow.Standings, args []string) (*missing.Sweep, error) {
	s := &missing.Sweep{Set: p.Set, Judge: p.Judge, AsOf: o.asOf.Time, Paths: args[1:], Jobs: o.jobs, Conflicts: o.conflicts,
		Refusals: refusal.New()}
	name := strings.TrimSuffix(strings.TrimPrefix(args[0], "linux-"), ".y")
	var err error
	if s.Said, err = memory.Standings(ctx, name); err != nil {
		return nil, err
	}
	for _, file := range o.no {
		if err := s.Refusals.ReadFile(file); err != nil {
			return nil, usage.Wrap(fmt.Errorf("--no: %w", err))
		}
	}
	if place, ok := p.Set.Place(name); ok {
		if err := s.Refusals.ReadBranch(ctx, place.Repo, place.Tip, p.Set.Mainline().Tip); err != nil {
			return nil, err
		}
	}
	if o.config != "" {
		text, err := os.ReadFile(o.config)
		if err != nil {
			return nil, usage.Wrap(fmt.Errorf("--config: %w", err))
		}
		s.Config = string(text)
	}
	if o.cve == "" && o.memory.bot.file != "" {
		c, err := wire.ReadConfig(o.memory.bot.file)
		if err != nil {
			return nil, err
		}
		o.cve = c.Trees.Vulns
	}
	if s.CVE, err = cve.Open(ctx, o.cve); err != nil {
		return nil, usage.Wrap(fmt.Errorf("--vulns: %w", err))
	}
	s.Next = o.commands(name)
	return s, nil
}

// commands are the words of the next commands, with the flags that this one was given.
func (o *missingOptions) commands(branch string) missing.Commands {
	flags := " --trees " + shell.Word(o.branches.Repo)
	if o.branches.Mainline != "" {
		flags += " --mainline " + shell.Word(o.branches.Mainline)
	}
	if o.branches.Releases != "tags" {
		flags += " --releases " + shell.Word(o.branches.Releases)
	}
	return missing.Commands{Export: "stablebot export" + flags + " --stable " + shell.Word(branch), Plan: "stablebot plan" + flags}
}

// export writes the mails and series of the open rows.
func (o *missingOptions) export(cmd *cobra.Command, p *planner.Planner, r *missing.Report, view missing.View) error {
	x := exportOptions{branches: o.branches, stable: []string{r.Branch}, out: o.out}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("making the folder of --export: %w", err)
	}
	failed := 0
	for _, row := range view.Pick(r.Rows) {
		if row.State != flow.StandOpen && row.State != flow.StandPrerequisites {
			continue
		}
		if err := x.series(cmd, p, row.Commit); err != nil {
			failed++
			fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: %s\n", console.Lines(err.Error()))
		}
	}
	if failed > 0 {
		return usage.ErrReported
	}
	return nil
}
