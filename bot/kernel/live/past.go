package live

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Past is a set of trees as they were on the days that a preview replays. It
// implements run.Trees.
type Past struct {
	Set *trees.Set
	Now func() time.Time // the day that is replayed
}

// pastLag: what counts is the day before. A commit carries the date that its
// author wrote it, and in a rewritten history that is all there is: on its own
// day a patch would be taken for merged already.
const pastLag = 24 * time.Hour

func (p *Past) day() time.Time { return p.Now().Add(-pastLag) }

// Refresh implements run.Trees. The state moves with the days; nothing is
// fetched.
func (p *Past) Refresh(ctx context.Context, _ bool) (string, error) {
	var b strings.Builder
	for _, x := range p.Set.List(ctx, p.day()) {
		fmt.Fprintf(&b, "%s %s %s %s\n", x.Role, x.Name, x.Tip, x.State)
	}
	return b.String(), ctx.Err()
}

// Facts implements run.Trees.
func (p *Past) Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	return p.Set.Facts(ctx, c, before, p.day())
}

// Merged implements run.Trees.
func (p *Past) Merged(ctx context.Context, id string) (*change.Change, error) {
	return merged(ctx, p.Set, id)
}

// Branches implements run.Trees.
func (p *Past) Branches() []string { return p.Set.Branches() }

// Forecast judges with the catalogue and the trees of the day before a change
// was posted; t may be nil.
func Forecast(judge verdict.Judge, t *Trees) func(context.Context, *change.Change, *rules.Series, time.Time) (verdict.Judgement, error) {
	return func(ctx context.Context, c *change.Change, s *rules.Series, posted time.Time) (verdict.Judgement, error) {
		day := posted.Add(-pastLag)
		var tree *rules.Tree
		if t != nil {
			set, done := t.use()
			defer done()
			if set == nil {
				return verdict.Judgement{}, ErrNotRead
			}
			var err error
			if tree, err = set.Facts(ctx, c, nil, day); err != nil {
				return verdict.Judgement{}, err
			}
		}
		then := judge // a copy: it is used by many at once
		then.AsOf = day
		return then.Change(c, s, tree), nil
	}
}
