// Package silicon is the catalogue of chips and IP blocks, the table of all
// drivers, and the matcher that tells which of them a change affects.
//
// The catalogue is data (*.tsv beside this file), each entry with the source of
// its facts; it has the depth, and wins where it matches. The table (drivers.txt)
// is generated from kernel trees and says of each file which driver it belongs
// to, and whether that drives hardware. The most specific match comes first:
// devices by their ID, chips, blocks, families, then drivers, libraries, folders
// that nobody knows, and boards. Hardware that neither knows is Unknown and is
// never guessed; it is never none.
//
// Promises: a chip of the catalogue is only reported when a file of one of its
// drivers is touched, or a compatible string of it (a text without a patch has no
// files, so there the words declared safe for text stand alone); the same change
// gives the same matches in the same order; a change without hardware gives none,
// and NoHardware says why. Files without hunks are judged by their paths. The
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
	Kind   string `json:"kind,omitempty"`   // one of the Kind constants
	State  State  `json:"state"`
	Since  string `json:"since,omitempty"` // first mainline release with support, "6.11"
	// Enabled is the first mainline release that drives the hardware without a
	// force_probe or experimental flag, when that is later than Since.
	Enabled string `json:"enabled,omitempty"`
	// Launched is the day the hardware went on sale, "2024-03-06" or "2024-03", "" when unknown.
	Launched string `json:"launched,omitempty"`
	// Config is the symbol of Kconfig that chooses the driver, without CONFIG_; of
	// what the table of all drivers tells.
	Config string `json:"config,omitempty"`
	// Why says in a phrase what makes it hardware, or uncertain: "has a table of
	// USB devices". Empty for what the catalogue itself knows.
	Why string `json:"why,omitempty"`
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
	InPath       = "path"     // a directory or file of that hardware alone
	InPCI        = "pci-id"   // a line of a PCI table
	InOF         = "of-match" // a compatible string
	InUSB        = "usb-id"   // a line of a table of USB devices, as are the next ones of theirs
	InHID        = "hid-id"
	InSDIO       = "sdio-id"
	InHDA        = "hda-id"
	InACPI       = "acpi-id"
	InSSID       = "subsystem-id" // a row for one machine, by its PCI subsystem ID
	InDMI        = "dmi"          // a row for one machine, by what its firmware says
	InConfig     = "kconfig"      // the entry of the driver in Kconfig or a Makefile
	InIdentifier = "identifier"   // a touched line, its function, or the condition right around it
	InStepping   = "stepping"     // a check for one revision of the chip; never decides alone
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

// Specific reports whether the match names a chip, a block or a family: more
// than the driver that a file belongs to, a library, a board or a device ID.
func (m Match) Specific() bool {
	switch m.Kind {
	case KindDriver, KindLibrary, KindBoard, KindDevice:
		return false
	}
	return true
}

// Label is the name for a reader who does not know the kinds: a library is for
// "all drivers of drm (ttm)".
func (m Match) Label() string {
	if m.Kind == KindLibrary && m.Driver != "" {
		if m.Name == m.Driver {
			return "all drivers of " + m.Driver
		}
		return "all drivers of " + m.Driver + " (" + m.Name + ")"
	}
	return m.Name
}
