package change

import "strings"

// trailerKeys are the keys that count wherever they stand at the start of a
// line: kernel messages have trailers in several blocks, with notes and
// changelogs between them. Whatever ends in "-by" counts with them.
var trailerKeys = map[string]string{
	"signed-off-by": "Signed-off-by", "reviewed-by": "Reviewed-by", "acked-by": "Acked-by",
	"tested-by": "Tested-by", "reported-by": "Reported-by", "suggested-by": "Suggested-by",
	"co-developed-by": "Co-developed-by", "co-authored-by": "Co-authored-by",
	"reported-and-tested-by": "Reported-and-tested-by", "nacked-by": "Nacked-by",
	"cc": "Cc", "fixes": "Fixes", "link": "Link", "closes": "Closes", "bug": "Bug", "bugzilla": "Bugzilla",
	"buglink": "BugLink", "bug-link": "BugLink", "references": "References", "reference": "Reference",
	"stable-dep-of": "Stable-dep-of", "depends-on": "Depends-on", "message-id": "Message-ID",
	"git-commit": "Git-commit", "patch-mainline": "Patch-mainline", "git-repo": "Git-repo",
	"origin": "Origin", "upstream-status": "Upstream-status", "based-on": "Based-on",
	"change-id": "Change-Id", "issue": "Issue", "testcase": "Testcase",
}

// keyMax bounds a key: the longest in use are of the form
// "Reported-and-suggested-and-tested-by".
const keyMax = 40

// Bounds for hostile messages: tree-wide patches have copied some hundred
// people, and no folded value is longer than a few lines.
const (
	maxTrailers = 1000
	maxValue    = 2000 // bytes of a folded value; what follows is left out
)

// ParseTrailers returns the trailers of a message in order. A usual key counts
// in any paragraph; another "Some-key: value", or a usual key whose value is
// prose ("Issue: it hangs"), only below the last paragraph of prose. Quoted
// lines (">") and indented ones never count, nor does anything below the mail
// signature, so a reply can be given as it is.
func ParseTrailers(body string) []Trailer {
	ts, _ := scanTrailers(body)
	return ts
}

// scanTrailers also returns the numbers of the lines whose key had a typo.
func scanTrailers(body string) (out []Trailer, odd []int) {
	weak := 0      // how many of out stand only if no prose follows
	prose := false // the paragraph has a line that is no trailer
	tags := false  // the paragraph has a trailer
	open := false  // the line above is a trailer, and this one may continue it
	weakLine := map[int]bool(nil)
	endParagraph := func() {
		if prose && !tags && weak > 0 {
			out = dropWeak(out, weakLine)
			weak = 0
		}
		prose, tags, open = false, false, false
	}
	lineNo := 0
	for rest := body; rest != "" && len(out) < maxTrailers; {
		var line string
		line, rest = nextLine(rest)
		lineNo++
		if line == "" || line == "\r" {
			endParagraph()
			continue
		}
		switch c := line[0]; {
		case c == ' ' || c == '\t':
			if open {
				appendValue(&out[len(out)-1], line)
			}
			continue
		case !isLetter(c):
			if line == "-- " {
				rest = ""
				continue
			}
			// "[ name: note ]" stands between trailers; "(title)" may be the
			// wrapped part of one
			if open && continues(&out[len(out)-1], line) {
				appendValue(&out[len(out)-1], line)
			} else if c != '[' && c != '(' {
				prose, open = true, false
			}
			continue
		}
		key, value, typo, ok := trailerLine(line)
		if !ok {
			if open && continues(&out[len(out)-1], line) {
				appendValue(&out[len(out)-1], line)
				continue
			}
			prose, open = true, false
			continue
		}
		name, usual := usualKey(key)
		if !usual || !fits(name, value) {
			weak++
			if weakLine == nil {
				weakLine = make(map[int]bool)
			}
			weakLine[lineNo] = true
		} else {
			tags = true
		}
		if typo {
			odd = append(odd, lineNo)
		}
		if out == nil {
			out = make([]Trailer, 0, 6)
		}
		if strings.IndexByte(value, 0xC2) >= 0 {
			value = trimSpace(strings.ReplaceAll(value, "\u00a0", " ")) // pasted from a web page
		}
		out = append(out, Trailer{Key: name, Value: value, Line: lineNo})
		open = true
	}
	endParagraph()
	kept := out[:0]
	for _, t := range out {
		if t.Value != "" {
			kept = append(kept, t)
		}
	}
	return kept, odd
}

func dropWeak(ts []Trailer, weak map[int]bool) []Trailer {
	kept := ts[:0]
	for _, t := range ts {
		if !weak[t.Line] {
			kept = append(kept, t)
		}
	}
	clear(weak)
	return kept
}

func appendValue(t *Trailer, line string) {
	if len(t.Value) > maxValue {
		return
	}
	if v := trimSpace(line); t.Value == "" {
		t.Value = v
	} else if v != "" {
		t.Value += " " + v
		t.Wrapped = true
	}
}

