package corpus

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// said is what a mail says of merging.
type said struct {
	// applied: what the mail answers was applied; whole says that all of its series
	// was, numbers which of its patches.
	applied, whole bool
	numbers        []int
	titles         []string // that it lists as applied, with IDs
	pulled         []string // titles in the shortlog of a pull request
	ids            []string // of commits that it names as applied
	cited          []citation
}

// citation is a commit that a mail names as being there.
type citation struct{ id, title string }

// listen reads what a mail that is no patch says of merging.
func listen(m *mail.Message) said {
	var s said
	text := m.Text()
	switch {
	case m.Program != "" && m.Program != "patchwork":
		return s // a robot tests what was posted, and names the commits that it made of it
	case isPull(text):
		s.pulled = shortlog(text)
	case m.Prefix.Reply:
		s.reply(text)
	}
	if m.Program == "" {
		s.cited = citations(text)
	}
	return s
}

// isPull reports whether a mail asks somebody to pull.
func isPull(text string) bool {
	for _, s := range []string{"are available in the Git repository at", "are available in the git repository at"} {
		if strings.HasPrefix(text, s) || strings.Contains(text, "\n"+s) {
			return true
		}
	}
	return false
}

// shortlog reads the titles of a git shortlog: a name with a count, and below it
// titles that are indented by six blanks.
func shortlog(text string) []string {
	var out []string
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		switch {
		case strings.HasSuffix(line, "):") && line[0] != ' ' && line[0] != '>':
			i := strings.LastIndexByte(line, '(')
			_, err := strconv.Atoi(line[i+1 : len(line)-2])
			open = i > 0 && err == nil
		case open && strings.HasPrefix(line, "      "):
			if t := strings.TrimSpace(line); !strings.HasPrefix(t, "Merge ") {
				out = append(out, t)
			}
		case open && line != "":
			open = false
		}
	}
	return out
}

// reply reads an answer: whether it says that something was applied, and the list
// of it that programs make:
//
//	[1/2] title                        b4 ty: "commit: SHA", an address that ends in
//	      commit: SHA                  the SHA, or "(no commit info)"
//	  - [net,v2,1/2] title             patchwork: an address, or "(no matching commit)"
//	    https://git.kernel.org/…/c/SHA
//	SHA title                          patchwork of wireless
func (s *said) reply(text string) {
	title, listed := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if endsWords(line) {
			break
		}
		if line == "" || line[0] == '>' || line[0] == '|' {
			continue
		}
		trimmed := strings.TrimSpace(line)
		if title != "" {
			id, ok := commitOf(trimmed)
			switch {
			case ok:
				s.titles, s.ids = append(s.titles, title), append(s.ids, id)
				title = ""
				continue
			case trimmed == "(no commit info)":
				s.titles = append(s.titles, title)
				title = ""
				continue
			case strings.HasPrefix(trimmed, "(no matching commit"):
				title = ""
				continue
			case line[0] == ' ' && trimmed[0] != '[' && trimmed[0] != '-':
				title += " " + trimmed // a title that a mail program has wrapped
				continue
			}
			title = ""
		}
		if m := listLine.FindStringSubmatch(trimmed); m != nil {
			title = m[1] + m[2] // one of them
			listed++
			continue
		}
		if m := idLine.FindStringSubmatch(line); m != nil && s.applied {
			s.titles, s.ids = append(s.titles, m[2]), append(s.ids, m[1])
			listed++
			continue
		}
		if !s.applied {
			s.applied, s.whole, s.numbers = saysApplied(trimmed)
		}
	}
	if !s.applied {
		s.titles, s.ids = nil, nil
	} else if listed > 0 {
		s.applied = false // the list says what was, and what was not
	}
}

var (
	listLine = regexp.MustCompile(`^(?:- )?\[[^\]]{0,60}\d+/\d+\] (\S.*)$|^- \[[^\]]{0,60}\] (\S.*)$`)
	idLine   = regexp.MustCompile(`^([0-9a-f]{12,40}) \(?"?([^\s"].*?)"?\)?$`)
	hexEnd   = regexp.MustCompile(`(?:^|[/=: ])([0-9a-f]{10,40})$`)
)

// commitOf reads the line below a title that names its commit.
func commitOf(line string) (id string, ok bool) {
	if !strings.HasPrefix(line, "commit: ") && !strings.HasPrefix(line, "commit ") && !strings.HasPrefix(line, "https://") &&
		!strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "(") {
		return "", false
	}
	if m := hexEnd.FindStringSubmatch(strings.TrimRight(line, ")")); m != nil {
		return m[1], true
	}
	return "", false
}

func endsWords(line string) bool {
	return line == "--" || strings.HasPrefix(line, "-----") || strings.HasPrefix(line, "________________") ||
		strings.HasPrefix(line, "diff --git ")
}

// What stands before the word by which a maintainer says it.
var courtesies = []string{
	"thank you very much", "thank you for your contribution", "thank you for your patch", "thank you for the patch", "thank you",
	"many thanks", "thanks a lot", "thanks again",
	"thanks for your patch", "thanks for the patch", "thanks for the fix", "thanks", "thx", "great", "ok", "okay", "perfect", "nice",
	"looks good to me", "looks good", "lgtm",
	"indeed", "right", "yes", "sure", "fine", "done", "good catch", "makes sense", "hi", "hello", "and", "so", "now", "finally",
	"fixed up and", "i",
	"i have", "i've", "i just", "i have now", "i've now", "i've also", "we", "we have", "we've", "it", "it's", "it is", "it has been",
	"it was", "has been", "have been", "was", "were", "is", "are",
	"this", "that", "this one", "these", "both", "all", "all of them", "everything", "rest", "them", "this patch", "the patch", "patch",
	"your patch",
	"this series", "the series", "series", "whole series", "the whole series", "the entire series", "entire series", "your series", "patches",
	"both patches", "the patches", "all patches",
	"this patch series", "the patchset", "this patchset", "patchset", "set", "the set", "also", "already", "just", "am", "v2", "v3", "v4",
	"this pull request", "been", "has", "have",
}

