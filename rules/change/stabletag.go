package change

import (
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// The addresses of the stable team: the list, the list that must not be
// published on, and the refusal of automatic pickup.
const (
	stableList     = "stable@vger.kernel.org"
	stableSecurity = "stable@kernel.org"
	stableRefusal  = "stable+noautosel@kernel.org"
)

// IsStable reports whether an address is one of the stable team's.
func IsStable(addr string) bool {
	return addr == stableList || addr == stableSecurity || addr == stableRefusal
}

// stableTag reads a Cc: trailer; ok is false when it does not go to stable.
// typo: its key was misspelt.
func stableTag(t Trailer, typo bool) (st StableTag, ok bool) {
	if !strings.Contains(t.Value, "table") && !strings.Contains(t.Value, "kernel.org") {
		return st, false // every typo known keeps one of them
	}
	people, comment, marked := strings.Cut(t.Value, "#")
	for rest := people; rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		addr, after, odd, found := stableAddress(one)
		if !found {
			continue
		}
		st = StableTag{Address: addr, Line: t.Line, Malformed: odd || typo, NoAutosel: strings.Contains(addr, "+noautosel")}
		if !marked {
			// "[4.20+]", "(v5.4+)", "v5.4+" without the "#"
			comment = strings.Trim(trimSpace(after+" "+rest), "[]() ")
			if comment != "" && !strings.Contains(comment, "@") {
				st.Malformed = true
			} else {
				comment = ""
			}
		}
		st.Comment = trimSpace(comment)
		if marked {
			st.Comment = collapse(st.Comment)
		}
		st.readComment()
		return st, true
	}
	return st, false
}

// stableAddress finds a stable address in one recipient and returns what
// stands behind it. odd: it is misspelt.
func stableAddress(s string) (addr, after string, odd, ok bool) {
	s = trimSpace(s)
	if open := strings.IndexByte(s, '<'); open >= 0 {
		in := s[open+1:]
		if shut := strings.IndexByte(in, '>'); shut >= 0 {
			addr, after = in[:shut], in[shut+1:]
		} else {
			addr, odd = in, true
		}
	} else if i := strings.IndexAny(s, " \t[("); i >= 0 {
		addr, after = s[:i], s[i:]
	} else {
		addr = s
	}
	low := strings.ToLower(trimSpace(addr))
	addr = strings.Trim(low, "<>\"'.;:?")
	if IsStable(addr) {
		return addr, after, odd || strings.Trim(low, "\"'") != addr, true
	}
	local, domain, at := strings.Cut(addr, "@")
	switch {
	case !at:
		// "Cc: stable # 6.1", "Cc: linux-stable", "stable.vger.kernel.org"
		if local == "stable" || local == "linux-stable" || local == "-stable" || local == "stable.vger.kernel.org" {
			return addr, after, true, true
		}
	case local == "stable" || local == "linux-stable" || strings.HasPrefix(local, "stable+"):
		if strings.Contains(domain, "kern") || strings.Contains(domain, "vger") {
			return addr, after, true, true
		}
	case (domain == "vger.kernel.org" || domain == "kernel.org") && near(local, "stable"):
		return addr, after, true, true
	}
	return "", "", false, false
}

// near reports whether s is want with one letter missing, doubled, wrong, or
// swapped with its neighbour.
func near(s, want string) bool {
	if len(s) < len(want)-1 || len(s) > len(want)+1 {
		return false
	}
	i := 0
	for i < len(s) && i < len(want) && s[i] == want[i] {
		i++
	}
	switch {
	case len(s) < len(want):
		return s[i:] == want[i+1:]
	case len(s) > len(want):
		return s[i+1:] == want[i:]
	case i == len(s):
		return true
	case s[i+1:] == want[i+1:]:
		return true
	}
	return i+1 < len(s) && s[i] == want[i+1] && s[i+1] == want[i] && s[i+2:] == want[i+2:]
}

// readComment takes in what stands behind the "#": branches, prerequisites,
// and what to wait for.
func (st *StableTag) readComment() {
	c := st.Comment
	if c == "" {
		return
	}
	st.After = afterWhat(c)
	if i := indexWord(c, "only"); i >= 0 {
		st.Only = true
	}
	// The branches stand before the first commit id; behind it are titles.
	for i := 0; i < len(c); {
		if i > 0 && (isWord(c[i-1]) || c[i-1] == '.') {
			i++
			continue
		}
		if id, _ := sha(c[i:]); id != "" {
			st.readNeeds(c[i:])
			return
		}
		j := i
		if (c[j] == 'v' || c[j] == 'V') && j+1 < len(c) && isDigit(c[j+1]) {
			j++
		}
		name, n := release.Read(c[j:])
		if name == "" || !plausible(name) {
			for i++; i < len(c) && !isSpace(c[i-1]); i++ {
			}
			continue
		}
		sure := j > i || c[j+n-1] == 'x' || c[j+n-1] == 'y' || j+n < len(c) && c[j+n] == '+'
		waiting := st.After != "" && strings.Contains(st.After, c[i:j+n])
		if !st.NoAutosel && !waiting && (sure || beforeBranch(c[:i])) {
			st.Versions = appendNew(st.Versions, name)
		}
		i = j + n
		if t := c[i:]; strings.HasPrefix(t, "-rc") {
			i += len("-rc") + digits(t[len("-rc"):], 0)
		}
	}
}

