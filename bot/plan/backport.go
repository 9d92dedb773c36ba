package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Target is what a pull request is judged for: the branch that it goes into where that
// makes it a backport, else all branches.
type Target struct {
	Base   flow.Base
	Branch string // the configured branch that it is, "" where none is
}

// TargetOf finds the branch among those that are configured: by its name, or by the
// release that a stable branch follows.
func TargetOf(base flow.Base, configured []string) Target {
	t := Target{Base: base}
	if !base.Backport() {
		return t
	}
	names := []string{base.Branch, path.Base(base.Branch)}
	if base.Kind == flow.BaseStable && base.Release != "" {
		names = append(names, base.Release)
	}
	for _, n := range names {
		if slices.Contains(configured, n) {
			t.Branch = n
			return t
		}
	}
	return t
}

// name is what the branch is called.
func (t Target) name() string {
	if t.Branch != "" {
		return t.Branch
	}
	return t.Base.Branch
}

// backport is the name of the branch that a backport goes into, "" for no backport.
func (t Target) backport() string {
	if !t.Base.Backport() {
		return ""
	}
	return t.name()
}

// Addressed is a commit as a mail would have it: who proposes it for a stable branch
// offers it to stable.
func (t Target) Addressed(c *change.Change) *change.Change {
	if t.Base.Kind != flow.BaseStable {
		return c
	}
	out := *c
	out.Prefix.Trees = []string{t.name()}
	return &out
}

// Only leaves out what the trees know of other branches.
func (t Target) Only(tree *rules.Tree) *rules.Tree {
	if tree == nil || !t.Base.Backport() {
		return tree
	}
	out := *tree
	out.Branches = slices.DeleteFunc(slices.Clone(tree.Branches), func(b rules.Branch) bool { return b.Name != t.Branch })
	return &out
}

// says tells what a pull request was judged for, nothing where it is no backport.
func (t Target) says(labelled bool) []string {
	if !t.Base.Backport() {
		return nil
	}
	kind := "a stable branch"
	if t.Base.Kind == flow.BaseDistro {
		kind = "a distribution's branch"
	}
	s := fmt.Sprintf("It goes into %s, %s: it is a backport and judged for that branch alone", report.Markdown(t.Base.Branch), kind)
	if !labelled {
		s += ", and it gets no label"
	}
	out := []string{s + "."}
	if t.Branch == "" {
		out = append(out, "That branch is not among those that are read here, so what it has is not known.")
	}
	return out
}

// folded tells which commits count with others.
func folded(commits []flow.PullCommit) (out []string) {
	n, counted := 0, 0
	for _, c := range commits {
		n += len(c.Folded)
		if c.Counted {
			counted++
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		out = append(out, "One commit is marked to be squashed into another; both are judged as one.")
	default:
		out = append(out, fmt.Sprintf("%d commits are marked to be squashed into others, and are judged with them.", n))
	}
	if counted > 0 {
		out = append(out, "Not all of their diffs could be made one; the sizes are sums there.")
	}
	return out
}

var errLone = errors.New("it is marked to be squashed into a commit that is not in this pull request")

// Lone is what is said of a commit that is to be squashed into one that is not there.
func Lone(c *change.Change) verdict.Judgement {
	j := verdict.Failed(c.ID, c.Kind, errLone)
	j.Subject, j.Author, j.Size, j.Reason, j.Error = c.Subject, c.Author.String(), c.Size, errLone.Error(), nil
	return j
}
