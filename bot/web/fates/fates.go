// Package fates shows on the pages where changes went: what branches took, and what
// people said of them, as the store has both.
package fates

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	outcomes "github.com/stablebot/stablebot/bot/outcome"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/web"
	"github.com/stablebot/stablebot/rules"
)

// ofStore shows outcomes on the dashboard.
type ofStore struct{ *store.Store }

// Of are those of a store.
func Of(s *store.Store) web.Fates { return ofStore{s} }

// Fate implements web.Fates.
func (f ofStore) Fate(ctx context.Context, id string) ([]web.Fate, error) {
	of, err := f.OutcomesOf(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	heard, err := f.HeardOf(ctx, id)
	out := append(f.of(of[id]), heardOf(heard)...)
	slices.SortStableFunc(out, func(a, b web.Fate) int { return a.At.Compare(b.At) })
	return out, err
}

// heardOf are what the stable team and people said of a change, with who and how that
// is proven.
func heardOf(heard []flow.Standing) (out []web.Fate) {
	for _, s := range heard {
		what, said := string(s.Stand), []string{}
		if what == "" {
			what = "undone"
		}
		if s.Why != "" {
			said = append(said, s.Why)
		}
		if s.Who != "" {
			said = append(said, "by "+s.Who)
		}
		note := strings.Join(said, ", ")
		switch {
		case !s.Counts():
			what, note = "claimed", what+": "+strings.Join(append(said, "not proven"), ", ")
		case s.How != "":
			note = strings.TrimSpace(note + " (" + s.How + ")")
		}
		out = append(out, web.Fate{Branch: s.Branch, What: what, Commit: s.Commit, At: s.At, Note: note})
	}
	return out
}

func (ofStore) of(os []flow.Outcome) (out []web.Fate) {
	for _, o := range os {
		w := web.Fate{Branch: o.Branch, What: "taken", Commit: o.Commit, Release: o.Release, At: o.At, Note: "known by " + o.How}
		switch {
		case o.Branch == "":
			w.Branch, w.What = "mainline", "merged"
		case o.Begun:
			w.What, w.Note = "from-start", "the branch began with it"
		}
		out = append(out, w)
		for _, l := range o.Followups {
			what := "followed-up"
			if l.Revert {
				what = "reverted"
			}
			out = append(out, web.Fate{Branch: w.Branch, What: what, Commit: l.SHA, At: o.At, Note: l.Subject})
		}
		if o.Reverted != "" && !slices.ContainsFunc(o.Followups, func(l rules.Followup) bool { return l.SHA == o.Reverted }) {
			out = append(out, web.Fate{Branch: w.Branch, What: "reverted", Commit: o.Reverted, At: o.At})
		}
	}
	slices.SortStableFunc(out, func(a, b web.Fate) int { return a.At.Compare(b.At) })
	return out
}

// Fates implements web.Fates.
func (f ofStore) Fates(ctx context.Context) ([]web.Fated, error) {
	settled, err := f.Settled(ctx, time.Now().Add(-outcomes.Patience))
	out := make([]web.Fated, 0, len(settled))
	for _, c := range settled {
		out = append(out, web.Fated{ID: c.ID, Driver: c.Driver, Judged: c.Judged, Verdict: c.Verdict, Score: c.Score, Taken: c.Taken,
			Backfilled: c.Backfilled})
	}
	return out, err
}
