package run

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// unreleased says by what it is likely that the bug of a patch is in no release: its
// author says that it came with a candidate, or that it is new, there or in the cover
// letter, or posted all its culprits after the last release. "" where nothing speaks for it; a tree, where there is one, knows
// better.
func (jg *judging) unreleased(ctx context.Context, s flow.Series, first *mail.Message, c *change.Change) (string, error) {
	if why := c.Unreleased(); why != "" {
		return fmt.Sprintf("its author writes %q", why), nil
	}
	if why := cmp.Or(c.Young(), youngSeries(first, c)); why != "" {
		return why, nil
	}
	cycle, ok := cycleOf(s.First)
	if !ok || len(c.Fixes) == 0 {
		return "", nil
	}
	for _, f := range c.Fixes {
		young, err := jg.postedSince(ctx, s, f.Subject, cycle)
		if err != nil || !young {
			return "", err
		}
	}
	return fmt.Sprintf("its author posted %q after the last release", c.Fixes[0].Subject), nil
}

// youngSeries asks the mail that stands before the patches, the cover letter or the first
// of them: what it is based on, and a cover letter's words, hold for the whole series.
func youngSeries(first *mail.Message, c *change.Change) string {
	switch {
	case first.NoPatch == mail.Cover:
		return c.YoungBy(first.Title, first.Text())
	case first.Change != nil && first.Prefix.N == 1 && len(c.Stable) == 0 && c.OnCulprit(first.Change.Base):
		return "the series stands on top of its culprit"
	}
	return ""
}

// postedSince reports whether a sender posted a patch of that title since a day and not
// before, and nothing in it would bring it into a stable branch.
func (jg *judging) postedSince(ctx context.Context, s flow.Series, title string, since time.Time) (bool, error) {
	if title == "" {
		return false, nil
	}
	found, err := jg.Journal.BySender(ctx, s.Sender, []string{title}, s.First.Add(-versionSpan))
	if err != nil || len(found) == 0 {
		return false, err
	}
	oldest := found[len(found)-1]
	if oldest.Key == s.Key || oldest.First.Before(since) {
		return false, nil
	}
	for _, m := range oldest.Members {
		if m.Title != title {
			continue
		}
		raw, err := jg.Journal.Raw(ctx, m.ID)
		if err != nil {
			return false, err
		}
		msg, err := parse(flow.Mail{ID: m.ID, Raw: raw})
		if err != nil || msg.Change == nil {
			return false, nil //nolint:nilerr // what cannot be read proves nothing
		}
		return len(msg.Change.Fixes) == 0 && len(msg.Change.Stable) == 0, nil
	}
	return false, nil
}

// unsure is how far the day of a release that is expected may be off.
const unsure = 14 * 24 * time.Hour

// cycleOf is the day of the last release before a day; not ok where it may be that
// another one has come since.
func cycleOf(day time.Time) (last time.Time, ok bool) {
	all := release.All()
	for r := all[0]; ; r = r.Next() {
		at, sure, known := dayOf(r)
		next, nextSure, follows := dayOf(r.Next())
		switch {
		case !known || !follows || at.After(day):
			return time.Time{}, false
		case next.After(day):
			if !sure {
				at = at.Add(unsure)
			}
			if !nextSure {
				next = next.Add(-unsure)
			}
			return at, day.Before(next)
		}
	}
}

// dayOf is the day of a release, and whether it is the one of its tag.
func dayOf(r release.Release) (day time.Time, sure, known bool) {
	if day, sure = r.Day(); sure {
		return day, true, true
	}
	day, known = r.Due()
	return day, false, known
}
