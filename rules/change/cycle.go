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

// young are the words by which an author says that what is mended is new.
var young = regexp.MustCompile(`(?i)\b(?:recently (?:merged|landed|applied|queued)|` +
	`(?:my|our) recent (?:change|patch|commit|series|work|rework|conversion)|` +
	`(?:broke|breaks|regression|introduced|bug) in (?:linux-)?next)\b`)

// Young says by what no release may have the bug of a change yet: it stands on top of its
// culprit, is posted for a tree of the next release, its author says that the culprit is
// new, or the robot found it that builds what is in development. It proves nothing, and
// is "" where the author asks for stable.
func (c *Change) Young() string {
	if len(c.Stable) > 0 {
		return ""
	}
	for _, f := range c.Fixes {
		if len(f.SHA) >= 8 && strings.HasPrefix(c.Base, f.SHA) {
			return "the patch stands on top of its culprit"
		}
	}
	for _, w := range c.Prefix.Words {
		if strings.HasSuffix(w, "-next") {
			return "it is posted for " + w
		}
	}
	if w := young.FindString(c.Subject + " . " + strings.Join(strings.Fields(c.Body), " ")); w != "" {
		return "its author writes \"" + w + "\""
	}
	for _, t := range c.Trailers {
		if (t.Key == "Closes" || t.Key == "Link") && strings.Contains(t.Value, "/oe-kbuild-all/") {
			return "the robot found it that builds what is in development"
		}
	}
	return ""
}

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
