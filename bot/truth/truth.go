// Package truth says which changes stable trees really took: labels to measure
// judgements by, and to learn from.
//
// A label comes from a table that somebody made (ReadTable) or from the stable
// branches of a repository (ReadBranches). Both look into the future of the
// change, as a label must; nothing of this package is evidence for a judgement.
//
// Keys: a commit is found by its SHA, else by its title with case and blanks
// folded. A title alone is weak where titles are short or used again, so
// branches also ask for the same author or a file in common.
package truth

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Label is the fate of one change.
type Label struct {
	Known   bool // false: the source cannot tell
	Taken   bool
	Release string   // first mainline release that carries it, when the source says so
	In      []string // stable releases, or branches, that carry it
	How     string   // "table", "upstream", "cherry-pick", "subject", "patch-id"
}

// Source gives labels. It is safe for concurrent use.
type Source interface {
	Label(c *change.Change) Label
}

// Fold is the form in which titles are compared.
func Fold(title string) string { return strings.ToLower(strings.Join(strings.Fields(title), " ")) }

// shaKey is how much of a SHA is compared: tags and notes give 12 digits or
// more, and 12 have been enough for the kernel's ten million objects.
const shaKey = 12

func keyOf(sha string) string {
	if len(sha) < shaKey {
		return ""
	}
	return strings.ToLower(sha[:shaKey])
}
