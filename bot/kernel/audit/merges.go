package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
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
	dir, err := os.MkdirTemp("", "stablebot-merge-")
	if err != nil {
		return fmt.Errorf("a temporary folder for a merge: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	repo := a.Line.Repo()
	words, err := scratch(ctx, repo, dir, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", it.parents[0], it.parents[1])
	var changed []string
	if err == nil {
		changed, err = scratch(ctx, repo, dir, "diff-tree", "-r", "-z", "--name-only", "--no-renames", words[0], it.ID+"^{tree}")
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		it.unchecked("what the merge itself changes: %v", err)
		return nil
	}
	conflicts := map[string]bool{}
	for _, f := range words[1:] {
		conflicts[f] = true
	}
	var beyond, byHand []string
	for _, f := range changed {
		if f != "" && !conflicts[f] {
			beyond = append(beyond, f)
		}
	}
	for _, f := range words[1:] {
		if f != "" {
			byHand = append(byHand, f)
		}
	}
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

// scratch runs a command whose objects go to a folder, or that reads some there, and
// gives the words of its answer. Conflicts are no error.
func scratch(ctx context.Context, repo *git.Repo, dir string, args ...string) ([]string, error) {
	p, err := repo.StartScratch(ctx, "merging", dir, args...)
	if err != nil {
		return nil, err
	}
	_ = p.In.Close() // it asks for nothing
	out, err := io.ReadAll(p.Out)
	if waited := p.Wait(); waited != nil {
		var e *git.Error
		if !errors.As(waited, &e) || e.ExitCode() != 1 {
			return nil, waited
		}
	}
	if err != nil {
		return nil, fmt.Errorf("merging: %w", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00"), nil
}
