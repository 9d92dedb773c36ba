package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
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

// branches are the names of those that are configured.
func (r *remotes) branches() []string {
	if r.Trees == nil {
		return nil
	}
	return r.Trees.Branches()
}

// facts says what the trees know of a change; nil without trees. It is bounded
// in time and never panics.
func (r *remotes) facts(ctx context.Context, c *change.Change, before []*change.Change) (t *rules.Tree, err error) {
	if r.Trees == nil || c == nil {
		return nil, nil
	}
	limited, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	limited, end := budget.With(limited, factsWork+factsWorkLine*int64(c.Size.LinesWithContext))
	defer end()
	err = guarded(func() (err error) { t, err = r.Trees.Facts(limited, c, before); return err })
	if ctx.Err() != nil && err != nil {
		return nil, err
	}
	if budget.Spent(limited) {
		r.log.Warn("what the trees know of a change is too expensive to find out", aboutMail(c.ID))
		return nil, budget.ErrSpent
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s: %w", factsTime, err)
	}
	r.report(ctx, "trees.facts", err)
	if err != nil {
		r.log.Warn("what the trees know of a change is unknown", aboutMail(c.ID), zap.Error(err))
		return nil, err
	}
	return t, nil
}

func (r *remotes) merged(ctx context.Context, id string) (c *change.Change, err error) {
	limited, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	err = guarded(func() (err error) { c, err = r.Trees.Merged(limited, id); return err })
	if c != nil {
		err = nil // read in part
	}
	return c, err
}

// ask is for a person who wants it judged anew: what the remotes have
// now is fetched. It says what could not be.
func (r *remotes) ask(ctx context.Context) (problem string) {
	if r.Trees == nil {
		return ""
	}
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err := guarded(func() error { _, err := r.Trees.Refresh(limited, true); return err })
	if err != nil {
		r.log.Warn("the remotes could not be asked for a recheck", zap.Error(err))
		return "not every remote could be asked just now, so what it had last counts"
	}
	return ""
}

// asMerged is a posted patch as mainline has it: what was merged counts, not
// what was posted. differs says in a few words how they differ, "" when they
// do not.
func (r *remotes) asMerged(ctx context.Context, c *change.Change, t *rules.Tree) (judged *change.Change, differs string) {
	if t == nil || !t.Mainline.Has || t.Mainline.SHA == "" || c.Kind != change.Mail || len(c.Origin) > 0 {
		return c, ""
	}
	m, err := r.merged(ctx, t.Mainline.SHA)
	if err != nil || len(m.Files) == 0 || sameCode(c, m) {
		return c, ""
	}
	as := *m
	as.ID, as.Kind, as.Prefix, as.Date = c.ID, c.Kind, c.Prefix, c.Date
	return &as, fmt.Sprintf("mainline has it as %.12s, which is another patch than the one posted: %s with context instead of %d",
		t.Mainline.SHA, change.Count(m.Size.LinesWithContext, "line"), c.Size.LinesWithContext)
}

// sameCode compares the added and removed lines, file by file; positions,
// context and spaces do not count.
func sameCode(a, b *change.Change) bool {
	return slices.Equal(codeOf(a), codeOf(b))
}

func codeOf(c *change.Change) []string {
	var out []string
	for _, f := range c.Files {
		out = append(append(out, f.OldName+" "+f.NewName), linesOf(f)...)
	}
	return out
}

// linesOf are the lines of files that change, without blanks.
func linesOf(files ...*gitdiff.File) (out []string) {
	for _, f := range files {
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
