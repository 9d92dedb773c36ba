package corpus

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/release"
)

// Branches adds to each change of a corpus what stable branches of its repository
// said on the day before, and what they did later.
type Branches struct {
	set  *trees.Set
	ends map[string]time.Time // the day from which nothing tells what a branch took
}

// arriving is what a fix may take to come into a branch.
const arriving = 90 * 24 * time.Hour

// NewBranches takes a set over; Close closes it.
func NewBranches(ctx context.Context, set *trees.Set) (*Branches, error) {
	b := &Branches{set: set, ends: map[string]time.Time{}}
	for _, name := range set.Branches() {
		at, ok := set.Place(name)
		if !ok {
			continue
		}
		last, err := lastBackport(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("reading the backports of %s: %w", name, err)
		}
		if !last.IsZero() {
			b.ends[name] = last.Add(-arriving)
		}
	}
	return b, nil
}

// recent bounds how many commits are read for the last backport among them.
const recent = 5000

// lastBackport is the author's date of the youngest commit of a branch that carries
// one of mainline. The tip may be something else: who keeps a copy of a branch puts
// commits of his own on top for years. Committers' dates are, in a rewritten history,
// those of the import.
func lastBackport(ctx context.Context, at trees.Place) (time.Time, error) {
	out, err := at.Repo.Output(ctx, "looking for backports", "log", "--no-merges", "--no-show-signature", "-n", strconv.Itoa(recent),
		"--format=%at %b%x00", at.Tip)
	if err != nil {
		return time.Time{}, err
	}
	var last int64
	for entry := range strings.SplitSeq(string(out), "\x00") {
		when, body, _ := strings.Cut(strings.TrimSpace(entry), " ")
		seconds, err := strconv.ParseInt(when, 10, 64)
		if err == nil && seconds > last && carries.MatchString(body) {
			last = seconds
		}
	}
	if last == 0 {
		return time.Time{}, nil
	}
	return time.Unix(last, 0).UTC(), nil
}

// carries is how a backport names the commit that it carries.
var carries = regexp.MustCompile(`(?im)^\s*(?:commit [0-9a-f]{12,64} upstream|\[ upstream commit [0-9a-f]{12,64} \])`)

// Close closes the set.
func (b *Branches) Close() {
	if b != nil {
		_ = b.set.Close()
	}
}

// Ask fills what the branches say on the day before the change was written. A
// branch that left mainline with the release that carries the change, or later,
// was not there on that day. Nil adds nothing.
func (b *Branches) Ask(ctx context.Context, c *Corpus, s *Subject) {
	if b == nil || s.Tree == nil {
		return
	}
	t, err := b.set.Facts(ctx, s.Change, nil, s.AsOf.AddDate(0, 0, -1))
	if err != nil {
		c.Fail(s, err)
		return
	}
	s.Tree.Branches = slices.DeleteFunc(t.Branches, func(x rules.Branch) bool {
		return s.Group != "" && !release.Newer(s.Group, x.Name)
	})
	for i := range s.Tree.Culprits {
		if i < len(t.Culprits) {
			s.Tree.Culprits[i].Branches = t.Culprits[i].Branches
		}
	}
	s.Tree.Silicon = t.Silicon
}

// Fate is what a branch did with a change.
type Fate struct {
	Known bool // it is known what the branch took at that time
	Taken bool
}

// Fates says what each branch of the set did with a change: by its commits, and by
// the tables.
func (b *Branches) Fates(ctx context.Context, c *Corpus, s *Subject) map[string]Fate {
	if b == nil {
		return nil
	}
	out := map[string]Fate{}
	for _, name := range b.set.Branches() {
		out[name] = Fate{Known: s.AsOf.Before(b.ends[name]) || c.coverage.Sees(name, s.AsOf)}
	}
	for _, f := range b.set.Fates(ctx, s.Change) {
		if f.Branch != "" && !f.Begun {
			out[f.Branch] = Fate{true, true}
		}
	}
	in := s.Label.In
	if tables, ok := c.labels.(truth.Tables); ok {
		in = tables.In(s.Change)
	}
	for _, release := range in {
		series := release
		if parts := strings.SplitN(release, ".", 3); len(parts) > 1 {
			series = parts[0] + "." + parts[1]
		}
		if _, ok := out[series]; ok {
			out[series] = Fate{true, true}
		}
	}
	return out
}
