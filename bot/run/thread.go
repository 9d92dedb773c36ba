package run

import (
	"context"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules/change"
)

// What is read of a thread, and done for a series: the largest of the lists that
// were read has 200 patches of 12 kB. Each patch is read, judged and let go.
const (
	maxThread   = 2000     // mails
	maxPatches  = 96 << 20 // bytes of patches
	maxReplies  = 16 << 20 // bytes of what else is in the thread
	maxTogether = 4 << 20  // bytes of patches that are kept for those after them
	maxJudging  = 2 * time.Minute
)

// thread is a series while it is judged, with what it has used up.
type thread struct {
	began            time.Time
	patches, replies int
	together         int
	before           []*change.Change // the patches that stand before; nil entries were too many to keep
}

func newThread() *thread { return &thread{began: time.Now()} }

// take reports whether a mail is read.
func (t *thread) take(m flow.Mail) bool {
	if m.Kind == flow.KindPatch || m.Kind == flow.KindCover {
		t.patches += m.Size
		return true // what is not judged is told
	}
	if t.replies += m.Size; t.replies > maxReplies {
		t.replies -= m.Size
		return false
	}
	return true
}

// spent says why no more of the series is judged, "" when more is.
func (t *thread) spent() string {
	switch took := time.Since(t.began); {
	case t.patches > maxPatches:
		return fmt.Sprintf("its series has %d MiB, more than the %d that are judged", t.patches>>20, maxPatches>>20)
	case took > maxJudging:
		return fmt.Sprintf("judging its series takes longer than %s", maxJudging)
	}
	return ""
}

// asTold is what a patch is called that is not read.
func asTold(m *mail.Message) *change.Change {
	return &change.Change{ID: m.ID, Kind: change.Mail, Subject: m.Title, Prefix: m.Prefix, Author: m.From, Date: m.Date}
}

// done lets go of what is not needed of a patch that was judged. The patches after it
// may stand on it, so it is kept for them as long as all together are not too large.
func (t *thread) done(m *mail.Message) {
	c := *m.Change
	size := len(c.Body) + 100*(c.Size.LinesWithContext+c.Size.Hunks)
	for _, f := range c.Files {
		for _, h := range f.TextFragments {
			for i := range h.Lines {
				size += len(h.Lines[i].Line)
			}
		}
	}
	if t.together += size; t.together > maxTogether {
		t.before = append(make([]*change.Change, len(t.before)), nil)
	} else {
		t.before = append(t.before, &c)
	}
	slim := c
	slim.Files = nil
	m.Change = &slim
	m.Shed()
}

// maxBuilds bounds the patches that one of their posting is compared with, and maxLines
// their lines: beyond them nothing is said of what builds on what.
const maxBuilds, maxLines = 64, 2000

// builds are the patches before c, by their numbers, on which it builds.
func (t *thread) builds(c *change.Change) (out []int) {
	if len(t.before) > maxBuilds || c.Size.LinesWithContext > maxLines {
		return nil
	}
	for _, x := range t.before {
		if x != nil && x.Size.LinesWithContext <= maxLines && x.Prefix.N > 0 && c.BuildsOn(x) {
			out = append(out, x.Prefix.N)
		}
	}
	return out
}

// readPost reads the patch of a mail, which was only looked at so far.
func (jg *judging) readPost(ctx context.Context, p *plan.Posted) error {
	if !p.Message.IsPatch {
		return nil
	}
	raw, err := jg.Journal.Raw(ctx, p.ID)
	if err != nil {
		return err
	}
	m := flow.Mail{ID: p.ID, Raw: raw}
	if len(p.Lists) > 0 {
		m.List = p.Lists[0]
	}
	msg, err := parse(m)
	if err != nil {
		return fmt.Errorf("a mail of the series that could be read before: %w", err)
	}
	if jg.Place != nil && msg.Change != nil {
		jg.Place(m.List, msg.Change)
	}
	p.Message = msg
	return nil
}
