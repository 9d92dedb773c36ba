package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// What was posted: an mbox, a maildir or an archive may hold the batches of several branches,
// and one of them more than once. Each branch has an audit of its own.

// threadOf is the first mail of a mail's thread, "" for itself.
func threadOf(m *mail.Message) string {
	if len(m.References) > 0 {
		return m.References[0]
	}
	return m.InReplyTo
}

// postings names the posting of each patch: by its thread, else by what its parts have in
// common, and by its version.
func postings(ps []*Patch) map[*Patch]string {
	first := map[string]bool{}
	for _, p := range ps {
		first[p.thread] = true
	}
	out := map[*Patch]string{}
	for _, p := range ps {
		name := p.thread
		switch {
		case name != "":
		case p.mail != "" && first[p.mail]:
			name = p.mail
		default:
			name = fmt.Sprintf("%d %v", p.change.Prefix.Of, p.branches)
		}
		out[p] = fmt.Sprintf("%s v%d", name, p.change.Prefix.Version)
	}
	return out
}

// ReadMbox reads the patches of an mbox, a maildir or a folder of patches. What is no patch is
// left out.
func ReadMbox(file string) (out []*Patch, err error) {
	r, err := mail.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	for {
		raw, origin, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		m, err := mail.Scan(raw)
		if err != nil || !m.IsPatch {
			continue // a cover letter, a reply
		}
		p, err := ReadPatch(origin, slices.Clone(raw))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no patch in it", file)
	}
	return out, nil
}

// Mails are those of an archive, oldest first, with the names that they have there.
type Mails = iter.Seq2[Posted, error]

// Posted is one mail of an archive.
type Posted struct {
	Name string
	Raw  []byte // good until the next one
}

// readArchive reads what an archive has of the stable team: batches in review and proposals.
// One that cannot be read as a patch is passed over: it is one of very many.
func readArchive(ms Mails) (out []*Patch, err error) {
	for m, err := range ms {
		if err != nil {
			return nil, err
		}
		head, err := mail.Scan(m.Raw)
		if err != nil || !head.IsPatch || len(head.Prefix.Trees) == 0 {
			continue
		}
		if p, err := ReadPatch(m.Name, slices.Clone(m.Raw)); err == nil && p.notice {
			out = append(out, p)
		}
	}
	return out, nil
}

// newest leaves of each branch the last batch in review and the last proposals, as they came
// to the archive: a date is what a sender writes.
func newest(ps []*Patch) []*Patch {
	type what struct {
		branch   string
		proposed bool
	}
	of, last := postings(ps), map[what]*Patch{}
	each := func(p *Patch, f func(what) bool) bool {
		return slices.ContainsFunc(p.branches, func(b string) bool { return f(what{b, p.change.Prefix.AutoSel}) })
	}
	for _, p := range ps {
		each(p, func(w what) bool {
			last[w] = p
			return false
		})
	}
	return slices.DeleteFunc(ps, func(p *Patch) bool {
		return !each(p, func(w what) bool { return of[last[w]] == of[p] })
	})
}

// sorted gives each branch the patches that are for it: one posting after the other, as they
// came, and each by its numbers. What was posted again stands where it was posted last.
func (s *Source) sorted(what string, ps []*Patch) (map[string][]*Patch, error) {
	named := map[string]bool{}
	for _, p := range ps {
		for _, b := range p.branches {
			named[b] = true
		}
	}
	branches, unnamed := slices.SortedFunc(maps.Keys(named), release.NewestFirst), 0
	out := map[string][]*Patch{}
	for _, p := range ps {
		for _, b := range s.meant(p, branches) {
			out[b] = append(out[b], p)
		}
		if len(p.branches) == 0 {
			unnamed++
		}
	}
	switch {
	case s.For != "":
	case len(branches) == 0:
		return nil, fmt.Errorf("the patches of %s do not say for which branch they are; say it with --for", what)
	case len(branches) > 1 && unnamed > 0:
		return nil, fmt.Errorf("%s has patches for %s, and %d that name no branch; say with --for which is meant", what,
			strings.Join(branches, ", "), unnamed)
	}
	for b, ps := range out {
		out[b] = inOrder(ps)
	}
	return out, nil
}

// meant are the branches that a patch is for, of those that are named at all. Who names a
// branch for all takes what is for that one, and where nothing is, takes everything.
func (s *Source) meant(p *Patch, named []string) []string {
	switch {
	case s.For == "" && len(p.branches) == 0:
		return named[:min(1, len(named))]
	case s.For == "":
		return p.branches
	case len(p.branches) == 0 || slices.Contains(p.branches, s.For) || !slices.Contains(named, s.For):
		return []string{s.For}
	}
	return nil
}

// inOrder puts postings one after the other, by their first mails, and leaves out what a later
// one has under the same title.
func inOrder(ps []*Patch) []*Patch {
	of, began, last := postings(ps), map[string]int{}, map[uint64]string{}
	for i, p := range ps {
		if _, ok := began[of[p]]; !ok {
			began[of[p]] = i
		}
	}
	for _, p := range ps {
		key := change.TitleKey(p.change.Subject)
		if old, ok := last[key]; !ok || began[old] < began[of[p]] {
			last[key] = of[p]
		}
	}
	out := slices.DeleteFunc(slices.Clone(ps), func(p *Patch) bool { return last[change.TitleKey(p.change.Subject)] != of[p] })
	slices.SortStableFunc(out, func(x, y *Patch) int {
		return cmp.Or(began[of[x]]-began[of[y]], x.change.Prefix.N-y.change.Prefix.N)
	})
	return out
}

// mails opens an audit of what was posted for each branch at hand.
func (s *Source) mails(ctx context.Context, what string, ps []*Patch) (out []*Batch, err error) {
	byBranch, err := s.sorted(what, ps)
	if err != nil {
		return nil, err
	}
	if len(byBranch) == 1 {
		for branch, ps := range byBranch {
			b, err := s.put(ctx, branch, ps)
			if err != nil {
				return nil, err
			}
			return []*Batch{b}, nil
		}
	}
	branches := slices.SortedFunc(maps.Keys(byBranch), release.NewestFirst)
	for _, branch := range branches {
		if !slices.Contains(s.Set.Branches(), branch) {
			continue // it is not at hand
		}
		b, err := Put(ctx, s.Set, branch, byBranch[branch], s.Git)
		if err != nil {
			for _, b := range out {
				_ = b.Close()
			}
			return nil, err
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has patches for %s; the branches are %s", what, strings.Join(branches, ", "),
			strings.Join(s.Set.Branches(), ", "))
	}
	return out, nil
}

// archive opens an audit of the newest batches that the stable team posted on a list.
func (s *Source) archive(ctx context.Context, what string, ms Mails) ([]*Batch, error) {
	ps, err := readArchive(ms)
	if err != nil {
		return nil, err
	}
	if s.For != "" {
		ps = slices.DeleteFunc(ps, func(p *Patch) bool { return len(p.branches) > 0 && !slices.Contains(p.branches, s.For) })
	}
	if ps = newest(ps); len(ps) == 0 {
		return nil, fmt.Errorf("%s has no batch of the stable team among its last mails, in review or as a proposal (AUTOSEL)", what)
	}
	return s.mails(ctx, what, ps)
}
