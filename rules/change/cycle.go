package change

import (
	"regexp"
	"slices"
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

// forNext are the words of a title by which it is for a tree of the next release.
var forNext = regexp.MustCompile(`(?i)\b(?:on|for|in|against) (?:linux-|[a-z0-9]+-)next\b`)

// YoungWords says by which words of an author what a text is about is new; "" where
// none says so.
func YoungWords(title, text string) string {
	w := forNext.FindString(title)
	if w == "" {
		w = young.FindString(title + " . " + strings.Join(strings.Fields(beforeVersions(text)), " "))
	}
	if w == "" {
		return ""
	}
	return "its author writes \"" + w + "\""
}

// versions begins the list of what changed since an earlier version: what that was made
// to fit is another matter.
var versions = regexp.MustCompile(`(?im)^(?:changes (?:in|since|from|v\d)|change-?log|since v\d|v\d+ ?(?:->|:))`)

func beforeVersions(text string) string {
	if at := versions.FindStringIndex(text); at != nil {
		return text[:at[0]]
	}
	return text
}

// Young says by what no release may have the bug of a change yet: it stands on top of its
// culprit, is posted for a tree of the next release, its author says that the culprit is
// new, or the robot found it that builds what is in development. It proves nothing, and
// is "" where the author asks for stable.
func (c *Change) Young() string {
	if len(c.Stable) > 0 {
		return ""
	}
	if c.OnCulprit(c.Base) {
		return "the patch stands on top of its culprit"
	}
	for _, w := range c.Prefix.Words {
		if strings.HasSuffix(w, "-next") {
			return "it is posted for " + w
		}
	}
	if why := YoungWords(c.Subject, c.Body); why != "" {
		return why
	}
	for _, t := range c.Trailers {
		if (t.Key == "Closes" || t.Key == "Link") && strings.Contains(t.Value, "/oe-kbuild-all/") {
			return "the robot found it that builds what is in development"
		}
	}
	return ""
}

// YoungBy is Young of what stands before the patches of a series: the words of its cover
// letter and the commit that the series is based on hold for each of them.
func (c *Change) YoungBy(title, text string) string {
	switch {
	case len(c.Stable) > 0:
		return ""
	case c.OnCulprit(BaseCommit(text)):
		return "the series stands on top of its culprit"
	}
	if why := YoungWords(title, text); why != "" {
		return why + " of the series"
	}
	return ""
}

// OnCulprit reports whether a commit is one that the change fixes.
func (c *Change) OnCulprit(base string) bool {
	return slices.ContainsFunc(c.Fixes, func(f Fixes) bool { return len(f.SHA) >= 8 && strings.HasPrefix(base, f.SHA) })
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
