package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/rules/tree"
)

// slack is how much later than its branch a newer one may be asked about what is proposed:
// not all are released on one day.
const slack = 14 * 24 * time.Hour

// since is the day up to which a newer branch has to be known to say that it lacks a commit.
func (a *auditor) since(it *Item) time.Time {
	switch {
	case !a.Proposed:
		return a.Line.Day(it.Number)
	case a.First <= 1:
		return time.Time{}
	}
	return a.Line.Day(a.First - 1).Add(-slack)
}

// newer asks whether who goes on to a newer branch loses the fix.
func newer(ctx context.Context, a *auditor, it *Item) error {
	if it.Upstream == "" || a.Line.Standing(it.up, a.Line.Len()).Revert != "" {
		return nil
	}
	for _, l := range a.Line.Newer() {
		if l.Standing(it.up, l.Len()).Commit != "" {
			continue
		}
		if l.Last().Before(a.since(it)) {
			it.unchecked("whether %s has it: it is known here up to %s", l.Name(), l.Last().Format("2006-01-02"))
			continue
		}
		b := l.Judge(ctx, it.upstream, l.Len())
		switch b.State {
		case tree.Affected:
			has := "the code"
			if len(it.upstream.Fixes) > 0 {
				has = "the bug"
			}
			it.add(Finding{Kind: MissingNewer, Commit: it.Upstream, Title: it.upstream.Subject, Branch: l.Name(),
				Text: fmt.Sprintf("%s is newer, has %s, and does not have it", l.Name(), has)})
		case tree.Unknown:
			it.unchecked("whether %s needs it: %s", l.Name(), b.Why)
		}
	}
	return ctx.Err()
}
