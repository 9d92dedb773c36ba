package change

import (
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// sinceRC are the words by which a message says that a bug came with a release
// candidate. What it was tested on, or made for, says nothing of where the bug is.
var sinceRC = regexp.MustCompile(`(?i)\b(?:introduced|regress(?:ed|es|ion)|broken?|breaks|appeared|started|since|beginning|bisected)\b(?: [A-Za-z'-]+){0,4}? ` +
	`(?:linux[ -])?v?(\d+\.\d+)-rc\d+\b`)

// Unreleased says by which words of its author a change mends a bug that came with a
// release candidate, of a release that was not out on the day of the change; "" where
// nothing says so. A stable branch can have such a bug by a backport alone.
func (c *Change) Unreleased() string {
	if c.Date.IsZero() {
		return ""
	}
	for _, m := range sinceRC.FindAllStringSubmatch(strings.Join(strings.Fields(c.Subject+" . "+c.Body), " "), maxNamed) {
		r, ok := release.Parse(m[1])
		if !ok {
			continue
		}
		if day, known := r.Due(); known && c.Date.Before(day) {
			return m[0]
		}
	}
	return ""
}
