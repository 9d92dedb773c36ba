package series

import (
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/release"
)

// isNak recognises a refusal that opens a paragraph: "NAK", "NACK, because …".
// Display hardware sends NAKs too, so the word must be in capitals and stand
// alone, before a stop, or before what it refuses.
func isNak(line string) bool {
	for _, word := range [...]string{"NAK", "NACK", "Nak", "Nack"} {
		rest, ok := strings.CutPrefix(line, word)
		if !ok {
			continue
		}
		if rest == "" {
			return true
		}
		switch rest[0] {
		case '.', ',', '!', ';', ':':
			return true
		}
		if word != strings.ToUpper(word) {
			return false
		}
		for _, next := range [...]string{" - ", " -- ", " from me", " to this", " on this", " for this", " as ", " because ", " for backport",
			" for stable"} {
			if strings.HasPrefix(rest, next) {
				return true
			}
		}
		if of, ok := strings.CutPrefix(rest, " for "); ok {
			_, n := release.ReadRange(strings.ToLower(of))
			return n > 0
		}
		return false
	}
	return false
}

// formOnly reports whether a reply with a NAK finds fault with how the patch was
// sent and with nothing that it does: a tag that is missing or wrong, the tree or
// list that it was sent to, its message. That asks for another posting and
// declines no change. One sentence about anything else is about the change.
func formOnly(text string) bool {
	form := false
	for _, said := range sentences(text) {
		low := strings.ToLower(said)
		switch {
		case containsAny(low, ofChange[:]):
			return false
		case strings.Contains(low, "stable") && !containsAny(low, []string{"add ", "missing", "lack", "needs "}):
			return false // kept out of stable
		case containsAny(low, ofForm[:]):
			form = true
		case len(strings.Fields(low)) > fewWords && !containsAny(low, ofNothing[:]):
			return false
		}
	}
	return form
}

// fewWords are a greeting, a name, a "NAK".
const fewWords = 3

// What sentences are of. A sentence that has a word of the first list is about the
// change, whatever else is in it.
var (
	ofChange = [...]string{
		"break", "broke", "crash", "regress", "hides", "papers over", "not a bug", "no bug", "not needed", "unneeded", "useless", "pointless",
		"wrong approach", "wrong fix",
		"wrong way", "wrong place", "does not fix", "doesn't fix", "not fix", "not correct", "incorrect change", "leak", "deadlock", "race",
		"uapi", "user space", "userspace", "revert",
	}
	ofForm = [...]string{
		"fixes tag", "fixes:", "fixes line", "culprit", "signed-off", "sign-off", "signoff", "signed off", "real name", "resend", "re-send",
		"resent", "repost", "send it again", "send this again",
		"send a v", "send it to", "send this to", "wrong tree", "wrong list", "wrong branch", "right tree", "go through", "goes through",
		"go via", "rebase", "does not apply", "doesn't apply",
		"commit message", "commit log", "changelog", "change log", "subject", "prefix", "get_maintainer", "html", "attachment", "base64",
		"mangled", "whitespace damage", "white space damage",
		"line wrap", "line-wrap", "word wrap", "merge window", "is closed", "cover letter", "not threaded", "missing tag", "wrong tag", "the tag",
		"cc list", "copy the list", "cc the",
	}
	ofNothing = [...]string{
		"thank", "otherwise", "looks good", "looks fine", "is fine", "change itself", "code itself", "patch itself", "with that", "happy to",
		"no objection", "see documentation", "process/",
	}
)

func containsAny(s string, list []string) bool {
	for _, w := range list {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// sentences are those that a reply says itself: not quoted, not tags, above the
// signature and above what a mail program appends. Of their ends a question mark stays.
func sentences(text string) (out []string) {
	var own strings.Builder
	for l := range mail.Lines(text) {
		line, rest := l.Text, l.Rest
		next, _, _ := strings.Cut(rest, "\n")
		switch _, tag := trailer(line, rest); {
		case tag, !l.Own, line == "", strings.HasSuffix(line, "wrote:") || strings.HasPrefix(line, "On ") &&
			strings.HasSuffix(strings.TrimSpace(next), "wrote:"):
			own.WriteString("\n")
		default:
			own.WriteString(line + " ")
		}
	}
	text = strings.NewReplacer(", and ", "; ", ", but ", "; ").Replace(own.String())
	for paragraph := range strings.SplitSeq(text, "\n") {
		for {
			end := strings.IndexAny(paragraph, ".!?;")
			for end >= 0 && end+1 < len(paragraph) && paragraph[end+1] != ' ' { // "gk104.c"
				next := strings.IndexAny(paragraph[end+1:], ".!?;")
				if next < 0 {
					end = -1
					break
				}
				end += 1 + next
			}
			said := paragraph
			if end >= 0 {
				said, paragraph = strings.TrimRight(paragraph[:end+1], ".!;"), paragraph[end+1:]
			}
			if said = strings.TrimSpace(said); said != "" {
				out = append(out, said)
			}
			if end < 0 {
				break
			}
		}
	}
	return out
}
