package mail

import "strings"

// A mail program says above what it cites who wrote that, with the name that the writer
// gave himself, and folds the line where it is long. So a stranger chooses what stands at
// the beginning of a line of an honest answer, unless the whole of it is told from its
// writer's own words.

// maxFolded bounds the lines of an attribution: a name of 1,000 characters takes 16.
const maxFolded = 64

// attribution is how many lines, from the first of a paragraph on, say who wrote what is
// cited, and how many may say it. They end where a line names a writer, or in a colon with
// an address or a day in it or above, or directly above a cited line in what may be either.
// In all languages a colon stands there; which verb is before it does not matter.
func (a *ahead) attribution(line, rest string) (certain, maybe int) {
	named := false // an address or a day was seen
	for n := 1; n <= maxFolded; n++ {
		text := strings.TrimSpace(unmarked.Replace(line))
		tag := isTrailer(text) && strings.Count(text, "@") < 2
		here := !tag && (hasAddress(text) || dated(text))
		named = named || here
		colon := strings.HasSuffix(text, ":") || strings.HasSuffix(text, "\uff1a") || strings.HasSuffix(text, ">>>")
		if colon && named || attributes(" "+strings.ToLower(text)) {
			certain = n
		}
		next, below, _ := strings.Cut(rest, "\n")
		next = strings.TrimRight(next, " \t\r")
		switch {
		case quoted(next) && here:
			return n, n
		case (quoted(next) || next == "" && quoted(a.first(rest))) && colon:
			return certain, n
		case next == "" || quoted(next):
			return certain, certain
		}
		line, rest = next, below
	}
	return certain, certain
}
