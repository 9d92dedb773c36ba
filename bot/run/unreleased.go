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
// letter, or all its culprits were posted not long before. "" where nothing speaks for it;
// a tree, where there is one, knows better.
func (jg *judging) unreleased(ctx context.Context, s flow.Series, first *mail.Message, c *change.Change) (string, error) {
	if why := c.Unreleased(); why != "" {
		return fmt.Sprintf("its author writes %q", why), nil
	}
	if why := cmp.Or(c.Young(), youngSeries(first, c)); why != "" {
		return why, nil
	}
	if len(c.Fixes) == 0 {
		return "", nil
	}
	opened, ok := openedOf(s.First)
	since := s.First.Add(-toRelease)
	if ok && opened.Before(since) {
		since = opened
	}
	why := ""
	for _, f := range c.Fixes {
		p, err := jg.postedSince(ctx, s, f.Subject, since)
		if err != nil || p.at.IsZero() {
			return "", err
		}
		said := p.young(s.First, opened, ok)
		if said == "" {
			return "", nil
		}
		why = cmp.Or(why, fmt.Sprintf("%q %s", f.Subject, said))
	}
	return why, nil
}

// culpritPosted is the newest posting of a culprit.
type culpritPosted struct {
	at  time.Time // zero: none is known
	fix bool      // goes in at any time, as a fix, an ID or a quirk does
}

// young says why a culprit may be in no release on a day. New code waits for a merge window
// and the release after it; a fix is in neither a release nor a stable branch at once.
func (p culpritPosted) young(day, opened time.Time, ok bool) string {
	switch old := day.Sub(p.at); {
	case !p.fix && ok && !p.at.Before(opened):
		return "was posted too late for the last release"
	case p.fix && old < toStable, !p.fix && old < toRelease:
		return "was posted " + ago(old) + " before"
	}
	return ""
}

// ago is a time in whole days, and in weeks where it is two or more.
func ago(d time.Duration) string {
	switch days := int(d / (24 * time.Hour)); {
	case days < 1:
		return "less than a day"
	case days < 14:
		return change.Count(days, "day")
	default:
		return change.Count(days/7, "week")
	}
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

// postedSince finds the newest patch of that title that was posted to be merged since a day,
// whoever posted it. What is posted is not merged yet.
func (jg *judging) postedSince(ctx context.Context, s flow.Series, title string, since time.Time) (out culpritPosted, err error) {
	if title == "" {
		return out, nil
	}
	found, err := jg.Journal.Posted(ctx, flow.Postings{Titles: []string{title}, Since: since})
	if err != nil {
		return out, err
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
				return out, err
			}
			msg, err := parse(flow.Mail{ID: m.ID, Raw: raw})
			if err != nil || msg.Change == nil || plan.StableSubmission(msg) {
				continue //nolint:nilerr // what cannot be read proves nothing
			}
			added := len(msg.Change.Fixes) == 0 && len(msg.Change.Stable) == 0 && jg.one(msg.Change, nil, nil).Fix < fixesAlone
			return culpritPosted{at: o.First, fix: !added}, nil
		}
	}
	return out, nil
}

// toRelease is how long it takes new code at most, as a rule, from its posting into a release:
// eleven weeks, some days for the merge window that it waits for and the nine weeks after it.
const toRelease = 77 * 24 * time.Hour

// toStable is how long it takes a fix, as a rule, from its posting over its maintainer and
// mainline into a stable branch; what is urgent may be there in half of that.
const toStable = 14 * 24 * time.Hour

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
