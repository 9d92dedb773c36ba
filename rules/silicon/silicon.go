// Package silicon is the catalogue of chips and IP blocks, and the matcher
// that tells which of them a change affects.
//
// The catalogue is data (*.tsv beside this file), each entry with the source of
// its facts. The most specific match wins; hardware that the catalogue does not
// know is Unknown and is never guessed.
package silicon

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
	// Launched is the day the hardware went on sale, "2024-03-06" or "2024-03", "" when unknown.
	Launched string `json:"launched,omitempty"`
	// Where says what was recognised and in which place, for the reader.
	Where []Where `json:"where,omitempty"`
}

// Where is one recognition.
type Where struct {
	In   string `json:"in"` // "path", "identifier", "pci-id", "of-match", "title", "text"
	Text string `json:"text"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}
