package series

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/signs"
)

// Kind says what a mail is in a thread.
type Kind string

// The kinds of a note.
const (
	Patch Kind = "patch"
	Cover Kind = "cover"
	Other Kind = "other" // a reply, or whatever else hangs in the thread
)

// maxAncestors bounds what a note keeps of References: the nearest, by which a
// reply finds its patch, and the root. Threads nest deeper, but each mail of
// them that was read has a note of its own.
const maxAncestors = 8

// Note is what is kept of one mail. It is a value that can be stored and read
// again.
type Note struct {
	ID        string        `json:"id"`
	Kind      Kind          `json:"kind"`
	Ancestors []string      `json:"ancestors,omitempty"` // nearest first
	Sender    change.Person `json:"sender"`
	Date      time.Time     `json:"date"`

	N  int `json:"n,omitempty"` // as in the subject, of a reply too
	Of int `json:"of,omitempty"`

	// Of a patch or a cover letter:
	Key     string   `json:"key,omitempty"`
	Run     bool     `json:"run,omitempty"` // Key comes from the form of the Message-ID
	Title   string   `json:"title,omitempty"`
	Topic   string   `json:"topic,omitempty"` // what all versions of a b4 series share
	Version int      `json:"version,omitempty"`
	Resend  bool     `json:"resend,omitempty"`
	Trees   []string `json:"trees,omitempty"`
	// Needs is what a cover letter says that its series needs first, and what git
	// format-patch --base writes below the first patch where there is none.
	Needs []change.Need `json:"needs,omitempty"`
	// Untested is the line of a cover letter that says that nobody ran the series.
	Untested *rules.Evidence `json:"untested,omitempty"`
	// Aim is the release that a cover letter means its series for, Aimed the line of that.
	Aim   string          `json:"aim,omitempty"`
	Aimed *rules.Evidence `json:"aimed,omitempty"`

	// Of a reply:
	Given    []Given   `json:"given,omitempty"`
	Declined []Refusal `json:"declined,omitempty"`
	// Asks: it speaks of the stable tag. Whoever reads what the signature covers sets it.
	Asks bool `json:"asks,omitempty"`
	// Proven is the address that the reply is proven to be from, "" when its
	// sender is only said to be who it names. Whoever adds the note sets it.
	Proven string `json:"proven,omitempty"`
}

// Says reports whether a reply says something that may count.
func (n Note) Says() bool { return len(n.Given)+len(n.Declined) > 0 }

// Refusal is a line by which a reply declines a patch.
type Refusal struct {
	rules.Evidence
	// Stable: it is kept out of stable; else the patch itself is refused.
	Stable bool `json:"stable,omitempty"`
	// Only: it is kept out of these branches and of no other; none: of all.
	Only []release.Range `json:"only,omitempty"`
}

// Given is a trailer that a reply gives.
type Given struct {
	change.Trailer
	// Series: the words around it say that it is for the whole series.
	Series bool `json:"series,omitempty"`
	// Mismatch: the sender is not the person it names, so it does not count.
	Mismatch bool `json:"mismatch,omitempty"`
}

// NoteOf takes from a mail what a thread needs of it. It reads the text of replies, of
// cover letters and of first patches, and of nothing else.
func NoteOf(m *mail.Message) Note {
	n := Note{ID: m.ID, Kind: Other, Sender: m.From, Date: m.Date, Ancestors: ancestors(m)}
	switch {
	case m.IsPatch:
		n.Kind = Patch
	case m.NoPatch == mail.Cover:
		n.Kind = Cover
	}
	p := m.Prefix
	n.N, n.Of = numbers(m)
	if n.Kind == Other {
		if m.Program == "" && m.NoPatch != mail.Pull && len(n.Ancestors) > 0 {
			n.Given, n.Declined = readReply(m)
		}
		return n
	}
	_, n.Run = base(m.ID, m.InReplyTo, m.References, n.Of)
	n.Key, n.Title, n.Topic = Key(m), m.Title, topicOf(m.ID)
	n.Version, n.Resend, n.Trees = p.Version, p.Resend, p.Trees
	switch {
	case n.Kind == Cover:
		n.Needs, n.Untested = change.ReadNeeds(m.Text()), untested(m.Text())
		n.Aim, n.Aimed = aim(m.Text())
	case n.N == 1 && n.Of > 1:
		n.Needs = slices.DeleteFunc(change.ReadNeeds(m.Text()), func(n change.Need) bool { return !n.OfBase() })
	}
	// A patch of a series may have a version of its own in its title; the series
	// has that of the brackets.
	var version int
	if n.Title, version = Versioned(n.Title); n.N == 0 && n.Version <= 1 {
		n.Version = max(n.Version, version)
	}
	return n
}

