package signs

import (
	"slices"
	"strings"
)

// What a word means by the sentence around it, for those whose neighbours alone do not
// tell.

// isName reports whether what stands at offset at is the name of a function or a
// variable: "crashstate_get()" is no crash. A few names are what a kernel shouts.
func isName(s string, at int) bool {
	end := at
	for end < len(s) && wordByte[s[end]] {
		end++
	}
	name := s[at:end]
	if strings.HasPrefix(s[end:], "()") && strings.Contains(name, "_") || strings.Contains(name, "_") && end-at > len("_") {
		for _, shout := range [...]string{"bug_on", "warn_on", "refcount_t", "kernel_bug", "use_after", "slab_", "out_of", "null_p"} {
			if strings.HasPrefix(name, shout) {
				return false
			}
		}
		return true
	}
	return false
}

// sentences bounds how far the sentences behind a word are read.
const sentences = 400

// takenBack reports whether what is called harmless at offset at is so in one case alone,
// or a later sentence tells of the case where it is not: "this is harmless when ...
// However, ...".
func takenBack(s string, at int) bool {
	after := strings.Join(strings.Fields(s[at:min(len(s), at+sentences)]), " ")
	word, rest, _ := strings.Cut(after, " ")
	if strings.HasPrefix(word, "harmless") {
		for _, only := range [...]string{"when ", "if ", "as long as ", "while ", "unless ", "until ",
			"in most ", "on most ", "for most ", "only "} {
			if strings.HasPrefix(rest, only) {
				return true
			}
		}
	}
	for _, turn := range [...]string{". however", "; however", ", however", ". but ", ", but ", "; but "} {
		if i := strings.Index(after, turn); i >= 0 {
			return harm(after[i:])
		}
	}
	return false
}

// harm reports whether the sentence that begins s tells of something that goes wrong.
func harm(s string) bool {
	if i := strings.Index(s[1:], ". "); i >= 0 {
		s = s[:i+1]
	}
	return slices.ContainsFunc([]string{" cause", "fail", "miss", "error", "wrong", "break", "lead to", "leads to", "hang", "crash", "result in",
		"lose", "lost", "corrupt", "leak", "stop"}, func(w string) bool { return strings.Contains(s, w) })
}

// warnsOf reports whether the regression at offset at is one that the author fears of the
// patch: "note that this patch might result in regressions".
func warnsOf(s string, at int) bool {
	before := s[max(0, at-3*meaningReach):at]
	if i := strings.LastIndexAny(before, ".:;"); i >= 0 {
		before = before[i+1:]
	}
	before = " " + strings.Join(strings.Fields(before), " ") + " "
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(before, w) })
	}
	return has(" might ", " may ", " could ", " can ", " risk ", " risks ") &&
		(has(" this patch ", " this series ", " risk ", " risks ") || has(" this change ", " this commit ") && !namesCommit(s[:at]))
}

// namesCommit reports whether a text names a commit by its SHA: "this change" behind it may
// be that one.
func namesCommit(s string) bool {
	s = s[max(0, len(s)-2*sentences):]
	for {
		_, after, ok := strings.Cut(s, "commit ")
		if !ok {
			return false
		}
		if shaLength(after) >= 8 {
			return true
		}
		s = after
	}
}

// eventOf tells what happens to every link from one that fails: "on link-down",
// "mac_link_up() / link-down callbacks".
func eventOf(s string, at int) bool {
	if !strings.HasPrefix(s[at:], "link") {
		return false
	}
	switch wordBefore(s, at) {
	case "on", "at", "upon", "during", "each", "every", "after", "before", "for", "of", "and", "or":
	default:
		return false
	}
	return strings.HasPrefix(strings.TrimLeft(s[at+len("link"):], " -\n"), "down")
}

// felt tells slowness that somebody feels from a group of links: "input lag", "lag when
// scrolling", "LAG mode".
func felt(before, after string) bool {
	_, after, _ = strings.Cut(after, " ")
	for _, doing := range [...]string{"when scroll", "when typing", "when moving", "when playing", "while scroll", "while typing", "while moving", "while playing", "spike", "in game", "in the desktop"} {
		if strings.HasPrefix(after, doing) {
			return true
		}
	}
	switch before {
	case "pointer", "scroll", "scrolling", "typing", "input", "cursor", "mouse", "keyboard", "touch", "display", "audio", "video", "visible", "noticeable", "noticeably",
		"severe", "heavy", "huge", "big", "some", "causes", "cause", "causing", "and", "desktop", "ui", "frame", "to", "will", "can", "may", "would":
		return true
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// background are the words before a link to the bug of somebody else.
var background = [...]string{"learn more", "type of issue", "kind of issue", "type of problem", "kind of problem", "type of bug", "kind of bug",
	"similar issue", "similar bug", "similar problem", "same kind of", "for background", "background:"}

// isBackground reports whether the text that ends before a link says that it leads to
// something to read, and to no report of this bug: the sentence that it stands in, or the
// last one where it stands by itself.
func isBackground(before string) bool {
	before = strings.ToLower(before[max(0, len(before)-3*meaningReach):])
	if i := strings.LastIndex(before, "://"); i >= 0 {
		before = before[i:]
	}
	before = oneLine(lastSentence(strings.TrimRight(before, " .:\n<[(")))
	return slices.ContainsFunc(background[:], func(w string) bool { return strings.Contains(before, w) })
}

// symbols counts the places of code, "name+0x1a/0x2c", in a trace of a kernel. A line of a
// process names the file of a program or library instead.
func symbols(s string) int {
	n, last := 0, 0 // last: behind the place before
	for i := 0; ; {
		j := strings.Index(s[i:], "+0x")
		if j < 0 {
			return n
		}
		i += j
		start, from := i, max(last, i-longestName)
		for start > from && s[start-1] > ' ' && s[start-1] != '(' {
			start--
		}
		name, end := s[start:i], i+len("+0x")
		for end < len(s) && end-i < maxOffset && (s[end] >= '0' && s[end] <= '9' || s[end] >= 'a' && s[end] <= 'f') {
			end++
		}
		// glibc writes "file(name+0x1a)", a kernel the size of the function as well
		process := start > 0 && s[start-1] == '(' && end < len(s) && s[end] == ')'
		if !process && !strings.Contains(name, "/") && !strings.Contains(name, ".so") {
			n++
		}
		i += len("+0x")
		last = i
	}
}

// maxOffset is more than the digits of an address.
const maxOffset = 24

// longestName bounds how far the name of a place is looked for: a path of a program in a
// trace is shorter, and so is every symbol of a kernel.
const longestName = 1024

// checkedLate finds where a text says that a pointer is used before it is checked:
// "dereferenced before it is null checked". It returns the offset or -1.
func checkedLate(s string) int {
	const use, check = "dereferenc", "check"
	for from := 0; ; {
		i := strings.Index(s[from:], use)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(use)
		clause := s[from:min(len(s), from+3*meaningReach)]
		if end := strings.IndexAny(clause, ".;"); end >= 0 {
			clause = clause[:end]
		}
		_, after, ok := cutAny(oneLine(clause), " before ", " prior to ")
		at := strings.Index(after, check)
		if !ok || at < 0 || at > meaningReach || strings.Contains(after[:at], use) {
			continue
		}
		if strings.Contains(after, "null") || strings.HasPrefix(after[at:], "checked") || strings.HasPrefix(after[at:], "checking if") {
			return i
		}
	}
}
