package report

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/verdict"
)

// maxQuote is how many lines are quoted: a sentence that is longer is cut, and marked so.
const maxQuote = 4

// maxRead is how many bytes of a mail are read for a quote.
const maxRead = 64 << 10

// elided stands for what is left out of a quote.
const elided = "[...]"

// shortlog begins the list of patches in a cover letter, "Jo Doe (3):", which
// a diffstat follows.
var shortlog = regexp.MustCompile(`^\S.* \(\d+\):$`)

// greeting opens a mail and tells nothing of it.
var greeting = regexp.MustCompile(`(?i)^(?:hi|hello|hey|dear|greetings)\b.{0,30}[,!.:]?$`)

// closing ends a mail: a name follows.
var closing = regexp.MustCompile(`(?i)^(?:(?:many |best )?(?:thanks|thx)|thank you|(?:(?:best|kind|warm|with best|with kind) )?regards|` +
	`cheers|sincerely|best|br)\b.{0,20}[,!.:]?$`)

// changelog heads what has changed since an earlier version.
var changelog = regexp.MustCompile(`(?i)^(?:change(?:s|log)\b.{0,40}:?|v\d+ ?(?:->|=>|\.\.).*|(?:change[sd]? )?(?:in |since )?v\d+:?)$`)

// prompt begins what somebody typed into a shell.
var prompt = regexp.MustCompile(`^\s*(?:[$%] \S|# [a-z./]|[\w.-]+@[\w./-]+(?::\S*)?[#$] |\[[\w.-]+@\S+ \S+\][#$] )`)

// apology is what a mail asks to be forgiven for, and not what it is about.
var apology = regexp.MustCompile(`(?i)\b(?:apolog(?:y|ies|ise|ize)|sorry)\b`)

// diagnostic is what a compiler, or a kernel's log, printed: not what the author says.
var diagnostic = regexp.MustCompile(`^\s*(?:\d* ?\| |\d+ \|)|:\d+:\d+: (?:error|warning|note): |^\s*(?:<\d>)?\[ *\d+\.\d+\]|` +
	`^\s*(?:In file included )?from \S+:\d+|^In file included from |^\S+: In function `)

// bullet begins an item of a list.
var bullet = regexp.MustCompile(`^ *(?:[-*] |\d+[.)] )`)

// abbreviated are words whose full stop ends no sentence.
var abbreviated = regexp.MustCompile(`(?i)(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|incl)|\b[A-Z])\.$`)

// unquotable reports whether a line tells nothing of what is answered: an apology, a
// command, what a program printed, or an address that would have to be cut.
func unquotable(line string) bool {
	return diagnostic.MatchString(line) || apology.MatchString(line) || prompt.MatchString(line) ||
		strings.Contains(line, "://") && utf8.RuneCountInString(line) > quoteColumns
}

// backward begins a sentence that means something with the one before it alone.
var backward = regexp.MustCompile(`^(?:This|These|That|Those|It|Its|They|Their|Such|Both|However|Thus|Therefore|Hence|Then|So|Also|But|And|` +
	`Otherwise|Consequently|Instead|Moreover|Similarly|Because of (?:this|that)|As (?:a result|such)|(?:In|For|At|With|Without|To|By|If|When|While|Since|Once|After|Having)\s(?:this|that|these|both|such|all))\b`)

// passage is lines of prose that stand together.
type passage struct {
	lines []string
	begun bool // in the middle of a sentence, perhaps: what stands before it is not quoted
	torn  bool // the same of its end
}

