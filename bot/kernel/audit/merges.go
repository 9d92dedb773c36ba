package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// told bounds the files that a finding of a merge names.
const told = 8

// made asks what a merge itself brings: git shows no patch of one, and what it changes
// beyond what git's own merge of its parents gives is in no other commit.
func (a *auditor) made(ctx context.Context, it *Item) error {
	if len(it.parents) > 2 {
		it.unchecked("what the merge itself changes: it has %d parents, and git merges no more than two by itself", len(it.parents))
		return nil
	}
	m, err := a.Line.Merged(ctx, it.ID, [2]string(it.parents))
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		it.unchecked("what the merge itself changes: %v", err)
		return nil
	}
	beyond := slices.DeleteFunc(m.Differs, func(f string) bool { _, found := slices.BinarySearch(m.Conflicts, f); return found })
	byHand := m.Conflicts
	if len(beyond) > 0 {
		it.add(Finding{Kind: Differs, Commit: it.ID, Title: it.Title, File: beyond[0],
			Text: fmt.Sprintf("the merge %.12s changes %s, where git merges its parents otherwise", it.ID, files(beyond))})
	}
	if len(byHand) > 0 {
		it.add(Finding{Kind: Differs, Commit: it.ID, Title: it.Title, File: byHand[0],
			Text: fmt.Sprintf("the merge %.12s has %s as somebody made it by hand, git finds conflicts there", it.ID, files(byHand))})
	}
	return nil
}

// files names some and counts the rest.
func files(all []string) string {
	if len(all) <= told {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more files", strings.Join(all[:told], ", "), len(all)-told)
}
