package backport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Range is where mainline and a branch left each other, and what is compared: commits.
type Range struct {
	Fork, Base, Ours string
	// Tip is mainline's, on which Base stands: what is read of the range once serves each
	// Base. Without Touched nothing is kept.
	Tip     string
	Touched *Touched
}

// asker asks git about one range.
type asker struct {
	Range
	r *git.Repo
}

// takeable is how many lines with context a commit may have that is no fix and is taken
// along for one: the documented limit of a stable patch.
const takeable = 100

// maxRefused bounds the edits of one change for which git is asked.
const maxRefused = 40

// InWay names for each edit that was refused the commit that stands in its way. An edit
// without one is left out.
func InWay(ctx context.Context, r *git.Repo, where Range, res *Result) ([]rules.Conflict, error) {
	var out []rules.Conflict
	n := 0
	base, err := r.Resolve(ctx, where.Base)
	if err != nil {
		return nil, err
	}
	where.Base = base
	if at, err := r.MergeBase(ctx, base, where.Fork); err != nil {
		return nil, err
	} else if at == base {
		where.Fork = base // the change is older than the branch, which lost it
	}
	if where.Touched == nil {
		where.Touched = &Touched{}
	}
	if where.Tip == "" {
		where.Tip = base
	}
	a := &asker{where, r}
	for _, s := range slices.Concat(res.Refused, lackingNames(res.Steps)) {
		if n++; n > maxRefused {
			break
		}
		id, own, err := a.stands(ctx, s)
		if err != nil {
			return nil, err
		}
		if id == "" {
			continue
		}
		c, err := describe(ctx, r, id)
		if err != nil {
			return nil, err
		}
		c.File, c.Line, c.In, c.Own = s.File, s.Line, s.In, own
		out = append(out, c)
	}
	return out, nil
}

// lackingNames are the steps that go in but for a name that the branch lacks.
func lackingNames(steps []Step) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return len(s.Misses) == 0 })
}

func describe(ctx context.Context, r *git.Repo, id string) (rules.Conflict, error) {
	c := rules.Conflict{Commit: id}
	ch, err := r.Change(ctx, id)
	if ch == nil {
		if git.Incomplete(err) || errors.Is(err, git.ErrMissing) {
			return c, nil
		}
		return c, err
	}
	c.Title, c.Lines = ch.Subject, ch.Size.LinesWithContext
	c.Fix = len(ch.Fixes) > 0 || slices.ContainsFunc(ch.Stable, func(s change.StableTag) bool { return !s.NoAutosel })
	switch {
	case c.Fix && c.Lines <= 2*takeable:
		c.Take, c.Why = true, fmt.Sprintf("it is a fix itself, %s", change.Count(c.Lines, "line"))
	case c.Fix:
		c.Why = fmt.Sprintf("a fix, but of %s", change.Count(c.Lines, "line"))
	case c.Lines <= takeable/2:
		c.Take, c.Why = true, fmt.Sprintf("it is small, %s", change.Count(c.Lines, "line"))
	default:
		c.Why = fmt.Sprintf("no fix, and %s", change.Count(c.Lines, "line"))
	}
	return c, nil
}

// stands asks who last changed the lines: of mainline where they differ from the branch's,
// else of the branch, else of mainline where it took away what the branch has.
func (a *asker) stands(ctx context.Context, s Step) (id string, own bool, err error) {
	for _, w := range s.drift {
		if w.name != "" {
			if id, err = a.brought(ctx, w.path, w.name); id != "" || err != nil {
				return id, false, err
			}
		}
		ids, err := a.blame(ctx, a.Base, w.path, w.from, w.to)
		if err != nil {
			return "", false, err
		}
		if id = most(ids); id != "" {
			return id, false, nil
		}
	}
	path := s.Path
	if path == "" {
		path = s.File
	}
	if s.ours.to > s.ours.from {
		ids, err := a.blame(ctx, a.Ours, path, s.ours.from, s.ours.to)
		if err != nil {
			return "", false, err
		}
		if id = most(ids); id != "" {
			return id, true, nil
		}
	}
	for _, l := range s.extra {
		if !telling(key(l)) {
			continue
		}
		if id, err = a.removed(ctx, s.File, strings.TrimSpace(l)); id != "" || err != nil {
			return id, false, err
		}
	}
	// Nothing of what it changes or stands beside is other than at the fork: what made
	// the function it is in look otherwise comes last.
	if s.block.to > s.block.from {
		ids, err := a.blame(ctx, a.Base, s.File, s.block.from, s.block.to)
		if err != nil {
			return "", false, err
		}
		if id = most(ids); id != "" {
			return id, false, nil
		}
	}
	// Lines that nobody touched since are in the way by where they stand: what last
	// changed the file is as near as git comes, in mainline, else in the branch.
	if id, err = a.last(ctx, a.Base, s.File); id != "" || err != nil {
		return id, false, err
	}
	id, err = a.last(ctx, a.Ours, path)
	return id, true, err
}

