package signs

import "strings"

// reading is what one text says of a kind of bug.
type reading struct {
	noun  string // "" where nothing was read
	rank  int    // the place of its term: a lower one tells more
	could bool   // by its own clause it is one that could be
}

// over reports whether a is to be said rather than b: what happened before what could,
// what tells more before what tells less.
func (a reading) over(b reading) bool {
	return b.noun == "" || b.could && !a.could || b.could == a.could && a.rank < b.rank
}

// slots are the kinds that have terms.
const slots = int(WordTrace) + 2

// slot is the place of a kind that has terms, -1 for another.
func slot(k Word) int {
	switch {
	case k <= WordTrace:
		return int(k)
	case k == WordFailure:
		return slots - 1
	}
	return -1
}

// kindOf is the kind of a slot.
func kindOf(slot int) Word {
	if slot == slots-1 {
		return WordFailure
	}
	return Word(slot)
}

// termed are the kinds that have terms, as bits.
const termed = Bugs | 1<<WordFailure

// nameOf is what the phrase at offset at of s is called as one of kind k.
func nameOf(s string, at int, k Word) reading {
	text := spaced(s[at:min(len(s), at+longestTerm)])
	best, rank := -1, 0
	for i, t := range terms[k] {
		for _, p := range t.of {
			if len(p) > best && strings.HasPrefix(text, p) {
				best, rank = len(p), i
			}
		}
	}
	if best < 0 {
		return reading{}
	}
	return reading{noun: exact(terms[k][rank].noun, s, at, text), rank: rank, could: could(s, at)}
}

// longestTerm is longer than any phrase and the word behind it.
const longestTerm = 64

// spaced has one blank for each run of blanks, line ends and hyphens, as the phrases have.
func spaced(s string) string {
	var out strings.Builder
	gap := false
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\n', '\t', '-':
			gap = true
		default:
			if gap {
				out.WriteByte(' ')
			}
			gap = false
			out.WriteByte(c)
		}
	}
	return out.String()
}

// exact makes a term more exact by the words beside its phrase.
func exact(noun, s string, at int, text string) string {
	before := wordBefore(s, at)
	_, after, _ := strings.Cut(text, " ")
	next, _, _ := strings.Cut(after, " ")
	next = strings.TrimRight(next, ".,;:)")
	switch noun {
	case uninitialised:
		switch next {
		case "memory", "data", "variables", "values", "bytes", "pointers":
			return "uninitialised " + next
		case "variable", "stack", "buffer", "pointer", "field":
			return "an uninitialised " + next
		}
	case corruption:
		switch before {
		case "memory", "data", "stack", "heap", "list", "image", "display", "screen", "register", "filesystem", "queue", "ring":
			return before + " corruption"
		}
		for _, what := range [...]string{"memory", "data"} {
			if clause, _, _ := cutAny(after+" ", ".", ",", ";"); strings.Contains(" "+clause+" ", " "+what+" ") {
				return what + " corruption"
			}
		}
	case leak:
		switch before {
		case "memory", "resource", "reference", "fence", "skb", "buffer", "page", "handle", "device", "clock", "irq":
			return article(before) + before + " leak"
		case "refcount", "node":
			return "a reference leak"
		}
		if next == "memory" || strings.HasPrefix(after, "the memory") {
			return "a memory leak"
		}
	case "a NULL pointer":
		switch around := near(s, at); {
		case strings.Contains(around, "deref"), strings.Contains(around, "defer"): // as it is misspelt
			return "a NULL pointer dereference"
		case strings.Contains(around, "access"):
			return "an access through a NULL pointer"
		}
	case "a kernel BUG":
		if strings.HasPrefix(text, "kernel bug") && !strings.HasPrefix(text, "kernel bug at ") {
			return "a kernel bug"
		}
	case "a lockup":
		if before == "soft" || before == "hard" {
			return "a " + before + " lockup"
		}
	case "a call in atomic context":
		if around := near(s, at); strings.Contains(around, "sleep") || strings.Contains(around, "block") {
			return "sleeping in atomic context"
		}
	case failure:
		return failing(text, s[at:min(len(s), at+longestTerm)])
	}
	return noun
}

func article(noun string) string {
	if strings.IndexByte("aeiou", noun[0]) >= 0 {
		return "an "
	}
	return "a "
}

// failing says what fails, as far as the words behind the phrase do: "a failure to
// enumerate", "a failure with -ETIMEDOUT".
func failing(text, written string) string {
	for _, to := range [...]string{"fails to ", "failing to ", "unable to ", "not able to "} {
		if _, after, ok := strings.Cut(text, to); ok {
			verb, _, _ := strings.Cut(after, " ")
			if verb = strings.TrimRight(verb, ".,;:"); verb != "" && strings.Trim(verb, "abcdefghijklmnopqrstuvwxyz") == "" {
				return failure + " to " + verb
			}
		}
	}
	if _, after, ok := strings.Cut(written, " with -"); ok {
		n := 0
		for n < len(after) && identByte[after[n]] {
			n++
		}
		if n > 0 && (after[0] == 'e' || after[0] <= '9') {
			return failure + " with -" + strings.ToUpper(after[:n])
		}
	}
	return failure
}

// could reports whether the clause of offset at says that something could happen, and not
// that it does.
func could(s string, at int) bool {
	clause := " " + strings.Join(strings.Fields(strings.ReplaceAll(clauseBefore(s, at), "-", " ")), " ") + " "
	for _, w := range [...]string{" could ", " might ", " may ", " potential ", " potentially ", " possible ", " possibly ", " theoretical ",
		" theoretically ", " to mitigate ", " hypothetical "} {
		if strings.Contains(clause, w) {
			return true
		}
	}
	return false
}

// name keeps of each kind of mask what its phrase at offset at of s is called, where that
// tells more than what was read before, and returns the kinds of which it does.
func (w *Words) name(into *[slots]reading, s string, at int, mask uint64) (told uint64) {
	if mask &= termed; mask == 0 {
		return 0
	}
	for i := range into {
		k := kindOf(i)
		if mask&(1<<k) == 0 {
			continue
		}
		if n := nameOf(s, at, k); n.noun != "" && n.over(into[i]) {
			into[i] = n
			told |= 1 << k
		}
	}
	return told
}

// warned keeps that a WARNING of the kernel stands at offset at of the message.
func (w *Words) warned(at int) {
	w.warning = true
	w.inBody[WordTrace] = reading{noun: terms[WordTrace][0].noun}
	w.at[WordTrace] = int32(min(at, 1<<30)) + 1
}

// read is what is known of a kind, by the title where that speaks of it.
func (w *Words) read(k Word) reading {
	i := slot(k)
	if i < 0 {
		return reading{}
	}
	if w.InTitle(k) {
		return w.inTitle[i]
	}
	return w.inBody[i]
}

// Noun is what k is called in a sentence about this change: what was read, by its title
// where that speaks of it.
func (w *Words) Noun(k Word) string {
	n := w.read(k).noun
	switch {
	case n == "an imbalance" && w.Has(WordRefcount):
		return wordNoun[WordRefcount]
	case n != "":
		return n
	}
	return wordNoun[k]
}

// InMessage reports whether the message speaks of k, and whether it says of it no more than
// that it could be.
func (w *Words) InMessage(k Word) (told, could bool) {
	n := w.inBody[slot(k)]
	return n.noun != "", n.could
}

// Could reports whether what was read of k is said to be possible, and no more.
func (w *Words) Could(k Word) bool { return w.read(k).could }
