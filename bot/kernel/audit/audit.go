package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules/change"
)

// Audit is what is asked.
type Audit struct {
	Set  *trees.Set
	Line *trees.Line
	// First and Last are the numbers of the commits that are read.
	First, Last int
	// Proposed: they are not in the branch yet, so that what newer branches have today counts.
	Proposed bool
	// No is what people have refused; nil: nothing is known.
	No *refusal.List
	// CVE are the numbers that the kernel's security team gave; nil: none are asked about.
	CVE *cve.List
}

// Item is one commit, and what was found.
type Item struct {
	Number int    // in its branch
	ID     string // of the commit
	Title  string
	// Upstream is the mainline commit that it carries, "" when it is not known; Named is
	// the one that it names.
	Upstream string
	Named    string
	Release  string // of mainline, that first had it
	Class    Class
	Hunks    []Hunk // where Class is Different
	Ladder   string // how the ladder of bot/kernel/backport explains the difference
	Findings []Finding
	// Unchecked is what could not be asked, and why.
	Unchecked []string

	own      *change.Change
	up       trees.Known
	upstream *change.Change
	parents  []string // of a merge
	skip     bool     // of a release, or a merge of which there is nothing to tell
}

// Sound reports whether nothing was found.
func (it *Item) Sound() bool { return len(it.Findings) == 0 }

func (it *Item) add(f Finding) { it.Findings = append(it.Findings, f) }

func (it *Item) unchecked(format string, args ...any) {
	it.Unchecked = append(it.Unchecked, fmt.Sprintf(format, args...))
}

// Report is the answer.
type Report struct {
	Branch string
	Items  []*Item
}

// Findings counts the commits with a finding.
func (r *Report) Findings() (n int) {
	for _, it := range r.Items {
		if !it.Sound() {
			n++
		}
	}
	return n
}

// auditor is one run.
type auditor struct {
	*Audit
	items  []*Item
	byUp   map[string]*Item // by the mainline commit that they carry
	series map[string]bool  // that were asked about
}

// checks are asked of each commit, in this order.
var checks = []func(context.Context, *auditor, *Item) error{
	provenance, replay, names, bug, later, whole, newer, numbers, refused,
}

// Run reads the commits and asks.
func (a *Audit) Run(ctx context.Context) (*Report, error) {
	r := &auditor{Audit: a, byUp: map[string]*Item{}, series: map[string]bool{}}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	bar := progress.Begin(ctx, "auditing "+a.Line.Name(), len(r.items))
	defer bar.End()
	for _, it := range r.items {
		bar.At(it.Title)
		if it.parents != nil {
			if err := r.made(ctx, it); err != nil {
				return nil, fmt.Errorf("auditing the merge %.12s: %w", it.ID, err)
			}
			it.skip = it.Sound() && len(it.Unchecked) == 0
		} else if !it.skip {
			for _, check := range checks {
				if err := check(ctx, r, it); err != nil {
					return nil, fmt.Errorf("auditing %.12s: %w", it.ID, err)
				}
			}
			it.order()
		}
		bar.Add(1)
	}
	return &Report{Branch: a.Line.Name(), Items: slices.DeleteFunc(r.items, func(it *Item) bool { return it.skip })}, ctx.Err()
}

// read reads the commits and their upstream commits.
func (a *auditor) read(ctx context.Context) error {
	var ids, up []string
	for n := a.First; n <= a.Last; n++ {
		ids = append(ids, a.Line.ID(n))
	}
	for c, err := range a.Line.Repo().Named(ctx, ids) {
		if err != nil {
			return err
		}
		it := &Item{Number: a.First + len(a.items), ID: c.ID, Title: c.Title()}
		a.items = append(a.items, it)
		if c.Merge() {
			it.parents, it.skip = c.Parents, true
			continue
		}
		it.own = parsed(c, it)
		if it.skip = it.own.ClosesRelease(); it.skip {
			continue
		}
		for _, o := range it.own.Origin {
			if it.Named == "" && (o.Form == change.FormUpstream || o.Form == change.FormBackport) {
				it.Named = o.SHA
			}
		}
		if k, ok := a.Set.Known(it.own); ok {
			it.up, it.Upstream, it.Release = k, k.ID, a.Set.ReleaseOf(k)
			a.byUp[k.ID] = it
			up = append(up, k.ID)
		}
	}
	upstream := map[string]*change.Change{}
	for c, err := range a.Set.Mainline().Repo.Named(ctx, up) {
		if err != nil {
			return err
		}
		upstream[c.ID] = parsed(c, a.byUp[c.ID])
	}
	for _, it := range a.items {
		it.upstream = upstream[it.Upstream]
		a.doubt(it)
	}
	return nil
}

// doubt takes back what a title alone says where another author date and other lines speak
// against it: titles come again.
func (a *auditor) doubt(it *Item) {
	if it.upstream == nil || it.up.How != "subject" || it.own.Date.Equal(it.upstream.Date) || shares(it) {
		return
	}
	it.unchecked("its upstream commit is not known: %.12s has its title and changes other lines", it.Upstream)
	it.Upstream, it.Release, it.upstream = "", "", nil
}

// parsed reads a commit; what could not be read of it is told.
func parsed(c *git.Commit, it *Item) *change.Change {
	out, err := c.Change()
	if err != nil {
		it.unchecked("part of %.12s: %v", c.ID, err)
	}
	return out
}

// order sorts the findings by their kinds.
func (it *Item) order() {
	slices.SortStableFunc(it.Findings, func(x, y Finding) int { return slices.Index(kinds, x.Kind) - slices.Index(kinds, y.Kind) })
}

var kinds = []Kind{Unapplied, Missing, Behind, NameMissing, BugAbsent, Newer, BeforeCulprit, Reverted, RevertedBeside, Mended, Partial, HunkLost, Misplaced,
	Differs, MissingNewer, NoUpstream, OtherUpstream, OtherAuthor, NoSignOff, OtherCVE, Refused}
