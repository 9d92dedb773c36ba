package plan

import (
	"github.com/stablebot/stablebot/bot/report"
)

// A reply stands under the mail that it is about: under a patch of a series where it tells
// of that one alone, else under the cover letter, or the first patch where there is none.

// place is the mail of the posting that a reply answers which tells of these patches. A
// patch that did not come over the list of the reply is not answered there.
func (b Brief) place(tells func(id string) bool, list ListPolicy) Posted {
	first, n := b.Posts[0], 0
	at := first
	for _, p := range b.Posts {
		if p.Judgement != nil && tells(p.Judgement.ID) {
			at, n = p, n+1
		}
	}
	if n != 1 || at.Message == first.Message || b.list(at).ID != list.ID || b.author(at.Message) != b.author(first.Message) {
		return first
	}
	return at
}

// toldBy are the patches that a reply made of a posting tells of.
func toldBy(p report.Posting) func(id string) bool {
	told := map[string]bool{}
	for _, q := range p.Patches {
		told[q.ID] = !q.Beside
	}
	return func(id string) bool { return told[id] }
}
