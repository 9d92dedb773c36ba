package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/verdict"
)

// exportOptions are the flags.
type exportOptions struct {
	branches wire.Branches
	stable   []string
	out      string
	weights  string
	asked    bool
	compile  buildOptions

	dkms, vendor, tag, version, folder, mainlineFolder, root, make, clean string
	modules, needs                                                        []string
	kernels, generation                                                   string
	patches                                                               string
	meanwhile, worklist                                                   bool
}

func exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export --trees REPO (--stable BRANCH CHANGE | {--dkms|--dkms-patches} NAME --vendor REPO --tag TAG CHANGE…)",
		Short: "Write the mails for stable, or the DKMS package",
		Long: `With --stable: where the change applies as it is, one mail that asks the stable team
to pick it; where it does not, a series of patches, prerequisites first, that was
applied to the branch with git am. Several branches are done newest first. Your
sign-off is added when git config has your name and address.

With --dkms: a source package for the fixes that stay dkms-only in the branches of
--stable (all when not given): the vendor's release with the fixes rebased onto it. It is
built for the kernels between those branches, told by uname -r, or for --kernels; with
--meanwhile the fixes that stable may still take go along until a point release has them.

With --dkms-patches: the same fixes for a DKMS package that somebody else ships, laid out
as /etc/dkms, which leaves the package as it is and ends with its next version.

  stablebot export --trees linux --stable 6.12 --stable 6.6 1a2b3c4d5e6f
  stablebot export --trees linux --dkms my-amdgpu --vendor amdgpu.git --tag v6.8 \
      --folder drivers/gpu/drm --mainline-folder drivers/gpu/drm 1a2b3c4d5e6f …`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			p, err := planner.Open(cmd.Context(), &o.branches, o.weights, usage.Day{}.Time)
			if err != nil {
				return err
			}
			defer p.Close()
			if o.dkms+o.patches != "" {
				return o.packages(cmd, p, args)
			}
			return o.series(cmd, p, args[0])
		},
	}
	o.branches.Warn = stderr
	f := cmd.Flags()
	f.StringVar(&o.branches.Repo, "trees", "", "the `repository` with mainline and the stable branches")
	f.StringVar(&o.branches.Config, "bot", "", "look into the trees of this bot's configuration `file`, instead of --trees")
	f.StringVar(&o.branches.Mainline, "mainline", "", "the development `branch` there; master or main when not given")
	f.StringSliceVar(&o.branches.Stable, "branches", nil, "the stable branches there, names or `patterns`; linux-*.y or *-lts when not given")
	f.StringVar(&o.branches.Releases, "releases", "tags", "where a release ends: at its tag v6.1 (`tags`), or at a commit with a title: title:\"Reduce diff with Linux %s\"")
	f.StringSliceVar(&o.stable, "stable", nil, "the `branch` to export for: 6.12; repeat it")
	f.StringVarP(&o.out, "output", "o", ".", "write into a folder below this `folder`")
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	f.BoolVar(&o.asked, "whatever-the-verdict", false, "also where the verdict is not stable-eligible, or not dkms-only")
	f.StringVar(&o.dkms, "dkms", "", "make a DKMS source package of this `name`")
	f.StringVar(&o.patches, "dkms-patches", "", "make what /etc/dkms takes for the package of this `name`, which the vendor ships")
	f.StringVar(&o.vendor, "vendor", "", "the vendor's `repository`")
	f.StringVar(&o.tag, "tag", "", "the vendor's release: a `tag` there")
	f.StringVar(&o.version, "package-version", "", "the package's `version`; made of the tag when not given")
	f.StringVar(&o.folder, "folder", "", "package only this `folder` of the vendor tree")
	f.StringVar(&o.mainlineFolder, "mainline-folder", "", "the `folder` of mainline that it stands for")
	f.StringVar(&o.root, "root", "", "both in one: the mainline `folder` that the vendor tree's root is, or FOLDER=MAINLINEFOLDER; found by the names of its files when none is given")
	f.StringSliceVar(&o.modules, "module", nil, "a module that is built: `NAME[:BUILT[:DEST]]`; those of the vendor's dkms.conf when not given")
	f.StringVar(&o.make, "make", "", "the `command` that builds the modules")
	f.StringVar(&o.clean, "clean", "", "the `command` that cleans up")
	f.StringVar(&o.kernels, "kernels", "", "build for this `range` of kernels: 5.15..7.2; that of the branches when not given")
	f.StringVar(&o.generation, "for-dkms", string(export.DKMS30),
		"the oldest dkms that has to understand the package: 2.8, 3.0 or current; what it does in another way is told")
	f.StringSliceVar(&o.needs, "needs", nil, "what the kernel has to be built with: `[MODULE=]CONFIG_SYMBOL`, !CONFIG_SYMBOL for without; MODULE= for that module alone")
	f.BoolVar(&o.worklist, "worklist", false,
		"write nothing; list for the vendor which of the fixes the release has, lacks, or takes by hand alone")
	f.BoolVar(&o.meanwhile, "meanwhile", false, "also fixes that stable may take: they go along until the point release that has them")
	o.compile.flags(f)
	return cmd
}

