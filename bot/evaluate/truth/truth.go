// Package truth says which changes stable trees really took: labels to measure
// judgements by, and to learn from.
//
// A label comes from a table that somebody made (ReadTable) or from the stable
// branches of a repository (ReadBranches). Both look into the future of the
// change, as a label must; nothing of this package is evidence for a judgement.
//
// A label is a label only where its source can see: Mask says why one is none.
//
// Keys: a commit is found by its SHA, else by its title as Fold writes it. A
// title alone is weak where titles are short or used again, so branches also ask
// for the same author or a file in common.
package truth

import (
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// Label is the fate of one change.
type Label struct {
	Known   bool // false: the source cannot tell
	Taken   bool
	Release string   // first mainline release that carries it, when the source says so
	In      []string // stable releases, or branches, that carry it
	How     string   // "table", "upstream", "cherry-pick", "subject", "patch-id"

	// Merged says how it is known that mainline has the change; "" where that is
	// not known, which for a patch on a list mostly means that it was never merged.
	Merged   Merging
	MergedOn time.Time // the day of that evidence, the zero time where it has none
	// Later is the title of a later version under which the change was found.
	Later string
	// Mask is why the label must not be believed; "" for one that counts.
	Mask Mask
	// Trust is the weight of the label for learning: 0 where a mask lies on it, else
	// 1, or more where an untaken one stands for others whose merging left no trace.
	Trust float64
}

// Counts reports whether the label is one: the change was merged, and the source
// could see what became of it.
func (l Label) Counts() bool { return l.Known && l.Mask == "" }

// Merging is how it is known that a change was merged.
type Merging string

// The kinds of evidence, strongest first.
const (
	InRepository Merging = "in the repository"        // it is a commit of the history at hand
	Applied      Merging = "a notice says applied"    // of a maintainer, or of patchwork-bot
	Pulled       Merging = "a pull request lists it"  // in its shortlog
	Cited        Merging = "cited with a commit's ID" // by a Fixes: tag or in a text
	InTable      Merging = "only the table has it"    // taken by stable, hence merged
)

// Independent reports whether the evidence is there whatever stable did. What only
// the table shows as merged was taken, all of it: counted beside changes of which
// a notice tells, it would raise the share that stable takes.
func (m Merging) Independent() bool { return m != "" && m != InTable }

// Mask is a reason for which a label is not believed.
type Mask string

// The masks, in the order in which they are tried.
const (
	Superseded Mask = "a later version, under another title, stands for it"
	Beyond     Mask = "posted too late for the table"
	Unmerged   Mask = "not known to have been merged as posted"
	Unreleased Mask = "its culprit was in no release"
	Unseen     Mask = "its culprit is younger than every branch that the table covers"
)

// Masks are all of them, in that order.
func Masks() []Mask { return []Mask{Superseded, Beyond, Unmerged, Unreleased, Unseen} }

// Source gives labels. It is safe for concurrent use.
type Source interface {
	Label(c *change.Change) Label
}

// shaKey is how much of a SHA is compared: tags and notes give 12 digits or
// more, and 12 have been enough for the kernel's ten million objects.
const shaKey = 12

func keyOf(sha string) string {
	if len(sha) < shaKey {
		return ""
	}
	return strings.ToLower(sha[:shaKey])
}
