package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/release"
)

// Source is where what is audited is looked for.
type Source struct {
	Set  *trees.Set
	Repo string // of ranges
	For  string // the branch of patches that name none, "6.1"
	Git  git.Options
	CVE  *cve.List // nil: no numbers are asked about
	// Archive gives the last mails of a list's archive in a folder; nil when it is none.
	// nil: archives are not known.
	Archive func(ctx context.Context, dir string) (Mails, error)
}

// Audit opens and reads all that is named. no may be nil.
func (s *Source) Audit(ctx context.Context, whats []string, no *refusal.List) ([]*Report, error) {
	var all []*Batch
	defer func() {
		for _, b := range all {
			_ = b.Close()
		}
	}()
	for _, what := range whats {
		bs, err := s.Open(ctx, what)
		if err != nil {
			return nil, err
		}
		all = append(all, bs...)
	}
	var out []*Report
	for _, b := range all {
		if b.Audit != nil { // else nothing went on
			b.No, b.CVE = no, s.CVE
		}
		r, err := b.Run(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Open finds what a word of a command line means: a folder is the archive of a list, a checkout
// of stable-queue or one of its queues, or a maildir; a file is an mbox of patches; all else
// are commits of a branch. It gives an audit for each branch; those that are not wanted any more are to be closed. It is called
// before the first question to the set.
func (s *Source) Open(ctx context.Context, what string) ([]*Batch, error) {
	st, err := os.Stat(what)
	switch {
	case err != nil:
		a, err := Range(ctx, s.Set, s.Repo, what)
		if err != nil {
			return nil, err
		}
		return []*Batch{{Audit: a}}, nil
	case st.IsDir():
		return s.folder(ctx, what)
	}
	ps, err := ReadMbox(what)
	if err != nil {
		return nil, err
	}
	return s.mails(ctx, what, ps)
}

// folder opens queues, an archive, or mails. What is none of them is told as each of them.
func (s *Source) folder(ctx context.Context, dir string) ([]*Batch, error) {
	_, none := Queues(dir)
	if none == nil {
		return s.queues(ctx, dir)
	}
	if s.Archive != nil {
		ms, err := s.Archive(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("reading %s as an archive: %w", dir, err)
		}
		if ms != nil {
			return s.archive(ctx, dir, ms)
		}
	}
	ps, err := ReadMbox(dir)
	if err != nil {
		return nil, fmt.Errorf("reading %s as mails: %w; and %w", dir, err, none)
	}
	return s.mails(ctx, dir, ps)
}

// put is Put for who named the branch: none that goes on there is a wrong branch.
func (s *Source) put(ctx context.Context, branch string, ps []*Patch) (*Batch, error) {
	b, err := Put(ctx, s.Set, branch, ps, s.Git)
	if err == nil && b.Audit == nil {
		err = errors.Join(fmt.Errorf("none of the %d patches goes onto %s; the first: %s", len(ps), branch, b.lost[0].Findings[0].Text), b.Close())
	}
	return b, err
}

// queues opens the queues of a checkout, or that of one branch.
func (s *Source) queues(ctx context.Context, dir string) (out []*Batch, err error) {
	folders, err := Queues(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.SortedFunc(maps.Keys(folders), release.NewestFirst) {
		if s.For != "" && s.For != name || !slices.Contains(s.Set.Branches(), name) {
			continue // the queue of a branch that is not at hand
		}
		ps, err := ReadQueue(folders[name])
		if err == nil && len(ps) > 0 {
			var b *Batch
			if b, err = s.put(ctx, name, ps); err == nil {
				out = append(out, b)
			}
		}
		if err != nil {
			for _, b := range out {
				_ = b.Close()
			}
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no patches for %s", dir, cmp.Or(s.For, strings.Join(s.Set.Branches(), ", ")))
	}
	return out, nil
}

// Range is the audit of some commits of a branch: "OLD..NEW", or a branch for all that it
// has beyond mainline.
func Range(ctx context.Context, set *trees.Set, repo, revs string) (*Audit, error) {
	old, tip, ok := strings.Cut(revs, "..")
	if !ok {
		old, tip = "", revs
	}
	if tip == "" {
		tip = "HEAD"
	}
	l, err := set.Line(ctx, repo, tip, "")
	if err != nil {
		return nil, err
	}
	a := &Audit{Set: set, Line: l, First: 1, Last: l.Len()}
	id, err := l.Repo().Resolve(ctx, tip)
	if err != nil {
		return nil, err
	}
	if n := l.Number(id); n != 0 {
		a.Last = n
	}
	if old != "" {
		id, err := l.Repo().Resolve(ctx, old)
		if err != nil {
			return nil, err
		}
		a.First = l.Number(id) + 1
	}
	if a.First > a.Last {
		return nil, fmt.Errorf("%s has no commits that are the branch's own; name OLD..NEW of a stable branch", revs)
	}
	return a, nil
}