// beforeBranch reports whether a bare "6.1" behind head is a branch: at the
// beginning, behind another version, or behind a word that leads to one. Chips
// have versions too ("DCN 3.1 hangs").
func beforeBranch(head string) bool {
	head = strings.TrimRight(head, " \t,;&/(>=-")
	if head == "" {
		return true
	}
	w := head[strings.LastIndexAny(head, " \t,;&/(")+1:]
	switch strings.ToLower(w) {
	case "since", "from", "for", "in", "to", "and", "or", "only", "until", "till", "through", "kernel", "kernels",
		"linux", "stable", "version", "versions", "needs", "up", "backport", "branch":
		return true
	}
	return isDigit(w[0]) || len(w) > 1 && w[0] == 'v' && isDigit(w[1])
}

// readNeeds takes a list of prerequisites: "<sha>: title", "<sha> title",
// `<sha> ("title")`, `<sha> ("title"), <sha> ("title")` or "<sha>, <sha>".
func (st *StableTag) readNeeds(s string) {
	for s != "" && len(st.Needs) < maxNamed {
		id, rest := sha(s)
		if id == "" {
			return
		}
		o := Origin{SHA: id, Form: "tag", Line: st.Line}
		rest = strings.TrimLeft(rest, " :-")
		if strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, "and ") || strings.HasPrefix(rest, "+") {
			s = rest
		} else {
			o.Subject, s = quotedTitle(rest)
		}
		st.Needs = append(st.Needs, o)
		s = strings.TrimLeft(s, " ,;+")
		s = strings.TrimPrefix(s, "and ")
	}
}

// plausible tells a kernel's branch from the version of a chip or a program:
// kernels with stable trees are 2.6.x and 3.0 to 9.x.
func plausible(branch string) bool {
	return branch[1] == '.' && (branch[0] >= '3' || strings.HasPrefix(branch, "2.6"))
}

// afterWhat returns the request to wait of a comment, as written: "after -rc3".
func afterWhat(c string) string {
	for _, word := range []string{"after", "not before", "delay", "wait"} {
		i := indexWord(c, word)
		if i < 0 {
			continue
		}
		if word != "after" {
			return c[i:]
		}
		what := strings.TrimLeft(c[i+len(word):], " ")
		if what == "" {
			continue
		}
		first, second, _ := strings.Cut(what, " ")
		first = strings.ToLower(strings.TrimLeft(first, "-v"))
		switch first {
		case "some", "a", "the", "it", "being", "merge", "release", "mainline", "few", "soaking":
			// "after some time in mainline", "after the merge window"; but "a hang after a reset"
			if !hasPrefixFold(second, "reset") && !hasPrefixFold(second, "resume") && !hasPrefixFold(second, "suspend") {
				return c[i:]
			}
			continue
		}
		release := first != "" && isDigit(first[0]) && strings.IndexByte(first, '.') > 0
		span := hasPrefixFold(second, "week") || hasPrefixFold(second, "day") || hasPrefixFold(second, "month")
		if !release && !span && !strings.HasPrefix(first, "rc") {
			continue
		}
		return c[i:]
	}
	return ""
}

// indexWord is strings.Index for a whole word in any case.
func indexWord(s, word string) int {
	for i := 0; i+len(word) <= len(s); i++ {
		if hasPrefixFold(s[i:], word) && (i == 0 || !isWord(s[i-1])) && (i+len(word) == len(s) || !isWord(s[i+len(word)])) {
			return i
		}
	}
	return -1
}

// readStable takes in the tags, and the recipients where the message has none.
func (c *Change) readStable(odd []int) {
	for _, t := range c.Trailers {
		if t.Key != "Cc" {
			continue
		}
		tag, ok := stableTag(t, containsInt(odd, t.Line))
		if !ok {
			continue
		}
		c.Stable = append(c.Stable, tag)
		c.DependsOn = append(c.DependsOn, tag.Needs...)
	}
	if len(c.Stable) > 0 {
		return
	}
	if a := stableRecipient(c.To, c.Cc); a != "" {
		c.Stable = append(c.Stable, StableTag{Address: a, Recipient: true, NoAutosel: a == stableRefusal})
	}
}

func stableRecipient(lists ...[]string) string {
	for _, l := range lists {
		for _, a := range l {
			if IsStable(a) {
				return a
			}
		}
	}
	return ""
}

// dropRecipient removes the guess from the recipients once a tag is known.
func dropRecipient(tags []StableTag) []StableTag {
	if len(tags) == 1 && tags[0].Recipient {
		return nil
	}
	return tags
}

func containsInt(list []int, n int) bool {
	for _, have := range list {
		if have == n {
			return true
		}
	}
	return false
}
