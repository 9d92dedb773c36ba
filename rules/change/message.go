package change

import (
	"mime"
	"strings"
)

// message is the text of a mail, taken apart. It splits where git am splits,
// so that Body is what would become the commit message.
type message struct {
	author  string // in-body From, as written
	subject string // in-body Subject, as written
	body    string
	notes   string
	diff    string // from the first file header to the end of the text
	base    string
	lead    int // lines from the end of the message, "---", to the diff
}

// splitMail takes a mail apart. text has LF line ends.
func splitMail(text string) message {
	var m message
	text = skipBlank(text)
	if strings.HasPrefix(text, "From ") {
		text = skipMboxLine(text)
	}
	text = m.inBody(belowReview(text))
	if cut := scissors(text); cut >= 0 {
		m.author, m.subject = "", ""
		text = m.inBody(skipBlank(text[cut:]))
	}
	start := diffStart(text)
	head := text
	if start >= 0 {
		head, m.diff = text[:start], text[start:]
	}
	if i := patchBreak(head); i >= 0 {
		m.body, m.notes = head[:i], head[i:]
		m.lead = strings.Count(m.notes, "\n")
		_, m.notes = nextLine(m.notes)
	} else {
		m.body = head
	}
	if start >= 0 && m.notes == "" {
		m.body, m.notes = cutDiffstat(m.body)
	}
	if start < 0 {
		m.body = cutSignature(m.body)
		m.notes = cutSignature(m.notes)
	}
	m.base = BaseCommit(m.notes)
	if m.base == "" {
		m.base = BaseCommit(m.diff)
	}
	if m.base == "" && start < 0 {
		m.base = BaseCommit(m.body) // a cover letter has it above its signature
	}
	m.body = trimRight(m.body)
	m.notes = trimRight(m.notes)
	return m
}

// attached takes a patch from an attachment. Where that is a whole
// format-patch file, its message counts, as git am would have it; where it is a
// bare diff, the mail's text is the message.
func attached(m message, diff string) message {
	whole := splitMail(diff)
	if whole.author != "" && whole.diff != "" {
		return whole
	}
	if whole.diff != "" {
		diff = whole.diff
	}
	m.diff, m.lead = diff, whole.lead
	if m.base == "" {
		m.base = whole.base
	}
	return m
}

// belowReview leaves out what the stable team writes above a patch that it posts
// for review: "6.6-stable review patch. If anyone has any objections …" and a
// line of dashes. Below it the author stands as git am reads it.
func belowReview(text string) string {
	line, rest := nextLine(skipBlank(text))
	if !strings.Contains(line, "-stable review patch") {
		return text
	}
	for range 4 {
		if line, rest = nextLine(rest); len(line) > 3 && strings.Trim(line, "-") == "" {
			return skipBlank(rest)
		}
	}
	return text
}

// inBody takes the header lines that git am accepts at the top of a body, and
// returns the text below them.
func (m *message) inBody(text string) string {
	rest, seen := text, false
	for {
		line, next := nextLine(rest)
		// a From at the start of a line may have been quoted for an mbox
		if strings.HasPrefix(line, ">From: ") {
			line = line[1:]
		}
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			break
		}
		var into *string
		var skip string
		switch {
		case equalFold(key, "from") && strings.IndexByte(value, '@') > 0:
			into = &m.author
		case equalFold(key, "subject"):
			into = &m.subject
		case equalFold(key, "date"), seen && equalFold(key, "to"), seen && equalFold(key, "cc"),
			seen && equalFold(key, "message-id"), seen && hasPrefixFold(key, "content-"),
			seen && equalFold(key, "mime-version"):
			into = &skip
		}
		if into == nil {
			break
		}
		*into, seen, rest = value, true, next
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') && trimSpace(firstLine(rest)) != "" {
			line, rest = nextLine(rest)
			if len(*into) < maxValue {
				*into += " " + trimSpace(line)
			}
		}
	}
	if !seen {
		return text
	}
	if strings.Contains(m.subject, "=?") {
		if d, err := new(mime.WordDecoder).DecodeHeader(m.subject); err == nil {
			m.subject = d
		}
	}
	return skipBlank(rest)
}

func firstLine(s string) string { l, _ := nextLine(s); return l }

// skipMboxLine drops the first line of a format-patch file.
func skipMboxLine(text string) string {
	line, rest := nextLine(text)
	if id, after := sha(line[len("From "):]); len(id) == 40 && strings.HasPrefix(after, " ") {
		return rest
	}
	return text
}

// skipBlank drops leading empty lines, but not the blanks of the first line
// that holds something.
func skipBlank(s string) string {
	for {
		line, rest := nextLine(s)
		if line == s || trimSpace(line) != "" {
			return s
		}
		s = rest
	}
}

// scissors returns the offset below the last scissors line before the patch,
// or -1. As for git mailinfo, the perforation must be at least eight wide, hold
// scissors, and make up more than a third of the line.
func scissors(text string) int {
	if !strings.Contains(text, ">8") && !strings.Contains(text, "8<") &&
		!strings.Contains(text, ">%") && !strings.Contains(text, "%<") {
		return -1
	}
	at := -1
	for rest := text; rest != ""; {
		line, next := nextLine(rest)
		if strings.HasPrefix(line, "diff --git ") || trimRight(line) == "---" {
			break
		}
		if isScissors(line) {
			at = len(text) - len(next)
		}
		rest = next
	}
	return at
}

