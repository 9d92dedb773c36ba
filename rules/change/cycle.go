package change

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// sinceRC are the words by which a message says that a bug came with a release
// candidate. What it was tested on, or made for, says nothing of where the bug is.
var sinceRC = regexp.MustCompile(`(?i)\b(?:introduced|regress(?:ed|es|ion)|broken?|breaks|appeared|started|since|beginning|bisected)\b(?: [A-Za-z'-]+){0,4}? ` +
	`(?:linux[ -])?v?(\d+\.\d+)-rc\d+\b`)

// inRelease are the words by which a message says that something came with a release,
// which may not be out yet.
var inRelease = regexp.MustCompile(`(?i)\b(?:introduced|added|merged|landed|queued|new|appeared) (?:in|with|for) (?:the )?(?:upcoming )?` +
	`(?:linux v?|kernel v?|v)(\d+\.\d+)\b`)

// young are the words by which an author says that what is mended is new.
var young = regexp.MustCompile(`(?i)\b(?:recently (?:merged|landed|applied|queued)|` +
	`(?:my|our) recent (?:change|patch|commit|series|work|rework|conversion)|` +
	`(?:broke|breaks|regression|introduced|bug) in (?:linux-)?next|` +
	`(?:is|are|code|driver|commit|so far|currently) only in (?:linux-)?next|for (?:linux-)?next only|` +
	`(?:new|added|introduced|merged|landed|came) (?:in|during|with) (?:this|the (?:current|ongoing)) (?:development |release )?(?:cycle|merge window))\b`)

// neverReleased are those by which an author says so outright, also in the notes below the
// message, which else speak of what the patch was made to fit.
var neverReleased = regexp.MustCompile(`(?i)\b(?:not|never)(?: yet)?(?: been)? (?:in|part of) any(?: official)? release(?:d kernel)?\b`)

// forNext are the words of a title by which it is for a tree of the next release.
var forNext = regexp.MustCompile(`(?i)\b(?:on|for|in|against) (?:linux-|[a-z0-9]+-)next\b`)

// YoungWords says by which words of an author what a text is about is new; "" where
// none says so.
func YoungWords(title, text string) string {
	w := forNext.FindString(title)
	if w == "" {
		words := title + " . " + strings.Join(strings.Fields(beforeVersions(text)), " ")
		w = cmp.Or(young.FindString(words), neverReleased.FindString(words))
	}
	return writes(w)
}

func writes(w string) string {
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
	notes := strings.Join(strings.Fields(beforeVersions(c.Notes)), " ")
	if why := cmp.Or(YoungWords(c.Subject, c.Body), writes(neverReleased.FindString(notes))); why != "" {
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
// release candidate, or a release, that was not out on the day of the change; "" where
// nothing says so. A stable branch can have such a bug by a backport alone.
func (c *Change) Unreleased() string {
	if c.Date.IsZero() {
		return ""
	}
	words := strings.Join(strings.Fields(c.Subject+" . "+c.Body), " ")
	for _, m := range slices.Concat(sinceRC.FindAllStringSubmatch(words, maxNamed), inRelease.FindAllStringSubmatch(words, maxNamed)) {
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
