package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Trees is what the configured git remotes know. Where it fails, judging goes
// on: what it would say is unknown then.
type Trees interface {
	// Refresh takes in what was fetched; ask has the remotes asked first. state
	// names where the branches stand, so that it differs when one has moved; it
	// is "" when nothing could be read. With a state the error tells what is
	// missing of it.
	Refresh(ctx context.Context, ask bool) (state string, err error)
	// Facts says what is known of a change today; before are the patches of its
	// posting that stand before it.
	Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error)
	// Merged reads a mainline commit.
	Merged(ctx context.Context, id string) (*change.Change, error)
	// Branches are the names of the stable branches, newest first.
	Branches() []string
}

// How long the trees may take. A plan over four branches takes some 60 ms;
// what takes longer than factsTime has met a missing object or a full disk.
// The first reading of a kernel's history takes about a minute, of a slow one
// with its fetch a quarter of an hour.
const (
	factsTime     = 10 * time.Second
	askTime       = time.Minute
	treesEvery    = time.Minute
	treesAsk      = 15 * time.Minute
	treesPatience = 15 * time.Minute
)

// How much work the trees may do for a change, in about nanoseconds: a start, and
// more for each line of the patch, which is a second for a MB.
const (
	factsWork     = 3e9
	factsWorkLine = 30_000
)

// A series is judged again when a branch moves until it is reviveFor old: a
// development cycle and its merge window. One after another with reviveEvery
// between them, so that new mail is not kept waiting.
const (
	reviveFor   = 90 * 24 * time.Hour
	reviveEvery = 200 * time.Millisecond
)

// treesCursor is where the state is kept that everything was last judged by.
const treesCursor = "trees"

// open are the verdicts that a moving branch may change. What is out of scope
// stays so.
var open = []verdict.Verdict{verdict.Wait, verdict.Uncertain, verdict.StableEligible, verdict.DKMSOnly, verdict.NotNeeded}

// watch looks after the trees until ctx ends. A process that reads no source
// itself asks the remotes now and then: nobody else fetches them for it.
func (b *Bot) watch(ctx context.Context) {
	var asked time.Time
	for ctx.Err() == nil {
		if now := b.Clock.Now(); int(b.reads.Load()) < len(b.Sources) && now.Sub(asked) >= treesAsk {
			if !asked.IsZero() { // at the start another process may be about to let go
				_ = b.askRemotes(ctx) // said there
			}
			asked = now
		}
		b.lookAtTrees(ctx)
		select {
		case <-ctx.Done():
		case <-b.leading:
		case <-b.Clock.After(treesEvery):
		}
	}
}

// lookAtTrees takes in what was fetched, and has everything judged again that a
// move may have changed.
func (b *Bot) lookAtTrees(ctx context.Context) {
	if b.Trees == nil {
		return
	}
	var state string
	err := guarded(func() (err error) { state, err = b.Trees.Refresh(ctx, false); return err })
	if ctx.Err() != nil {
		return
	}
	b.lookedOnce.Do(func() { close(b.looked) })
	b.report(ctx, "trees", err)
	if err != nil {
		b.log.Warn("the trees could not be read; what they would say is unknown", zap.Error(err))
	}
	b.stands.set(state)
	if state == "" || !b.leads.Load() {
		return // one process says what is judged again, by the trees that it has
	}
	if state = b.newest(ctx, state); state == "" {
		return
	}
	if b.Clock.Now().Sub(b.followed) >= followEvery {
		b.follow(ctx)
	}
	if err := b.revive(ctx, state); err != nil && ctx.Err() == nil {
		b.log.Warn("what a moved branch concerns could not be judged again; it is tried again", zap.Error(b.failed(err)))
	}
}

// followEvery is how often outcomes are looked for when no branch moves: what
// was judged since may have been in one already.
const followEvery = time.Hour

// follow writes down what became of what was judged.
func (b *Bot) follow(ctx context.Context) {
	if b.Follow == nil || b.Trees == nil || ctx.Err() != nil {
		return
	}
	err := guarded(func() error { return b.Follow(ctx) })
	if ctx.Err() != nil {
		return
	}
	b.report(ctx, "outcomes", err)
	if err != nil {
		b.log.Warn("the outcomes could not be looked for; it is tried again", zap.Error(b.failed(err)))
		return
	}
	b.followed = b.Clock.Now()
}

