package planner

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
)

// Change reads what the user named: a mail file, "-", or a commit of the
// mainline repository. What cannot be planned for is refused with the reason.
func (p *Planner) Change(ctx context.Context, stdin io.Reader, name string) (*change.Change, error) {
	if st, err := os.Stat(name); name == "-" || err == nil && st.Mode().IsRegular() {
		return readMailChange(stdin, name)
	}
	repo := p.Set.Mainline().Repo
	c, err := repo.Commit(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s is no file, and as a commit: %w", name, err)
	}
	ch, err := c.Change()
	if c.Merge() {
		return nil, fmt.Errorf("%s (%q) is a merge; name the commits that it merged", name, c.Title())
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; %s", name, err, completing(repo))
	}
	return ch, hasLines(name, ch)
}

// completing says how a repository gets the objects that it lacks. Nothing is
// fetched by a plan: one file at a time it would take hours.
func completing(r *git.Repo) string {
	switch {
	case r.Partial && r.Bare:
		return fmt.Sprintf("%s is a partial clone: git -C %s fetch --refetch --no-filter origin '+refs/heads/*:refs/heads/*' brings the rest",
			r.Path, shell.Word(r.Path))
	case r.Partial:
		return fmt.Sprintf("%s is a partial clone: git -C %s fetch --refetch --no-filter brings the rest", r.Path, shell.Word(r.Path))
	}
	return "fetch what is missing into " + r.Path
}

func readMailChange(stdin io.Reader, name string) (*change.Change, error) {
	var found *change.Change
	err := mail.Each(stdin, name, func(raw []byte, origin string, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", origin, err)
		}
		m, err := mail.Parse(raw)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", origin, err)
		case m.Change == nil || !m.IsPatch:
			return fmt.Errorf("%s is no patch: %s", origin, m.NoPatch)
		case m.Damaged != nil:
			return fmt.Errorf("%s: %w", origin, m.Damaged)
		case found != nil:
			return usage.Errorf("%s has more than one patch; a plan is for one change", name)
		}
		found = m.Change
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%s has no mail in it", name)
	}
	if err != nil {
		return nil, err
	}
	return found, hasLines(name, found)
}

// hasLines refuses a change without a line of text to carry.
func hasLines(name string, c *change.Change) error {
	if len(c.Files) == 0 {
		return fmt.Errorf("%s (%q) changes no file", name, c.Subject)
	}
	for _, f := range c.Files {
		switch mode := max(f.NewMode, f.OldMode); {
		case mode&0o170000 == 0o160000:
			return fmt.Errorf("%s (%q) moves the submodule %s, which no kernel branch has", name, c.Subject, f.NewName+f.OldName)
		case mode&0o170000 == 0o120000:
			return fmt.Errorf("%s (%q) changes a symbolic link; there is nothing to plan", name, c.Subject)
		case len(f.TextFragments) > 0:
			return nil
		}
	}
	for _, f := range c.Files {
		if f.IsBinary {
			return fmt.Errorf("%s (%q) changes binary files only; stable takes patches that mail can carry", name, c.Subject)
		}
	}
	return fmt.Errorf("%s (%q) only renames files or changes their modes; no line of code is fixed", name, c.Subject)
}
