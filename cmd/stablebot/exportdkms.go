package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/verdict"
)

var notInVersion = regexp.MustCompile(`[^0-9A-Za-z.+~-]+`)

// place takes the folders from the layout of the vendor's release, where none are
// given, and says so.
func (o *exportOptions) place(cmd *cobra.Command, vendor *git.Repo) error {
	if o.folder != "" || o.mainlineFolder != "" {
		return nil
	}
	found, err := layout.Of(cmd.Context(), vendor, o.tag, o.root)
	switch {
	case err != nil && o.root != "":
		return usage.Errorf("--root: %v", err)
	case err != nil || found.Kernel():
		return nil //nolint:nilerr // what is wrong with the tag is said when it is read
	case len(found.Moves) > 1:
		return usage.Errorf("the vendor tree has several drivers (%s); choose one with --folder and --mainline-folder", found.Say())
	}
	o.folder, o.mainlineFolder = found.Moves[0].From, found.Moves[0].To
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: layout of %s: %s\n", console.Printable(o.vendor), found.Say())
	return nil
}

// packages exports for DKMS.
func (o *exportOptions) packages(cmd *cobra.Command, p *planner.Planner, names []string) error {
	ctx, say := cmd.Context(), cmd.OutOrStdout()
	branches, err := o.chosen(p)
	if err != nil {
		return err
	}
	vendor, err := git.Open(ctx, o.vendor, trusted)
	if err != nil {
		return err
	}
	defer func() { _ = vendor.Close() }()
	if err := o.place(cmd, vendor); err != nil {
		return err
	}
	pkg := &export.Package{Name: cmp.Or(o.dkms, o.patches), Version: o.version, Vendor: vendor, Tag: o.tag, VendorFolder: o.folder,
		Mainline: p.Set.Mainline().Repo, MainlineFolder: o.mainlineFolder, Make: o.make, Clean: o.clean}
	if pkg.Version == "" && o.patches == "" {
		pkg.Version = strings.Trim(notInVersion.ReplaceAllString(o.tag, "-"), "-.+~")
	}
	if err := o.forms(pkg); err != nil {
		return err
	}
	for _, name := range names {
		f, err := o.fix(ctx, p, name, branches)
		if err != nil {
			return err
		}
		if len(f.Branches)+len(f.Eligible)+len(f.Until) == 0 {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: %s stays dkms-only in none of the branches; left out (--meanwhile takes what "+
				"stable may still take)\n", name)
			continue
		}
		pkg.Fixes = append(pkg.Fixes, f)
	}
	if o.worklist {
		b, err := pkg.Compare(ctx, trusted)
		if err != nil {
			return err
		}
		return b.Worklist(say)
	}
	made, b, err := o.made(ctx, pkg)
	if err != nil {
		return err
	}
	for _, f := range b.Has {
		_, _ = fmt.Fprintf(say, "  the vendor has %.12s %s: %s\n", f.ID, console.Printable(f.Title), f.Reason)
	}
	for _, f := range b.Unfit {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: not in the package: %.12s %s: %s\n", f.ID, console.Printable(f.Title), console.Printable(f.Reason))
	}
	for _, r := range b.Refused {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: not in the package: %s\n", console.Printable(r))
	}
	if len(b.Queue) == 0 {
		return fmt.Errorf("no fix goes onto %s: the vendor has %d of them, %d %s not fit; nothing is written", o.tag, len(b.Has), len(b.Unfit),
			change.Agree(len(b.Unfit), "does", "do"))
	}
	dir := filepath.Join(o.out, b.Name+"-"+b.Version)
	if o.patches != "" {
		dir += "-patches"
	}
	if err := made.Write(dir); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(say, "%s: %s on %s, for kernels %s\n", dir, change.Count(len(b.Queue), "fix"), o.tag, b.Range)
	for _, q := range b.Queue {
		_, _ = fmt.Fprintf(say, "  %s\n", q.File)
	}
	for _, f := range b.Fallbacks {
		_, _ = fmt.Fprintf(say, "  %s\n", f)
	}
	for _, a := range b.Arrived {
		if o.patches == "" {
			_, _ = fmt.Fprintf(say, "  not built from %s on: that kernel's own driver has each fix\n", a.Release)
		}
	}
	if len(b.Unfit)+len(b.Refused) > 0 {
		return usage.ErrReported
	}
	return nil
}

