package series

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/release"
)

// A no that names branches concerns these alone: "not needed in 5.10", "please drop this from
// 5.4 and older". What is said against the change itself, or against stable as a whole, is
// for all of them.

// What stands before the branches that a sentence is about.
var (
	// A sentence with one of these keeps a change out of the branches behind it.
	refusing = []*regexp.Regexp{
		regexp.MustCompile(`(?:\bnot|n't) (?:stable material |material |a candidate |something )?(?:for|to) `),
		regexp.MustCompile(`(?:\bnot|n't|\bno longer|\bnever) (?:really |actually |strictly |even )?(?:needed|necessary|required|wanted|relevant|applicable|` +
			`suitable|appropriate|meant|intended|useful|worth backporting|worth it)(?: at all| as is)? (?:for|in|on|to|with) `),
		regexp.MustCompile(`(?:\bdo not|don't|\bno need to|should not|shouldn't|must not|mustn't|cannot|can't|need not|needn't|\bnever) ` +
			`(?:be |go |get |to be )?(?:backport(?:ed)?|port(?:ed)?|appl(?:y|ied)|queued?|pick(?:ed)?|tak(?:e|en)|add(?:ed)?|included?|merged?|go|land|end up)` +
			`(?: up| back)?(?: this| it| that)?(?: one| patch| change| commit| fix)?(?: up)?(?: any| further| farther| back){0,3} (?:for|in|into|on|onto|to|than) `),
		regexp.MustCompile(`\b(?:do not|don't) (?:really |actually )?(?:need|want) (?:this|it|that)(?: one| patch| change| commit| fix)? (?:for|in|on) `),
		regexp.MustCompile(`\bno need (?:for|of) (?:this|it|that)(?: one| patch| change| commit| fix)? (?:for|in|on) `),
		regexp.MustCompile(`\b(?:drop|remove|omit|skip) (?:this |it |that |them )?(?:one |patch |change |commit |fix )?(?:out )?(?:from|for|of|in) `),
		regexp.MustCompile(`\b(?:leave|keep) (?:this |it |that |them )?(?:one |patch |change |commit |fix )?out (?:from|for|of|in) `),
		regexp.MustCompile(`\bskip `),
		regexp.MustCompile(`\bdrop the (?:backports? |cop(?:y|ies) |patch |one )?(?:to |for |in )?`),
		regexp.MustCompile(`(?:\bnot|n't|\bno) (?:stable material|for stable|suitable for stable|appropriate for stable) `),
		regexp.MustCompile(`\bnac?k (?:for|on) `),
	}
	// Behind the branches.
	spared = regexp.MustCompile(`^(?: stable| kernels?| trees?| branch(?:es)?| lts)*(?: do(?:es)? not| do(?:es)?n't)(?: really| actually)? (?:need|want) (?:this|it|that)\b|` +
		`^(?: stable| kernels?| trees?| branch(?:es)?| lts)* (?:(?:is|are)(?: not|n't) affected|(?:is|are) unaffected)\b|` +
		`^(?: stable| kernels?| trees?| branch(?:es)?| lts)* (?:never had|do(?:es)? not have|do(?:es)?n't have|lacks?) (?:this|that|the) (?:bug|problem|issue|regression|race|leak|code|feature|hardware)\b`)
	// "it is not needed in this branch": that of the posting.
	thisOne = regexp.MustCompile(`\bnot (?:really |actually |strictly )?(?:needed|necessary|required|relevant|applicable|wanted) (?:for|in|on) (?:this|that) ` +
		`(?:branch|tree|kernel|version|series|release)\b`)
	everywhere = [...]string{"all stable", "any stable", "all trees", "all branches", "any branch", "any tree", "everywhere", "anywhere else",
		"all of them", "stable at all", "other branches", "all kernels"}
	conditional = [...]string{"unless ", "until ", "without ", " yet", "does not apply", "doesn't apply", "did not apply", "didn't apply",
		"be applied", "cannot apply", "can't apply", "can not apply"}
	// A no to what a verb says: "please don't drop this from 6.1".
	kept = regexp.MustCompile(`(?:\bnot|n't|\bno reason to|\bnever|\binstead of|\brather than)(?: to)?(?: please)? (?:drop|remove|omit|skip|leave|keep)(?:ping|ting|ing|ving)?\b`)
)

// maxSentence bounds what is read as one: nobody says no in more.
const maxSentence = 1000

