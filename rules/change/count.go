package change

import (
	"strconv"
	"strings"
)

// Count writes a number and what it counts: "1 fix", "2 fixes". The noun is given for
// one, with the words before it as they are: "later fix". Numbers that a person reads
// before a noun are written by it, or agree by Agree.
func Count(n int, noun string) string {
	return strconv.Itoa(n) + " " + Agree(n, noun, many(noun))
}

// Agree is the word that goes with a number: Agree(n, "has", "have").
func Agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// many is the plural of a noun, or of the last word of a few. What has two forms by no
// rule stands here.
func many(noun string) string {
	switch {
	case strings.HasSuffix(noun, "person"):
		return strings.TrimSuffix(noun, "person") + "people"
	case strings.HasSuffix(noun, "series"):
		return noun
	case strings.HasSuffix(noun, "y") && len(noun) > 1 && !strings.ContainsRune("aeiou", rune(noun[len(noun)-2])):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(noun, end) {
			return noun + "es"
		}
	}
	return noun + "s"
}