func isScissors(line string) bool {
	line = trimSpace(line)
	if len(line) < 8 || line[0] == '>' && !strings.HasPrefix(line, ">8") && !strings.HasPrefix(line, ">%") {
		return false
	}
	perforation, dashes, cuts := 0, 0, 0
	in := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '-':
			perforation++
			dashes++
			in = true
		case i+1 < len(line) && (line[i:i+2] == ">8" || line[i:i+2] == "8<" || line[i:i+2] == ">%" || line[i:i+2] == "%<"):
			perforation += 2
			cuts += 2
			in = true
			i++
		case c == ' ':
			if in {
				perforation++
			}
		default:
			in = false
		}
	}
	return cuts > 0 && perforation >= 8 && perforation*3 >= len(line) && (dashes+cuts)*2 >= perforation
}

// patchBreak returns the offset of the line that ends the commit message: "---"
// alone, or the beginning of a diff in one of the old forms. -1: none.
func patchBreak(text string) int {
	if strings.HasPrefix(text, "---") && isBreak(text) {
		return 0
	}
	for from := 0; ; {
		i := strings.Index(text[from:], "\n---")
		if i < 0 {
			break
		}
		if i += from + 1; isBreak(text[i:]) {
			return i
		}
		from = i
	}
	if strings.HasPrefix(text, "Index: ") {
		return 0
	}
	if i := strings.Index(text, "\nIndex: "); i >= 0 && strings.Contains(text[i:], "\n=====") {
		return i + 1
	}
	return -1
}

// isBreak reports whether s, which begins with "---", begins with that line.
func isBreak(s string) bool { return trimRight(firstLine(s)) == "---" }

// diffStart returns the offset of the first file header of a diff, or -1.
// Prose that merely mentions one has no header below it and is no diff.
func diffStart(text string) int {
	for from := 0; from < len(text); {
		i := from
		switch text[i] {
		case 'd':
			if strings.HasPrefix(text[i:], "diff --git ") && gitHeaderBelow(text[i:]) {
				return i
			}
		case '-':
			if strings.HasPrefix(text[i:], "--- ") && plainHeader(text[i:]) {
				return i
			}
		}
		// next line that may begin one
		for {
			n := strings.IndexByte(text[from:], '\n')
			if n < 0 {
				return -1
			}
			from += n + 1
			if from >= len(text) {
				return -1
			}
			if c := text[from]; c == 'd' || c == '-' {
				break
			}
		}
	}
	return -1
}

// gitHeaderBelow reports whether a "diff --git" line is followed by what git
// writes below it.
func gitHeaderBelow(s string) bool {
	_, s = nextLine(s)
	for _, head := range []string{"index ", "--- ", "old mode ", "new mode ", "deleted file ", "new file ",
		"similarity ", "dissimilarity ", "rename ", "copy ", "GIT binary", "Binary files "} {
		if strings.HasPrefix(s, head) {
			return true
		}
	}
	return false
}

// plainHeader reports whether s begins with the two name lines and the first
// hunk of a unified diff.
func plainHeader(s string) bool {
	_, s = nextLine(s)
	if !strings.HasPrefix(s, "+++ ") {
		return false
	}
	_, s = nextLine(s)
	return strings.HasPrefix(s, "@@ -")
}

// cutDiffstat moves a diffstat at the end of a body, as in mails written
// without "---", out of the message.
func cutDiffstat(body string) (message, notes string) {
	s := trimRight(body)
	last := s[strings.LastIndexByte(s, '\n')+1:]
	if !strings.Contains(last, " changed, ") || len(last) < 2 || last[0] != ' ' || !isDigit(last[1]) {
		return body, ""
	}
	at := len(s) - len(last)
	for at > 0 {
		from := strings.LastIndexByte(s[:at-1], '\n') + 1
		if s[from] != ' ' || !strings.Contains(s[from:at], " | ") {
			break
		}
		at = from
	}
	return s[:at], s[at:]
}

// cutSignature drops a mail signature.
func cutSignature(s string) string {
	if strings.HasPrefix(s, "-- \n") {
		return ""
	}
	if i := lastLine(s, "\n-- \n"); i >= 0 {
		return s[:i]
	}
	return s
}

// lastLine is strings.LastIndex, which looks at every byte, for what is rare.
func lastLine(s, what string) int {
	at := -1
	for from := 0; ; {
		i := strings.Index(s[from:], what)
		if i < 0 {
			return at
		}
		at = from + i
		from = at + 1
	}
}

// baseTail is how much of the end of a diff is searched for a base commit; git
// format-patch writes it, and at most some dozen prerequisites of 64 bytes each,
// below the last hunk.
const baseTail = 8 << 10

// BaseCommit finds the trailer that git format-patch --base writes.
func BaseCommit(s string) string {
	const key = "base-commit: "
	s = s[max(0, len(s)-baseTail):]
	for {
		i := strings.Index(s, key)
		if i < 0 {
			return ""
		}
		at := i == 0 || s[i-1] == '\n'
		s = s[i+len(key):]
		if id, _ := sha(s); at && id != "" {
			return id
		}
	}
}
