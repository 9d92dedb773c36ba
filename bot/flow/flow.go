// Package flow is what goes through the pipeline, and the small interfaces between
// those who hand it on: sources bring items, items become mails, series and changes,
// changes are judged, judgements become actions, and actions are recorded before a
// sink carries them out. Sources, sinks and the store know this package and not each
// other.
//
// Keys and invariants:
//
//   - A source's cursor is stored in the same transaction as the item it stands
//     behind, so a crash repeats nothing and loses nothing.
//   - A mail's key is series identity + version + cause. A key is planned once
//     and handed to a sink at most once; when a crash leaves open whether the
//     sink got it, the action is closed as "unknown" and never repeated, unless
//     the sink can tell by the key that it has it. What the list shows settles it;
//     what it does not show within a day waits for a person.
//   - Dry run is the default: everything is computed and shown, nothing leaves
//     the machine.
package flow

import (
	"context"
	"errors"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// Item is one thing that a source brings: a raw mail or a commit.
type Item struct {
	Source string // configured name of the source, with folder or branch: "imap:work/INBOX"
	List   string // configured list this source stands for, "" when the mail's List-Id decides
	// Cursor is where the source stands once this item is stored; opaque to all but the source.
	Cursor   string
	Received time.Time
	Mail     []byte         // RFC 5322 bytes, nil for a commit
	Commit   *change.Change // nil for a mail
	Branch   string         // of a commit: the configured branch it was seen on
	Pull     *Pull          // a pull request; Mail and Commit are nil then, Cursor is not used
	// Err says why the source could not bring the item whole. A mail is then
	// recorded and not judged: Mail is a part of it, or nil. A commit is judged
	// as far as it could be read, and the judgement carries the error.
	Err error
}

// Intake is what a source sees of the bot.
type Intake interface {
	// Cursor returns what was stored for key by the last accepted item, "" at first.
	Cursor(ctx context.Context, key string) (string, error)
	// Accept makes the item durable together with its cursor. A duplicate is
	// no error: the cursor moves, the item is dropped.
	Accept(ctx context.Context, item Item) error
	// Advance moves a cursor that no item stands for (skipped or empty).
	Advance(ctx context.Context, key, cursor string) error
}

// Source brings items. The pipeline alone decides about repetition and
// back-off: Poll and Wait return on the first error.
type Source interface {
	Name() string
	// Poll connects if need be, delivers everything since the stored cursor and
	// returns nil when it has caught up.
	Poll(ctx context.Context, in Intake) error
	// Wait returns nil when there may be something new, or ctx's error.
	Wait(ctx context.Context) error
	Close() error
}

// Action is something to be done to the world, complete and self-contained.
type Action struct {
	Key       string // same key: never twice
	Kind      ActionKind
	Sink      string // name of the sink that carries it out
	SeriesKey string
	Cause     string // what it answers: CauseFirst, later a command's Message-ID
	List      string
	Verdict   string
	Line      string // the verdict line as told; the next version is answered when it differs
	Message   []byte // the complete mail
	Created   time.Time
	Attempts  int // how often it was begun, filled by the journal

	Hold      string    // why it waits for a person; "": it does not
	NotBefore time.Time // embargo hours of the list; zero: at once
	Approved  time.Time // when a person let it go; caps no longer count
	// Told is what the reply says of each patch, for a later correction:
	// id → verdict, or verdict/class.
	Told map[string]string
}

// CauseFirst is the cause of the first answer to a series version.
const CauseFirst = "first"

// CauseCorrection is the cause of the one mail that takes back what was said.
const CauseCorrection = "correction"

// ActionKey is the key of what is done to a series for a cause.
func ActionKey(seriesKey, cause string) string { return seriesKey + "/" + cause }

// Sink carries actions out.
type Sink interface {
	Name() string
	// Deliver carries out a. It is safe to call again with the same key when
	// Idempotent is true. What waits for others ends with Leave(ctx) as long as
	// nothing is done.
	Deliver(ctx context.Context, a Action) error
	// Idempotent: a second Deliver of the same key has no second effect.
	Idempotent() bool
}

// ErrTemporary marks a failure that is worth repeating: wrap it. A sink that
// wraps it promises that the action was not done.
var ErrTemporary = errors.New("temporary failure")

// ErrNotBegun says that an action cannot end, because nobody is doing it:
// another process has closed it.
var ErrNotBegun = errors.New("it was not being done")

// ErrNoMail says that there is no such mail: it may have been forgotten.
var ErrNoMail = errors.New("there is no such mail")

// ErrUnknown marks an action of which nobody can say whether it was done: it is
// closed as such and never repeated.
var ErrUnknown = errors.New("outcome unknown")
