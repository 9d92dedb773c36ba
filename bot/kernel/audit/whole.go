package audit

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/tree"
)

var (
	// 20240305143747.335367-6-name@host, as git send-email counts.
	sent = regexp.MustCompile(`^(\d{14}\.\d+-)\d+(-[^@]+@.+)$`)
	// 20240305-topic-v2-3-0123456789ab@host, as b4 counts.
	b4 = regexp.MustCompile(`^(\d{8}-.+-v\d+-)\d+(-[0-9a-f]+@.+)$`)
)

// Posting names the series that a commit was posted in, by the Message-ID of its link with
// the number of the patch left out; "" when it has none that tells.
func Posting(trailers []change.Trailer) string {
	for _, t := range trailers {
		if !strings.EqualFold(t.Key, "Link") && !strings.EqualFold(t.Key, "Message-Id") {
			continue
		}
		id := strings.Trim(t.Value, "/<> ")
		id = id[strings.LastIndexByte(id, '/')+1:]
		for _, re := range []*regexp.Regexp{sent, b4} {
			if m := re.FindStringSubmatch(id); m != nil {
				return m[1] + m[2]
			}
		}
	}
	return ""
}

// near is how far from a commit of mainline the others of its series are looked for: they
// go in one behind the other.
const near = 40

// whole asks whether a series was taken in part: a patch of the same posting that is a
// fix for this branch too, or the only one that is missing.
func whole(ctx context.Context, a *auditor, it *Item) error {
	if it.Upstream == "" || dependency(it.own) {
		return nil
	}
	key := Posting(it.upstream.Trailers)
	if key == "" || a.series[key] {
		return nil
	}
	a.series[key] = true // told once
	taken := 0
	var missing []trees.Known
	for _, k := range a.Set.Near(it.up, near) {
		if k.ID == it.Upstream {
			taken++
			continue
		}
		ts, err := a.Set.Trailers(ctx, k)
		if err != nil {
			return err
		}
		if Posting(ts) != key {
			continue
		}
		switch s := a.Line.Standing(k, a.Line.Len()); {
		case s.In():
			taken++
		case s.Commit == "":
			missing = append(missing, k)
		}
	}
	for _, k := range missing {
		c, err := a.Set.Commit(ctx, k.ID)
		if err != nil {
			it.unchecked("whether %.12s of the same series is needed: %v", k.ID, err)
			continue
		}
		if a.omitted(it, k.ID, c.Subject) || a.undone(ctx, k, c.Subject) {
			continue
		}
		why := a.wanted(c, k)
		if why == "" && asksAll(c) && a.goesOn(ctx, c) {
			why = "it has a stable tag for no branch in particular, and goes on as it is"
		}
		if says := alike(c, it.upstream); why == "" && says != "" && a.goesOn(ctx, c) {
			why = says + ", and goes on as it is"
		}
		if why == "" && len(missing) == 1 && taken > 1 && c.Size.CodeLines > 0 && together(c, it.upstream) {
			why = fmt.Sprintf("the other %d of it are there", taken)
		}
		if why == "" {
			continue
		}
		matters, err := a.matters(ctx, c)
		if err != nil {
			it.unchecked("whether %.12s of the same series is needed: %v", k.ID, err)
			continue
		}
		if matters {
			it.add(Finding{Kind: Partial, Commit: k.ID, Title: c.Subject, Text: fmt.Sprintf("%.12s (%q), of the same series, is not there: %s", k.ID, c.Subject, why)})
		}
	}
	return ctx.Err()
}

// wanted says why a change is for the branch by its own tags, "" when it is not.
func (a *auditor) wanted(c *change.Change, k trees.Known) string {
	for _, b := range a.Set.Bugs(c, k) {
		if b.ID != "" && a.Line.Standing(b.Known, a.Line.Len()).In() {
			return fmt.Sprintf("it fixes %.12s, which is", b.ID)
		}
	}
	if c.AsksFor(a.Line.Name()) {
		return "its stable tag asks for this branch"
	}
	return ""
}

var (
	// mends is a title that says it is a fix; "fixed modes" says nothing.
	mends = regexp.MustCompile(`(?i)\bfix(es|up)?\b`)
	// quirks is a title of hardware that is told apart; "drm/panel-quirks: move" is none.
	quirks = regexp.MustCompile(`(?i)\bquirk\b|\b(device|PCI|USB) IDs?\b`)
)

// alike says by which word a change is what one of its series is that was taken, "" when it
// is not. Where that one is a fix, or for stable, by a tag, those that have none are none.
func alike(c, taken *change.Change) string {
	switch {
	case len(taken.Fixes)+len(taken.Stable) > 0:
		return ""
	case mends.MatchString(c.Subject):
		return "it says that it is a fix, too"
	case quirks.MatchString(c.Subject) && quirks.MatchString(taken.Subject):
		return "it adds a quirk or a device ID, too"
	}
	return ""
}

// asksAll reports whether a tag asks stable to take a change, and none says from where on.
func asksAll(c *change.Change) bool {
	asks := false
	for i := range c.Stable {
		t := &c.Stable[i]
		if t.NoAutosel || len(t.Versions) > 0 {
			return false
		}
		asks = asks || !t.Recipient
	}
	return asks
}

// goesOn reports whether a change applies to the branch, as it is at the end, or merges.
func (a *auditor) goesOn(ctx context.Context, c *change.Change) bool {
	b := a.Line.Judge(ctx, c, a.Line.Len())
	return b.State == tree.Affected && (b.Applies == tree.Exact || b.Applies == tree.Offset || b.Applies == tree.ThreeWay)
}

// together reports whether two changes edit one file.
func together(x, y *change.Change) bool {
	for _, f := range x.Files {
		for _, g := range y.Files {
			if f.NewName == g.NewName {
				return true
			}
		}
	}
	return false
}
