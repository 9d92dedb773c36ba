package change

import (
	"slices"
	"strings"
)

// NoteForm is the form of a need that the notes between "---" and the diff tell in words.
const NoteForm = "its note below the message"

// goesFirst are the words by which a note says that what it links to goes in first.
var goesFirst = []string{"depends on", "depend on", "dependent on", "on top of", "merged first", "applied first", "goes in first", "go in first",
	"prerequisite", "applied after", "merged after"}

// notFirst are those that take it back.
var notFirst = []string{"not depend", "n't depend", "no longer depend", "independent", "no dependenc"}

// amends are the words of a note that the patch changes the one that it answers.
var amends = []string{"patch i replied to", "patch i am replying to", "patch i'm replying to", "amend to the patch", "amend to this patch",
	"fold into the patch", "folded into the patch", "squash into the patch", "squashed into the patch", "to be squashed into"}

// Amends reports whether the notes say that the patch is to be made part of the one
// that it answers, and so is nothing without it.
func (c *Change) Amends() bool {
	notes := strings.ToLower(strings.Join(strings.Fields(c.Notes), " "))
	return anyIn(notes, amends)
}

// notedNeeds reads which mails the notes say go in first: a paragraph that says so, with
// the address of one. What tells of earlier versions is not read.
func notedNeeds(notes string) []Need {
	var out []Need
	for _, p := range strings.Split(notes, "\n\n") {
		if !strings.Contains(p, "://") && !strings.Contains(p, "<") {
			continue // it names no mail
		}
		text := strings.Join(strings.Fields(p), " ")
		low := strings.ToLower(text)
		if len(low) != len(text) || ofVersions(low) || anyIn(low, notFirst) || !anyIn(low, goesFirst) {
			continue
		}
		if n, ok := namedMail(strings.Fields(text)); ok {
			out = append(out, n)
		}
		if len(out) == maxNeeds {
			break
		}
	}
	return out
}

// namedMail is the mail that a paragraph names: by its first link, or by a Message-ID in
// angle brackets where there is no link. What stands in angle brackets before a link is
// the address of a person.
func namedMail(words []string) (Need, bool) {
	link := func(w string) bool { return strings.Contains(w, "://") }
	bracket := func(w string) bool { return strings.HasPrefix(w, "<") }
	for _, is := range []func(string) bool{link, bracket} {
		for _, w := range words {
			if !is(w) {
				continue
			}
			if id := messageID(strings.TrimRight(w, ".,;)")); id != "" {
				return Need{Form: NoteForm, Value: Clip(w, MaxSubject), MessageID: id}, true
			}
		}
	}
	return Need{}, false
}

// ofVersions reports whether a paragraph lists what changed since an earlier version.
func ofVersions(low string) bool {
	if strings.HasPrefix(low, "change") || strings.HasPrefix(low, "since v") {
		return true
	}
	return len(low) > 1 && low[0] == 'v' && low[1] >= '0' && low[1] <= '9'
}

func anyIn(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
