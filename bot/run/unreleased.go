package run

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
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
	opened, ok := openedOf(s.First)
	if !ok || len(c.Fixes) == 0 {
		return "", nil
	}
	for _, f := range c.Fixes {
		young, err := jg.postedSince(ctx, s, f.Subject, opened)
		if err != nil || !young {
			return "", err
		}
	}
	return fmt.Sprintf("%q was posted too late for the last release", c.Fixes[0].Subject), nil
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

// postedSince reports whether a patch of that title was posted to be merged since a day,
// whoever posted it, and nothing in it would bring it in before a merge window opens: what
// is a fix, an ID or a quirk goes in at any time. What is posted is not merged yet.
func (jg *judging) postedSince(ctx context.Context, s flow.Series, title string, since time.Time) (bool, error) {
	if title == "" {
		return false, nil
	}
	found, err := jg.Journal.Posted(ctx, flow.Postings{Titles: []string{title}, Since: since})
	if err != nil {
		return false, err
	}
	for _, o := range found { // newest first
		if o.Key == s.Key || !o.First.Before(s.First) || o.Private {
			continue
		}
		for _, m := range o.Members {
			if m.Title != title {
				continue
			}
			raw, err := jg.Journal.Raw(ctx, m.ID)
			if err != nil {
				return false, err
			}
			msg, err := parse(flow.Mail{ID: m.ID, Raw: raw})
			if err != nil || msg.Change == nil || plan.StableSubmission(msg) {
				continue //nolint:nilerr // what cannot be read proves nothing
			}
			return len(msg.Change.Fixes) == 0 && len(msg.Change.Stable) == 0 && jg.one(msg.Change, nil, nil).Fix < fixesAlone, nil
		}
	}
	return false, nil
}

// fixesAlone is the chance of being a fix from which a patch may go in between merge windows.
const fixesAlone = 0.5

// unsure is how far the day of a release that is expected may be off.
const unsure = 14 * 24 * time.Hour

// window is how long after a release new code still goes in: the merge window of two
// weeks, and one more for what comes late.
const window = 21 * 24 * time.Hour

// openedOf is the day since which new code that is posted was too late for the last release
// before a day: the merge window of that one had closed. Not ok where it may be that another
// release has come since.
func openedOf(day time.Time) (since time.Time, ok bool) {
	all := release.All()
	for r := all[0]; ; r = r.Next() {
		last, lastSure, known := dayOf(r.Next())
		next, nextSure, follows := dayOf(r.Next().Next())
		switch {
		case !known || !follows || last.After(day):
			return time.Time{}, false
		case next.After(day):
			before, sure, known := dayOf(r)
			if !known {
				return time.Time{}, false
			}
			if !sure {
				before = before.Add(unsure)
			}
			if !lastSure {
				last = last.Add(unsure)
			}
			if !nextSure {
				next = next.Add(-unsure)
			}
			return before.Add(window), last.Before(day) && day.Before(next)
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
