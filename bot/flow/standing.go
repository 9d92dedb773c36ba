package flow

import (
	"context"
	"slices"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Stand is where a fix that a branch lacks stands there: one word a row.
type Stand string

// The stands, those first that somebody can do something about.
const (
	StandOpen          Stand = "open"                            // stable would take it, and it goes on
	StandFailed        Stand = "failed"                          // the stable team tried it, and it did not apply
	StandPrerequisites       = Stand(verdict.NeedsPrerequisites) // stable would take it, with other commits first
	StandBackport            = Stand(verdict.NeedsBackport)      // stable would take it, adjusted by hand
	StandUncertain     Stand = "uncertain"                       // too close to call
	StandPosted        Stand = "posted"                          // sent to stable, or proposed by its robots, and waiting
	StandQueued        Stand = "queued"                          // about to go in
	StandBaking        Stand = "baking"                          // too young in mainline, or it waits for something else
	StandUnknown       Stand = "unknown"                         // whether the branch has the bug is not known
	StandNotBuilt      Stand = "not-built"                       // the configuration does not build what it mends
	StandBelowBar            = Stand(verdict.BelowBar)           // a defect of a kind, or a patch of a size, that stable does not take
	StandScope               = Stand(verdict.OutOfScope)         // no hardware is in it
	StandDeclined      Stand = "declined"                        // somebody's no
	StandDone          Stand = "done"                            // somebody says that nothing is left to do
)

// Stands are all of them, in the order of a table.
var Stands = []Stand{StandOpen, StandFailed, StandPrerequisites, StandBackport, StandUncertain, StandPosted, StandQueued, StandBaking,
	StandUnknown,
	StandNotBuilt, StandBelowBar, StandScope, StandDeclined, StandDone}

// Voice is whose a Standing is.
type Voice string

// The voices.
const (
	VoiceTrees Voice = "trees" // found by the bot
	VoiceHeard Voice = "heard" // said by the stable team, its robots, or somebody who claims to be
	VoiceWord  Voice = "word"  // a person's word to the bot
)

// Standing is one thing that was said or found of a fix on a branch. They are kept in
// order and none is changed: the last one of each voice tells where the fix stands, all
// of them why.
type Standing struct {
	Branch string    `json:"branch"`
	Commit string    `json:"commit,omitempty"` // of mainline; "" where only the title is known
	Title  string    `json:"title"`
	Stand  Stand     `json:"stand"` // "": takes back the word before
	Voice  Voice     `json:"voice"`
	Why    string    `json:"why,omitempty"`
	Who    string    `json:"who,omitempty"`    // a name or an address
	How    string    `json:"how,omitempty"`    // how it is proven who said so
	Proven bool      `json:"proven,omitempty"` // a heard one that is not is shown as claimed, and changes nothing
	Mail   string    `json:"mail,omitempty"`   // Message-ID
	At     time.Time `json:"at"`
}

// Counts reports whether the standing decides anything.
func (s *Standing) Counts() bool { return s.Voice != VoiceHeard || s.Proven }

// Standings is the memory of what was said and found of the fixes that branches lack.
type Standings interface {
	// Standings returns all of a branch, oldest first; of every branch for "".
	Standings(ctx context.Context, branch string) ([]Standing, error)
	// Stand adds some.
	Stand(ctx context.Context, s []Standing) error
}

// IsStand reports whether s is one of Stands.
func IsStand(s Stand) bool { return slices.Contains(Stands, s) }