// untested finds where a cover letter says that nobody ran its series, nil where it does
// not, or says what it was run on.
func untested(text string) *rules.Evidence {
	text = text[:min(len(text), maxReply)]
	ev, no := signs.Noted(text, signs.WordNotRun, "")
	if _, ran := signs.Noted(text, signs.WordRan, "tested"); !no || ran {
		return nil
	}
	ev.Text = strings.Clone(ev.Text) // not all of the text
	return &ev
}

// aim is the release that a cover letter means its series for.
func aim(text string) (string, *rules.Evidence) {
	release, ev := signs.Aim(text[:min(len(text), maxReply)])
	if release == "" {
		return "", nil
	}
	ev.Text = strings.Clone(ev.Text) // not all of the text
	return strings.Clone(release), &ev
}

// ancestors lists In-Reply-To and then References from the end, without repeats.
func ancestors(m *mail.Message) []string {
	var out []string
	add := func(id string) {
		if id == m.ID || id == "" {
			return
		}
		for _, have := range out {
			if have == id {
				return
			}
		}
		out = append(out, id)
	}
	add(m.InReplyTo)
	for i := len(m.References) - 1; i >= 0 && len(out) < maxAncestors-1; i-- {
		add(m.References[i])
	}
	if len(m.References) > 0 {
		add(m.References[0])
	}
	return out
}

// Bounds on what one reply can say: the longest of the lists that were read give
// ten tags, and quote more than they say.
const (
	maxReply    = 256 << 10
	maxGiven    = 64
	maxDeclined = 8
)

// readReply looks for trailers and refusals in what the sender himself wrote:
// at the start of a line, not quoted, above the signature and above what a mail
// program appends of the original.
func readReply(m *mail.Message) (given []Given, declined []Refusal) {
	text := m.Text()
	if len(text) > maxReply {
		text = text[:maxReply]
	}
	if !mayTell(text) {
		return nil, nil
	}
	form := sync.OnceValue(func() bool { return formOnly(text) })
	scope := newScope(m, text)
	proposal := holdsProposal(text)
	above, wide := true, 0 // above: nothing unquoted stands directly above
	before := ""           // the own line directly above
	built := false         // the sender has said that he only compiled it
	for l := range mail.Lines(text) {
		line, rest, lineNo := l.Text, l.Rest, l.N
		if len(given) >= maxGiven || len(declined) >= maxDeclined {
			break
		}
		if line == "" || !l.Own {
			above, before = true, ""
			wide--
			continue
		}
		built = built || saysBuilt(line)
		if speaksOfSeries(line) {
			wide = 3 // lines: "For the series:", an empty line, the trailer
		}
		if g, ok := trailer(line, rest); ok {
			switch {
			case g.Key == "Nacked-by" && (l.Doubt == mail.Copied && !samePerson(change.ParsePerson(g.Value), m.From) || form()):
			case g.Key == "Nacked-by":
				declined = append(declined, scope.nacked(Refusal{Evidence: evidence(line, lineNo)}, g.Value))
			case proposal && !vouches(g.Key):
				// belongs to the patch that the reply proposes
			case l.Doubt == mail.Copied && (!vouches(g.Key) || !samePerson(change.ParsePerson(g.Value), m.From)):
				// may be somebody else's word
			default:
				g.FromThread, g.Value = m.ID, strings.Clone(g.Value) // not all of the text
				g.Series = wide > 0
				if built && strings.HasSuffix(strings.ToLower(g.Key), "tested-by") && strings.HasSuffix(g.Value, ">") {
					g.Value += " # " + builtOnly
				}
				g.Mismatch = vouches(g.Key) && !samePerson(change.ParsePerson(g.Value), m.From)
				given = append(given, g)
			}
			above = false
			continue
		}
		switch {
		case l.Doubt == mail.Copied:
		case above && isNak(line) && form():
		case above && isNak(line):
			declined = append(declined, scope.nak(Refusal{Evidence: evidence(line, lineNo), Stable: refusesStable(line, scope.stable)}, line, rest))
		default:
			declined = scope.refusal(declined, before, line, rest, lineNo)
		}
		before = line
		above = false
		wide--
	}
	return given, declined
}

