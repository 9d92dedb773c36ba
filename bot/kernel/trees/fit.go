package trees

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/merge"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/tree"
)

// fit finds out how the change goes onto the branch, and what has to go in first.
func (s *Set) fit(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) {
	if statesOnly(ctx) {
		out.Why = unasked
		return
	}
	s.lay(ctx, c, v, t, out)
	if out.State == affected && out.Applies != notTried && asked(ctx, v.name) && !s.mates(ctx, c, v, t, out) {
		s.lacks(ctx, c, v, t, out)
	}
}

// lay puts the change onto the branch as it is.
func (s *Set) lay(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) {
	r := apply.Files(ctx, t, c.Files)
	switch r.How {
	case apply.Exact, apply.Offset:
		out.Applies = tree.Applies(r.How.String())
		return
	case apply.Unknown:
		out.Applies, out.Why = notTried, r.Why()
		return
	}
	out.Why = r.Why()
	var merged merge.Result
	var err error
	if !collides(ctx, t, c.Files) {
		merged, err = s.merges(ctx, c, v, t)
	}
	switch {
	case err != nil:
		out.Applies, out.Why = notTried, "merging it failed: "+err.Error()
	case merged.Same:
		out.State, out.Applies, out.Why = present, notTried, "its content is there already"
	case merged.Clean:
		out.Applies, out.Why = threeWay, ""
	case apply.Check(ctx, t, apply.Reverse(c.Files)) == apply.Exact:
		out.State, out.Applies, out.Why = present, notTried, "its lines are there already"
	default:
		out.Applies = needsHand
	}
}

// lacks asks what mainline has that the branch needs before the change: where it
// does not go on, and where it does but uses what is not there.
func (s *Set) lacks(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) {
	if s.cfg.Prerequisites == nil {
		return
	}
	fits := out.Applies != needsHand
	w := Wanted{Change: c.Change, Mainline: c.carrier, Tree: t, Branch: v.name, Fits: fits,
		Has: func(id string) bool { return s.holds(v, id, c.asOf) }}
	if c.me.at == 0 {
		p := s.proposed(ctx, c)
		switch {
		case p != nil:
			w.Files, w.There = p.files, func(id string) bool { at := s.main.Find(id); return at != 0 && at <= p.last }
		case fits:
			w.Files = c.Files
		case c.carrier == "":
			return
		}
	}
	pile, err := s.cfg.Prerequisites.Find(ctx, w)
	switch {
	case err != nil && fits:
		return // how it applies is known, and that is told
	case err != nil:
		out.Why += "; what it needs first was not found out: " + err.Error()
		return
	case !pile.More && len(pile.Commits) == 0:
		return
	}
	if fits {
		out.Why = "it applies, and its tags name what has to go in first"
		if len(pile.Missing) > 0 {
			out.Why = fmt.Sprintf("it applies, but %s, which it uses, is not in %s", some(pile.Missing), v.name)
		}
	}
	if !pile.More {
		if stuck := s.tried(ctx, c, v, t, pile.Commits); stuck != "" {
			pile.More = true
			out.Why += "; " + stuck
		}
	}
	if out.Applies = needsPre; pile.More {
		// Part of what it stands on is no plan: an adjusted patch may need none of
		// it, so the branch is told what is known and nothing to pick.
		out.Applies = needsHand
		out.Why += "; what it stands on was not found in full"
		pile.Commits, pile.Enabling, pile.Needs = nil, nil, nil
	}
	out.Prerequisites, out.PileLines, out.PileMore, out.PileBeyond, out.Enabling = pile.Commits, pile.Lines, pile.More, pile.Beyond,
		pile.Enabling
	out.Needs = pile.Needs
}

// holds reports whether a branch has a mainline commit, as itself or as a
// backport. What came after the day is not asked for.
func (s *Set) holds(v view, id string, asOf time.Time) bool {
	p := s.main.Find(id)
	if p == 0 {
		return false
	}
	if !s.main.seen(p, asOf) {
		return true
	}
	_, _, ok := s.has(v, same{at: p, all: s.main.twins(p, time.Time{}), title: s.main.Title(p), date: s.main.AuthorDate(p)})
	return ok
}

// tried picks mainline commits onto a branch and then the change, one after the
// other, as who backports would. It is "" when all go in, and says otherwise which
// does not.
func (s *Set) tried(ctx context.Context, c *question, v view, ours *objects.Snapshot, ids []string) string {
	const failed = "what it stands on could not be tried: "
	if c.carrier != "" {
		ids = append(slices.Clone(ids), c.carrier)
	}
	var trees [][2]string
	for _, id := range ids {
		base, err := s.main.at(ctx, id+"^")
		if err != nil {
			return failed + err.Error()
		}
		theirs, err := s.main.at(ctx, id)
		if err != nil {
			return failed + err.Error()
		}
		if v.repo != s.main.repo {
			for _, root := range []string{base.Root, theirs.Root} {
				if _, err := v.Stat(ctx, root); err != nil {
					return failed + "the branch's repository has not the objects of mainline"
				}
			}
		}
		trees = append(trees, [2]string{base.Root, theirs.Root})
	}
	var top []merge.File
	of := len(ids)
	if c.carrier == "" {
		base, theirs, err := s.sides(ctx, c, v)
		ok := err == nil && base != nil
		if ok {
			top, ok, err = versions(ctx, c.Files, base, ours, theirs, v.repo == s.main.repo)
		}
		if err != nil || !ok {
			return failed + "the versions that it was made from are not here, or do not merge as text"
		}
		if len(top) > 0 { // else it only makes files, and none of them is there
			of++
		}
	}
	fits, last, err := v.merger.Chain(ctx, ours.Root, trees, top, s.strays(ctx, ours, ids[len(ids)-1]))
	switch {
	case err != nil:
		return failed + err.Error()
	case fits == of && last.Odd != "":
		return last.Odd
	case fits == of:
		return ""
	case fits == of-1:
		return fmt.Sprintf("with %s first it still conflicts in %s", counted(fits, "commit that it stands on", "commits that it stands on"),
			some(last.Conflicts))
	}
	return fmt.Sprintf("%.12s, on which it stands, conflicts in %s", ids[fits], some(last.Conflicts))
}

// strays says of what was merged onto a branch which variable it uses and has not: such a
// merge is clean and does not compile. newest is the last mainline commit that went in.
func (s *Set) strays(ctx context.Context, ours *objects.Snapshot, newest string) merge.Look {
	return func(files map[string][]byte) (string, error) {
		theirs, err := s.main.at(ctx, newest)
		if err != nil {
			return "", err
		}
		found, err := backport.StraysIn(ctx, ours, theirs, files)
		if err != nil || len(found) == 0 {
			return "", err
		}
		return "it goes on with what it stands on first, but " + found[0].String(), nil
	}
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "the " + one
	}
	return fmt.Sprintf("the %d %s", n, more)
}

// some names the first of several paths.
func some(paths []string) string {
	if n := len(paths) - 1; n > 0 {
		return fmt.Sprintf("%s (and %d more)", paths[0], n)
	}
	return strings.Join(paths, "")
}
