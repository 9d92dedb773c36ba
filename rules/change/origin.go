package change

import "strings"

// readOrigins finds the marks that say which commit a message carries, and
// the prerequisites it was taken for.
func (c *Change) readOrigins() {
	line, lineNo := "", 0
	for rest := c.Body; rest != ""; {
		line, rest = nextLine(rest)
		lineNo++
		if len(line) < 14 {
			continue
		}
		switch line[0] | 0x20 {
		case 'c', 'u', '[', '(', '{', 's':
			if o, ok := originLine(line); ok {
				o.Line = lineNo
				c.Origin = append(c.Origin, o)
			}
		}
	}
}

// originLine reads "commit <sha> upstream.", "[ Upstream commit <sha> ]",
// "(cherry picked from commit <sha>)" and their usual variants.
func originLine(line string) (Origin, bool) {
	s := strings.TrimLeft(line, "[({ ")
	switch {
	case hasPrefixFold(s, "commit "):
		id, rest := sha(s[len("commit "):])
		if id == "" || len(id) < 12 {
			return Origin{}, false
		}
		rest = strings.TrimLeft(rest, " ")
		if hasPrefixFold(rest, "upstream") && len(trimSpace(strings.Trim(rest[len("upstream"):], ".,;:])} "))) == 0 {
			return Origin{SHA: id, Form: "upstream"}, true
		}
	case hasPrefixFold(s, "upstream commit "):
		if id, _ := sha(strings.TrimLeft(s[len("upstream commit "):], " ")); id != "" {
			return Origin{SHA: id, Form: "upstream"}, true
		}
	case hasPrefixFold(s, "cherry picked from "), hasPrefixFold(s, "cherry-picked from "):
		s = s[len("cherry picked from "):]
		if hasPrefixFold(s, "commit ") {
			s = s[len("commit "):]
		}
		if id, _ := sha(s); id != "" {
			return Origin{SHA: id, Form: "cherry-pick"}, true
		}
	}
	return Origin{}, false
}