func (o *exportOptions) check(args []string) error {
	switch {
	case o.dkms+o.patches == "" && len(o.stable) == 0:
		return usage.Errorf("say for which branch with --stable, or make a package with --dkms, or patches for one with --dkms-patches")
	case o.dkms+o.patches == "" && len(args) != 1:
		return usage.Errorf("a series is for one change; %d are named", len(args))
	case o.root != "" && (o.folder != "" || o.mainlineFolder != ""):
		return usage.Errorf("--root stands for --folder and --mainline-folder; give it alone")
	case o.worklist && o.dkms+o.patches == "":
		return usage.Errorf("--worklist is of a vendor's release: give --dkms or --dkms-patches too")
	case o.dkms != "" && o.patches != "":
		return usage.Errorf("--dkms makes a package, --dkms-patches patches for one that is there; give one of them")
	case o.dkms+o.patches != "" && (o.vendor == "" || o.tag == ""):
		return usage.Errorf("a package is made from a vendor's release: give --vendor and --tag")
	}
	return nil
}

// chosen are the branches of --stable, newest first.
func (o *exportOptions) chosen(p *planner.Planner) ([]export.Branch, error) {
	var out []export.Branch
	have := p.Set.Branches()
	for _, name := range o.stable {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "linux-"), ".y")
		if !slices.Contains(have, name) && !slices.Contains(have, short) {
			return nil, usage.Errorf("no branch %s; there are %s", name, strings.Join(have, ", "))
		}
	}
	for _, name := range have { // newest first
		if len(o.stable) > 0 && !slices.ContainsFunc(o.stable, func(s string) bool {
			return s == name || strings.TrimSuffix(strings.TrimPrefix(s, "linux-"), ".y") == name
		}) {
			continue
		}
		place, _ := p.Set.Place(name)
		out = append(out, export.Branch{Name: name, Tip: place.Tip, Repo: place.Repo})
	}
	return out, nil
}

// series exports for stable.
func (o *exportOptions) series(cmd *cobra.Command, p *planner.Planner, name string) error {
	ctx, say := cmd.Context(), cmd.OutOrStdout()
	branches, err := o.chosen(p)
	if err != nil {
		return err
	}
	c, err := p.Change(ctx, cmd.InOrStdin(), name)
	if err != nil {
		return err
	}
	plan, err := p.Shown(ctx, c)
	if err != nil {
		return err
	}
	if plan.Mainline == "" {
		return fmt.Errorf("%q is not in mainline, and stable takes nothing else; let its author add Cc: %s to it", c.Subject, export.StableList)
	}
	who, err := export.WhoAmI(ctx, p.Set.Mainline().Repo)
	if err != nil {
		return err
	}
	if !who.Known() {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "stablebot: git config has no user.name and user.email, so no sign-off is added; the stable "+
			"team needs yours")
	}
	var asIs []export.Branch
	var problems []error
	for _, br := range branches {
		i := slices.IndexFunc(plan.Branches, func(b verdict.Branch) bool { return b.Name == br.Name })
		if i < 0 {
			problems = append(problems, fmt.Errorf("%s: not judged, since the branch has ended or has none of this code; nothing is written",
				br.Tree()))
			continue
		}
		b := &plan.Branches[i]
		switch {
		case b.There():
			_, _ = fmt.Fprintf(say, "%s: has it already, as %.12s\n", br.Tree(), plan.Plans[i].As)
			continue
		case b.Spared() && !o.asked:
			why := "does not have the bug"
			if b.Is(verdict.NotNeeded) {
				why = "its author asks for newer branches only"
			}
			_, _ = fmt.Fprintf(say, "%s: %s; nothing is written\n", br.Tree(), why)
			continue
		case !o.asked && !b.Is(verdict.StableEligible):
			problems = append(problems, fmt.Errorf("%s: the verdict there is %s (score %.2f), not stable-eligible; --whatever-the-verdict writes "+
				"it all the same", br.Tree(), pile.Label(*b.Verdict, b.ReasonClass), b.Score))
			continue
		case b.AsIs():
			if err := o.compile.asIs(ctx, say, p, c, b, br); err != nil {
				problems = append(problems, err)
				continue
			}
			asIs = append(asIs, br)
			continue
		}
		if err := o.one(ctx, say, p, plan, i, br, who); err != nil {
			problems = append(problems, err)
		}
	}
	if len(asIs) > 0 {
		if err := o.ask(ctx, say, p, plan, asIs, who); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// whole refuses a branch for which no series can be made by putting commits in
// order: what the change stands on is then only partly known, or more than
// anybody takes along, and a series without it would not build.
func whole(tree string, plan *pile.Plan, i int) error {
	b := plan.Plans[i]
	var why []string
	if b.More {
		why = append(why, fmt.Sprintf("needs more than %s of other commits first", change.Count(b.Lines, "line")))
	}
	if n := len(b.Beyond); n > 0 {
		first := fmt.Sprintf("%.12s (%q)", b.Beyond[0].ID, console.Printable(b.Beyond[0].Title))
		if n > 1 {
			first += fmt.Sprintf(" and %d more", n-1)
		}
		why = append(why, "stands on what stable does not take along: "+first)
	}
	if n := len(b.Unresolved); n > 0 {
		names := strings.Join(b.Unresolved[:min(n, 5)], ", ")
		if n > 5 {
			names += fmt.Sprintf(" and %d more", n-5)
		}
		why = append(why, "uses names that the branch lacks: "+names)
	}
	if len(why) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %.12s (%q) %s; nothing is written: adjust the patch by hand (`stablebot plan %.12s` shows all that is in the way)",
		tree, plan.Mainline, console.Printable(plan.Subject), strings.Join(why, ", and "), plan.Mainline)
}