// builtOnly is what stands beside a tag whose sender says elsewhere in the reply
// that nothing was run.
const builtOnly = "compile-tested only"

// saysBuilt reports whether a line says that its writer compiled the patch and
// did no more.
func saysBuilt(line string) bool {
	low := strings.ToLower(strings.ReplaceAll(line, "-", " "))
	if strings.Contains(low, "boot") || strings.Contains(low, " run") || strings.Contains(low, "hardware") &&
		!strings.Contains(low, "no hardware") || strings.Contains(low, "?") {
		return false
	}
	for _, s := range [...]string{"compile tested", "compile test only", "only compiled", "only compile", "compiled only", "build tested",
		"build test only", "only build", "only built", "built only"} {
		if strings.Contains(low, s) {
			return true
		}
	}
	return false
}

// mayTell is a cheap test that spares most replies the line by line reading.
func mayTell(text string) bool {
	if strings.Contains(text, "-by:") || strings.Contains(text, "-By:") || strings.Contains(text, "NAK") || strings.Contains(text, "NACK") ||
		strings.Contains(text, "Nak") || strings.Contains(text, "Nack") ||
		strings.Contains(text, "Fixes:") || strings.Contains(text, "Closes:") || strings.Contains(text, "Cc:") || strings.Contains(text, "CC:") {
		return true
	}
	return strings.Contains(text, "stable") || strings.Contains(text, "backport") || strings.Contains(text, "drop") ||
		strings.Contains(text, "-BY:") || strings.Contains(text, "needed in this") || strings.Contains(text, "needed for this") ||
		speaksOfKernel(text)
}

// sentence is what a line says with the rest of its sentence, where that began in
// the line above or goes on in the one below: half a refusal reads like another.
func sentence(before, line, rest string) string {
	const ends = ".!?:"
	line = strings.TrimSpace(line)
	if before = strings.TrimSpace(before); before != "" && !strings.ContainsRune(ends, rune(before[len(before)-1])) {
		if i := strings.LastIndexAny(before, ends); i >= 0 && strings.HasPrefix(before[i+1:], " ") {
			before = before[i+2:]
		}
		line = before + " " + line
	}
	after, _, _ := strings.Cut(rest, "\n")
	if after = strings.TrimSpace(after); after == "" || after[0] == '>' || strings.ContainsRune(ends, rune(line[len(line)-1])) {
		return line
	}
	if i := strings.IndexAny(after, ends); i >= 0 {
		after = after[:i+1]
	}
	return line + " " + after
}

// elsewhere reports whether a sentence that keeps something out of stable speaks
// of other work than the patch, or of some branches or conditions only. On the
// lists that were read, such a sentence went with a patch that stable was to have.
func elsewhere(said string) bool {
	low := strings.ToLower(said)
	for _, s := range [...]string{"unless ", "until ", "older kernel", "older stable", "older branch", "older tree", "on top", "like that",
		"follow-up", "followup", "rest of the series", "other patches"} {
		if strings.Contains(low, s) {
			return true
		}
	}
	return false
}

// maxSaid bounds a stranger's line that is shown to others.
const maxSaid = 160

// evidence keeps a line. Who wrote it is added when that is known, see who.go.
func evidence(line string, no int) rules.Evidence {
	text := strings.TrimSpace(line)
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "")
	}
	return rules.Evidence{Line: no, Text: text}
}

// holdsProposal reports whether the reply has a patch of its own in it.
func holdsProposal(text string) bool {
	return strings.Contains(text, "\ndiff --git ") || strings.Contains(text, "\n--- a/") ||
		strings.Contains(text, "8<") || strings.Contains(text, ">8")
}

