package series

import (
	"regexp"
	"strconv"
	"strings"
)

// Where people put a version that is not in the brackets of the subject.
//
// Of 183,463 patch mails of nine lists, some 90 end in "(v3)", and all of those
// are versions. Some 200 end in a bare "v3", and most of those are none: "add
// support for firmware command v3" and "… v4" are two patches. So a bare one is
// only a version of a title that its sender has posted without it, see Stem; of
// the 23 found so, 22 are, and the one that was none, a board, had a capital V.
var (
	atEnd   = regexp.MustCompile(`(?i)(?:\s*[(\[{]\s*v(\d{1,2})\s*[)\]}]|\s*[,;]\s*v(\d{1,2})|\s+-+\s+v(\d{1,2}))[.]?\s*$`)
	atStart = regexp.MustCompile(`(?i)^((?:[\w./+-]+: +)*)(?:[(\[{]\s*v(\d{1,2})\s*[)\]}]:?|v(\d{1,2}):)\s+`)
	leading = regexp.MustCompile(`(?i)^v(\d{1,2})\s+`)
	bare    = regexp.MustCompile(`\s+v(\d{1,2})[.]?\s*$`)
)

// Versioned takes a version that stands in a title out of it, "drm/x: fix it
// (v3)" or "v3: drm/x: fix it"; version is 0 where there is none.
func Versioned(title string) (plain string, version int) {
	for _, form := range []*regexp.Regexp{atEnd, atStart, leading} {
		m := form.FindStringSubmatchIndex(title)
		if m == nil {
			continue
		}
		rest := title[:m[0]] + title[m[1]:]
		if form == atStart {
			rest = title[m[2]:m[3]] + title[m[1]:]
		}
		if strings.TrimSpace(rest) == "" {
			continue // nothing else: it is the title
		}
		return rest, number(title, m)
	}
	return title, 0
}

// Stem is a title without a bare version at its end, "" when it has none. It
// counts as a version only of a title that the same sender has posted.
func Stem(title string) (stem string, version int) {
	m := bare.FindStringSubmatchIndex(title)
	if m == nil || m[0] == 0 {
		return "", 0
	}
	if version = number(title, m); version < 2 {
		return "", 0
	}
	return title[:m[0]], version
}

// Earlier are the titles that a patch with a bare version may have had before:
// the stem, which has to be among those posted, and the stem with each version
// below.
func Earlier(title string) []string {
	stem, version := Stem(title)
	if version == 0 {
		return nil
	}
	out := []string{stem}
	for v := 2; v < version; v++ {
		out = append(out, stem+" v"+strconv.Itoa(v))
	}
	return out
}

// number is what the last group that took part says.
func number(title string, m []int) int {
	for i := len(m) - 2; i > 0; i -= 2 {
		if m[i] >= 0 {
			if n, err := strconv.Atoi(title[m[i]:m[i+1]]); err == nil {
				return n
			}
		}
	}
	return 0
}
