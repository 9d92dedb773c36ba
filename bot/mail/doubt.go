package mail

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mail programs of all languages put something above what they copy, and no list of
// their words is ever whole. So what only looks like it is doubted by its form, whatever
// the words say.

// Doubt is how far a line that counts as its sender's may be somebody else's.
type Doubt uint8

// The doubts, rising.
const (
	Certain Doubt = iota
	// Unsure: a line above may say whose words follow. Nothing is commanded here.
	Unsure
	// Copied: a line above reads like the head of a copied mail, or the line may be
	// the rest of the cited one directly above. Nothing is said here but for oneself.
	Copied
)

// heads is the doubt that a line casts on all that stands below it. rest is the text
// below.
func (a *ahead) heads(line, rest string) Doubt {
	next, below, _ := strings.Cut(rest, "\n")
	switch {
	case line == "", quoted(line) && !strings.HasPrefix(line, ">>>"), quoted(a.first(rest)):
		return Certain // what is cited below is marked
	case strings.HasSuffix(strings.TrimSpace(next), ":") && quoted(a.first(below)):
		return Certain // the line is broken in two
	}
	line = strings.TrimSpace(unmarked.Replace(line))
	colon := strings.HasSuffix(line, ":") || strings.HasSuffix(line, "\uff1a") || strings.HasSuffix(line, ">>>")
	switch {
	case label(line) != "" && labels(line, rest):
		return Copied
	case label(line) != "" && isTrailer(line):
		return Certain
	case (colon || hasAddress(line)) && dated(line):
		return Copied
	case colon && hasAddress(line):
		return Copied
	case colon, hasAddress(line), isRule(line):
		return Unsure
	}
	return Certain
}

// maxLabel bounds the name of a field of a copied header, in characters.
const maxLabel = 24

// label is the name of a field such as a copied header has, "" when the line is none.
func label(line string) string {
	i := strings.IndexAny(line, ":\uff1a")
	if i <= 0 || utf8.RuneCountInString(line[:i]) > maxLabel {
		return ""
	}
	name := strings.TrimSpace(line[:i])
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" -.'", r) {
			return ""
		}
	}
	return name
}

// isTrailer reports whether a line with a label is a tag of a patch, not a field of a
// copied header.
func isTrailer(line string) bool {
	switch name := strings.ToLower(label(line)); name {
	case "fixes", "link", "closes", "buglink", "bug", "cc", "references":
		return true
	default:
		return strings.HasSuffix(name, "-by") || strings.HasSuffix(name, "-from")
	}
}

// headFields is how many lines make a header: From, Sent, To and Subject stand in each, whatever
// they are called.
const headFields = 3

// labels reports whether a line and those below it are the fields of a copied header: some
// in a row, one of which has a date or an address.
func labels(line, rest string) bool {
	said := false
	for n := 0; ; n++ {
		if label(line) == "" || isTrailer(line) && strings.ToLower(label(line)) != "cc" {
			return said && n >= headFields
		}
		if said = said || hasAddress(line) || dated(line); said && n+1 >= headFields {
			return true
		}
		if n > 2*headFields {
			return false
		}
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSpace(unmarked.Replace(line))
	}
}

var (
	address = regexp.MustCompile(`[^\s@<>]@[^\s@<>]`)
	// A time of day, or a day with its year: no place on a bus (0000:03:00.0), no kernel (6.12.30).
	day = regexp.MustCompile(`(?:^|[^:.\w])\d{1,2}:\d{2}(?::\d{2})?(?:[^:.\w]|$)|\b\d{1,2}[-./ ]{1,2}[^\s\d]{1,12}[-./ ]{1,2}(?:19|20)\d\d\b|` +
		`\b\d{1,2}(?:[-./]\d{1,2}[-./](?:19|20)|/\d{1,2}/)\d\d\b|\b(?:19|20)\d\d(?:[-./]|\s?年\s?)\d{1,2}`)
)

func hasAddress(line string) bool { return strings.Contains(line, "@") && address.MatchString(line) }

func dated(line string) bool { return strings.ContainsAny(line, "0123456789") && day.MatchString(line) }

// isRule reports whether a line parts what is above it from what is below.
func isRule(line string) bool {
	first, size := utf8.DecodeRuneInString(line)
	return strings.ContainsRune("-_=*~#\u2014\u2500", first) && strings.HasPrefix(line, strings.Repeat(line[:size], 5)) &&
		!strings.HasPrefix(line, "-----BEGIN PGP")
}
