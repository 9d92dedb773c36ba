package audit

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// names asks whether all is there that a commit stands on: what its tags name, and the
// names that its lines use.
func names(ctx context.Context, a *auditor, it *Item) error {
	a.asked(it)
	if it.Upstream == "" {
		return nil // nothing says which names mainline had
	}
	lacks, err := a.lacking(ctx, it)
	if err != nil {
		it.unchecked("the names that it uses: %v", err)
		return ctx.Err()
	}
	for path, ls := range lacks {
		for _, l := range ls {
			if err := a.tellLack(ctx, it, path, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// asked tells which commits that a tag asks to take first are not there, or come later.
func (a *auditor) asked(it *Item) {
	c := it.own
	if it.upstream != nil {
		c = it.upstream
	}
	for i := range c.Stable {
		tag := &c.Stable[i]
		if len(tag.Versions) > 0 && !slices.Contains(tag.Versions, a.Line.Name()) {
			continue // for another branch
		}
		for _, need := range tag.Needs {
			k, ok := a.named(need)
			if !ok {
				continue
			}
			a.tellNeed(it, k, "its stable tag asks to take "+need.Subject+" first")
		}
	}
	// A commit that was taken for this one says so itself.
	for _, other := range a.items {
		if other.Number <= it.Number || other.own == nil {
			continue
		}
		for _, dep := range other.own.DependsOn {
			if dep.Form != "dep-of" || it.Upstream == "" {
				continue
			}
			if k, ok := a.named(dep); ok && k.ID == it.Upstream {
				it.add(Finding{Kind: Behind, Commit: other.ID, Title: other.Title,
					Text: fmt.Sprintf("%.12s (%q) was taken for it and stands behind it", other.ID, other.Title)})
			}
		}
	}
}

// named finds a commit that a tag names, by its id, else by its title.
func (a *auditor) named(o change.Origin) (trees.Known, bool) {
	if k, ok := a.Set.KnownAs(o.SHA); ok {
		return k, true
	}
	return a.Set.KnownTitled(o.Subject)
}

// tellNeed tells that a mainline commit that comes first is missing, or stands behind.
func (a *auditor) tellNeed(it *Item, k trees.Known, why string) {
	if a.Line.Standing(k, it.Number-1).In() {
		return
	}
	s := a.Line.Standing(k, a.Line.Len())
	if s.In() && s.Number == it.Number {
		return
	}
	f := Finding{Kind: Missing, Commit: k.ID, Text: why + "; it is not there"}
	if s.In() {
		f.Kind, f.Commit, f.Text = Behind, s.Commit, fmt.Sprintf("%s; it comes later, as %.12s", why, s.Commit)
	}
	it.add(f)
}

// lacking are the names that a commit uses and its tree has not, by file.
func (a *auditor) lacking(ctx context.Context, it *Item) (map[string][]backport.Lack, error) {
	before, err := a.Line.At(ctx, it.ID+"^")
	if err != nil {
		return nil, err
	}
	after, err := a.Line.At(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	mainline, err := a.Set.At(ctx, it.Upstream+"^")
	if err != nil {
		return nil, err
	}
	from := map[string]string{} // mainline's paths, by the last part
	for _, f := range it.upstream.Files {
		from[path.Base(f.NewName)] = f.NewName
	}
	out := map[string][]backport.Lack{}
	for _, f := range it.own.Files {
		if f.IsNew || f.IsDelete || f.IsBinary || !strings.HasSuffix(f.NewName, ".c") && !strings.HasSuffix(f.NewName, ".h") {
			continue
		}
		u := backport.Used{Path: f.NewName, From: f.NewName, Before: before, After: after, Mainline: mainline}
		if m := from[path.Base(f.NewName)]; m != "" {
			u.From = m
		}
		old, err := content(ctx, before, f.OldName)
		if err != nil {
			return nil, err
		}
		now, err := content(ctx, after, f.NewName)
		if err != nil {
			return nil, err
		}
		u.Edits = backport.Edits(old, now)
		for _, o := range it.own.Files {
			if o.NewName != "" && o.NewName != f.NewName {
				u.Others = append(u.Others, o.NewName)
			}
		}
		ls, err := a.Set.Words().Lacking(ctx, u)
		if err != nil {
			return nil, err
		}
		if len(ls) > 0 {
			out[f.NewName] = ls
		}
	}
	return out, nil
}

// tellLack tells of a name, with the commit that brings it where that is known.
func (a *auditor) tellLack(ctx context.Context, it *Item, file string, l backport.Lack) error {
	elsewhere, err := a.anywhere(ctx, it.ID, l)
	if err != nil {
		it.unchecked("whether the tree has %s: %v", l.Name, err)
	}
	if err != nil || elsewhere {
		return ctx.Err()
	}
	place := fmt.Sprintf("%s:%d", file, l.Line)
	f := Finding{Kind: NameMissing, File: file, Func: l.In, Line: l.Line, Name: l.Name, Text: fmt.Sprintf("%s: %s, which it uses, is not in the tree", place, l.Name)}
	if l.Shape {
		f.Text = fmt.Sprintf("%s: %s takes other arguments in the tree", place, l.Name)
	}
	for _, other := range a.items {
		if other.Number > it.Number && other.own != nil && !l.Shape && puts(other.own, l) {
			f.Kind, f.Commit, f.Title = Behind, other.ID, other.Title
			f.Text = fmt.Sprintf("%s: %s, which it uses, comes later, with %.12s (%q)", place, l.Name, other.ID, other.Title)
			it.add(f)
			return nil
		}
	}
	id, title, err := a.bringer(ctx, it.Upstream, l)
	if err != nil {
		it.unchecked("which commit brings %s: %v", l.Name, err)
	}
	if id != "" && !l.Shape {
		f.Kind, f.Commit, f.Title = Missing, id, title
		f.Text = fmt.Sprintf("%s: %s, which it uses, is not in the tree; mainline has it from %.12s (%q)", place, l.Name, id, title)
	}
	it.add(f)
	return nil
}

// anywhere reports whether some header of the tree has a name after all.
func (a *auditor) anywhere(ctx context.Context, id string, l backport.Lack) (bool, error) {
	if l.Shape {
		return false, nil
	}
	return a.has(ctx, id, l.Name, "*.h", ":!*/asic_reg/*")
}

// has reports whether files of a tree have a word.
func (a *auditor) has(ctx context.Context, tree, word string, files ...string) (bool, error) {
	id, err := a.Line.Repo().Resolve(ctx, tree)
	if err != nil {
		return false, err
	}
	args := append([]string{"grep", "-q", "-w", "-F", "-e", word, id, "--"}, files...)
	_, err = a.Line.Repo().Output(ctx, "looking for "+word, args...)
	var e *git.Error
	if errors.As(err, &e) && e.ExitCode() == 1 {
		return false, nil
	}
	return err == nil, err
}

// puts reports whether a change puts a name into the file where mainline has it.
func puts(c *change.Change, l backport.Lack) bool {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(l.Name) + `\b`)
	for _, f := range c.Files {
		if path.Base(f.NewName) != path.Base(l.Where) {
			continue
		}
		for _, h := range f.TextFragments {
			for _, x := range h.Lines {
				if x.Op == gitdiff.OpAdd && word.MatchString(x.Line) {
					return true
				}
			}
		}
	}
	return false
}

// bringer is the mainline commit that first had a name in the file where mainline has it.
func (a *auditor) bringer(ctx context.Context, upstream string, l backport.Lack) (id, title string, err error) {
	out, err := a.Set.Mainline().Repo.Output(ctx, "looking for who brought a name", "log", "--reverse", "--format=%H %s", "-S"+l.Name, upstream, "^"+a.Line.Fork(), "--", l.Where)
	if err != nil {
		return "", "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	id, title, _ = strings.Cut(line, " ")
	return id, title, nil
}
