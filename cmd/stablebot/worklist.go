package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/bot/worklist"
)

// worklistOptions are the flags.
type worklistOptions struct {
	branches                     wire.Branches
	weights, vendor, tag, since  string
	folder, mainlineFolder, root string
	html                         string
	asOf                         usage.Day
	asJSON                       bool
	jobs                         int
}

func worklistCommand() *cobra.Command {
	var o worklistOptions
	cmd := &cobra.Command{
		Use:   "worklist --trees REPO --package REPO --tag TAG [BRANCH…]",
		Short: "Say to the vendor of a driver what there is to do for its package",
		Long: `Lists for each stable branch the fixes that it lacks and the package could carry, those
that stay dkms-only and those that have not arrived yet, and whether the vendor's release
has them; then what the package has of its own: what mainline has now and can be dropped,
and what is in the package alone and should go upstream. All of it is compared by content,
since a vendor's release is often one commit.

  stablebot worklist --trees linux --package rtw88 --tag v6.8 --since v6.7 6.12 6.6

Exit status: 0 listed, 1 something could not be judged, 2 usage.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	branchFlags(&o.branches, f)
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	f.StringVar(&o.vendor, "package", "", "the vendor's `repository`")
	f.StringVar(&o.tag, "tag", "", "the vendor's release: a `tag` there")
	f.StringVar(&o.since, "since", "", "compare the vendor's commits since this `tag` too")
	f.StringVar(&o.folder, "folder", "", "only this `folder` of the vendor tree")
	f.StringVar(&o.mainlineFolder, "mainline-folder", "", "the `folder` of mainline that it stands for")
	f.StringVar(&o.root, "root", "", "both in one: the mainline `folder` that the vendor tree's root is, or FOLDER=MAINLINEFOLDER; found by the names of its files when none is given")
	f.Var(&o.asOf, "as-of", "with what was known on this `day`, 2024-01-31")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object")
	f.StringVar(&o.html, "html", "", "write a page into this `file`; - for standard output")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	return cmd
}

func (o *worklistOptions) run(cmd *cobra.Command, names []string) error {
	ctx := cmd.Context()
	if o.vendor == "" || o.tag == "" {
		return usage.Errorf("name the vendor's release: --package and --tag")
	}
	p, err := planner.Open(ctx, &o.branches, o.weights, o.asOf.Time)
	if err != nil {
		return err
	}
	defer p.Close()
	vendor, err := git.Open(ctx, o.vendor, trusted)
	if err != nil {
		return err
	}
	defer func() { _ = vendor.Close() }()
	x := exportOptions{vendor: o.vendor, tag: o.tag, folder: o.folder, mainlineFolder: o.mainlineFolder, root: o.root, stable: names}
	if err := x.place(cmd, vendor); err != nil {
		return err
	}
	chosen, err := x.chosen(p)
	if err != nil {
		return err
	}
	main := p.Set.Mainline()
	q := worklist.Question{Vendor: o.vendor, Tip: main.Tip, Since: o.since,
		Package: export.Package{Vendor: vendor, Tag: o.tag, VendorFolder: x.folder, Mainline: main.Repo, MainlineFolder: x.mainlineFolder}}
	s := &missing.Sweep{Set: p.Set, Judge: p.Judge, AsOf: o.asOf.Time, Jobs: o.jobs, Refusals: refusal.New(), Told: func(id string, err error) {
		fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: %.12s: %s\n", id, console.Lines(err.Error()))
	}}
	if folder := strings.Trim(x.mainlineFolder, "/"); folder != "" {
		s.Paths = []string{folder}
	}
	failed := 0
	for _, b := range chosen {
		r, err := s.Branch(ctx, b.Name)
		if err != nil {
			return err
		}
		failed += r.Failed
		q.Reports = append(q.Reports, r)
	}
	l, err := worklist.Make(ctx, q, trusted)
	if err != nil {
		return err
	}
	if err := o.write(cmd.OutOrStdout(), l); err != nil {
		return err
	}
	if failed > 0 {
		return usage.ErrReported
	}
	return nil
}

func (o *worklistOptions) write(out io.Writer, l *worklist.List) error {
	var err error
	if o.html != "" {
		err = console.ToFile(out, o.html, l.HTML)
	}
	switch {
	case err != nil || o.html == "-":
		return err
	case o.asJSON:
		return l.JSON(out)
	}
	return l.Text(out)
}
