package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/change"
)

// Who sent a reply is found out apart from filing: it may take a stranger's name
// server, which nobody else's mail waits for. What a reply says is shown as
// claimed until then.

// How many senders are proven at a time, how long one may take, and how often a
// key that cannot be looked up is asked for: for some hours in all.
const (
	proveAtOnce = 8
	proveTime   = 15 * time.Second
	proveTries  = 8
	proveFirst  = time.Minute
)

// proverName is the name of proving, which one process does at a time: it
// decides whether a signature was used before.
const proverName = "prover"

// loop proves senders until ctx ends.
func (pv *prover) loop(ctx context.Context) {
	for failed := 0; ctx.Err() == nil; {
		n, err := pv.all(ctx)
		wait := lookForMail
		if err != nil && ctx.Err() == nil {
			failed++
			wait = pv.backoff(failed)
			pv.log.Warn("proving who sent mails failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
		} else if failed = 0; n > 0 {
			continue
		}
		pv.sleep(ctx, wait)
	}
}

// all proves the senders that wait, and returns how many there were.
func (pv *prover) all(ctx context.Context) (n int, err error) {
	mails, err := pv.Journal.Unproven(ctx, pv.Clock.Now(), 4*proveAtOnce)
	if err != nil || len(mails) == 0 {
		return 0, pv.failed(err)
	}
	proofs := make([]command.Proof, len(mails))
	errs := make([]error, len(mails))
	room := make(chan struct{}, proveAtOnce)
	var wg sync.WaitGroup
	for i, m := range mails {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			ctx, cancel := context.WithTimeout(ctx, proveTime)
			defer cancel()
			errs[i] = guarded(func() (err error) { proofs[i], err = command.Prove(ctx, m.Raw, pv.Lookup); return err })
		})
	}
	wg.Wait()
	if over(ctx) {
		return 0, nil
	}
	for i, m := range mails {
		var p flow.Proving
		problem := guarded(func() (err error) { p, err = pv.proved(ctx, m, proofs[i], errs[i]); return err })
		if problem != nil {
			if errors.Is(problem, flow.ErrTemporary) {
				return n, problem
			}
			p = flow.Proving{Note: "who sent it could not be found out: " + problem.Error(), Due: pv.Clock.Now()}
		}
		p.ID, p.SeriesKey, p.At = m.ID, m.SeriesKey, pv.Clock.Now()
		used, err := pv.Journal.Prove(ctx, p)
		if err != nil {
			return n, pv.failed(err)
		}
		switch {
		case used && p.Once:
			pv.log.Info("a patch has the signature of another mail", aboutMail(m.ID))
		case used:
			pv.log.Warn("a command is not obeyed: its signature was used before", aboutMail(m.ID))
		case p.Note != "":
			pv.log.Warn("a reply is not believed", aboutMail(m.ID), zap.String(flow.KeyWhy, p.Note))
		}
		n++
		wake(pv.mailed)
	}
	return n, nil
}