// made is the package, or the patches for one that somebody else ships.
func (o *exportOptions) made(ctx context.Context, pkg *export.Package) (interface{ Write(dir string) error }, *export.Built, error) {
	if o.patches == "" {
		b, err := pkg.Build(ctx, trusted)
		return b, b, err
	}
	d, err := pkg.Patches(ctx, trusted)
	if err != nil {
		return nil, nil, err
	}
	return d, d.Built, nil
}

// fix judges one change for a package.
func (o *exportOptions) fix(ctx context.Context, p *planner.Planner, name string, branches []export.Branch) (export.Fix, error) {
	c, err := p.Change(ctx, nil, name)
	if err != nil {
		return export.Fix{}, err
	}
	plan, err := p.Shown(ctx, c)
	if err != nil {
		return export.Fix{}, err
	}
	if plan.Mainline == "" {
		return export.Fix{}, fmt.Errorf("%q is not in mainline; the vendor's own fixes are in the vendor's tree", c.Subject)
	}
	f := export.Fix{ID: plan.Mainline, Class: "-", Since: plan.Release}
	for i := range plan.Branches {
		b := &plan.Branches[i]
		if !slices.ContainsFunc(branches, func(x export.Branch) bool { return x.Name == b.Name }) {
			continue
		}
		only := b.Is(verdict.DKMSOnly)
		if o.meanwhile && b.Is(verdict.StableEligible) {
			f.Eligible = append(f.Eligible, b.Name)
			continue
		}
		if asked := o.asked && !b.There(); !only && !asked {
			continue
		}
		f.Branches = append(f.Branches, b.Name)
		if only && f.Class == "-" {
			f.Class, f.Why = string(b.ReasonClass), b.Why
		}
		if b.ReasonClass == verdict.ABI {
			f.Lacking = append(f.Lacking, b.Name)
		}
	}
	for _, fate := range p.Set.Fates(ctx, c) {
		_, _, point := release.Point(fate.Release)
		asked := slices.ContainsFunc(branches, func(x export.Branch) bool { return x.Name == fate.Branch })
		if o.meanwhile && asked && point && fate.Reverted == "" {
			f.Until = append(f.Until, fate.Release)
		}
	}
	return f, nil
}

// forms are the flags about what dkms is told.
func (o *exportOptions) forms(pkg *export.Package) (err error) {
	if pkg.DKMS, err = export.ParseGeneration(o.generation); err != nil {
		return usage.Errorf("--for-dkms: %v", err)
	}
	if o.kernels != "" {
		r, err := export.ParseRange(o.kernels)
		if err != nil {
			return usage.Errorf("--kernels: %v", err)
		}
		pkg.Kernels = &r
	}
	for _, m := range o.modules {
		part := strings.SplitN(m, ":", 3)
		part = append(part, "", "")
		pkg.Modules = append(pkg.Modules, export.Module{Name: part[0], Built: part[1], Dest: part[2]})
	}
	for _, n := range o.needs {
		module, symbol, one := strings.Cut(n, "=")
		if !one {
			pkg.Needs = append(pkg.Needs, n)
			continue
		}
		i := slices.IndexFunc(pkg.Modules, func(m export.Module) bool { return m.Name == module })
		if i < 0 {
			return usage.Errorf("--needs %s: no --module is called %s", n, module)
		}
		pkg.Modules[i].Needs = append(pkg.Modules[i].Needs, symbol)
	}
	return nil
}
