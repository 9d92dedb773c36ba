package release

import (
	"slices"
	"strings"
)

// Range is what people call some releases by: names, and those that are older or newer.
type Range struct {
	Names []string `json:"names"`
	// Older and Newer: and all before, or after, each of them. Beyond: without themselves.
	Older  bool `json:"older,omitempty"`
	Newer  bool `json:"newer,omitempty"`
	Beyond bool `json:"beyond,omitempty"`
}

// Has reports whether a release is one of them.
func (r Range) Has(name string) bool {
	if slices.Contains(r.Names, name) {
		return !r.Beyond
	}
	return slices.ContainsFunc(r.Names, func(n string) bool { return r.Older && Newer(n, name) || r.Newer && Newer(name, n) })
}

func (r Range) String() string {
	names := strings.Join(r.Names, ", ")
	switch {
	case r.Beyond && r.Older:
		return "older than " + names
	case r.Beyond:
		return "newer than " + names
	case r.Older:
		return names + " and older"
	case r.Newer:
		return names + " and newer"
	}
	return names
}

// ReadRange reads what people call releases by from the start of s, in lower case: "5.10.y",
// "the 5.4 and 5.10 stable trees", "anything older than 5.15", "6.1 and later". It returns
// how many bytes it took, 0 when s does not begin so: a number that something else follows
// may be of a bus, a standard or a chip.
func ReadRange(s string) (r Range, n int) {
	in := reading{s: s}
	in.words(around[:])
	switch {
	case in.any("older than", "earlier than", "prior to", "before", "below"):
		r.Older, r.Beyond = true, true
	case in.any("newer than", "later than", "after", "above"):
		r.Newer, r.Beyond = true, true
	}
	in.words(around[:])
	for range maxNames {
		name := in.release()
		if name == "" {
			break
		}
		if !slices.Contains(r.Names, name) {
			r.Names = append(r.Names, name)
		}
		n = in.at
		in.words(around[:])
		if r.Beyond {
			continue
		}
		if in.any("and older", "or older", "and below", "or below", "and earlier", "or earlier", "and before", "or before", "and down") {
			r.Older, n = true, in.at
			break
		}
		if in.any("and newer", "or newer", "and later", "or later", "and up", "and above", "or above", "+") {
			r.Newer, n = true, in.at
			break
		}
		_ = in.any(",") || in.any("/") || in.any("&")
		_ = in.any("and") || in.any("or")
		in.words(around[:])
	}
	if len(r.Names) == 0 {
		return Range{}, 0
	}
	after := reading{s: s, at: n}
	after.words(around[:])
	if !after.ends() {
		return Range{}, 0
	}
	return r, n
}

// As many names, and words around each, are read: a text of anybody may have any number.
const maxNames, maxWords = 16, 6

// around are words that stand around the numbers of kernels.
var around = [...]string{"the", "linux-", "linux", "kernels", "kernel", "stable", "longterm", "lts", "branches", "branch", "trees", "tree", "versions",
	"version", "releases", "release", "series", "anything", "all", "any", "v", "-stable", "-lts"}

// follows are words that go on after the name of a kernel, of which nothing else is said.
var follows = [...]string{"and", "or", "at", "as", "because", "since", "either", "though", "but", "which", "where", "please", "so", "without", "if",
	"it", "they", "we", "only", "alone", "then", "too", "for", "with", "when", "there", "anyway", "is", "are", "does", "doesn't", "do", "don't", "has",
	"have", "lacks", "lack", "never", "isn't", "aren't", "backport", "backports", "queue", "queues", "one", "copy", "patch"}

// reading is a text from which words are taken.
type reading struct {
	s  string
	at int
}

func (in *reading) blanks() int {
	i := in.at
	for i < len(in.s) && in.s[i] == ' ' {
		i++
	}
	return i
}

// any takes the first of these words that comes next.
func (in *reading) any(words ...string) bool {
	i := in.blanks()
	for _, w := range words {
		if !strings.HasPrefix(in.s[i:], w) {
			continue
		}
		end := i + len(w)
		letter := isLetter(w[len(w)-1]) && w != "v"
		if letter && end < len(in.s) && (isLetter(in.s[end]) || in.s[end] >= '0' && in.s[end] <= '9') {
			continue
		}
		if w == "v" && (end == len(in.s) || in.s[end] < '0' || in.s[end] > '9') {
			continue
		}
		in.at = end
		return true
	}
	return false
}

func (in *reading) words(words []string) {
	for range maxWords {
		if !in.any(words...) {
			return
		}
	}
}

// release takes a release of which there is a branch.
func (in *reading) release() string {
	i := in.blanks()
	name, n := Read(in.s[i:])
	if r, ok := Parse(name); n == 0 || !ok || r.Major < 3 && r.Minor < 6 {
		return ""
	}
	in.at = i + n
	return name
}

// ends reports whether a sentence ends here, or goes on with what says nothing of the
// number before it.
func (in *reading) ends() bool {
	i := in.blanks()
	return i == len(in.s) || strings.IndexByte(".,;:!?)]\"'-", in.s[i]) >= 0 || in.any(follows[:]...)
}