// proved is what follows from an attempt to prove who sent a reply.
func (pv *prover) proved(ctx context.Context, m flow.Mail, proof command.Proof, unproven error) (flow.Proving, error) {
	now := pv.Clock.Now()
	full, err := parse(m)
	if err != nil {
		return flow.Proving{}, err
	}
	if unproven == nil {
		if err := pv.heard(ctx, m, full, proof); err != nil {
			return flow.Proving{}, err
		}
	}
	if m.Kind == flow.KindNotice {
		return pv.provedNotice(m, proof, unproven), nil
	}
	if m.Kind == flow.KindPatch || m.Kind == flow.KindCover {
		return pv.provedPatch(ctx, m, full, proof, unproven)
	}
	found, more := command.Parse(full.Text())
	no := func(why error) (flow.Proving, error) {
		p, says, asks := flow.Proving{Note: why.Error()}, series.NoteOf(full).Says(), asksStable(full)
		if len(found) > 0 {
			p.Note = "a command is not obeyed: " + p.Note
		}
		if says {
			p.Due = now.Add(pv.Settle)
		}
		if (says || asks) && pv.Policy.Trusts(m.Source) {
			p.Proven, p.Due = strings.ToLower(full.From.Address), now
			if s, err := pv.Journal.Series(ctx, m.SeriesKey); err != nil {
				return p, err
			} else if s != nil {
				p.Also = refused(s, series.NoteOf(full))
			}
		}
		if !says && !asks && len(found) == 0 {
			p.Note = "" // there is nothing to believe
		}
		return p, nil
	}
	switch {
	case errors.Is(unproven, command.ErrLookup) && m.Tries+1 < proveTries && !pv.once:
		return flow.Proving{Again: now.Add(proveFirst << m.Tries)}, nil
	case unproven != nil:
		return no(unproven)
	}
	// Only what the signature covers is read from here on.
	signed, err := mail.Scan(proof.Signed)
	if err != nil {
		return no(err)
	}
	note := series.NoteOf(signed)
	note.ID = full.ID
	if !strings.EqualFold(signed.From.Address, proof.From) || !strings.EqualFold(full.From.Address, proof.From) {
		return no(errors.New("the sender is another than the one proven"))
	}
	s, err := pv.signedThread(ctx, m, note)
	switch {
	case errors.Is(err, command.ErrLookup) && m.Tries+1 < proveTries && !pv.once:
		return flow.Proving{Again: now.Add(proveFirst << m.Tries)}, nil
	case errors.Is(err, command.ErrLookup):
		return no(errors.New("it answers the Message-ID of two mails, and who sent the first could not be found out"))
	case err != nil:
		return flow.Proving{}, err
	}
	if s == nil {
		return no(errors.New("its signature does not say that it is for this thread"))
	}
	switch meant, err := pv.about(ctx, s, signed); {
	case err != nil:
		return flow.Proving{}, err
	case !meant && s.Have() < s.Of && m.Tries+1 < proveTries: // its part is on its way, on another list maybe
		return flow.Proving{Again: now.Add(proveFirst << m.Tries)}, nil
	case !meant:
		return no(errors.New("its subject is not that of the patch, of which it cites nothing either; " +
			"the Message-ID that it answers may be another mail's"))
	}
	p := flow.Proving{Proven: proof.From}
	note.Asks = asksStable(signed)
	for i := range note.Given {
		note.Given[i].FromThread = full.ID
	}
	said, err := json.Marshal(note)
	if err != nil {
		return flow.Proving{}, err
	}
	p.Signed = string(said)
	if note.Says() || note.Asks {
		p.Due = now
	}
	p.Also = refused(s, note)
	if len(found) == 0 {
		return p, nil
	}
	if own, _ := command.Parse(signed.Text()); !slices.Equal(own, found) {
		p.Note = "a command is not obeyed: its signature does not cover it as it reads"
		return p, nil
	}
	if err := proof.Stale(now); err != nil {
		p.Note = "a command is not obeyed: " + err.Error()
		return p, nil //nolint:nilerr // it is the answer, and is kept in the note
	}
	if more > 0 {
		p.Note = fmt.Sprintf("%d more %s left out: %d in a mail are the most", more,
			change.Agree(more, "command is", "commands are"), command.Max)
	}
	if pv.NoCommands {
		p.Note = "a command, and commands are switched off"
		return p, nil
	}
	return p, pv.readOrders(ctx, &p, found, m, full, proof, s)
}

// signedThread is the series that a mail was filed with, when it is also the one
// that the signed fields name; else nil.
func (pv *prover) signedThread(ctx context.Context, m flow.Mail, note series.Note) (*flow.Series, error) {
	thread, err := pv.Journal.Threads(ctx, note.Ancestors)
	if err != nil || len(thread) == 0 {
		return nil, err
	}
	s := nearest(thread, note.Ancestors)
	if s.Key != m.SeriesKey { // what everybody reads, where a copy went to a security contact
		s = nearest(shownFirst(thread, false), note.Ancestors)
	}
	if s.Key != m.SeriesKey {
		return nil, nil
	}
	if copied, err := pv.copied(ctx, s, note.Ancestors); copied || err != nil {
		return nil, err
	}
	return s, nil
}

// copied reports whether what a reply answers is another mail than that of a series: the
// first of its Message-ID, which is no patch, and of which a signature proves that
// somebody else sent it.
func (pv *prover) copied(ctx context.Context, s *flow.Series, ancestors []string) (bool, error) {
	for _, id := range ancestors {
		switch claim(&flow.Series{Members: s.Members}, id) {
		case 2:
			return false, nil
		case 1:
			raw, err := pv.Journal.Raw(ctx, id)
			if errors.Is(err, flow.ErrNoMail) {
				return false, nil // it is forgotten, and nobody's any more
			}
			if err != nil {
				return false, err
			}
			ctx, cancel := context.WithTimeout(ctx, proveTime)
			defer cancel()
			first, err := command.Prove(ctx, raw, pv.Lookup)
			if errors.Is(err, command.ErrLookup) {
				return true, err // it may be theirs
			}
			return err == nil && !strings.EqualFold(first.From, s.Sender), nil
		}
	}
	return false, nil
}

// noteOf is what a stored mail says: of one that is proven what its signature
// covers, of any other what it claims.
func noteOf(m flow.Mail, msg *mail.Message) series.Note {
	note := series.NoteOf(msg)
	if m.Proven == "" {
		return note
	}
	if m.Signed != "" {
		var signed series.Note
		if json.Unmarshal([]byte(m.Signed), &signed) != nil {
			return note // as claimed
		}
		note = signed
	}
	note.Proven = m.Proven
	return note
}

// may reports whether an address that is proven may decide about files.
func (c *core) may(address string, files []string) bool {
	who := command.Authority{Allow: c.Policy.Commanders, Stable: c.Policy.StableTeam, Maintains: c.Maintains}
	if who.Stable == nil {
		who.Stable = command.StableTeam
	}
	return who.May(address, files)
}
