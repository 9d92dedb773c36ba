package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// How often a unit is begun alone. One that ended the process with it is suspected
// sooner than one that failed and left the process alive, which may be the fault of
// a disk or of another machine; that is waited for, but not for ever.
const (
	deadlyHeavy  = 3  // of a heavy unit
	deadlyLight  = 10 // of another one: it may be somebody else who ends the process
	failingTries = 8
	failingFor   = 24 * time.Hour
	carefulFor   = 15 * time.Minute // after a process that ended badly
)

// company is how many units may be in hand together; more than there are workers.
const company = 1 << 20

// accompany waits until the unit may be begun: one that a process ended with must be
// alone, so that the next end tells whether it was the unit. It returns whether it is
// alone, and what to call when it is done.
func (as *attempts) accompany(ctx context.Context, u flow.Unit, counted bool) (alone bool, leave func(), err error) {
	weight := int64(1)
	if counted {
		a, err := as.Journal.Attempted(ctx, u)
		if err != nil {
			return false, nil, err
		}
		if alone = a.Suspect(); alone {
			weight = company
		}
	}
	if err := as.inHand.Acquire(ctx, weight); err != nil {
		return false, nil, err
	}
	return alone, func() { as.inHand.Release(weight) }, nil
}

// suspectsLast puts those units last that a process ended with, the least suspected
// first: what is innocent comes to its end, and what kills at random hits all alike.
func (as *attempts) suspectsLast(ctx context.Context, tasks []flow.Task) error {
	if !as.Clock.Now().Before(as.careful) {
		return nil
	}
	suspects, err := as.Journal.Suspects(ctx)
	if err != nil || len(suspects) == 0 {
		return err
	}
	rank := func(t flow.Task) int {
		deadly, ok := suspects[unitOf(t)]
		if !ok {
			return -1
		}
		return deadly
	}
	slices.SortStableFunc(tasks, func(a, b flow.Task) int { return cmp.Compare(rank(a), rank(b)) })
	return nil
}

// unitOf is the unit that a task is about.
func unitOf(t flow.Task) flow.Unit {
	switch t.Kind {
	case flow.TaskCommit:
		return flow.Unit{Kind: flow.UnitCommit, Key: t.Key}
	case flow.TaskPull:
		return flow.Unit{Kind: flow.UnitPull, Key: t.Key}
	}
	return flow.Unit{Kind: flow.UnitSeries, Key: t.Key}
}

// startCarefully finds out whether the process before this one ended with something in
// hand; then every unit is counted for a while, until the one that ended it is known.
func (as *attempts) startCarefully(ctx context.Context) (ended func(), err error) {
	unclean, err := as.Journal.Unclean(ctx)
	if err != nil {
		return nil, err
	}
	if unclean {
		as.careful = as.Clock.Now().Add(carefulFor)
	}
	return func() {
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		if err := as.Journal.Clean(ctx); err != nil {
			as.log.Warn("a clean end could not be recorded", zap.Error(err))
		}
	}, nil
}

// begin counts a unit that may be dangerous. It is ErrAside for one that was tried
// often enough.
func (as *attempts) begin(ctx context.Context, u flow.Unit, heavy, alone bool) error {
	now := as.Clock.Now()
	a, err := as.Journal.Attempt(ctx, u, now, alone)
	if err != nil {
		return err
	}
	if a.Aside {
		return fmt.Errorf("%w: %s", flow.ErrAside, a.Problem)
	}
	most := deadlyLight
	if heavy {
		most = deadlyHeavy
	}
	if a.Deadly >= most {
		why := fmt.Sprintf("stablebot ended %s while it alone was in hand", change.Count(a.Deadly, "time"))
		as.log.Error("a unit of work is put aside", zap.String(flow.KeyKind, string(u.Kind)), zap.String(flow.KeyTask, u.Key),
			zap.String(flow.KeyWhy, why))
		if err := as.Journal.Blame(ctx, u, why, now, true); err != nil {
			return err
		}
		return fmt.Errorf("%w: %s", flow.ErrAside, why)
	}
	as.setBegun(u, true)
	return nil
}

