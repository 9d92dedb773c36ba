package classify

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/stablebot/stablebot/bot/console/rows"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// classifier judges units. It is safe for concurrent use.
type classifier struct {
	o       *Options
	judge   *verdict.Judge
	colour  bool
	mu      sync.Mutex
	threads *series.Index // nil without --threads
	trees   *trees.Set    // nil without --trees
	place   change.Layout // of the repository of --git
	ctx     context.Context
	buffers sync.Pool
}

func (c *classifier) buffer() *bytes.Buffer {
	if b, ok := c.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (c *classifier) release(b *bytes.Buffer) {
	b.Reset()
	c.buffers.Put(b)
}

// judgeUnit never fails: what cannot be judged is an outcome too, a fault of
// our own included.
func (c *classifier) judgeUnit(u unit) (r outcome) {
	defer func() {
		if p := recover(); p != nil {
			r = c.failed(u, change.Mail, fmt.Errorf("a fault in stablebot while reading: %v", p))
		}
	}()
	switch {
	case u.err != nil:
		return c.failed(u, change.Mail, u.err)
	case u.commit != nil:
		return c.judgeCommit(u.commit)
	default:
		return c.judgeMail(u)
	}
}

func (c *classifier) judgeCommit(commit *git.Commit) outcome {
	ch, err := commit.Change()
	ch.Place(c.place)
	j := c.judged(ch, nil, nil)
	return c.print(&j, err, "")
}

func (c *classifier) judgeMail(u unit) outcome {
	m, err := mail.Parse(u.raw)
	if err != nil {
		return c.failed(u, change.Mail, err)
	}
	if c.o.outside(m.Date) {
		return outcome{left: leftOutside}
	}
	if !m.IsPatch && m.Subject == "" && m.From.Address == "" && c.o.Archive == "" {
		return c.failed(u, change.Mail, errNoMail)
	}
	if !m.IsPatch {
		if !c.o.All {
			return outcome{left: m.NoPatch}
		}
		j := verdict.NoPatch(m.ID, change.Mail, m.Title, m.From.String(), m.Date, m.NoPatch)
		return c.print(&j, nil, u.origin)
	}
	c.placeMail(m.Change)
	facts, superseded := c.thread(m)
	if superseded && c.o.Last {
		return outcome{left: "an earlier version"}
	}
	j := c.judged(m.Change, facts, u.before)
	r := c.print(&j, m.Damaged, u.origin)
	if c.shares() && m.Prefix.Of > 1 && j.Error == nil {
		r.judgement, r.series = &j, series.Key(m)
	}
	return r
}

// placeMail brings the paths of a patch into the kernel's layout: as --root says, or
// as the patch itself leaves no doubt.
func (c *classifier) placeMail(ch *change.Change) {
	if len(c.place.Moves) > 0 {
		ch.Place(c.place)
		return
	}
	if found, err := layout.Patch(ch, ""); err == nil { // without a root there is none to be wrong
		ch.Place(found.Layout)
	}
}

// shares reports whether the patches of a series are brought together: not where each
// mail of an archive is judged as it stands.
func (c *classifier) shares() bool { return c.o.Archive == "" || c.threads != nil }

// judged asks the trees for no more than the change needs: how it goes onto each branch,
// and with what, costs most, and says nothing of one that is out of scope by itself.
func (c *classifier) judged(ch *change.Change, series *rules.Series, before []*change.Change) verdict.Judgement {
	if c.trees == nil || ch == nil {
		return c.judge.Change(ch, series, nil)
	}
	// Only the end of the program makes this fail, which the caller sees itself.
	tree, _ := c.trees.Facts(trees.StatesOnly(c.ctx), ch, before, c.judge.AsOf)
	j := c.judge.Change(ch, series, tree)
	if j.Verdict == verdict.OutOfScope {
		return j
	}
	if tree, err := c.trees.Facts(c.ctx, ch, before, c.judge.AsOf); err == nil {
		return c.judge.Change(ch, series, tree)
	}
	return c.judge.Change(ch, series, nil)
}

// thread adds what replies gave to the change, and tells what is known of its
// series and whether a later version stands in the archive.
func (c *classifier) thread(m *mail.Message) (facts *rules.Series, superseded bool) {
	if c.threads == nil {
		return nil, false
	}
	c.mu.Lock() // the index remembers answers
	defer c.mu.Unlock()
	for _, t := range c.threads.Trailers(m) {
		change.MergeThreadTrailers(m.Change, t.FromThread, []change.Trailer{t})
	}
	m.Change.Needs = c.threads.Needs(m)
	return c.threads.Facts(m), c.threads.Superseded(m)
}

// failed is the outcome of a unit of which nothing could be read.
func (c *classifier) failed(u unit, kind change.Kind, err error) outcome {
	j := verdict.Failed(u.origin, kind, err)
	r := c.print(&j, err, u.origin)
	if !c.o.JSON { // there is no change that a line of the table could be about
		c.release(r.out)
		r.out, r.verdict = nil, ""
	}
	return r
}

// print renders a judgement; problem is what could not be read of the change.
func (c *classifier) print(j *verdict.Judgement, problem error, origin string) outcome {
	r := outcome{verdict: j.Verdict, out: c.buffer()}
	if problem != nil {
		text := problem.Error()
		j.Error = &text
	}
	if j.Error != nil {
		text := *j.Error
		r.unjudged = text
		switch {
		case j.ID != "" && origin != "" && j.ID != origin:
			r.unjudged = fmt.Sprintf("%s (%s): %s", origin, j.ID, text)
		case origin != "":
			r.unjudged = origin + ": " + text
		}
	}
	if !c.o.JSON {
		rows.Append(r.out, j, c.o.Why, c.colour)
		return r
	}
	if err := rows.JSON(r.out, j); err != nil {
		r.unjudged = fmt.Sprintf("%s: writing JSON: %v", j.ID, err)
	}
	return r
}