// most is the commit of most lines, the last of several.
func most(ids []string) (best string) {
	n := map[string]int{}
	for _, id := range ids {
		if n[id]++; best == "" || n[id] >= n[best] {
			best = id
		}
	}
	return best
}

// blame lists the commits behind fork that last changed lines of a file, one a line;
// lines that are as old as fork are left out.
func (a *asker) blame(ctx context.Context, at, path string, from, to int) ([]string, error) {
	ids, few, err := a.touching(ctx, at, path)
	if err != nil || few && len(ids) == 0 {
		return nil, err
	}
	args := []string{"blame", "--porcelain", "-w", "-L", fmt.Sprintf("%d,%d", from+1, to)}
	if few && a.began(ctx, path) {
		revs, remove, err := walk(a.Fork, ids)
		if err != nil {
			return nil, err
		}
		defer remove()
		args, at = append(args, "-S", revs), ids[len(ids)-1]
	}
	out, err := a.r.Output(ctx, "asking who changed lines", append(args, a.Fork+".."+at, "--", path)...)
	if err != nil {
		var e *git.Error
		if errors.As(err, &e) && ctx.Err() == nil {
			return nil, nil // no such file or lines there: nobody
		}
		return nil, err
	}
	old := map[string]bool{}
	var all []string
	last := ""
	for line := range bytes.Lines(out) {
		line = bytes.TrimRight(line, "\n")
		switch {
		case len(line) == 0 || line[0] == '\t':
		case bytes.Equal(line, []byte("boundary")):
			old[last] = true
		default:
			id, rest, _ := strings.Cut(string(line), " ")
			n, _, _ := strings.Cut(rest, " ")
			if _, err := strconv.Atoi(n); err == nil && len(id) == a.r.Digits() {
				last = id
				all = append(all, id)
			}
		}
	}
	return slices.DeleteFunc(all, func(id string) bool { return old[id] }), nil
}

// touching are the commits of the range that touch a file, oldest first; few is false where
// git has to walk all of them to find the ones that count.
func (a *asker) touching(ctx context.Context, at, path string) (ids []string, few bool, err error) {
	tip := a.Tip
	if at == a.Ours {
		tip = a.Ours
	}
	x, err := a.Touched.of(ctx, a.r, a.Fork, tip)
	if err != nil {
		return nil, false, err
	}
	ids, known := x.until(at, path)
	return ids, known && (x.line || len(ids) == 0), nil
}

// began reports whether the range began with a file of this name: where it was renamed, its
// older commits are found by git alone.
func (a *asker) began(ctx context.Context, path string) bool {
	_, err := a.r.Stat(ctx, a.Fork+":"+path)
	return err == nil
}

// last is the newest commit of a range that touches a file.
func (a *asker) last(ctx context.Context, at, path string) (string, error) {
	ids, few, err := a.touching(ctx, at, path)
	switch {
	case err != nil || few && len(ids) == 0:
		return "", err
	case few:
		return ids[len(ids)-1], nil
	}
	return a.first(ctx, "asking who changed a file", a.Fork+".."+at, "--", path)
}

// removed is the last commit that changed how often a file has a line.
func (a *asker) removed(ctx context.Context, path, line string) (string, error) {
	ids, few, err := a.touching(ctx, a.Base, path)
	switch {
	case err != nil || few && len(ids) == 0:
		return "", err
	case few && len(ids) <= maxNamed:
		return a.first(ctx, "asking who took a line away", slices.Concat([]string{"-S" + line, "--no-walk=unsorted"}, newest(ids), []string{"--", path})...)
	}
	return a.first(ctx, "asking who took a line away", "-S"+line, a.Fork+".."+a.Base, "--", path)
}

// brought is the first commit of mainline that changed how often a file has a name.
func (a *asker) brought(ctx context.Context, path, name string) (string, error) {
	ids, few, err := a.touching(ctx, a.Base, path)
	switch {
	case err != nil || few && len(ids) == 0:
		return "", err
	case few && len(ids) <= maxNamed:
		return a.first(ctx, "asking who brought a name", slices.Concat([]string{"-S" + name, "--no-walk=unsorted"}, ids, []string{"--", path})...)
	}
	return "", nil // who changed its line last is near enough
}

// maxNamed bounds the commits that stand on a command line.
const maxNamed = 1000

// first is the first commit that git log tells; "" where it knows none of what is asked.
func (a *asker) first(ctx context.Context, doing string, args ...string) (string, error) {
	out, err := a.r.Output(ctx, doing, append([]string{"log", "-1", "--format=%H", "--no-show-signature"}, args...)...)
	if err != nil {
		var e *git.Error
		if errors.As(err, &e) && ctx.Err() == nil {
			return "", nil
		}
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}
