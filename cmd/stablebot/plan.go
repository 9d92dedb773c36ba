package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// planner judges changes for branches.
type planner struct {
	set   *trees.Set
	piles *live.Piles
	judge *verdict.Judge
	asOf  time.Time
}

func openPlanner(ctx context.Context, o *wire.Branches, weights string, asOf time.Time) (*planner, error) {
	if o.Repo == "" && o.Config == "" {
		return nil, usage.Errorf("name the repository that has mainline and the stable branches with --trees, or the configuration of a bot with --bot")
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	judge, err := wire.LoadJudge(weights)
	if err != nil {
		return nil, err
	}
	judge.AsOf = asOf
	set, err := o.Open(ctx)
	if err != nil {
		return nil, err
	}
	set.Climb()
	return &planner{set: set, piles: live.NewPiles(set), judge: judge, asOf: asOf}, nil
}

func (p *planner) close() { _ = p.set.Close() }

// change reads what the user named: a mail file, "-", or a commit of the
// mainline repository. What cannot be planned for is refused with the reason.
func (p *planner) change(ctx context.Context, stdin io.Reader, name string) (*change.Change, error) {
	if st, err := os.Stat(name); name == "-" || err == nil && st.Mode().IsRegular() {
		return readMailChange(stdin, name)
	}
	repo := p.set.Mainline().Repo
	c, err := repo.Commit(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s is no file, and as a commit: %w", name, err)
	}
	ch, err := c.Change()
	if c.Merge() {
		return nil, fmt.Errorf("%s (%q) is a merge; name the commits that it merged", name, c.Title())
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; %s", name, err, completing(repo))
	}
	return ch, hasLines(name, ch)
}

// completing says how a repository gets the objects that it lacks. Nothing is
// fetched by a plan: one file at a time it would take hours.
func completing(r *git.Repo) string {
	switch {
	case r.Partial && r.Bare:
		return fmt.Sprintf("%s is a partial clone: git -C %s fetch --refetch --no-filter origin '+refs/heads/*:refs/heads/*' brings the rest",
			r.Path, shell.Word(r.Path))
	case r.Partial:
		return fmt.Sprintf("%s is a partial clone: git -C %s fetch --refetch --no-filter brings the rest", r.Path, shell.Word(r.Path))
	}
	return "fetch what is missing into " + r.Path
}

func readMailChange(stdin io.Reader, name string) (*change.Change, error) {
	var found *change.Change
	err := mail.Each(stdin, name, func(raw []byte, origin string, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", origin, err)
		}
		m, err := mail.Parse(raw)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", origin, err)
		case m.Change == nil || !m.IsPatch:
			return fmt.Errorf("%s is no patch: %s", origin, m.NoPatch)
		case m.Damaged != nil:
			return fmt.Errorf("%s: %w", origin, m.Damaged)
		case found != nil:
			return usage.Errorf("%s has more than one patch; a plan is for one change", name)
		}
		found = m.Change
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%s has no mail in it", name)
	}
	if err != nil {
		return nil, err
	}
	return found, hasLines(name, found)
}

// hasLines refuses a change without a line of text to carry.
func hasLines(name string, c *change.Change) error {
	if len(c.Files) == 0 {
		return fmt.Errorf("%s (%q) changes no file", name, c.Subject)
	}
	for _, f := range c.Files {
		switch mode := max(f.NewMode, f.OldMode); {
		case mode&0o170000 == 0o160000:
			return fmt.Errorf("%s (%q) moves the submodule %s, which no kernel branch has", name, c.Subject, f.NewName+f.OldName)
		case mode&0o170000 == 0o120000:
			return fmt.Errorf("%s (%q) changes a symbolic link; there is nothing to plan", name, c.Subject)
		case len(f.TextFragments) > 0:
			return nil
		}
	}
	for _, f := range c.Files {
		if f.IsBinary {
			return fmt.Errorf("%s (%q) changes binary files only; stable takes patches that mail can carry", name, c.Subject)
		}
	}
	return fmt.Errorf("%s (%q) only renames files or changes their modes; no line of code is fixed", name, c.Subject)
}

// shown is plan, with a bar for whoever waits for it.
func (p *planner) shown(ctx context.Context, c *change.Change) (*pile.Plan, error) {
	bar := progress.Begin(ctx, "looking at each branch for", 0)
	defer bar.End()
	bar.At(c.Subject)
	return p.plan(ctx, c)
}

// plan makes the plan for one change.
func (p *planner) plan(ctx context.Context, c *change.Change) (*pile.Plan, error) {
	facts, err := p.set.Facts(ctx, c, nil, p.asOf)
	if err != nil {
		return nil, err
	}
	p.conflicts(ctx, c, facts)
	out := &pile.Plan{Judgement: p.judge.Change(c, nil, facts), Mainline: facts.Mainline.SHA, Release: facts.Mainline.Release}
	if s := pile.Subsystem(c.Subject); s != "" {
		out.Subsystems = []string{s}
	}
	for _, f := range c.Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		out.Files = append(out.Files, name)
	}
	for _, x := range facts.Culprits {
		n := pile.Name{ID: x.SHA, Title: x.Subject}
		if !x.Resolved {
			n = pile.Name{ID: x.Named.SHA, Title: strings.TrimSpace(x.Named.Subject + " (not found in mainline)")}
		}
		out.Culprits = append(out.Culprits, n)
	}
	for _, x := range facts.Followups {
		out.Followups = append(out.Followups, pile.Name{ID: x.SHA, Title: x.Subject, Revert: x.Revert})
	}
	of := map[string]rules.Branch{}
	for _, b := range facts.Branches {
		of[b.Name] = b
	}
	for _, b := range out.Branches {
		f := of[b.Name]
		pb := pile.Branch{Name: b.Name, Active: f.Active, As: f.As, MissingNewer: f.MissingNewer}
		if f.State == verdict.Affected {
			p.piles.Explain(&pb, cmp.Or(facts.Mainline.SHA, c.ID))
			pb.More = pb.More || f.PileMore
		}
		out.Plans = append(out.Plans, pb)
	}
	return out, nil
}

// conflicts adds what stands in the way where a change needs a backport by hand. A plan
// without it is a plan all the same.
func (p *planner) conflicts(ctx context.Context, c *change.Change, facts *rules.Tree) {
	for i := range facts.Branches {
		if b := &facts.Branches[i]; b.State == verdict.Affected && b.Applies == verdict.NeedsBackport {
			b.Conflicts, _ = p.set.Conflicts(ctx, c, b.Name, p.asOf)
		}
	}
}

func planCommand() *cobra.Command {
	var (
		o        wire.Branches
		asJSON   bool
		svg, dot string
		weights  string
		asOf     day
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
			p, err := openPlanner(ctx, &o, weights, asOf.Time)
			if err != nil {
				return err
			}
			defer p.close()
			c, err := p.change(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			plan, err := p.shown(ctx, c)
			if err != nil {
				return err
			}
			if compile.wanted {
				if err := p.build(ctx, c, plan, &compile); err != nil {
					return err
				}
			}
			for file, draw := range map[string]func(io.Writer) error{svg: plan.SVG, dot: plan.Dot} {
				if file == "" {
					continue
				}
				if err := toFile(cmd.OutOrStdout(), file, draw); err != nil {
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

// toFile writes a file whole or not at all; "-" is the output.
func toFile(out io.Writer, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(out)
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	err = errors.Join(write(f), f.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// trusted are the options for repositories that the user names.
var trusted = git.Options{Trust: true}
