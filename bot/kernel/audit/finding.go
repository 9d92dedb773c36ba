package audit

import "fmt"

// Kind is the sort of a finding, part of the contract with programs.
type Kind string

// The kinds, in the order in which they are told.
const (
	Unapplied     Kind = "does-not-apply"
	Missing       Kind = "prerequisite-missing"
	Behind        Kind = "prerequisite-behind"
	NameMissing   Kind = "name-missing"
	BugAbsent     Kind = "bug-absent"
	Newer         Kind = "hardware-newer"
	BeforeCulprit Kind = "before-culprit"
	Reverted      Kind = "reverted-upstream"
	// RevertedBeside: another stable branch took it back, mainline did not.
	RevertedBeside Kind = "reverted-beside"
	Mended         Kind = "mended-upstream"
	Partial        Kind = "series-in-part"
	HunkLost       Kind = "hunk-lost"
	Misplaced      Kind = "misplaced"
	Differs        Kind = "differs"
	MissingNewer   Kind = "missing-in-newer"
	NoUpstream     Kind = "no-upstream"
	OtherUpstream  Kind = "other-upstream"
	OtherAuthor    Kind = "other-author"
	NoSignOff      Kind = "no-sign-off"
	OtherCVE       Kind = "other-cve"
	Refused        Kind = "refused"
)

// Finding is one thing that is not sound.
type Finding struct {
	Kind Kind `json:"kind"`
	// Text is a sentence for a reader.
	Text string `json:"text"`
	// Commit is the other commit that it is about, of mainline or of the branch.
	Commit string `json:"commit,omitempty"`
	Title  string `json:"title,omitempty"`
	File   string `json:"file,omitempty"`
	Func   string `json:"function,omitempty"`
	Line   int    `json:"line,omitempty"`
	Name   string `json:"name,omitempty"` // of a function, macro or member
	Branch string `json:"branch,omitempty"`
}

// Class says how the content of a commit compares with its upstream commit.
type Class string

// The classes.
const (
	Exact     Class = "exact"   // git's merge of it onto the parent gives this very tree
	Context   Class = "context" // the same lines change, in the same functions
	Different Class = "differs" // other lines change
	NoClass   Class = ""        // it has none, or it could not be read
)

// Hunk is a place at which a commit and its upstream commit differ.
type Hunk struct {
	File string `json:"file"`
	Func string `json:"function,omitempty"`
	Line int    `json:"line"` // of the branch's file, of mainline's where only that has it
	// Ours and Theirs are the lines that the commit and its upstream commit take away
	// ("-") and put in ("+"); either may be empty.
	Ours   []string `json:"ours,omitempty"`
	Theirs []string `json:"theirs,omitempty"`
}

// Place is the hunk's for a reader.
func (h *Hunk) Place() string {
	if h.Func != "" {
		return fmt.Sprintf("%s:%d %s", h.File, h.Line, h.Func)
	}
	return fmt.Sprintf("%s:%d", h.File, h.Line)
}
