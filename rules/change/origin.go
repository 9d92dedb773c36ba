package change

import "strings"

// readOrigins finds the marks that say which commit this message carries.
func (c *Change) readOrigins() {
	lineNo := 0
	for rest := c.Body; rest != "" && len(c.Origin) < maxNamed; {
		var line string
		line, rest = nextLine(rest)
		lineNo++
		if len(line) < 16 {
			continue
		}
		switch line[0] {
		case 'c', 'C', 'u', 'U', 'b', 'B', 'm', 'M', 't', 'T', '[', '(', '{', ' ':
			if o, ok := originLine(line); ok {
				o.Line = lineNo
				c.Origin = append(c.Origin, o)
			}
		}
	}
}

// originHeads are the words before the commit id of a mark, and what it means.
var originHeads = []struct{ head, form string }{
	{"upstream commit", "upstream"},
	{"upstream-commit:", "upstream"},
	{"mainline commit", "upstream"},
	{"backport of upstream commit", "upstream"},
	{"backport of commit", "upstream"},
	{"this is a backport of commit", "upstream"},
	{"backported from upstream commit", "upstream"},
	{"backported from commit", "upstream"},
	{"cherry picked from commit", "cherry-pick"},
	{"cherry-picked from commit", "cherry-pick"},
	{"cherry picked from", "cherry-pick"},
	{"cherry-picked from", "cherry-pick"},
}

// originLine reads "commit <sha> upstream.", "[ Upstream commit <sha> ]",
// "(cherry picked from commit <sha>)" and their usual variants. Prose about a
// commit goes on behind the id and is no mark, unless brackets say so.
func originLine(line string) (Origin, bool) {
	s := strings.TrimLeft(line, " ")
	bracket := s != "" && (s[0] == '[' || s[0] == '(' || s[0] == '{')
	s = strings.TrimLeft(s, "[({ ")
	if hasPrefixFold(s, "commit ") {
		id, rest := sha(strings.TrimLeft(s[len("commit "):], " "))
		if id == "" {
			return Origin{}, false
		}
		rest = strings.TrimLeft(rest, " ")
		for _, link := range []string{"from ", "in "} {
			rest = strings.TrimPrefix(rest, link)
		}
		if hasPrefixFold(rest, "upstream") && strings.Trim(rest[len("upstream"):], ".,;:])} ") == "" {
			return Origin{SHA: id, Form: "upstream"}, true
		}
		return Origin{}, false
	}
	if bracket {
		// "(name: cherry picked from commit …"
		if i := strings.Index(s, "cherry picked from"); i > 0 {
			s = s[i:]
		} else if i := strings.Index(s, "cherry-picked from"); i > 0 {
			s = s[i:]
		}
	}
	for _, h := range originHeads {
		if !hasPrefixFold(s, h.head) {
			continue
		}
		id, rest := sha(strings.TrimLeft(s[len(h.head):], " :"))
		if id == "" {
			continue
		}
		if !bracket && strings.Trim(rest, ".,;:])} ") != "" {
			return Origin{}, false
		}
		o := Origin{SHA: id, Form: h.form}
		if rest = strings.TrimLeft(rest, " "); strings.HasPrefix(rest, `("`) {
			o.Subject, _ = quotedTitle(rest)
		}
		return o, true
	}
	return Origin{}, false
}
