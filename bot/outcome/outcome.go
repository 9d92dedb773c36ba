// Package outcome follows what was judged: where each change went in the end,
// and how that agrees with the verdict it had.
//
// Promises:
//
//   - What is stored is what the trees say today. A change that a branch took
//     out again keeps its outcome, with the revert.
//   - An update can be stopped at any time and begun again; changes are gone
//     through in the order of their ids, a page in one transaction.
package outcome

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// page is how many changes are looked at in one transaction.
const page = 500

// Trees tell where a change is.
type Trees interface {
	Fates(ctx context.Context, c *change.Change) []trees.Fate
}

// Summary is what an update found.
type Summary struct {
	Followed int // changes looked at
	Mainline int // of them in mainline
	Taken    int // of them taken by a stable branch
	Changed  int // of them whose outcome is another one than was stored
}

// Update looks for the outcome of every stored change and stores what is new.
func Update(ctx context.Context, s flow.Outcomes, t Trees, now time.Time) (Summary, error) {
	var sum Summary
	for after := ""; ; {
		cs, err := s.Followed(ctx, after, page)
		if err != nil || len(cs) == 0 {
			return sum, err
		}
		ids := make([]string, len(cs))
		for i, c := range cs {
			ids[i] = c.ID
		}
		after = ids[len(ids)-1]
		stored, err := s.OutcomesOf(ctx, ids)
		if err != nil {
			return sum, err
		}
		changed := map[string][]flow.Outcome{}
		for _, c := range cs {
			if ctx.Err() != nil {
				return sum, context.Cause(ctx)
			}
			at := change.Change{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Date: c.Date}
			if c.Kind == change.Commit {
				at.ID = flow.CommitOf(c.ID)
			}
			out := of(c, t.Fates(ctx, &at))
			sum.Followed++
			if len(out) > 0 && out[0].Branch == "" {
				sum.Mainline++
			}
			if slices.ContainsFunc(out, picked) {
				sum.Taken++
			}
			if len(out)+len(stored[c.ID]) > 0 && !reflect.DeepEqual(out, stored[c.ID]) {
				changed[c.ID] = out
			}
		}
		if len(changed) == 0 {
			continue
		}
		if err := s.SetOutcomes(ctx, now, changed); err != nil {
			return sum, fmt.Errorf("storing the outcomes of %s: %w", change.Count(len(changed), "change"), err)
		}
		sum.Changed += len(changed)
	}
}

func of(c flow.Followed, fates []trees.Fate) []flow.Outcome {
	var out []flow.Outcome
	for _, f := range fates {
		out = append(out, flow.Outcome{Change: c.ID, Branch: f.Branch, Commit: f.Commit, How: f.How, At: f.At,
			Release: f.Release, Begun: f.Begun, Reverted: f.Reverted, Followups: f.Followups})
	}
	return out
}

// picked: a stable branch took it, whatever came of it there.
func picked(o flow.Outcome) bool { return o.Branch != "" && !o.Begun }

// Label is what an outcome says for learning and for measuring.
type Label string

// The labels.
const (
	Taken    Label = "taken"     // a stable branch has it, or had it
	NotTaken Label = "not-taken" // mainline has had it for longer than Patience, and no branch
	Open     Label = "open"      // mainline has it, and a branch may still take it
	Unmerged Label = "unmerged"  // mainline does not have it
)

// Patience is how long after mainline a change may still be taken. Releases are
// nine to ten weeks apart, and AUTOSEL goes over a release once that is out:
// two of them. It is a judgement; what is taken later moves to Taken by itself.
const Patience = 140 * 24 * time.Hour

// LabelOf is the label of a change with these outcomes on a day.
func LabelOf(os []flow.Outcome, now time.Time) Label {
	if slices.ContainsFunc(os, picked) {
		return Taken
	}
	for _, o := range os {
		if o.Branch == "" {
			if now.Sub(o.At) >= Patience {
				return NotTaken
			}
			return Open
		}
	}
	return Unmerged
}
