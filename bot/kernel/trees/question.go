package trees

import (
	"context"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules/change"
)

// question is a change that is asked about, with what holds of it for every
// branch. It is used by one goroutine.
type question struct {
	*change.Change
	before []*change.Change // the patches of its posting that stand before it
	asOf   time.Time
	me     same
	// carrier is the commit whose tree has the change and whose parent's has not;
	// "" for a mail that mainline does not have.
	carrier string

	asked    bool
	proposal *proposal
	mates    []mate // before, as read by posting
	own      mate
}

func (s *Set) question(ctx context.Context, c *change.Change, before []*change.Change, asOf time.Time) *question {
	q := &question{Change: c, before: before, asOf: asOf, me: s.find(c, asOf)}
	if q.me.at != 0 {
		q.carrier = s.main.ID(q.me.at)
	} else if c.Kind == change.Commit {
		if _, err := s.main.Stat(ctx, c.ID); err == nil {
			q.carrier = c.ID
		}
	}
	return q
}

// proposal is a change that mainline does not have, as it would go in.
type proposal struct {
	last  history.Position // of mainline then
	onto  *objects.Snapshot
	files []*gitdiff.File // as they would stand there
	after apply.Tree
}

// proposed puts a change onto mainline of its day; nil where it does not fit.
func (s *Set) proposed(ctx context.Context, c *question) *proposal {
	if c.asked {
		return c.proposal
	}
	c.asked = true
	p := &proposal{last: s.main.lastOn(c.asOf)}
	if p.last == 0 {
		return nil
	}
	var err error
	if p.onto, err = s.main.at(ctx, s.main.ID(p.last)); err != nil {
		return nil
	}
	r := apply.Files(ctx, p.onto, c.Files)
	if r.How > apply.Offset {
		return nil
	}
	if p.files, err = r.Refit(ctx, p.onto); err != nil {
		return nil
	}
	after := apply.NewOverlay(p.onto)
	after.Add(&r)
	p.after, c.proposal = after, p
	return p
}

// Mainline of a day ends where, of the seenOf commits up to there, seenMost were
// written by then: dates are those of authors where a history was rewritten, and
// some are older than what stands before them, or wrong.
const seenOf, seenMost = 100, 90

// tipOn is the commit that mainline ended with on a day; today's before it began.
func (m *mainline) tipOn(asOf time.Time) string {
	if p := m.lastOn(asOf); p != 0 && !asOf.IsZero() {
		return m.ID(p)
	}
	return m.tip
}

// lastOn is where mainline ended on a day, 0 when it had not begun; the zero day is
// today.
func (m *mainline) lastOn(asOf time.Time) history.Position {
	last := history.Position(m.Len())
	if asOf.IsZero() {
		return last
	}
	m.lastMu.Lock()
	defer m.lastMu.Unlock()
	day := asOf.Unix()
	if p, ok := m.last[day]; ok {
		return p
	}
	if m.last == nil || len(m.last) >= maxSnaps {
		m.last = map[int64]history.Position{}
	}
	seen := 0
	at := func(p history.Position) int {
		if m.seen(p, asOf) {
			return 1
		}
		return 0
	}
	for p := last; p > 0 && p+seenOf > last; p-- {
		seen += at(p)
	}
	for ; last > 0; last-- {
		of := min(int(last), seenOf)
		if m.seen(last, asOf) && seen*seenOf >= of*seenMost {
			break
		}
		if seen -= at(last); int(last) > seenOf {
			seen += at(last - seenOf)
		}
	}
	m.last[day] = last
	return last
}