var deeds = []string{"applied", "queued", "merged", "pushed", "pulled", "picked", "taken", "added to my", "added to the", "series applied"}

// saysApplied reads a line of an answer: "Applied to for-next, thanks", "Thanks, I
// have queued this up for 6.9". A question, a wish or a condition says nothing.
func saysApplied(line string) (ok, whole bool, numbers []int) {
	low := strings.ToLower(line)
	if len(low) > 200 || strings.Contains(low, "?") {
		return false, false, nil
	}
	rest := low
	for {
		rest = strings.TrimLeft(rest, " ,.!;:-*\t")
		cut := ""
		for _, c := range courtesies {
			if len(c) > len(cut) && strings.HasPrefix(rest, c) && (len(rest) == len(c) || !wordByte(rest[len(c)])) {
				cut = c
			}
		}
		// "1 patch(es) applied", "Patches 1-3 applied", "patch 2/3 applied"
		if cut == "" {
			if m := counted.FindString(rest); m != "" {
				cut = m
			}
		}
		if cut == "" {
			break
		}
		rest = rest[len(cut):]
	}
	deed := ""
	for _, d := range deeds {
		if strings.HasPrefix(rest, d) {
			deed = d
		}
	}
	if deed == "" {
		return false, false, nil
	}
	after := rest[len(deed):]
	if after != "" && wordByte(after[0]) || says(low, denials) || deed == "pushed" && says(after, []string{"back"}) {
		return false, false, nil
	}
	// "merged requests are freed" tells of code, "taken care of" of other work.
	next, _, _ := strings.Cut(strings.TrimLeft(after, " "), " ")
	if next = strings.TrimRight(next, ".,;:!)"); next != "" && !slices.Contains(follows, next) && !strings.HasPrefix(next, "#") &&
		(next[0] < '0' || next[0] > '9') ||
		next == "" && (deed == "taken" || deed == "picked") || next == "the" && deed == "picked" {
		return false, false, nil
	}
	if m := patchNumbers.FindStringSubmatch(low); m != nil {
		numbers = spell(m[1])
	}
	whole = says(low, []string{"series", "all", "both", "patchset", "set "})
	return true, whole, numbers
}

// follows are the words that may come behind the deed.
var follows = strings.Fields("to for into in on up out thanks thank thx with by as and it this these them patch patches both all series " +
	"the set v2 v3 v4 locally now already manually your onto from through via - -- (to (with & along after again too")

var (
	counted      = regexp.MustCompile(`^(?:\d+ )?patch(?:\(es\)|es)?(?: ?#?\d+(?: ?[-,&/] ?\d+| and \d+)*)?|^#?\d+(?:/\d+)?(?: ?[-,&] ?\d+(?:/\d+)?)*`)
	patchNumbers = regexp.MustCompile(`patch(?:es)? ?#?((?:\d+(?:/\d+)?(?: ?[-,&] ?| and )?)+)`)
	number       = regexp.MustCompile(`(\d+)(?:/\d+)?(?: ?- ?(\d+))?`)
)

var denials = []string{"not ", "n't ", "if ", "once ", "when ", "should ", "could ", "would ", "will be ", "to be applied", "unless",
	"after it", "cleanly", "never", "locally for test", "on top of my", "for testing", "with the patch", "with your patch", "with this patch"}

func says(s string, any []string) bool {
	return slices.ContainsFunc(any, func(x string) bool { return strings.Contains(s, x) })
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '\'' || c == '_'
}

// spell writes "1-3, 5" out; nil when the numbers make no sense.
func spell(s string) []int {
	var out []int
	for _, m := range number.FindAllStringSubmatch(s, 20) {
		a, _ := strconv.Atoi(m[1])
		b := a
		if m[2] != "" {
			b, _ = strconv.Atoi(m[2])
		}
		for n := a; n <= b && n < a+100; n++ {
			out = append(out, n)
		}
	}
	return out
}

// citations are the commits that a text names as people do: SHA ("title"). What is
// quoted was said by another mail.
func citations(text string) []citation {
	var out []citation
	for rest := text; ; {
		i := strings.Index(rest, `("`)
		if i < 0 {
			return out
		}
		head, tail := rest[:i], rest[i+2:]
		rest = tail
		j := strings.Index(tail, `")`)
		if j < 0 || j > 200 {
			continue
		}
		title := tail[:j]
		if strings.Contains(title, "\n>") {
			continue
		}
		line := head[strings.LastIndexByte(strings.TrimRight(head, " \n"), '\n')+1:]
		if strings.HasPrefix(line, ">") {
			continue
		}
		m := hexEnd.FindStringSubmatch(strings.TrimRight(line, " \n"))
		if m == nil || len(m[1]) < 10 {
			continue
		}
		out = append(out, citation{m[1], strings.Join(strings.Fields(title), " ")})
	}
}

// cites are the commits that a patch names.
func cites(c *change.Change) []citation {
	var out []citation
	for _, f := range c.Fixes {
		if f.SHA != "" && f.Subject != "" {
			out = append(out, citation{f.SHA, f.Subject})
		}
	}
	return append(out, citations(c.Body)...)
}
