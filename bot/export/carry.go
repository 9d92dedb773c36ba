package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
)

// carried is a mainline commit put onto another tree.
type carried struct {
	commit *git.Commit
	tree   string   // after it
	notes  []string // deviations from mainline, each a sentence without a period
	paths  []string // that it touches here
}

// bench is where commits are put onto trees.
type bench struct {
	*git.Clone
}

// fit refuses what cannot be carried as a patch, and says why.
func fit(c *git.Commit) error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("%.12s (%q) %w: %s", c.ID, c.Title(), ErrUnfit, fmt.Sprintf(format, a...))
	}
	switch {
	case c.Merge():
		return refuse("it is a merge; name the commits that it merged")
	case len(c.Parents) == 0:
		return refuse("its parent is not there: it is the first commit, or the history is cut off")
	case len(c.Left) > 0:
		return refuse("it cannot be read whole: %s; fetch the missing objects", c.Left[0])
	case c.Diff == "":
		return refuse("it changes nothing")
	}
	files, _, err := gitdiff.Parse(strings.NewReader(c.Diff))
	if err != nil {
		return refuse("its patch does not parse: %v", err)
	}
	text := false
	for _, f := range files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		mode := f.NewMode
		if mode == 0 {
			mode = f.OldMode
		}
		switch {
		case mode&0o170000 == 0o160000:
			return refuse("%s is a submodule", name)
		case mode&0o170000 == 0o120000:
			return refuse("%s is a symbolic link", name)
		case f.IsBinary:
			return refuse("%s is a binary file; stable takes patches that mail can carry", name)
		}
		text = text || len(f.TextFragments) > 0
	}
	if !text {
		return refuse("it only renames files or changes their modes; no line of code is fixed")
	}
	return nil
}

// carry puts a commit onto a tree, by git's own three-way merge.
func (b *bench) carry(ctx context.Context, c *git.Commit, onto string) (carried, error) {
	out := carried{commit: c}
	parent := c.Parents[0]
	merged, conflicts, err := b.merge(ctx, parent, onto, c.ID, false)
	if err == nil && len(conflicts) > 0 {
		// The file may have another name here. Finding that reads much more.
		if tree, rest, e := b.merge(ctx, parent, onto, c.ID, true); e == nil && len(rest) == 0 {
			merged, conflicts = tree, nil
		}
	}
	if err != nil {
		return out, err
	}
	if len(conflicts) > 0 {
		return out, fmt.Errorf("%.12s (%q) %w: it conflicts in %s", c.ID, c.Title(), ErrConflict, strings.Join(conflicts, ", "))
	}
	out.tree = merged
	same, err := b.sameTree(ctx, merged, onto)
	if err != nil {
		return out, err
	}
	if same {
		return out, fmt.Errorf("%.12s (%q): %w", c.ID, c.Title(), ErrPresent)
	}
	here, err := b.diff(ctx, onto, merged)
	if err != nil {
		return out, err
	}
	there, err := b.diff(ctx, parent, c.ID)
	if err != nil {
		return out, err
	}
	out.notes, out.paths = deviations(there, here)
	return out, nil
}

// merge merges two trees with a given base. merge-tree takes the base from
// history, so a history is made up that has it.
func (b *bench) merge(ctx context.Context, base, ours, theirs string, renames bool) (tree string, conflicts []string, err error) {
	var made [3]string
	for i, t := range []string{base, ours, theirs} {
		args := []string{"commit-tree", t + "^{tree}", "-m", "x"}
		if i > 0 {
			args = append(args, "-p", made[0])
		}
		out, err := b.Do(ctx, git.Call{Doing: "preparing a merge", Args: args, Env: author(git.Signature{Name: "x", Email: "x"})})
		if err != nil {
			return "", nil, err
		}
		made[i] = strings.TrimSpace(string(out))
	}
	out, err := b.Do(ctx, git.Call{Doing: "merging " + theirs, Args: []string{
		"-c", fmt.Sprintf("merge.renames=%v", renames), "-c", "merge.conflictStyle=merge",
		"merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", made[1], made[2]}})
	fields := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	if err != nil && len(fields[0]) == b.Digits() && len(fields) > 1 {
		return fields[0], slices.Compact(fields[1:]), nil // status 1: there are conflicts
	}
	if err != nil {
		return "", nil, err
	}
	return fields[0], nil, nil
}