// do does a unit of work, counted when it is heavy, and any after a process that ended
// badly. Its error is the unit's own, ErrAside when it is not to be tried again, or
// fatal: the journal's.
func (as *attempts) do(ctx context.Context, u flow.Unit, heavy bool, do func() error) error {
	counted := heavy || as.Clock.Now().Before(as.careful)
	alone, leave, err := as.accompany(ctx, u, counted)
	if err != nil {
		return err
	}
	defer leave()
	if counted {
		if err := as.begin(ctx, u, heavy, alone); err != nil {
			return err
		}
	}
	err = guarded(do)
	hand, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	switch {
	case err == nil:
		return as.absolve(hand, u)
	case ctx.Err() != nil:
		if as.isBegun(u) { // not the unit ends the process
			_ = as.Journal.Blame(hand, u, "stablebot was stopped", as.Clock.Now(), false)
			as.setBegun(u, false)
		}
		return err
	}
	return as.blame(hand, u, err)
}

// blame counts a failure that left the process alive. What the journal cannot do
// for anything is no fault of the unit, and ends Run where repeating does not help.
func (as *attempts) blame(ctx context.Context, u flow.Unit, problem error) error {
	if err := as.Journal.Advance(ctx, flow.Cursor{Key: probeCursor, Value: "1"}); err != nil {
		return as.failed(errors.Join(err, problem))
	}
	now := as.Clock.Now()
	var a flow.Attempt
	var err error
	if as.isBegun(u) {
		a, err = as.Journal.Attempted(ctx, u)
	} else {
		a, err = as.Journal.Attempt(ctx, u, now, false)
	}
	as.setBegun(u, false)
	if err != nil {
		return as.failed(err)
	}
	aside := a.N >= failingTries && (u.Kind == flow.UnitMail || !errors.Is(problem, flow.ErrTemporary) || now.Sub(a.First) >= failingFor)
	if err := as.Journal.Blame(ctx, u, problem.Error(), now, aside); err != nil {
		return as.failed(err)
	}
	as.mu.Lock()
	as.blamed[u] = true
	as.mu.Unlock()
	if !aside {
		return problem
	}
	as.log.Error("a unit of work is put aside", zap.String(flow.KeyKind, string(u.Kind)), zap.String(flow.KeyTask, u.Key), zap.Error(problem))
	return fmt.Errorf("%w: %w", flow.ErrAside, problem)
}

// probeCursor is written to see whether the journal takes anything at all.
const probeCursor = "probe"

// absolve ends a unit that came to its end.
func (as *attempts) absolve(ctx context.Context, u flow.Unit) error {
	as.mu.Lock()
	counted := as.begun[u] || as.blamed[u]
	delete(as.begun, u)
	delete(as.blamed, u)
	as.mu.Unlock()
	if !counted {
		return nil
	}
	return as.Journal.Absolve(ctx, u)
}

func (as *attempts) isBegun(u flow.Unit) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.begun[u]
}

func (as *attempts) setBegun(u flow.Unit, begun bool) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if begun {
		as.begun[u] = true
	} else {
		delete(as.begun, u)
	}
}

// setAside takes a series out of the way: it is due no more, and its patches are
// uncertain for the reason.
func (jg *judging) setAside(ctx context.Context, s flow.Series, why string) error {
	now := jg.Clock.Now()
	var judged []flow.Judged
	for _, m := range s.Members {
		if m.N == 0 && s.Of > 1 {
			continue // its cover letter
		}
		c := &change.Change{ID: m.ID, Kind: change.Mail, Subject: m.Title, Prefix: change.Prefix{Version: s.Version, N: m.N, Of: s.Of}}
		judged = append(judged, flow.Judged{Judgement: verdict.TooExpensive(c, why), SeriesKey: s.Key, List: s.List, At: now, Private: s.Private})
	}
	_, err := jg.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, Quiet: "it was put aside: " + why, At: now})
	return err
}

// room keeps heavy units from being in hand together: their memory adds up. It is
// not waited for, so that light ones go on.
type room chan struct{}

func (r room) enter() bool {
	select {
	case r <- struct{}{}:
		return true
	default:
		return false
	}
}

func (r room) leave() { <-r }

// errFull: another heavy unit is in hand.
var errFull = errors.New("another large series is being judged")

// heavy is the size in bytes from which a unit is one.
const heavy = 256 << 10
