package flow

import "strings"

// BackfillPrefix begins the names of sources that bring what is past: it is
// judged, and nothing is ever said about it.
const BackfillPrefix = "backfill-"

// Backfilled reports whether a source, "archive:NAME", is such a one.
func Backfilled(source string) bool {
	_, name, _ := strings.Cut(source, ":")
	return strings.HasPrefix(name, BackfillPrefix)
}