// Quote picks the sentence of a mail that tells best what is answered: the first that has
// the line about, else the first of its prose. It keeps the mail's lines; tags, the
// diff, earlier quotes, greetings and what a program printed are no prose. Commands are
// quoted as they are.
func Quote(text, about string) []string {
	text = text[:min(len(text), maxRead)]
	if strings.HasPrefix(text, "#stablebot ") {
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		return lines[:min(len(lines), 3)]
	}
	var all, telling []said
	for _, p := range passages(text) {
		for _, s := range p.sentences() {
			all = append(all, s)
			if slices.ContainsFunc(s.lines, func(l string) bool { return bears(l, about) }) {
				telling = append(telling, s)
			}
		}
	}
	short := func(s said) bool { return len(s.lines) <= maxQuote }
	alone := func(s said) bool { return short(s) && !s.leans }
	for _, fits := range []func(said) bool{alone, short} {
		for _, of := range [][]said{telling, all} {
			if i := slices.IndexFunc(of, fits); i >= 0 {
				return of[i].lines
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return append(slices.Clone(all[0].lines[:maxQuote-1]), elided)
}

// bears reports whether a line is, or is a part of, the one that a finding rests on, which
// may have been shortened.
func bears(line, about string) bool {
	line, about = strings.TrimSpace(line), strings.TrimSpace(strings.TrimSuffix(about, "..."))
	return line != "" && about != "" && (strings.HasPrefix(line, about) || len(line) > 20 && strings.Contains(about, line))
}

// passages are the prose of a mail. What is indented is code, or what was printed.
func passages(text string) (out []passage) {
	open, printed, odd := false, false, false // odd: the line above is left out, though it may be prose
	unended := func() bool {                  // the prose above goes on behind what was shown
		if len(out) == 0 {
			return false
		}
		p := out[len(out)-1]
		return !strings.ContainsAny(p.lines[len(p.lines)-1][len(p.lines[len(p.lines)-1])-1:], ".!?)")
	}
	indent, named := 0, false // named: who closes the mail
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n\t ")
		if line == "---" || line == "-- " || strings.HasPrefix(line, "diff ") || shortlog.MatchString(line) {
			break
		}
		if line == "" {
			open, printed, odd, named = false, false, false, false
			continue
		}
		if closing.MatchString(line) {
			named = true
		}
		if named { // up to the next empty line
			open = false
			continue
		}
		item := bullet.MatchString(line)
		at := len(line) - len(strings.TrimLeft(line, " \t"))
		printed = printed || prompt.MatchString(line) || changelog.MatchString(line)
		quotable := harmless(line) && !unquotable(line) && !greeting.MatchString(line) && !strings.HasPrefix(line, ">")
		switch {
		case printed || !quotable || !item && at != indent && (open || at > 0) || !open && !strings.ContainsFunc(line, unicode.IsLetter):
			if open {
				out[len(out)-1].torn = true
			}
			open, odd, indent = false, !printed && !quotable && !greeting.MatchString(line), 0
			continue
		case !open || item:
			out = append(out, passage{begun: odd || unended()})
			open, odd, indent = true, false, 0
			if item {
				indent = len(bullet.FindString(line))
			}
		}
		p := &out[len(out)-1]
		p.lines = append(p.lines, line)
	}
	return out
}

// said is a sentence, in the lines where it stands.
type said struct {
	lines []string
	leans bool // on the one before it, which is too long to be quoted with it; or a word alone, a name perhaps
}

// sentences are the whole ones of a passage, each with the one before it that it points at.
func (p passage) sentences() (out []said) {
	text := strings.Join(p.lines, "\n")
	last := -1 // where the sentence before begins, if it is a whole one
	for from := 0; from < len(text); {
		end, next := sentenceAt(text, from)
		s := text[from:end]
		begun := from == 0 && p.begun && !startsUpper(s)
		torn := next == len(text) && p.torn && !strings.ContainsAny(s[len(s)-1:], ".!?:")
		if !begun && !torn && strings.ContainsFunc(s, unicode.IsLetter) {
			one := said{quoted(s), from > 0 && backward.MatchString(s) || !strings.Contains(s, " ")}
			if last >= 0 && one.leans {
				if both := quoted(text[last:end]); len(both) <= maxQuote {
					one = said{lines: both}
				}
			}
			out, last = append(out, one), from
		} else {
			last = -1
		}
		from = next
	}
	return out
}

// sentenceAt is where the sentence that begins at from ends, and where the next begins: a
// full stop ends one before a capital letter, a quote or a bracket.
func sentenceAt(text string, from int) (end, next int) {
	for i := from; i < len(text); i++ {
		if !strings.ContainsRune(".!?", rune(text[i])) {
			continue
		}
		end = i + 1
		for end < len(text) && strings.ContainsRune(`"')]`, rune(text[end])) {
			end++
		}
		next = len(text) - len(strings.TrimLeft(text[end:], " \n"))
		if next == len(text) || next > end && (startsUpper(text[next:]) || strings.ContainsRune(`"'(`, rune(text[next]))) &&
			!abbreviated.MatchString(text[max(from, i-8):i+1]) {
			return end, next
		}
	}
	return len(text), len(text)
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// quoted are the lines of a sentence; what somebody has written in one long line is wrapped.
func quoted(s string) (out []string) {
	for l := range strings.SplitSeq(s, "\n") {
		if utf8.RuneCountInString(l) <= quoteColumns {
			out = append(out, l)
			continue
		}
		out = append(out, strings.Split(wrap(l, "", ""), "\n")...)
	}
	return out
}

// quote is what a reply quotes: of a mail without prose its title.
func (m Mail) quote() []string {
	about := ""
	if lead := m.Values.Lead; lead.Verdict == verdict.StableEligible {
		about = lead.About
	}
	out := Quote(m.Answers.Text, about)
	if title := clean(m.Answers.Subject); len(out) == 0 && title != "" && m.Answers.Text != "" {
		out = []string{cut(title, quoteColumns), elided}
	}
	return out
}