// onlyFor reads the branches that a sentence keeps a change out of, none where it keeps it out
// of no branch, or of more than those that it names. trees are those of the posting.
func onlyFor(said string, trees []string) (out []release.Range) {
	if len(said) > maxSentence {
		return nil
	}
	low := strings.ToLower(strings.ReplaceAll(said, "’", "'"))
	if strings.ContainsRune(low, '?') || containsAny(low, everywhere[:]) || containsAny(low, conditional[:]) || kept.MatchString(low) {
		return nil
	}
	add := func(r release.Range, n int) {
		if n > 0 && !slices.ContainsFunc(out, func(o release.Range) bool { return o.String() == r.String() }) {
			out = append(out, r)
		}
	}
	for _, re := range refusing {
		for _, at := range re.FindAllStringIndex(low, -1) {
			r, n := release.ReadRange(low[at[1]:])
			if strings.HasSuffix(low[:at[1]], "than ") { // "no further back than 5.15"
				r.Older, r.Newer, r.Beyond = true, false, true
			}
			add(r, n)
		}
	}
	for i := range low {
		if i > 0 && low[i-1] != ' ' {
			continue
		}
		if r, n := release.ReadRange(low[i:]); n > 0 && spared.MatchString(low[i+n:]) {
			add(r, n)
		}
	}
	if len(trees) == 1 && thisOne.MatchString(low) {
		add(release.Range{Names: trees}, 1)
	}
	return out
}

// scope is what a reply says of which branches.
type scope struct {
	trees  []string // of the posting that it answers
	stable bool     // it answers a proposal for stable
	// reasons are those of the whole reply, read once.
	reasons func() []release.Range
	asked   int // lines that may keep a change out of something
}

// maxAskedLines bounds how many lines of a reply are read for what they keep a change out of.
const maxAskedLines = 300

func newScope(m *mail.Message, text string) *scope {
	trees := m.Prefix.Trees
	return &scope{trees: trees, stable: m.Prefix.AutoSel || len(trees) > 0 || strings.Contains(m.Title, "-stable tree"),
		reasons: sync.OnceValue(func() []release.Range { return reasons(text, trees) })}
}

// nak says of which branches a NAK is. In answer to a proposal for stable its reason may stand
// in another sentence; elsewhere a NAK without branches is for the patch itself.
func (s *scope) nak(d Refusal, line, rest string) Refusal {
	own, _, _ := strings.Cut(sentence("", line, rest)+" ", ". ")
	if d.Only = onlyFor(own, s.trees); len(d.Only) == 0 && s.stable {
		d.Only = s.reasons()
	}
	d.Stable = d.Stable || len(d.Only) > 0
	return d
}

// nacked is nak of a tag, "Nacked-by: Ada Example <ada@example.org> # 5.10".
func (s *scope) nacked(d Refusal, value string) Refusal {
	_, comment, _ := strings.Cut(strings.ToLower(value), "#")
	if r, n := release.ReadRange(strings.TrimPrefix(strings.TrimSpace(comment), "for ")); n > 0 {
		d.Only, d.Stable = []release.Range{r}, true
		return d
	}
	return s.nak(d, "", "")
}

// refusal adds what a line says that keeps a change out of stable, or of some branches of it.
func (s *scope) refusal(have []Refusal, before, line, rest string, lineNo int) []Refusal {
	all := refusesStable(line, s.stable)
	if !all && !speaksOfKernel(line) && !thisOne.MatchString(strings.ToLower(line)) {
		return have
	}
	if s.asked++; s.asked > maxAskedLines {
		return have
	}
	said := sentence(before, line, rest)
	if elsewhere(said) {
		return have
	}
	if all && speaksOfKernel(said) && containsAny(strings.ToLower(said), conditional[:]) {
		return have // "not to 5.10 without the other one"
	}
	d := Refusal{Evidence: evidence(said, lineNo), Stable: true, Only: reasons(said, s.trees)}
	if all && len(d.Only) == 0 && !refusesStable(line, false) { // "please drop": the reason says where
		d.Only = s.reasons()
	}
	if !all && (len(d.Only) == 0 || slices.ContainsFunc(have, func(o Refusal) bool { return len(o.Only) == 0 || covers(o.Only, d.Only) })) {
		return have // nothing new
	}
	return append(have, d)
}

// covers reports whether some branches are all among others.
func covers(have, more []release.Range) bool {
	return !slices.ContainsFunc(more, func(r release.Range) bool {
		return !slices.ContainsFunc(have, func(o release.Range) bool { return o.String() == r.String() })
	})
}

// reasons reads the branches that the sentences of a reply keep a change out of, none where
// one of them says something against the change itself.
func reasons(text string, trees []string) (out []release.Range) {
	for _, said := range sentences(text) {
		only := onlyFor(said, trees)
		if low := strings.ToLower(said); len(only) == 0 && (containsAny(low, ofChange[:]) || containsAny(low, everywhere[:])) {
			return nil
		}
		out = append(out, only...)
	}
	return out
}

// speaksOfKernel reports whether a text has a number that may be of a kernel; it spares most
// replies the reading.
func speaksOfKernel(text string) bool {
	for i := 1; i+1 < len(text); i++ {
		j := strings.IndexByte(text[i:], '.')
		if j < 0 || i+j+1 >= len(text) {
			return false
		}
		if i += j; digit(text[i-1]) && digit(text[i+1]) && (i < 2 || !digit(text[i-2])) {
			return true
		}
	}
	return false
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
