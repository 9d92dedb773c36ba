package classify

import (
	"context"
	"sync"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

// index reads the input once for what threads say of each patch. Only ids,
// titles and trailers are kept, a few hundred bytes a mail.
func (o *Options) index(ctx context.Context, in *input) (*series.Index, error) {
	if !in.again {
		return nil, usage.Errorf("--threads reads its input twice, which standard input cannot; write it to a file first")
	}
	who := command.Authority{Stable: command.StableTeam}
	if o.Maintainers != "" {
		m, err := wire.MaintainersFile(o.Maintainers)
		if err != nil {
			return nil, err
		}
		who.Maintains = m.Maintains
	}
	x := &series.Index{AsOf: o.end(), Trust: o.Trust, May: who.May}
	var mu sync.Mutex // Ordered emits in order, but the index wants the mails, which only the worker has
	err := in.walk(ctx, func(u unit) outcome {
		if u.err == nil {
			if m, err := mail.Scan(u.raw); err == nil {
				note := series.NoteOf(m)
				needs := note.Needs
				if note.Kind == series.Patch {
					needs = change.ReadNeeds(m.Text())
				}
				mu.Lock()
				defer mu.Unlock()
				x.AddNote(note)
				x.Want(needs)
			}
		}
		return outcome{}
	}, func(outcome) error { return nil })
	if err != nil || !x.Wants() && !x.AnyRefused() {
		return x, err
	}
	return x, in.walk(ctx, func(u unit) outcome { // which mails carry the patches that are named by their ids or declined
		if u.err != nil {
			return outcome{}
		}
		m, err := mail.Scan(u.raw)
		if err != nil || !m.IsPatch {
			return outcome{}
		}
		mu.Lock()
		refused, read := x.Refused(m.Title), x.Wants()
		mu.Unlock()
		if !refused && !read {
			return outcome{}
		}
		if m, err = mail.Parse(u.raw); err == nil && m.Change != nil && len(m.Change.Files) > 0 {
			id := change.PatchID(m.Change.Files)
			mu.Lock()
			defer mu.Unlock()
			x.Carry(id, m.ID)
			if refused {
				x.Copy(id, m.ID)
			}
		}
		return outcome{}
	}, func(outcome) error { return nil })
}
