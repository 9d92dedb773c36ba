// Package tree is the vocabulary of what a git tree says of a change: the closed sets that
// rules, weights and the verdict share. rules/verdict names them for everybody else.
package tree

// State is what a branch is to a change.
type State string

// The states, as DESIGN and `classify --json` name them.
const (
	Affected    State = "affected"
	Present     State = "present"
	Queued      State = "queued"
	NotAffected State = "not-affected"
	NoBase      State = "no-base"
	Unknown     State = "unknown"
)

// States are all of them.
var States = []State{Affected, Present, Queued, NotAffected, NoBase, Unknown}

// Applies is how a change goes onto a branch.
type Applies string

// The ways to apply, the easiest first.
const (
	Exact              Applies = "exact"
	Offset             Applies = "offset"
	ThreeWay           Applies = "three-way"
	NeedsPrerequisites Applies = "needs-prerequisites"
	Adapted            Applies = "adapted"
	NeedsBackport      Applies = "needs-backport"
	NotTried           Applies = "unknown"
)

// Applicabilities are all of them.
var Applicabilities = []Applies{Exact, Offset, ThreeWay, NeedsPrerequisites, Adapted, NeedsBackport, NotTried}

// AsIs reports whether the patch goes on without a change to it or to the branch.
func (a Applies) AsIs() bool { return a == Exact || a == Offset }

// Lack is why a branch has no base for a change.
type Lack string

// The reasons; "" where none is known.
const (
	Hardware Lack = "hardware" // the hardware is newer than the branch
	Later    Lack = "later"    // the lines, and the functions around them, came later, into files that the branch has
	Files    Lack = "files"    // most of the files are not there, and did not move
)

// Lacks are all of them.
var Lacks = []Lack{Hardware, Later, Files}
