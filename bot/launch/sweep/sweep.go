// Package sweep goes through mainline for a chip, and makes the report of what each branch
// has of its fixes.
package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"golang.org/x/sync/errgroup"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Make makes the report: of the commits below paths, those of the driver when there is
// none. What could not be judged is told to stderr.
func Make(ctx context.Context, p *planner.Planner, stderr io.Writer, on Card, paths []string, jobs int) (*launch.Report, error) {
	first := on.first
	var names []string
	for _, c := range on.chips {
		names = append(names, c.Name)
	}
	from, ok := p.Set.Release(first.Since)
	if !ok {
		return nil, fmt.Errorf("where %s ends, which brought support for %s, is not known in %s: it has no tag v%s; give --releases, or fetch "+
			"the tags", first.Since, first.Name, p.Set.Mainline().Repo.Path, first.Since)
	}
	if len(paths) == 0 {
		paths = silicon.Default().Folders(on.chips)
	}
	day := p.AsOf
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
	m := p.Set.Mainline()
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
		if !p.AsOf.IsZero() && c.Date.After(p.AsOf) {
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
			fix, left, columns, err := row(inner, p, c)
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
func row(ctx context.Context, p *planner.Planner, c *change.Change) (*launch.Fix, *launch.LeftOut, []launch.Column, error) {
	plan, err := p.Plan(ctx, c)
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
