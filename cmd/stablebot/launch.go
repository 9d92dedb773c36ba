package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

func launchCommand() *cobra.Command {
	var (
		o             wire.Branches
		asJSON, asCSV bool
		html          string
		weights       string
		asOf          day
		paths         []string
		jobs          int
		noBlocks      bool
	)
	cmd := &cobra.Command{
		Use:   "launch --trees REPO CHIP…",
		Short: "Show each fix since a chip's support landed against every branch",
		Long: `The off-by-one report: for a chip, every fix in mainline since the release that
brought its support, against each stable branch: it is in, it is eligible, it needs
prerequisites, or only the vendor's package has it; with line totals. A chip takes in
the blocks that the catalogue knows to be on it, each since the chip's own support
landed. Several names are one card. Code that all chips of a driver share is left out.

  stablebot launch --trees linux Navi33
  stablebot launch --trees linux Phoenix "SMU 13.0.4" --html phoenix.html
  stablebot launch --trees linux DG2 --no-blocks --csv > dg2.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if asJSON && asCSV {
				return usage.Errorf("--json and --csv are two outputs; give one")
			}
			chips, err := findChips(args)
			if err != nil {
				return err
			}
			p, err := openPlanner(ctx, &o, weights, asOf.Time)
			if err != nil {
				return err
			}
			defer p.close()
			r, err := p.launch(ctx, cmd.ErrOrStderr(), cardOf(chips, !noBlocks), paths, jobs)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if html != "" {
				if err := toFile(out, html, r.HTML); err != nil || html == "-" {
					return err
				}
			}
			switch {
			case asJSON:
				err = r.JSON(out)
			case asCSV:
				err = r.CSV(out)
			default:
				err = r.Text(out)
			}
			if err == nil && r.Failed > 0 {
				err = usage.ErrReported
			}
			return err
		},
	}
	f := cmd.Flags()
	branchFlags(&o, f)
	f.BoolVar(&asJSON, "json", false, "one JSON object")
	f.BoolVar(&asCSV, "csv", false, "a line for each fix and branch")
	f.BoolVar(&noBlocks, "no-blocks", false, "only what is named, without the blocks on it")
	f.StringVar(&html, "html", "", "draw the map into this `file`; - for standard output")
	f.StringVar(&weights, "weights", "", "a weights `file` instead of the built-in one")
	f.Var(&asOf, "as-of", "with what was known on this `day`, 2024-01-31")
	f.StringArrayVar(&paths, "path", nil, "look at commits below this `folder` only; the driver's when not given")
	f.IntVarP(&jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	return cmd
}

// findChips looks names up in the catalogue: "dg2" is "DG2 (Arc A)".
func findChips(names []string) ([]silicon.Entry, error) {
	var out []silicon.Entry
	for _, name := range names {
		var near []string
		n := len(out)
		for _, e := range silicon.Default().Entries() {
			short, _, _ := strings.Cut(e.Name, " (")
			switch want, have := fold(name), fold(e.Name); {
			case want == have || want == fold(short):
				out = append(out, e)
			case want != "" && strings.Contains(have, want):
				near = append(near, e.Name)
			}
		}
		if len(out) > n {
			continue
		}
		if len(near) > 0 {
			return nil, usage.Errorf("the catalogue has no %q; did you mean %s?", name, strings.Join(near[:min(len(near), 5)], ", "))
		}
		return nil, usage.Errorf("the catalogue has no %q; `stablebot silicon` lists what it has", name)
	}
	if e := oldest(out); e.Since == "" {
		return nil, usage.Errorf("the first release with support for %s is not recorded, so there is no day to begin at; name a chip or block that `stablebot silicon` has one for", e.Name)
	}
	return out, nil
}

// card is what a report is about.
type card struct {
	chips  []silicon.Entry // as they were named
	first  silicon.Entry   // whose support began it
	blocks []silicon.Block // taken in for them
}

func cardOf(chips []silicon.Entry, blocks bool) card {
	c := card{chips: chips, first: oldest(chips)}
	for _, e := range chips {
		if !blocks {
			break
		}
		for _, b := range silicon.Default().Blocks(e) {
			named := func(o silicon.Entry) bool { return o.Name == b.Name }
			have := func(o silicon.Block) bool { return o.Name == b.Name }
			if !slices.ContainsFunc(chips, named) && !slices.ContainsFunc(c.blocks, have) {
				c.blocks = append(c.blocks, b)
			}
		}
	}
	return c
}

// oldest is the chip whose support landed first: what was mended in a block before
// that was mended for others. Blocks count where no chip is named. One of which it is
// not recorded comes before all.
func oldest(es []silicon.Entry) silicon.Entry {
	isChip := func(e silicon.Entry) bool { return e.Kind == silicon.KindChip || e.Kind == silicon.KindPlatform }
	chips := slices.ContainsFunc(es, isChip)
	var first *silicon.Entry
	for i, e := range es {
		if chips && !isChip(e) {
			continue
		}
		if first == nil || first.Since != "" && (e.Since == "" || release.Newer(first.Since, e.Since)) {
			first = &es[i]
		}
	}
	return *first
}

// fold makes "DCN 3.1.5", "dcn3.1.5" and "DCN315" one.
func fold(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(strings.ToLower(s))
}

// launch makes the report.
func (p *planner) launch(ctx context.Context, stderr io.Writer, on card, paths []string, jobs int) (*launch.Report, error) {
	first := on.first
	var names []string
	for _, c := range on.chips {
		names = append(names, c.Name)
	}
	from, ok := p.set.Release(first.Since)
	if !ok {
		return nil, fmt.Errorf("where %s ends, which brought support for %s, is not known in %s: it has no tag v%s; give --releases, or fetch "+
			"the tags", first.Since, first.Name, p.set.Mainline().Repo.Path, first.Since)
	}
	if len(paths) == 0 {
		paths = silicon.Default().Folders(on.chips)
	}
	day := p.asOf
	if day.IsZero() {
		day = time.Now()
	}
	r := &launch.Report{Chip: strings.Join(names, ", "), Driver: first.Drivers[0], Since: first.Since, Launched: first.Launched,
		AsOf: day.Format(time.DateOnly)}
	for _, n := range names {
		r.Names = append(r.Names, launch.Block{Name: n})
	}
	for _, b := range on.blocks {
		r.Blocks = append(r.Blocks, launch.Block{Name: b.Name, Source: b.Source})
	}
	target := silicon.Default().Card(on.chips, on.blocks)
	m := p.set.Mainline()
	query := git.Query{Revs: []string{m.Tip, "^" + from}, Paths: paths, OldestFirst: true, NoMerges: true}
	bar, err := commitsBar(ctx, m.Repo, query)
	if err != nil {
		return nil, err
	}
	defer bar.End()
	var mu sync.Mutex
	var once landed
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(1, jobs))
	for c, err := range m.Repo.Changes(inner, query) {
		if c == nil {
			_ = group.Wait()
			return nil, err
		}
		r.Scanned++
		bar.Add(1)
		bar.At(c.Subject)
		if !p.asOf.IsZero() && c.Date.After(p.asOf) {
			continue
		}
		found := silicon.Default().Match(c)
		parts := target.Touched(c.Subject, found)
		if len(parts) == 0 && !slices.ContainsFunc(found, silicon.Match.Specific) && len(found) > 0 {
			r.Common++
		}
		if len(parts) == 0 || !once.first(c) {
			continue
		}
		r.Touching++
		group.Go(func() error {
			fix, left, columns, err := p.row(inner, c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case inner.Err() != nil:
				return inner.Err()
			case err != nil:
				r.Failed++
				_, _ = fmt.Fprintf(stderr, "stablebot: %.12s: %s\n", c.ID, console.Lines(err.Error()))
			case fix != nil:
				fix.Parts = parts
				r.Fixes = append(r.Fixes, *fix)
				r.Columns = columns
			case left != nil:
				r.LeftOut = append(r.LeftOut, *left)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.Fixes, func(a, b launch.Fix) int {
		return cmp.Or(releaseOrder(a.Release, b.Release), cmp.Compare(a.Date, b.Date), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(r.LeftOut, func(a, b launch.LeftOut) int {
		return cmp.Or(releaseOrder(a.Release, b.Release), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	r.Sum()
	return r, nil
}

// commitsBar is a bar over the commits of a query. They are counted only where somebody
// sees it.
func commitsBar(ctx context.Context, r *git.Repo, q git.Query) (*progress.Bar, error) {
	bar := progress.Begin(ctx, "judging", 0)
	if bar == nil {
		return nil, nil
	}
	l, err := r.RevList(ctx, q)
	if err != nil {
		bar.End()
		return nil, err
	}
	defer l.Close()
	n := 0
	for {
		if _, err = l.Next(); err != nil {
			break
		}
		n++
	}
	if errors.Is(err, io.EOF) {
		bar.Total(n)
		return bar, nil
	}
	bar.End()
	return nil, err
}

// landed are the changes that were met, by title: one that is in the branch for the
// next release and in that for fixes stands twice and is one.
type landed map[string][]*change.Change

// first reports whether a change was not met before: under its title with the same
// author date, as a copy that says so, or with the same lines.
func (l *landed) first(c *change.Change) bool {
	if *l == nil {
		*l = landed{}
	}
	title := c.LowerSubject()
	for _, o := range (*l)[title] {
		copied := len(c.Origin)+len(o.Origin) > 0 && strings.EqualFold(c.Author.Name, o.Author.Name)
		if copied || c.Date.Equal(o.Date) || sameLines(c, o) {
			return false
		}
	}
	(*l)[title] = append((*l)[title], c)
	return true
}

// sameLines reports whether two patches add and remove the same.
func sameLines(a, b *change.Change) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y *gitdiff.File) bool {
		return x.NewName == y.NewName && slices.Equal(changed(x), changed(y))
	})
}

func changed(f *gitdiff.File) (out []string) {
	for _, h := range f.TextFragments {
		for _, l := range h.Lines {
			if l.Op != gitdiff.OpContext {
				out = append(out, l.String())
			}
		}
	}
	return out
}

// row judges one change; what is a row, and what its cells are, its judgement says.
func (p *planner) row(ctx context.Context, c *change.Change) (*launch.Fix, *launch.LeftOut, []launch.Column, error) {
	plan, err := p.plan(ctx, c)
	if err != nil {
		return nil, nil, nil, err
	}
	if plan.Error != nil {
		return nil, nil, nil, fmt.Errorf("%s", *plan.Error)
	}
	if is, why := launch.Counts(plan.Judgement, len(c.Fixes)+len(c.Stable) > 0); !is {
		if why == "" {
			return nil, nil, nil, nil
		}
		return nil, &launch.LeftOut{ID: c.ID, Title: c.Subject, Release: plan.Release, Why: why}, nil, nil
	}
	fix := &launch.Fix{ID: c.ID, Title: c.Subject, Date: c.Date.UTC().Format(time.DateOnly), Release: plan.Release,
		Lines: plan.Size.LinesWithContext}
	var columns []launch.Column
	for i, b := range plan.Branches {
		s := launch.Square{Branch: b.Name, Cell: launch.CellOf(&b), Class: b.ReasonClass, First: len(b.Prerequisites), Why: b.Why}
		switch s.Cell {
		case launch.In, launch.NotAffected, launch.Unknown:
		default:
			// A pile that was not found in full, or that nobody would take along, is
			// the foundation of the driver's: its lines are not those of the fix.
			s.Score, s.Lines, s.More = b.Score, plan.Size.LinesWithContext, b.PileMore || b.PileBeyond > 0
			if len(b.Prerequisites) > 0 {
				s.Lines = b.PileLines
			}
		}
		fix.Squares = append(fix.Squares, s)
		columns = append(columns, launch.Column{Branch: b.Name, Active: plan.Plans[i].Active})
	}
	return fix, nil, columns, nil
}

// releaseOrder puts older releases first and what is not released last.
func releaseOrder(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return release.Compare(a, b)
}
