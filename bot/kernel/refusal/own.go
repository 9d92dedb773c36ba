package refusal

import (
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Trailers are the fixes that a change itself says are left out, in Omitted-fix: lines of
// those who made or took it over. What came along in its text says nothing: a quoted,
// indented or pasted line, and one that the author of the message that was taken over
// wrote: upstream is that commit, nil when it is not at hand. Those who take one over write
// above the mark that names its commit, else below git's cherry-pick note, else below the
// author's sign-off.
func Trailers(c, upstream *change.Change) (out []Refusal) {
	authors := map[string]bool{}
	if upstream != nil {
		for line := range strings.Lines(upstream.Body) {
			authors[strings.Join(strings.Fields(line), " ")] = true
		}
	}
	add := func(s string) {
		if m := omitted.FindStringSubmatch(s); m != nil && !authors[strings.Join(strings.Fields(s), " ")] {
			out = append(out, withTitle(Refusal{Commit: strings.ToLower(m[1]), Reason: strings.TrimSpace(m[2])}))
		}
	}
	mark, note := 0, 0
	for _, o := range c.Origin {
		switch o.Form {
		case change.FormUpstream, change.FormBackport, change.FormStable:
			if mark == 0 || o.Line < mark {
				mark = o.Line
			}
		case change.FormPick:
			note = max(note, o.Line)
		}
	}
	for _, line := range above(c.Body, mark) {
		add(line)
	}
	signed := 0 // line of the first sign-off
	for _, t := range c.Trailers {
		if t.Key == "Signed-off-by" && signed == 0 {
			signed = t.Line
		}
		taken := upstream == nil && (mark > 0 || note > 0)
		if t.FromThread == "" && t.Line >= mark && (!taken || note > 0 && t.Line > note || note == 0 && signed > 0) {
			add(t.Key + ": " + strings.TrimSpace(t.Value))
		}
	}
	return out
}

var keyed = regexp.MustCompile(`^[A-Za-z][\w -]{0,40}:\s*\S`)

// above are the lines of a message above the one with the mark, none where they hold prose:
// a mark below prose came along with what is told there.
func above(body string, mark int) (out []string) {
	n := 0
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		if n++; n >= mark {
			break
		}
		if line != "" && !keyed.MatchString(line) {
			return nil
		}
		out = append(out, line)
	}
	return out
}
