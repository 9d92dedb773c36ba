package flow

import (
	"context"
	"errors"
	"time"
)

// Unit is one piece of work that strangers make: what is attempted, counted and, in
// the end, put aside.
type Unit struct {
	Kind UnitKind
	Key  string
}

// UnitKind is what a unit is.
type UnitKind string

// The kinds of units.
const (
	UnitMail   UnitKind = "mail"   // filing one; Key is its ID
	UnitSeries UnitKind = "series" // judging one; Key is its key
	UnitCommit UnitKind = "commit" // judging one; Key is its SHA
	UnitPull   UnitKind = "pull"   // judging a pull request; Key is its key
	UnitHook   UnitKind = "hook"   // a delivery; Key is its ID
)

// Attempt is a unit that was begun and did not come to its end.
type Attempt struct {
	Unit
	N       int       // how often
	Deadly  int       // how often the process ended with it in hand
	Problem string    // of the last time; "" when it was in hand alone, InCompany when others were, as the process ended
	First   time.Time // when it was begun first
	At      time.Time // and last
	// Aside: it is not attempted any more until a person lets it; Problem says why.
	Aside bool
}

// Attempts is the memory of what failed. It outlives the process, since a unit may
// be what ends it.
type Attempts interface {
	// Attempt counts one more, before it is begun, and returns what there is by now.
	// Only where it is alone in hand, an end of the process counts against it.
	Attempt(ctx context.Context, u Unit, at time.Time, alone bool) (Attempt, error)
	// Attempted is what there is of a unit; the zero Attempt for one that never failed.
	Attempted(ctx context.Context, u Unit) (Attempt, error)
	// Blame records why a unit failed, and with aside puts it aside.
	Blame(ctx context.Context, u Unit, problem string, at time.Time, aside bool) error
	// Absolve forgets a unit: it came to its end, or a person lets it be tried again.
	Absolve(ctx context.Context, u Unit) error
	// Suspects are the units that were in hand when a process ended, with how often
	// it was they alone.
	Suspects(ctx context.Context) (map[Unit]int, error)
	// Aside returns up to n units that were put aside, the latest first.
	Aside(ctx context.Context, n int) ([]Attempt, error)
	// Unclean reports whether the process before this one ended with work in hand,
	// and makes this one the last; Clean says that it ends well.
	Unclean(ctx context.Context) (bool, error)
	Clean(ctx context.Context) error
}

// InCompany stands for the problem of a unit that is in hand with others: when the
// process ends, any of them may be what ended it.
const InCompany = "in hand with others"

// Suspect reports whether a process ended with the unit in hand.
func (a Attempt) Suspect() bool {
	return !a.Aside && a.N > 0 && (a.Deadly > 0 || a.Problem == "" || a.Problem == InCompany)
}

// ErrAside says that a unit was put aside.
var ErrAside = errors.New("put aside")