func (b *bench) sameTree(ctx context.Context, x, y string) (bool, error) {
	out, err := b.Do(ctx, git.Call{Doing: "comparing trees", Args: []string{"rev-parse", x + "^{tree}", y + "^{tree}"}})
	if err != nil {
		return false, err
	}
	ids := strings.Fields(string(out))
	return len(ids) == 2 && ids[0] == ids[1], nil
}

// diff is the patch between two trees, without renames, so that both sides of a
// comparison are of one kind.
func (b *bench) diff(ctx context.Context, from, to string) ([]*gitdiff.File, error) {
	out, err := b.Do(ctx, git.Call{Doing: "comparing trees", Args: []string{"diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", from + "^{tree}", to + "^{tree}"}})
	if err != nil {
		return nil, err
	}
	files, _, err := gitdiff.Parse(strings.NewReader(string(out)))
	if err != nil {
		return nil, fmt.Errorf("reading a patch of git: %w", err)
	}
	return files, nil
}

// author is the environment that keeps somebody's authorship.
func author(s git.Signature) []string {
	date := "@0 +0000"
	if !s.Date.IsZero() {
		date = fmt.Sprintf("@%d %s", s.Date.Unix(), s.Date.Format("-0700"))
	}
	return []string{"GIT_AUTHOR_NAME=" + s.Name, "GIT_AUTHOR_EMAIL=" + s.Email, "GIT_AUTHOR_DATE=" + date}
}

// deviations compares a mainline patch with what became of it.
func deviations(there, here []*gitdiff.File) (notes, paths []string) {
	got := map[string]*gitdiff.File{}
	for _, f := range here {
		got[nameOf(f)] = f
		paths = append(paths, nameOf(f))
	}
	for _, f := range there {
		name := nameOf(f)
		g := got[name]
		delete(got, name)
		if g == nil {
			notes = append(notes, name+": left out, the branch needs nothing of it")
			continue
		}
		was, now := lines(f), lines(g)
		switch {
		case f.IsNew != g.IsNew || f.IsDelete != g.IsDelete:
			notes = append(notes, name+": the file is there in one tree only, so it is changed instead of made, or the reverse")
		case !slices.Equal(was.changed, now.changed):
			notes = append(notes, fmt.Sprintf("%s: %d of the %d changed lines are as in mainline, the rest is there already or adapted", name, common(was.changed, now.changed), len(was.changed)))
		case !slices.Equal(was.context, now.context):
			notes = append(notes, name+": the same lines change, the context around them differs")
		}
	}
	for _, f := range here {
		if got[nameOf(f)] != nil {
			notes = append(notes, nameOf(f)+": the file that mainline changes has this name here")
		}
	}
	return notes, paths
}

type text struct{ changed, context []string }

func lines(f *gitdiff.File) (t text) {
	for _, h := range f.TextFragments {
		for _, l := range h.Lines {
			if l.Op == gitdiff.OpContext {
				t.context = append(t.context, l.Line)
			} else {
				t.changed = append(t.changed, l.Op.String()+l.Line)
			}
		}
	}
	return t
}

func common(a, b []string) (n int) {
	left := map[string]int{}
	for _, l := range b {
		left[l]++
	}
	for _, l := range a {
		if left[l] > 0 {
			left[l]--
			n++
		}
	}
	return n
}

func nameOf(f *gitdiff.File) string {
	if f.NewName != "" {
		return f.NewName
	}
	return f.OldName
}

// present reports whether an error only says that there is nothing to do.
func present(err error) bool { return errors.Is(err, ErrPresent) }
