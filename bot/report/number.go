package report

import "strings"

// persons are the first words of findings: a rule speaks of one patch without naming it,
// and a reply says it as a sentence, of one or of several.
var persons = []struct{ rule, one, many string }{
	{"its title speaks of ", "its title speaks of ", "their titles speak of "},
	{"a fix whose message speaks of ", "a fix whose message speaks of ", "fixes whose messages speak of "},
	{"a fix whose message shows ", "a fix whose message shows ", "fixes whose messages show "},
	{"a fix by its Fixes tag", "a fix by its Fixes tag", "fixes by their Fixes tags"},
	{"speaks of ", "it speaks of ", "they speak of "},
	{"shows ", "it shows ", "they show "},
	{"fixes ", "it fixes ", "they fix "},
}

// ofMany are verbs further on in a finding, and what several do.
var ofMany = strings.NewReplacer(" and shows the ", " and show the ", ", and its diff adds ", ", and their diffs add ",
	", and its title reads ", ", and their titles read ")

// told says a finding of n patches.
func told(reason string, n int) string {
	for _, p := range persons {
		rest, ok := strings.CutPrefix(reason, p.rule)
		switch {
		case ok && n > 1:
			return p.many + ofMany.Replace(rest)
		case ok:
			return p.one + rest
		}
	}
	return reason
}