// speaksOfSeries reports whether a line says that what follows is for all patches.
func speaksOfSeries(line string) bool {
	low := strings.ToLower(line)
	i := strings.Index(low, "series")
	if i < 0 {
		return false
	}
	for _, s := range [...]string{
		"for the series", "for this series", "for series", "for the whole", "for the entire", "for the full", "whole series", "entire series",
		"series is", "series looks", "series:", "to the series", "on the series",
	} {
		if strings.Contains(low, s) {
			return true
		}
	}
	return false
}

// The keys that a reply can give, in the kernel's spelling.
var keys = map[string]string{
	"reviewed-by": "Reviewed-by", "acked-by": "Acked-by", "tested-by": "Tested-by",
	"reviewed-and-tested-by": "Reviewed-and-tested-by", "tested-and-reviewed-by": "Tested-and-reviewed-by",
	"acked-and-tested-by": "Acked-and-tested-by", "tested-and-acked-by": "Tested-and-acked-by",
	"reported-and-tested-by": "Reported-and-tested-by", "tested-and-reported-by": "Tested-and-reported-by",
	"reported-by": "Reported-by", "nacked-by": "Nacked-by",
	"fixes": "Fixes", "closes": "Closes", "cc": "Cc",
}

// vouches reports whether a key says something of the person that it names, so
// that only this person can give it.
func vouches(key string) bool {
	switch key {
	case "Reported-by", "Fixes", "Closes", "Cc":
		return false
	}
	return true
}

// trailer reads one trailer at the start of a line. rest is the text below, for
// an address that a mail program has wrapped.
func trailer(line, rest string) (Given, bool) {
	var g Given
	name, value, ok := strings.Cut(line, ":")
	if !ok || len(name) < 2 || len(name) > 24 {
		return g, false
	}
	g.Key = keys[strings.ToLower(name)]
	g.Value = strings.TrimSpace(value)
	switch g.Key {
	case "":
		return g, false
	case "Fixes":
		sha, _, _ := strings.Cut(g.Value, " ")
		return g, len(sha) >= 7 && len(sha) <= 40 && hexadecimal(strings.ToLower(sha))
	case "Closes":
		return g, strings.HasPrefix(g.Value, "http")
	case "Cc":
		low := strings.ToLower(g.Value)
		return g, strings.Contains(low, "stable@vger.kernel.org") || strings.Contains(low, "stable@kernel.org") ||
			strings.Contains(low, "stable+noautosel@kernel.org")
	}
	if strings.IndexByte(g.Value, '@') < 0 {
		next, _, _ := strings.Cut(rest, "\n")
		if next = strings.TrimSpace(next); strings.HasPrefix(next, "<") && strings.IndexByte(next, '@') > 0 {
			g.Value = strings.TrimSpace(g.Value + " " + next)
		}
	}
	return g, g.Key == "Nacked-by" && g.Value != "" || strings.IndexByte(g.Value, '@') > 0
}

// Phrases by which people keep a change out of stable. The second list counts
// only in answer to a stable submission; elsewhere the words are about a new
// version.
var (
	refusals = [...]string{
		"not for stable", "not stable material", "isn't stable material", "is no stable material",
		"not suitable for stable", "not appropriate for stable", "should not be backported", "shouldn't be backported",
		"should not go to stable", "shouldn't go to stable", "should not go into stable", "shouldn't go into stable",
		"don't backport this", "do not backport this", "no need to backport this", "not be backported to stable",
		"drop this from stable", "drop it from stable", "drop this from all stable", "drop it from all stable",
	}
	stableRefusals = [...]string{
		"please drop", "please don't apply this", "please do not apply this", "please don't backport", "please do not backport",
		"not needed in this", "not needed for this", "do not pick this", "don't pick this",
	}
)

func refusesStable(line string, stable bool) bool {
	if strings.IndexByte(line, '?') >= 0 {
		return false
	}
	low := strings.ToLower(line)
	for _, s := range refusals {
		if strings.Contains(low, s) {
			return true
		}
	}
	if stable {
		for _, s := range stableRefusals {
			if strings.HasPrefix(low, s) || strings.Contains(low, ", "+s) || strings.Contains(low, ". "+s) || strings.Contains(low, "so "+s) {
				return true
			}
		}
	}
	return false
}
