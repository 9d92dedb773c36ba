package truth

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// Branches are labels from stable branches: a mainline commit was taken when a
// branch has a commit that says so ("commit <sha> upstream", "[ Upstream commit
// <sha> ]", a cherry-pick note), or one with the same title, or the same diff.
type Branches struct {
	Names []string
	// Base is where the oldest branch left mainline: what lies before it can be
	// in no branch, or is in all, and has no label.
	Base    string
	Commits int // of the branches that were read

	bySHA     map[string]mark
	bySubject map[string][]backport
	byPatch   map[string]string
	after     map[string]bool // mainline commits behind Base
}

type mark struct{ branch, how string }

// backport is what is kept of a commit of a branch.
type backport struct {
	branch string
	author string
	files  []string
}

// ReadBranches reads everything that the branches have beyond mainline, below
// paths when there are any. told is called now and then, if set.
func ReadBranches(ctx context.Context, r *git.Repo, mainline string, branches, paths []string,
	told func(branch string, commits int)) (*Branches, error) {
	b := &Branches{Names: branches, bySHA: map[string]mark{}, bySubject: map[string][]backport{}, byPatch: map[string]string{},
		after: map[string]bool{}}
	tip, err := r.Resolve(ctx, mainline)
	if err != nil {
		return nil, err
	}
	for _, name := range branches {
		at, err := r.Resolve(ctx, name)
		if err != nil {
			return nil, err
		}
		base, err := r.MergeBase(ctx, tip, at)
		if err != nil {
			return nil, err
		}
		if base == "" {
			return nil, fmt.Errorf("the stable branch %s has no commit in common with mainline %s in %s; name the right mainline branch", name,
				mainline, r.Path)
		}
		if base == at {
			return nil, fmt.Errorf("the stable branch %s has nothing that mainline %s lacks in %s: is it a stable branch?", name, mainline, r.Path)
		}
		if b.Base == "" {
			b.Base = base
		} else if b.Base, err = r.MergeBase(ctx, b.Base, base); err != nil {
			return nil, err
		}
		for c, err := range r.Changes(ctx, git.Query{Revs: []string{at, "^" + base}, Paths: paths, NoMerges: true}) {
			if err != nil && !git.Incomplete(err) {
				return nil, err
			}
			b.add(name, c)
			if b.Commits++; told != nil && b.Commits%64 == 0 {
				told(name, b.Commits)
			}
		}
	}
	ids, err := r.RevList(ctx, git.Query{Revs: []string{tip, "^" + b.Base}})
	if err != nil {
		return nil, err
	}
	defer ids.Close()
	for {
		id, err := ids.Next()
		if errors.Is(err, io.EOF) {
			return b, nil
		} else if err != nil {
			return nil, err
		}
		b.after[id] = true
	}
}

func (b *Branches) add(branch string, c *change.Change) {
	for _, o := range c.Origin {
		if o.Form != change.FormUpstream && o.Form != change.FormBackport && o.Form != change.FormPick {
			continue
		}
		if k := keyOf(o.SHA); k != "" {
			if _, ok := b.bySHA[k]; !ok {
				b.bySHA[k] = mark{branch, o.Form}
			}
		}
	}
	k := change.FoldTitle(c.Subject)
	b.bySubject[k] = append(b.bySubject[k], backport{branch, c.Author.Name, files(c)})
	if id := change.PatchID(c.Files); id != "" {
		if _, had := b.byPatch[id]; !had {
			b.byPatch[id] = branch
		}
	}
}

// Label says whether a branch took a mainline commit.
func (b *Branches) Label(c *change.Change) Label {
	if !b.after[c.ID] {
		return Label{}
	}
	l := Label{Known: true, Taken: true}
	if m, ok := b.bySHA[keyOf(c.ID)]; ok {
		l.In, l.How = []string{m.branch}, m.how
		return l
	}
	for _, p := range b.bySubject[change.FoldTitle(c.Subject)] {
		if p.author == c.Author.Name && p.author != "" || common(p.files, files(c)) {
			l.In, l.How = []string{p.branch}, "subject"
			return l
		}
	}
	if id := change.PatchID(c.Files); id != "" {
		if branch, ok := b.byPatch[id]; ok {
			l.In, l.How = []string{branch}, "patch-id"
			return l
		}
	}
	return Label{Known: true}
}

// Labelled reports whether the commit can have a label.
func (b *Branches) Labelled(id string) bool { return b.after[id] }

func files(c *change.Change) []string {
	out := make([]string, 0, len(c.Files))
	for _, f := range c.Files {
		out = append(out, name(f))
	}
	return out
}

func name(f *gitdiff.File) string {
	if f.NewName != "" {
		return f.NewName
	}
	return f.OldName
}

func common(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