// continues reports whether an unindented line is the rest of a trailer that a
// mail program or an editor wrapped: a title whose quote is still open, or a
// value that has not begun.
func continues(t *Trailer, line string) bool {
	if len(t.Value) > maxValue {
		return false
	}
	switch t.Key {
	case "Fixes", "Stable-dep-of":
		if strings.Contains(t.Value, `("`) {
			return !strings.Contains(t.Value, `")`)
		}
		id, rest := sha(t.Value)
		if id != "" && trimSpace(rest) == "" {
			return strings.HasPrefix(line, `("`) || strings.HasPrefix(line, `"`)
		}
		id, _ = sha(line)
		return t.Value == "" && id != ""
	case "Link", "Closes", "Bug", "Bugzilla", "BugLink", "References":
		return t.Value == "" && strings.HasPrefix(line, "http")
	}
	return false
}

// fits reports whether a value has the form that its usual key asks for.
func fits(key, value string) bool {
	switch key {
	case "Origin":
		return strings.Contains(value, "://")
	case "Cc":
		return strings.IndexByte(value, '@') >= 0 || hasPrefixFold(value, "stable") || hasPrefixFold(value, "linux-stable")
	case "Link", "Closes", "Bug", "Bugzilla", "BugLink", "References", "Reference", "Issue", "Testcase", "Message-ID":
		return value == "" || strings.HasPrefix(value, "http") || strings.IndexByte(value, ' ') < 0 ||
			value[0] == '#' || value[0] == '<' || strings.Contains(value, "://")
	}
	return true
}

// usualKey returns a key as the kernel writes it, and whether it is one that
// counts anywhere.
func usualKey(key string) (string, bool) {
	var low [keyMax]byte
	for i := range len(key) {
		c := key[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		low[i] = c
	}
	if name, ok := trailerKeys[string(low[:len(key)])]; ok {
		return name, true
	}
	name := strings.ToUpper(key[:1]) + string(low[1:len(key)])
	if !strings.HasSuffix(name, "-by") {
		return name, false
	}
	for _, right := range [...]string{"Signed-off-by", "Reviewed-by", "Acked-by", "Tested-by", "Reported-by", "Suggested-by"} {
		if near(string(low[1:len(key)]), right[1:]) || near(string(low[:len(key)]), strings.ToLower(right)) {
			return right, true // "Singed-off-by", "Review-by"
		}
	}
	return name, true
}

// trailerLine reads "Key: value". Besides that it takes the slips that people
// make with Cc to stable: no colon, a semicolon, a blank before the colon.
func trailerLine(line string) (key, value string, typo, ok bool) {
	i := 0
	hyphen := false
	for i < len(line) && i < keyMax && (isLetter(line[i]) || line[i] == '-') {
		hyphen = hyphen || line[i] == '-'
		i++
	}
	if i < 2 || i >= len(line) {
		return "", "", false, false
	}
	if line[i] == ':' {
		if strings.HasPrefix(line[i:], "://") {
			return "", "", false, false
		}
		if !hyphen {
			if _, usual := usualKey(line[:i]); !usual {
				return "", "", false, false // "Note: …", "However: …"
			}
		}
		value = trimSpace(line[i+1:])
		if hasPrefixFold(value, "cc: ") && i == 2 { // "Cc: Cc: stable@…"
			return line[:i], trimSpace(value[len("cc: "):]), true, true
		}
		return line[:i], value, false, true
	}
	if i == 2 && hasPrefixFold(line, "cc") {
		v := strings.TrimLeft(line[i:], " \t:;.")
		if hasPrefixFold(v, "stable@") || hasPrefixFold(v, "<stable@") {
			return line[:i], trimSpace(v), true, true
		}
	}
	return "", "", false, false
}

// MergeThreadTrailers adds to c the trailers that a reply, named by its
// Message-ID, gave: reviews, tests, acks and reports of people, culprits, links
// to bugs and requests to stable. A Signed-off-by is not for others to give. What
// the change has already is not added again. It returns how many were added.
func MergeThreadTrailers(c *Change, from string, ts []Trailer) int {
	added := 0
	for _, t := range ts {
		switch {
		case t.Key == "Signed-off-by":
			continue
		case strings.HasSuffix(t.Key, "-by"):
			if strings.IndexByte(t.Value, '@') < 0 {
				continue
			}
		case t.Key != "Fixes" && t.Key != "Closes" && t.Key != "Link" && t.Key != "Cc":
			continue
		}
		if c.hasTrailer(t) {
			continue
		}
		t.FromThread, t.Line = from, 0
		switch t.Key {
		case "Fixes":
			c.Fixes = appendFixes(c.Fixes, t)
		case "Cc":
			tag, ok := stableTag(t, false)
			if !ok {
				continue // others in copy are no statement about the change
			}
			c.Stable = append(dropRecipient(c.Stable), tag)
			c.DependsOn = append(c.DependsOn, tag.Needs...)
		}
		c.Trailers = append(c.Trailers, t)
		added++
	}
	return added
}

func (c *Change) hasTrailer(t Trailer) bool {
	person := ParsePerson(t.Value).Address
	for _, have := range c.Trailers {
		if have.Key != t.Key {
			continue
		}
		if have.Value == t.Value || strings.HasSuffix(t.Key, "-by") && person != "" && ParsePerson(have.Value).Address == person {
			return true
		}
	}
	return false
}
