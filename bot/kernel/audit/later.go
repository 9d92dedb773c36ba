package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/tree"
)

// later asks what mainline did with a change since.
func later(ctx context.Context, a *auditor, it *Item) error {
	if it.Upstream == "" || a.Line.Standing(it.up, a.Line.Len()).Revert != "" {
		return nil // the branch took it out again itself
	}
	if err := a.followed(ctx, it, it.up, it.upstream.Subject, map[string]bool{it.Upstream: true}); err != nil {
		return err
	}
	return a.undoneBeside(ctx, it)
}

// undoneBeside tells of another stable branch that took a change and took it out again, which
// mainline did not: its own people found it wrong there.
func (a *auditor) undoneBeside(ctx context.Context, it *Item) error {
	if slices.ContainsFunc(it.Findings, func(f Finding) bool { return f.Kind == Reverted }) {
		return nil
	}
	title := it.upstream.Subject
	for _, l := range a.Line.Beside() {
		s := l.Standing(it.up, l.Len())
		if s.Commit == "" || s.Revert == "" || l.Times(title) > l.Times(`Revert "`+title+`"`) {
			continue // one that stood there twice may go once
		}
		c, err := l.Repo().Commit(ctx, s.Revert)
		if err != nil {
			it.unchecked("why %s took it out again: %v", l.Name(), err)
			continue
		}
		if !spares(c.Message, a.Line.Name()) {
			it.add(Finding{Kind: RevertedBeside, Commit: s.Revert, Title: c.Title(), Branch: l.Name(),
				Text: fmt.Sprintf("%s had it and took it out again with %.12s, %s does not", l.Name(), s.Revert, a.Line.Name())})
		}
	}
	return ctx.Err()
}

// spares reports whether a message speaks of kernels that are older, or newer, than some, and
// the branch is none of them: "kernels older than 6.1 hang".
func spares(message, branch string) bool {
	low := strings.ToLower(message)
	spared := false
	for i := range low {
		if i > 0 && low[i-1] != ' ' && low[i-1] != '\n' {
			continue
		}
		if r, n := release.ReadRange(strings.ReplaceAll(low[i:min(len(low), i+80)], "\n", " ")); n > 0 && (r.Older || r.Newer) {
			if r.Has(branch) {
				return false
			}
			spared = true
		}
	}
	return spared
}

// followed tells the reverts and fixes of a change that the branch lacks, and theirs.
func (a *auditor) followed(ctx context.Context, it *Item, k trees.Known, title string, seen map[string]bool) error {
	for _, f := range a.Set.Followups(ctx, k) {
		if seen[f.SHA] {
			continue
		}
		seen[f.SHA] = true
		other, ok := a.Set.KnownAs(f.SHA)
		// One that came once more, or was picked by another path, is known by its title.
		taken := a.Line.Standing(other, a.Line.Len()).In() || a.Line.Titled(f.Subject, a.Line.Len()) != 0
		if !ok || taken || a.omitted(it, f.SHA, f.Subject) {
			continue
		}
		if f.Revert {
			if !a.Set.PutBack(title, f.SHA) && k.ID == it.Upstream {
				it.add(Finding{Kind: Reverted, Commit: f.SHA, Title: f.Subject, Text: fmt.Sprintf("mainline took it back with %.12s (%q), %s does not", f.SHA, f.Subject, a.Line.Name())})
			}
			continue
		}
		c, err := a.Set.Commit(ctx, f.SHA)
		if err != nil {
			it.unchecked("whether %.12s (%q), which fixes it, matters here: %v", f.SHA, f.Subject, err)
			continue
		}
		if c.Size.CodeLines == 0 || Posting(c.Trailers) != "" && Posting(c.Trailers) == Posting(it.upstream.Trailers) || a.undone(ctx, other, f.Subject) {
			continue // that of the same posting is told with its series
		}
		if k.ID == it.Upstream { // else it mends what is to be taken
			matters, err := a.matters(ctx, c)
			if err != nil {
				it.unchecked("whether %.12s (%q), which fixes it, matters here: %v", f.SHA, f.Subject, err)
			}
			if err != nil || !matters {
				continue
			}
		}
		text := fmt.Sprintf("mainline mended it with %.12s (%q), %s does not", f.SHA, f.Subject, a.Line.Name())
		if k.ID != it.Upstream {
			text = fmt.Sprintf("and that with %.12s (%q)", f.SHA, f.Subject)
		}
		it.add(Finding{Kind: Mended, Commit: f.SHA, Title: f.Subject, Text: text})
		if err := a.followed(ctx, it, other, f.Subject, seen); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// undone reports whether mainline took a change back for good.
func (a *auditor) undone(ctx context.Context, k trees.Known, title string) bool {
	for _, f := range a.Set.Followups(ctx, k) {
		if f.Revert && !a.Set.PutBack(title, f.SHA) {
			return true
		}
	}
	return false
}

// matters reports whether the branch, as it is at the end, has the code that a fix edits
// and not what it does.
func (a *auditor) matters(ctx context.Context, c *change.Change) (bool, error) {
	b := a.Line.Judge(ctx, c, a.Line.Len())
	if b.State == tree.Unknown {
		return false, fmt.Errorf("%s", b.Why)
	}
	if b.State != tree.Affected {
		return false, nil
	}
	if b.Applies != tree.NeedsBackport {
		return b.Applies != tree.NotTried, nil
	}
	l, err := a.Line.Ladder(ctx, c, a.Line.Len(), a.Line.Tip())
	if err != nil || l == nil {
		return false, err
	}
	return slices.ContainsFunc(l.Steps, func(s backport.Step) bool {
		return s.Rung != backport.Dropped && s.Rung != backport.None
	}) && len(l.Steps) > 0, nil
}
