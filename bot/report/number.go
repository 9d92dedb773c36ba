package report

import "strings"

// verbs are those that findings begin with, and what several patches do: a rule speaks
// of one patch and does not name it.
var verbs = map[string]string{
	"adds": "add", "asks": "ask", "brings": "bring", "changes": "change", "does": "do", "enables": "enable", "fixes": "fix", "has": "have",
	"mends": "mend", "mentions": "mention", "names": "name", "needs": "need", "presents": "present", "reports": "report",
	"says": "say", "shows": "show", "touches": "touch",
}

// severally are the words of a finding that change where several patches share it.
var severally = strings.NewReplacer(
	"a fix whose message reports ", "fixes whose messages report ", "a fix whose message shows ", "fixes whose messages show ",
	"a fix whose message tells of ", "fixes whose messages tell of ", "a fix whose message speaks of ", "fixes whose messages speak of ",
	"a fix by its Fixes tag, left out", "fixes by their Fixes tags, left out",
	"a fix by its Fixes tag", "fixes by their Fixes tags",
	"its title is a clean-up's, its Fixes tag calls it a fix", "their titles are those of clean-ups, their Fixes tags call them fixes",
	"which its message calls possible", "which their messages call possible", "found in its message", "found in their messages",
	"neither a tag nor its title calls it a fix", "neither tags nor their titles call them fixes",
	"a guard against", "guards against", " reported it", " reported them", "a bug tracker has it", "a bug tracker has them",
	"its message tells of what could", "their messages tell of what could", "; its trace is shown", "; their traces are shown",
	"names the kernel's message", "name the kernel's message",
	"a hardware quirk or workaround", "hardware quirks or workarounds",
	"its title reports ", "their titles report ", "its title mentions ", "their titles mention ", "its title says ", "their titles say ", "its title reads ", "their titles read ",
	"its message says ", "their messages say ", "by its title", "by their titles", "its diff adds ", "their diffs add ",
	" present itself as a fix", " present themselves as fixes", " and shows the ", " and show the ", " and shows its trace", " and show their traces", "; against it: ", "; against each: ",
)

// inNumber is a finding as a sentence says it of n patches.
func inNumber(finding string, n int) string {
	first, rest, _ := strings.Cut(finding, " ")
	verb, ok := verbs[first]
	switch {
	case ok && n > 1:
		finding = "they " + verb + " " + rest
	case ok:
		finding = "it " + finding
	}
	if n > 1 {
		return severally.Replace(finding)
	}
	return finding
}
