// Package silicon is the catalogue of chips and IP blocks, and the matcher
// that tells which of them a change affects.
//
// The catalogue is data (*.tsv beside this file), each entry with the source of
// its facts. The most specific match comes first, the driver's own entry last;
// hardware that the catalogue does not know is Unknown and is never guessed.
//
// Promises: a chip is only reported when a file of one of its drivers is
// touched (a text without a patch has no files, so there the words declared
// safe for text stand alone); the same change gives the same matches in the
// same order; a change outside every driver of the catalogue gives none. The
// package knows no clock: Match.State is what the catalogue says today, and
// StateAt derives the state on an earlier day from the launch date.
package silicon

import "time"

// State says whether a target can be bought.
type State string

// The states of the JSON contract.
const (
	Production    State = "production"
	PreProduction State = "pre-production"
	Unknown       State = "unknown"
)

// Match is one target that a change affects.
type Match struct {
	Name   string `json:"name"`             // "GFX12", "Navi 33", "mt7925"; the driver's name when no chip is more specific
	Driver string `json:"driver,omitempty"` // "amdgpu"
	Kind   string `json:"kind,omitempty"`   // "chip", "ip-block", "platform", "family", "driver"
	State  State  `json:"state"`
	Since  string `json:"since,omitempty"` // first mainline release with support, "6.11"
	// Enabled is the first mainline release that drives the hardware without a
	// force_probe or experimental flag, when that is later than Since.
	Enabled string `json:"enabled,omitempty"`
	// Launched is the day the hardware went on sale, "2024-03-06" or "2024-03", "" when unknown.
	Launched string `json:"launched,omitempty"`
	// Where says what was recognised and in which place, for the reader.
	Where []Where `json:"where,omitempty"`
}

// Where is one recognition.
type Where struct {
	In   string `json:"in"` // one of the In constants
	Text string `json:"text"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// The places where something is recognised, strongest first.
const (
	InPath       = "path"       // a directory or file of that hardware alone
	InPCI        = "pci-id"     // a line of a PCI table
	InOF         = "of-match"   // a compatible string
	InIdentifier = "identifier" // a touched line, its function, or the condition right around it
	InStepping   = "stepping"   // a check for one revision of the chip; never decides alone
	InTitle      = "title"
	InText       = "text" // the message, and only when nothing above named a chip
)

// StateAt is the state on one day: shipped from the launch date on,
// pre-production before it. A launch known to the month counts from the
// month's last day. Without a launch date it is State, which for hardware
// older than the catalogue's records is the same on every day.
func (m Match) StateAt(day time.Time) State {
	switch {
	case m.Launched == "":
		return m.State
	case launchedBy(m.Launched, day):
		return Production
	}
	return PreProduction
}

// launchedBy compares in text: "2024-03" lies after "2024-03-30" when it is
// brought to its last possible day.
func launchedBy(launch string, day time.Time) bool {
	if len(launch) == len("2006-01") {
		next := day.AddDate(0, 0, 1)
		if next.Month() != day.Month() { // the month's last day
			return launch <= day.Format("2006-01")
		}
		return launch < day.Format("2006-01")
	}
	return launch <= day.Format(time.DateOnly)
}

// At returns the matches with State set as of day; the argument is not changed.
func At(ms []Match, day time.Time) []Match {
	out := make([]Match, len(ms))
	for i, m := range ms {
		m.State = m.StateAt(day)
		out[i] = m
	}
	return out
}

// Stepping reports whether the change checks for a revision of this chip, and
// so may concern early samples only. It is evidence, not a state: production
// chips have steppings too.
func (m Match) Stepping() bool {
	for _, w := range m.Where {
		if w.In == InStepping {
			return true
		}
	}
	return false
}

// Specific reports whether the match names hardware more precisely than by its
// driver.
func (m Match) Specific() bool { return m.Kind != KindDriver }