// one writes the series for one branch.
func (o *exportOptions) one(ctx context.Context, say io.Writer, p *planner.Planner, plan *pile.Plan, i int, br export.Branch,
	who export.Identity) error {
	w := export.Wanted{Mainline: p.Set.Mainline().Repo, ID: plan.Mainline, Prerequisites: plan.Branches[i].Prerequisites, Branch: br, Who: who}
	var err error
	if plan.Branches[i].Applies == "adapted" {
		if w.Adapted, err = p.Adapted(ctx, plan.Mainline, br.Name); err != nil {
			return err
		}
	}
	if w.Adapted == nil {
		if err := whole(br.Tree(), plan, i); err != nil {
			return err
		}
	}
	s, err := export.Backport(ctx, w, trusted)
	if err != nil {
		return err
	}
	if err := o.compile.series(ctx, say, p, &plan.Branches[i], s); err != nil {
		return err
	}
	dir := filepath.Join(o.out, fmt.Sprintf("%s-%.12s", br.Tree(), plan.Mainline))
	if err := s.Write(dir); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(say, "%s: %s in %s, applied with git am to %.12s\n", br.Tree(), change.Count(len(s.Patches), "patch"), dir, br.Tip)
	for _, m := range s.Patches {
		_, _ = fmt.Fprintf(say, "  %s\n", m.File)
		for _, d := range m.Deviates {
			_, _ = fmt.Fprintf(say, "      differs from mainline: %s\n", console.Printable(d))
		}
	}
	if s.RangeDiff != "" {
		_, _ = fmt.Fprintf(say, "  adapted: a person has to look at it before it is sent; %s compares it with mainline\n",
			filepath.Join(dir, export.RangeDiff))
	}
	for _, id := range s.Left {
		_, _ = fmt.Fprintf(say, "  left out %.12s: its content is there already\n", id)
	}
	if newer := plan.Plans[i].MissingNewer; len(newer) > 0 {
		_, _ = fmt.Fprintf(say, "  %s need it too: stable wants newer branches first\n", strings.Join(newer, ", "))
	}
	return nil
}

// ask writes the mail for the branches that take the commit as it is.
func (o *exportOptions) ask(ctx context.Context, say io.Writer, p *planner.Planner, plan *pile.Plan, branches []export.Branch,
	who export.Identity) error {
	var why []string
	for _, r := range plan.Rules {
		if r.Outcome == rules.Met && slices.Contains(reasons, r.ID) {
			why = append(why, r.Reason)
		}
	}
	if len(why) == 0 {
		why = append(why, plan.Reason)
	}
	r, err := export.Ask(ctx, p.Set.Mainline().Repo, plan.Mainline, branches, why, who, trusted)
	if err != nil {
		return err
	}
	for i := range plan.Branches {
		b := &plan.Branches[i]
		needs := plan.Plans[i].Active && b.Is(verdict.StableEligible)
		if needs && !slices.ContainsFunc(branches, func(x export.Branch) bool { return x.Name == b.Name }) {
			for _, x := range branches {
				if release.Newer(b.Name, x.Name) && !slices.Contains(r.Newer, b.Name) {
					r.Newer = append(r.Newer, b.Name)
				}
			}
		}
	}
	dir := filepath.Join(o.out, fmt.Sprintf("request-%.12s", plan.Mainline))
	if err := r.Write(dir); err != nil {
		return err
	}
	for _, b := range branches {
		_, _ = fmt.Fprintf(say, "%s: applies as it is, tried with git am on %.12s\n", b.Tree(), b.Tip)
	}
	_, _ = fmt.Fprintf(say, "one mail asks for it: %s\n", filepath.Join(dir, "request.eml"))
	return nil
}

// reasons are the rules that say why a fix matters; the others are about form.
var reasons = []string{"real-bug", "build-error", "device-id", "reported", "culprit", "size"}
