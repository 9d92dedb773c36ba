package mail

import (
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What the sender of a reply wrote himself is what counts as his. A mail program puts
// ">" or "|" before each line that it cites, and most do; some copy the mail that is
// answered below a line of their own and mark nothing.

// Line is a line of a text.
type Line struct {
	Text string // without blanks at its end
	Rest string // the text below it
	N    int    // from 1
	Own  bool   // its sender wrote it: it is not cited, no piece of a cited line, and does not say who is cited
	Doubt
}

// Lines yields the lines of a text down to where its sender's own words end.
func Lines(text string) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		last := ""
		var above Doubt
		a := &ahead{}
		certain, maybe := 0, 0 // lines from here on that say who is cited
		for n, rest := 1, text; rest != ""; n++ {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			line = strings.TrimRight(line, " \t\r")
			if a.endsOwnWords(line, rest) {
				return
			}
			doubt := above
			begins := (last == "" || quoted(last)) && line != "" && !quoted(line)
			if begins {
				certain, maybe = a.attribution(line, rest)
			}
			if maybe > 0 {
				doubt = max(doubt, Unsure)
			}
			if broken(last, line) {
				doubt = Copied
			}
			// What may say who is cited is told apart from words by its first line: a person's
			// sentence that ends in a colon begins there.
			own := !quoted(line) && !rewrapped(last, line, rest) && certain <= 0 && (maybe <= 0 || begins)
			if !yield(Line{line, rest, n, own, doubt}) {
				return
			}
			certain, maybe = certain-1, maybe-1
			above = max(above, a.heads(line, rest))
			last = line
		}
	}
}

// quoted reports whether a line is cited from another mail.
func quoted(line string) bool { return line != "" && (line[0] == '>' || line[0] == '|') }

// rewrapped reports whether what stands between two lines is the rest of a cited line
// that a mail program has broken: both neighbours are cited, no empty line parts it from
// either, and its first word had no room in the line above. A terse answer between two
// lines has no other look but for that. last is the line above, rest the text below.
func rewrapped(last, line, rest string) bool {
	next, _, _ := strings.Cut(rest, "\n")
	return quoted(next) && broken(last, line)
}

// broken reports whether a line may be the rest of the cited one above it: no empty line
// parts them, and its first word had no room there.
func broken(last, line string) bool {
	if line == "" || quoted(line) || !quoted(last) {
		return false
	}
	word, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	return utf8.RuneCountInString(last)+1+utf8.RuneCountInString(word) > narrowest
}

// narrowest is the shortest line at which mail programs break what they cite.
const narrowest = 64

// endsOwnWords reports whether a line begins the signature, or a copy of another mail
// that is not marked line by line. rest is the text below it.
func (a *ahead) endsOwnWords(line, rest string) bool {
	line = strings.TrimRight(line, " \t\r")
	if line == "--" || ruled(line) {
		return true
	}
	if len(line) < len("From:") { // most lines of a hostile mail
		return false
	}
	switch plain := strings.ToLower(unmarked.Replace(strings.TrimSpace(line))); {
	case strings.HasPrefix(plain, "from:"):
		return headed(rest)
	case strings.HasSuffix(plain, ":"):
		return attributes(plain) && !quoted(a.first(rest))
	case strings.HasPrefix(plain, "on ") && strings.Contains(plain, ", "): // broken in two
		next, below, _ := strings.Cut(rest, "\n")
		next = strings.ToLower(strings.TrimSpace(next))
		return strings.HasSuffix(next, ":") && attributes(plain+" "+next) && !quoted(a.first(below))
	}
	return false
}

// unmarked takes out what mail programs put around the words of a copied header.
var unmarked = strings.NewReplacer("*", "", "\u00a0", " ")

// ruled reports whether a line is a rule above a copy: of Outlook, of a forward.
func ruled(line string) bool {
	if strings.HasPrefix(line, "________________________________") {
		return true
	}
	if !strings.HasPrefix(line, "-----") {
		return false
	}
	low := strings.ToLower(line)
	for _, words := range [...]string{"original message", "forwarded message", "ursprüngliche nachricht", "original-nachricht", "weitergeleitete nachricht", "message d'origine", "mensaje original"} {
		if strings.Contains(low, words) {
			return true
		}
	}
	return false
}

// headed reports whether the lines below are the header of a copied mail.
func headed(rest string) bool {
	for range 3 {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		low := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(line), "*", ""))
		for _, field := range [...]string{"sent:", "date:", "to:", "cc:", "subject:"} {
			if strings.HasPrefix(low, field) {
				return true
			}
		}
	}
	return false
}

// attributes reports whether a line in lower case that ends in a colon says who wrote
// what follows.
func attributes(line string) bool {
	named := strings.ContainsAny(line, "@0123456789") // an address, a date
	for _, verb := range [...]string{" wrote:", " schrieb:", " écrit :", " écrit:", " escribió:", " ha scritto:", " skrev:", " napisał:", " schreef:", " писал:", " пишет:", "写道:", "寫道:"} {
		if strings.HasSuffix(line, verb) {
			return true
		}
	}
	for _, verb := range [...]string{" writes:", " said:"} { // people write these as well
		if strings.HasSuffix(line, verb) {
			return named
		}
	}
	return strings.Contains(line, "@") && strings.HasSuffix(line, ">:")
}

// left is a line that stands for what was left out of a citation.
var left = regexp.MustCompile(`(?i)^[\[<({*-]*[ \t]*(?:\.{2,}|…|snip|snipped|cut|trimmed)[ \t]*[\]>)}*-]*$`)

// ahead finds the first line of a text that is not empty, and remembers it: the texts asked
// about are each an end of the one before, and a long gap is walked through once.
type ahead struct {
	from, at int // bytes to the end of the text, where the gap begins and ends
	line     string
}

// first is that line, without blanks around it. What stands for something that was left out
// is none.
func (a *ahead) first(text string) string {
	if a.from >= len(text) && len(text) >= a.at && a.from > 0 {
		return a.line
	}
	*a = ahead{from: len(text)}
	for rest := text; rest != ""; {
		line, below, _ := strings.Cut(rest, "\n")
		if line = strings.TrimSpace(line); line != "" && (len(line) >= 20 || !left.MatchString(line)) {
			a.at, a.line = len(rest), line
			break
		}
		rest = below
	}
	return a.line
}
