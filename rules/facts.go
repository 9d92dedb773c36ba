package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// derived is what several rules, and the features of the score, read out of the
// same text. Each part is computed once for a change, on demand, by the one
// goroutine that judges it.
type derived struct {
	words *signs.Words
	code  *signs.Code
	tags  *signs.Tags
	print *signs.Printing
	known *culprits
	isBug *Finding // what realBug says
	gain  *string  // what trivialByDiff says
}

// Words is what title and message speak of.
func (f *Facts) Words() *signs.Words {
	if f.words == nil {
		f.words = signs.ReadWords(f.Change)
	}
	return f.words
}

// Code is what the changed lines show.
func (f *Facts) Code() *signs.Code {
	if f.code == nil {
		f.code = signs.ReadCode(f.Change)
	}
	return f.code
}

// Tags is what the trailers say about people.
func (f *Facts) Tags() *signs.Tags {
	if f.tags == nil {
		f.tags = signs.ReadTags(f.Change)
	}
	return f.tags
}

// notWhole is said in place of "adds none" where the change is so long that its lines
// were looked at in part.
const notWhole = "the change is so long that not all of its lines were looked at"

// prints is what the diff prints anew, where it does nothing else.
func (f *Facts) prints() *signs.Printing {
	if f.print == nil {
		p := signs.ReadPrints(f.Change.Files)
		f.print = &p
	}
	return f.print
}

// Submission reports whether the change is already addressed to stable: a mail
// for a stable branch, or one that carries a mainline commit by its mark.
func (f *Facts) Submission() bool {
	c := f.Change
	return len(c.Prefix.Trees) > 0 || c.Prefix.AutoSel || f.upstream() != nil
}

// upstream is the mark that names the mainline commit a backport carries.
func (f *Facts) upstream() *change.Origin {
	for i := range f.Change.Origin {
		if f.Change.Origin[i].Form == change.FormUpstream {
			return &f.Change.Origin[i]
		}
	}
	return nil
}

// asked is the stable tag that asks for the change, nil when none does: neither
// the refusal of automatic pickup nor a bare recipient asks.
func (f *Facts) asked() *change.StableTag {
	for i := range f.Change.Stable {
		if t := &f.Change.Stable[i]; !t.NoAutosel && !t.Recipient {
			return t
		}
	}
	return nil
}

// claimsFix reports whether the change presents itself as a fix: by tag, by
// title, or as the revert of another commit.
func (f *Facts) claimsFix() bool {
	w := f.Words()
	return len(f.Change.Fixes) > 0 || f.asked() != nil || w.InTitle(signs.WordFix) || w.Revert
}

// AsksAlone reports whether all that presents the change as a fix is its author's request
// for stable. Device IDs and rows for new machines ask in the same way.
func (f *Facts) AsksAlone() bool {
	w := f.Words()
	return f.asked() != nil && len(f.Change.Fixes) == 0 && !w.InTitle(signs.WordFix) && !w.Revert
}

// AsksStable is said of such a change.
const AsksStable = "its author asks stable to take it"

// complete reports whether there is a patch to look at; a request in prose
// (option 2) has none.
func (f *Facts) complete() bool { return len(f.Change.Files) > 0 }

// noDiff says why there are no lines to look at.
func (f *Facts) noDiff() string {
	if f.Change.Damage != nil {
		return "its diff cannot be read, as it is damaged"
	}
	return "there is no diff to look at"
}

// bodyLine is evidence for a line of the message, by its number.
func (f *Facts) bodyLine(line int) Evidence {
	if line <= 0 {
		return Evidence{}
	}
	s := f.Change.Body
	for n := 1; n < line; n++ {
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			return Evidence{Line: line}
		}
		s = s[i+1:]
	}
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return Evidence{Line: line, Text: signs.Shorten(strings.TrimSpace(s))}
}

// The documents that rules cite, and the heading of the list of rules itself.
const (
	stableRules = "Documentation/process/stable-kernel-rules.rst"
	submitting  = "Documentation/process/submitting-patches.rst"
	ruleList    = "Everything you ever wanted to know about Linux -stable releases"
)

// The forms of an answer. Empty evidence is left out.

func found(o Outcome, reason string, ev ...Evidence) (Finding, error) {
	out := Finding{Outcome: o, Reason: reason}
	for _, e := range ev {
		if e != (Evidence{}) {
			out.Evidence = append(out.Evidence, e)
		}
	}
	return out, nil
}

func met(reason string, ev ...Evidence) (Finding, error)     { return found(Met, reason, ev...) }
func unmet(reason string, ev ...Evidence) (Finding, error)   { return found(Unmet, reason, ev...) }
func unknown(reason string, ev ...Evidence) (Finding, error) { return found(Unknown, reason, ev...) }
func notApplicable(reason string, ev ...Evidence) (Finding, error) {
	return found(NotApplicable, reason, ev...)
}

// noTrees is the answer of every rule that needs a tree when there is none.
func noTrees(what string) (Finding, error) {
	return unknown("no trees are configured: " + what)
}
