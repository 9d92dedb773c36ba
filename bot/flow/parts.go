package flow

import (
	"context"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Journal is the durable side of the pipeline, whole: the store is one. Whoever works
// with it sees the part that is theirs. Each method is one transaction: after a crash it
// has happened or it has not. An error that repeating may mend wraps ErrTemporary.
//
// One mail takes this way: Keep (with the cursor of its source) → File (it has
// found its series, or says why it has none) → Settle (judgements and planned
// actions of the series) → Begin → End.
type Journal interface {
	Inbox
	Filings
	Proofs
	Tasks
	Settlements
	Requeues
	Outbox
	Doubts
	Pulls
	Attempts
	Leases
	Health
	Standings
	Lackings
}

// Cursors are the positions of sources, and whatever else is one word.
type Cursors interface {
	// Cursor returns the stored position for key, "" when there is none.
	Cursor(ctx context.Context, key string) (string, error)
	// Advance stores a position that no mail stands behind.
	Advance(ctx context.Context, c Cursor) error
}

// Inbox is where what the sources bring is saved: the journal as intake needs it.
type Inbox interface {
	Cursors

	// Keep stores a mail and the cursor behind it. It returns false, and moves
	// the cursor alone, when this mail is there already: the same ID, sender and
	// content; the list it came over this time is remembered with it. Another mail
	// under a known ID gets an ID of its own: nobody owns one by coming first. A copy
	// that Signs takes the place of one that proved nothing.
	Keep(ctx context.Context, m Mail, c Cursor) (fresh bool, err error)
	// KeepCommit stores a commit that is to be judged and the cursor behind it.
	// One that waits already stays as it is.
	KeepCommit(ctx context.Context, w Waiting, c Cursor) error
	// SavePull stores a pull request that was fetched, in the place of what was fetched
	// of it before. When it was noted since, it stays due.
	SavePull(ctx context.Context, p Fetched) error
}

// Threads are the series as they stand, with their mails.
type Threads interface {
	// Series returns one series, nil when there is none of this key.
	Series(ctx context.Context, key string) (*Series, error)
	// Threads returns the series that hold one of ids, answers included, newest
	// first.
	Threads(ctx context.Context, ids []string) ([]Series, error)
	// Mails returns up to n mails of a series in order of arrival, replies included,
	// without their bytes, which Raw gives: together they may be more than memory.
	Mails(ctx context.Context, seriesKey string, n int) ([]Mail, error)
	// Raw returns the bytes of a mail; of one that is not there ErrNoMail.
	Raw(ctx context.Context, id string) ([]byte, error)
	// Orders returns the commands for a series and the versions before it that
	// people may give, oldest first; those refused are among them.
	Orders(ctx context.Context, seriesKey string) ([]Order, error)
}

// Senders are the series of one who posted them.
type Senders interface {
	// Posted returns up to 20 series that were posted, newest first.
	Posted(ctx context.Context, p Postings) ([]Series, error)
}

// Postings are the series of a sender since a time.
type Postings struct {
	Sender string   // "": whoever posted them
	Titles []string // of one of their mails; none: any
	Since  time.Time
	// Again and Print: only other public series of the version of Again, with a mail of
	// this print; those that are proven to be from their sender come first, and then the
	// earliest.
	Again *Series
	Print string
	// Reports: of which a mail that is public answers one of these; those that are proven to
	// be from their sender come first, and then the earliest.
	Reports []string
}

// Filings is the journal as filing needs it.
type Filings interface {
	Threads
	Standings
	Senders

	// Unfiled returns up to n kept mails that File has not seen, oldest first: fewer
	// when they are large, and none when there are none.
	Unfiled(ctx context.Context, n int) ([]Mail, error)
	// File ends the unfiled state of one mail; of one that is filed it changes
	// nothing.
	File(ctx context.Context, f Filing) error
}

// Proofs is the journal as proving senders needs it.
type Proofs interface {
	Threads
	Standings

	// Unproven returns up to n filed mails whose sender is to be proven now, those
	// that have waited longest first.
	Unproven(ctx context.Context, now time.Time, n int) ([]Mail, error)
	// Prove ends that. Where one of its Uses was another mail's before, used is
	// true, and neither orders nor an opt-out are stored; a posting is a copy then, if
	// that one has another Message-ID.
	Prove(ctx context.Context, p Proving) (used bool, err error)
}

// Tasks is what is to be judged: the journal as the dispatcher needs it.
type Tasks interface {
	Threads
	SavesJudged

	// Due returns up to n series whose time has come, earliest first.
	Due(ctx context.Context, now time.Time, n int) ([]Series, error)
	// NextDue is when the earliest series is due, the zero time for none.
	NextDue(ctx context.Context) (time.Time, error)
	// Waiting returns the SHAs of up to n commits that are to be judged, oldest first.
	Waiting(ctx context.Context, n int) ([]string, error)
	// WaitingCommit returns one of them, nil when it waits no more.
	WaitingCommit(ctx context.Context, sha string) (*Waiting, error)
	// Fetched returns up to n pull requests that are to be judged, oldest first.
	Fetched(ctx context.Context, n int) ([]Fetched, error)
	// FetchedPull returns one of them whole, nil when it waits no more.
	FetchedPull(ctx context.Context, key string) (*Fetched, error)
	// SetPullAside takes one of them out of the way, and says why.
	SetPullAside(ctx context.Context, p Fetched, problem string, at time.Time) error
}

// SavesJudged stores what was found of a commit.
type SavesJudged interface {
	// KeepJudged stores the judgement of a commit and the cursor behind it, and
	// ends its waiting. Of a commit that waited only the first one counts.
	KeepJudged(ctx context.Context, j Judged, c Cursor) error
}

// Settlements is the journal as judging needs it.
type Settlements interface {
	Threads
	Senders
	SavesJudged
	PullStates
	Standings

	// Said returns the last verdict line told, or about to be told, to a series
	// or to the versions before it; "" when nothing was.
	Said(ctx context.Context, seriesKey string) (string, error)
	// Told returns the replies to a series that went out or may have, newest
	// first, without their messages.
	Told(ctx context.Context, seriesKey string) ([]Action, error)
	// OptedOut reports which of the addresses and lists want no mail.
	OptedOut(ctx context.Context, who []string) (map[string]bool, error)
	// Settle stores what was decided for a series: all of it or nothing. It
	// returns false and stores nothing when mail was filed to the series since
	// s.Series was read, which makes it due again by itself, or when somebody
	// else has settled it.
	Settle(ctx context.Context, s Settlement) (bool, error)
	// SettlePull stores what was decided: all of it or nothing. It returns false and
	// stores nothing when somebody else has, or it was fetched again: only what was
	// fetched at the revision of s.Pull counts. Actions of the pull request that wait
	// are superseded by new ones.
	SettlePull(ctx context.Context, s PullSettlement) (bool, error)
}

// Requeues makes due again what a moved branch may change.
type Requeues interface {
	Cursors
	SavesJudged

	// Revive makes settled series due again and moves the cursor that stands
	// for the reason, and returns how many. Those that are private, superseded
	// or due already are left alone.
	Revive(ctx context.Context, r Revival, c Cursor) (int, error)
	// OpenCommits returns the judged commits of these verdicts that were judged
	// since a time, newest first.
	OpenCommits(ctx context.Context, since time.Time, of []verdict.Verdict) ([]Judged, error)
	// RemindPulls makes every open pull request of a source due: a tree has
	// moved, or the bot's own words have changed.
	RemindPulls(ctx context.Context, source string, at time.Time) (int, error)
}

// Outbox is what is to be done: the journal as delivering needs it.
type Outbox interface {
	// Planned returns up to n actions of a sink that wait to be done.
	Planned(ctx context.Context, sink string, now time.Time, n int) ([]Action, error)
	// Begin moves an action from planned to doing, and that is on the disk when
	// it returns. It returns false when the action is not planned any more, or
	// when a cap is reached: then it waits, with the reason, until there is room
	// again; with a cap of nothing it waits for a person.
	Begin(ctx context.Context, key string, now time.Time, c Caps) (bool, error)
	// End says how an action that was begun ended.
	End(ctx context.Context, key string, e Ending) error
	// Postpone leaves a planned action alone until a time.
	Postpone(ctx context.Context, key string, until time.Time) error
	// Decide lets a held action go (StatePlanned), or ends one that is held or
	// planned (StateDropped). It returns false when it is neither any more.
	Decide(ctx context.Context, key string, d Decision) (bool, error)
	// Begun returns the actions of a sink that were begun and not ended: those
	// that a crash interrupted.
	Begun(ctx context.Context, sink string) ([]Action, error)
}

// Doubts are the replies of which it is not known whether they were sent.
type Doubts interface {
	// Unknown returns up to n replies of a sink of which it is not known whether they
	// were sent: those that ended so, and those that wait for a person because of it.
	Unknown(ctx context.Context, sink string, n int) ([]Unsettled, error)
	// Resolve ends the not knowing: StateDone, or StateHeld with the reason.
	Resolve(ctx context.Context, key string, e Ending) error
	// Copies returns the mails that have a Message-ID, without their bytes.
	Copies(ctx context.Context, messageID string) ([]Mail, error)
	// Raw returns the bytes of a mail.
	Raw(ctx context.Context, id string) ([]byte, error)
}

// Leases are what one process at a time does.
type Leases interface {
	// Hold makes this process the only one that has name, until release or until
	// the process ends; held is ctx, and ends also when the name is lost. It is
	// nil when another one has it.
	Hold(ctx context.Context, name string) (held context.Context, release func(), err error)
}

// Health is how everything did last.
type Health interface {
	// Healthy records how a source, a sink or the pipeline last did; nil is well.
	Healthy(ctx context.Context, component string, at time.Time, problem error) error
}
