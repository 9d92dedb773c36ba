package change

import "strings"

// trailerKeys are the keys that count wherever they stand at the start of a
// line: kernel messages have trailers in several blocks, with notes and
// changelogs between them. The value must have the right form (see fits), so
// that prose does not become a tag.
var trailerKeys = map[string]string{
	"signed-off-by": "Signed-off-by", "reviewed-by": "Reviewed-by", "acked-by": "Acked-by",
	"tested-by": "Tested-by", "reported-by": "Reported-by", "suggested-by": "Suggested-by",
	"co-developed-by": "Co-developed-by", "co-authored-by": "Co-authored-by",
	"reported-and-tested-by": "Reported-and-tested-by", "reviewed-and-tested-by": "Reviewed-and-tested-by",
	"tested-and-reported-by": "Tested-and-reported-by", "tested-and-reviewed-by": "Tested-and-reviewed-by",
	"acked-and-tested-by": "Acked-and-tested-by", "debugged-by": "Debugged-by", "requested-by": "Requested-by",
	"bisected-by": "Bisected-by", "nacked-by": "Nacked-by", "noticed-by": "Noticed-by",
	"cc": "Cc", "fixes": "Fixes", "link": "Link", "closes": "Closes", "bug": "Bug", "bugzilla": "Bugzilla",
	"buglink": "BugLink", "bug-link": "BugLink", "references": "References", "reference": "Reference",
	"stable-dep-of": "Stable-dep-of", "depends-on": "Depends-on", "message-id": "Message-ID",
	"change-id": "Change-Id", "issue": "Issue", "testcase": "Testcase", "patchwork": "Patchwork",
	"addresses-coverity": "Addresses-Coverity", "addresses-coverity-id": "Addresses-Coverity-ID",
}

// ParseTrailers returns the trailers of a message in order. A known key counts
// in any paragraph, any other "Key-word: value" only in the last paragraphs
// that consist of trailers. Quoted lines (">") never count.
func ParseTrailers(body string) []Trailer {
	var out []Trailer
	var block []Trailer // unknown keys of the paragraphs at the end, so far
	pure := true        // the current paragraph has nothing but trailers
	lineNo := 0
	open := false // the line above is a trailer that may be folded
	for rest := body; rest != ""; {
		var line string
		line, rest = nextLine(rest)
		lineNo++
		if line == "" {
			open = false
			continue
		}
		switch c := line[0]; {
		case c == ' ' || c == '\t':
			if open {
				if v := trimSpace(line); v != "" {
					last := &out[len(out)-1]
					last.Value = trimSpace(last.Value + " " + v)
				}
			}
			continue
		case !isLetter(c):
			if c != '[' {
				open = false
			}
			continue
		}
		t, known, ok := trailerLine(line)
		if !ok {
			if open && unfinished(out[len(out)-1]) {
				last := &out[len(out)-1]
				last.Value = trimSpace(last.Value + " " + trimSpace(line))
				continue
			}
			open, pure = false, false
			continue
		}
		_ = known
		t.Line = lineNo
		out = append(out, t)
		open = true
	}
	_, _ = block, pure
	return out
}

// unfinished reports whether a trailer was wrapped by a mail program: its
// title has no closing quote yet.
func unfinished(t Trailer) bool {
	return t.Key == "Fixes" && strings.Contains(t.Value, `("`) && !strings.Contains(t.Value, `")`)
}

// trailerLine reads one "Key: value".
func trailerLine(line string) (t Trailer, known, ok bool) {
	i := 0
	for i < len(line) && i < 40 && (isLetter(line[i]) || line[i] == '-') {
		i++
	}
	if i < 2 || i >= len(line) || line[i] != ':' {
		return t, false, false
	}
	var low [40]byte
	for j := range i {
		low[j] = line[j] | 0x20
		if line[j] == '-' {
			low[j] = '-'
		}
	}
	key, known := trailerKeys[string(low[:i])]
	if !known {
		return t, false, false
	}
	return Trailer{Key: key, Value: trimSpace(line[i+1:])}, true, true
}