func (b *Bot) revive(ctx context.Context, state string) error {
	now, digest := b.Clock.Now(), digestOf(state)
	last, err := b.Journal.Cursor(ctx, treesCursor)
	if err != nil {
		return err
	}
	if last == digest {
		b.stands.judged = digest
		return nil
	}
	b.follow(ctx) // before anything is judged by it
	since := now.Add(-reviveFor)
	commits, err := b.reviveCommits(ctx, since)
	if err != nil {
		return err
	}
	pulls := 0
	for source := range b.PullSinks {
		n, err := b.Journal.RemindPulls(ctx, source, now)
		if err != nil {
			return err
		}
		pulls += n
	}
	n, err := b.Journal.Revive(ctx, flow.Revival{At: now, Every: reviveEvery, Since: since, Verdicts: open}, flow.Cursor{Key: treesCursor, Value: digest, From: &last})
	if err != nil {
		return err
	}
	b.stands.judged = digest
	b.log.Info("branches moved: what they concern is judged again", zap.Int("series", n), zap.Int("pulls", pulls), zap.Int("commits", commits))
	wake(b.mailed)
	return nil
}

// reviveCommits judges commits again, and keeps what is another judgement now.
func (b *Bot) reviveCommits(ctx context.Context, since time.Time) (n int, err error) {
	commits, err := b.Journal.OpenCommits(ctx, since, open)
	if err != nil {
		return 0, err
	}
	for _, before := range commits {
		if over(ctx) || !b.leads.Load() { // another process leads now
			return n, cmp.Or(ctx.Err(), flow.ErrTemporary)
		}
		c, err := b.merged(ctx, before.ID)
		if err != nil {
			continue // of a tree that is no mainline, or not there any more
		}
		tree, err := b.facts(ctx, c, nil)
		if err != nil {
			continue // said by facts; it stays as it was
		}
		now := before
		now.Judgement = b.judge(c, nil, tree)
		if now.Error = before.Error; reflect.DeepEqual(before.Judgement, now.Judgement) || plan.Same(before.Judgement, now.Judgement) {
			continue
		}
		now.At = b.Clock.Now()
		if err := b.Journal.KeepJudged(ctx, now, flow.Cursor{}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// facts says what the trees know of a change; nil without trees. It is bounded
// in time and never panics.
func (b *Bot) facts(ctx context.Context, c *change.Change, before []*change.Change) (t *rules.Tree, err error) {
	if b.Trees == nil || c == nil {
		return nil, nil
	}
	limited, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	limited, end := budget.With(limited, factsWork+factsWorkLine*int64(c.Size.LinesWithContext))
	defer end()
	err = guarded(func() (err error) { t, err = b.Trees.Facts(limited, c, before); return err })
	if ctx.Err() != nil && err != nil {
		return nil, err
	}
	if budget.Spent(limited) {
		b.log.Warn("what the trees know of a change is too expensive to find out", aboutMail(c.ID))
		return nil, budget.ErrSpent
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s: %w", factsTime, err)
	}
	b.report(ctx, "trees.facts", err)
	if err != nil {
		b.log.Warn("what the trees know of a change is unknown", aboutMail(c.ID), zap.Error(err))
		return nil, err
	}
	return t, nil
}

func (b *Bot) merged(ctx context.Context, id string) (c *change.Change, err error) {
	limited, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	err = guarded(func() (err error) { c, err = b.Trees.Merged(limited, id); return err })
	if c != nil {
		err = nil // read in part
	}
	return c, err
}

// askRemotes is for a person who wants it judged anew: what the remotes have
// now is fetched. It says what could not be.
func (b *Bot) askRemotes(ctx context.Context) (problem string) {
	if b.Trees == nil {
		return ""
	}
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err := guarded(func() error { _, err := b.Trees.Refresh(limited, true); return err })
	if err != nil {
		b.log.Warn("the remotes could not be asked for a recheck", zap.Error(err))
		return "not every remote could be asked just now, so what it had last counts"
	}
	return ""
}

// asMerged is a posted patch as mainline has it: what was merged counts, not
// what was posted. differs says in a few words how they differ, "" when they
// do not.
func (b *Bot) asMerged(ctx context.Context, c *change.Change, t *rules.Tree) (judged *change.Change, differs string) {
	if t == nil || !t.Mainline.Has || t.Mainline.SHA == "" || c.Kind != change.Mail || len(c.Origin) > 0 {
		return c, ""
	}
	m, err := b.merged(ctx, t.Mainline.SHA)
	if err != nil || len(m.Files) == 0 || sameCode(c, m) {
		return c, ""
	}
	as := *m
	as.ID, as.Kind, as.Prefix, as.Date = c.ID, c.Kind, c.Prefix, c.Date
	return &as, fmt.Sprintf("mainline has it as %.12s, which is another patch than the one posted: %d lines with context instead of %d",
		t.Mainline.SHA, m.Size.LinesWithContext, c.Size.LinesWithContext)
}

// sameCode compares the added and removed lines, file by file; positions,
// context and spaces do not count.
func sameCode(a, b *change.Change) bool {
	return slices.Equal(codeOf(a), codeOf(b))
}

func codeOf(c *change.Change) []string {
	var out []string
	for _, f := range c.Files {
		out = append(out, f.OldName+" "+f.NewName)
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Old() != l.New() {
					out = append(out, l.Op.String()+strings.Join(strings.Fields(l.Line), ""))
				}
			}
		}
	}
	return out
}
