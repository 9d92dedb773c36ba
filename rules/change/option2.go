package change

import (
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// A request has a verb and a polite word or the name of what it is; a report of
// a regression names commits and branches as well, but asks for neither.
var (
	requestVerbs = []string{"backport", "back-port", "apply", "cherry-pick", "cherry pick", "pick up", "pick the", "include", "queue", "add the", "add commit", "take commit", "inclusion"}
	requestWords = []string{"please", "could you", "can you", "would you", "request", "consider", "should go", "should be applied", "to be applied"}
)

// readRequest reads a text-only request to stable@ (option 2 of
// stable-kernel-rules: the subject or id of the commit, why, and the versions).
// It counts only where the mail goes to the stable list, holds no patch, is no
// answer, and asks for a commit that it names.
func (c *Change) readRequest(hasDiff bool) {
	to := stableRecipient(c.To, c.Cc)
	if c.Kind != Mail || to == "" || hasDiff || c.Prefix.Reply || c.Prefix.Patch {
		return
	}
	text := c.LowerSubject() + "\n" + c.LowerBody()
	if strings.Contains(c.LowerSubject(), "regression") || hasAny(c.Prefix.Words, "regression") ||
		!containsAny(text, requestVerbs) || !containsAny(text, requestWords) {
		return
	}
	tag := StableTag{Address: to, Text: true, Versions: append([]string(nil), c.Prefix.Trees...)}
	tag.Versions = requestVersions(tag.Versions, c.Subject)
	named := len(c.Origin)
	lineNo := 0
	for rest := c.Body; rest != "" && len(c.Origin) < maxNamed; {
		var line string
		line, rest = nextLine(rest)
		lineNo++
		if line == "" || line[0] == '>' {
			continue
		}
		if o, ok := requestedCommit(line, rest); ok {
			o.Line = lineNo
			c.Origin = append(c.Origin, o)
			if tag.Line == 0 {
				tag.Line = lineNo
			}
			continue
		}
		tag.Versions = requestVersions(tag.Versions, line)
	}
	if o, ok := requestedCommit(c.Subject, ""); ok && len(c.Origin) == named {
		c.Origin = append(c.Origin, o)
	}
	if len(c.Origin) == named {
		return
	}
	c.Stable = append(dropRecipient(c.Stable), tag)
}

// requestedCommit finds a commit in a line: an id behind the word "commit", or
// one of the twelve digits that kernel documents ask for, with its title.
func requestedCommit(line, below string) (Origin, bool) {
	for i := 0; i < len(line); i++ {
		if !isHex(line[i]) || i > 0 && (isWord(line[i-1]) || line[i-1] == '.' || line[i-1] == '/') {
			continue
		}
		id, rest := sha(line[i:])
		if id == "" {
			continue
		}
		before := strings.ToLower(trimRight(line[max(0, i-12):i]))
		if len(id) < 12 && !strings.HasSuffix(before, "commit") || strings.HasSuffix(before, "fixes:") {
			continue
		}
		if rest = trimSpace(rest); rest == "" {
			rest = trimSpace(firstLine(below)) // the title on the next line
			if !strings.HasPrefix(rest, `("`) && !strings.HasPrefix(rest, `"`) {
				rest = ""
			}
		}
		o := Origin{SHA: id, Form: "option-2"}
		if rest != "" && (rest[0] == '(' || rest[0] == '"') {
			if !strings.Contains(rest, `")`) && strings.HasPrefix(rest, `("`) {
				rest += " " + trimSpace(firstLine(below)) // wrapped
			}
			o.Subject, _ = quotedTitle(rest)
			// prose may go on behind the title
			if j := strings.Index(o.Subject, `")`); j > 0 {
				o.Subject = o.Subject[:j]
			}
		}
		return o, true
	}
	return Origin{}, false
}

// requestVersions adds the branches that a line of prose names: "6.1.y",
// "v5.15+", "linux-6.6.y", and bare "6.1" where it names stable or follows
// "to", "for" or "in".
func requestVersions(have []string, line string) []string {
	prev := ""
	for rest := line; rest != ""; {
		var w string
		rest = strings.TrimLeft(rest, " \t,;()[]/&\"'")
		if i := strings.IndexAny(rest, " \t,;()[]/&\"'"); i >= 0 {
			w, rest = rest[:i], rest[i:]
		} else {
			w, rest = rest, ""
		}
		bare := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(w), "linux-"), "v")
		if name, n := release.Read(bare); name != "" && plausible(name) {
			tail := strings.TrimRight(bare[n:], ".:+")
			letter := strings.HasSuffix(bare[:n], "y") || strings.HasSuffix(bare[:n], "x")
			switch prev {
			case "to", "for", "in", "stable", "and", "onto", "kernel", "kernels", "into":
				letter = true
			}
			if tail == "" && (letter || len(bare) < len(w) || len(have) > 0 && prev == "") {
				have = appendNew(have, name)
				w = prev // "6.1, 6.6": both follow the same word
			}
		}
		prev = strings.ToLower(w)
	}
	return have
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func hasAny(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}
