package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Contradictions is what is wrong with the text of a reply, held against the
// judgements that it is made of; none is what every reply promises:
//
//   - a percentage in prose is one of the judgement's;
//   - a chance that is better than even stands in no sentence that says no, and one
//     that is hopeless in none that says yes;
//   - a vendor's package is named only where a vendor tree was read;
//   - a branch that is named is one of the judgement's, and no branch is said to have the
//     bug where it is not affected;
//   - a number of lines is that of the change or of what a branch needs;
//   - the first sentence is true on its own: it points at nothing before it;
//   - what the bot itself says has at most MaxLines lines of at most Columns; a line with
//     the title of a patch alone is its author's.
//
// The text is that of a mail, with or without quote and footer.
func Contradictions(text string, p Posting) (out []string) {
	say := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	prose, lines := ownProse(text)
	prose = titleNamed.ReplaceAllString(prose, "$1") // an author's words are no claim of the reply's
	if len(lines) > MaxLines {
		say("%d lines of its own, over %d", len(lines), MaxLines)
	}
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > Columns {
			say("%d columns: %q", n, l)
		}
	}
	allowed := figures(p)
	for _, s := range sentences(prose) {
		for _, n := range percents(s) {
			switch {
			case !allowed.percent[n]:
				say("%d %% stands in no judgement: %q", n, s)
			case n >= 50 && saysNo(s):
				say("%d %% denies %q", n, s)
			case n <= 10 && strings.Contains(s, "can take"):
				say("%d %% denies %q", n, s)
			}
		}
		for _, m := range lineCount.FindAllStringSubmatch(s, -1) {
			if n, err := strconv.Atoi(m[1]); err == nil && !allowed.lines[n] && !allowed.quoted(m[0]) {
				say("%d lines are those of nothing: %q", n, s)
			}
		}
		for _, m := range branchNamed.FindAllStringSubmatch(s, -1) {
			for _, n := range number.FindAllString(m[0], -1) {
				if len(allowed.state) > 0 && allowed.state[n] == "" {
					say("branch %s is none of the judgement's: %q", n, s)
				}
			}
			if strings.Contains(s, "have the bug") && !strings.Contains(s, "may have") || strings.Contains(s, "has the bug") {
				for _, n := range number.FindAllString(m[0], -1) {
					if st := allowed.state[n]; st != "" && st != verdict.Affected {
						say("branch %s is %s: %q", n, st, s)
					}
				}
			}
		}
		if !allowed.vendor && vendorWords.MatchString(strings.ReplaceAll(s, string(verdict.DKMSOnly), "")) {
			say("no vendor tree was read: %q", s)
		}
	}
	if s := sentences(prose); len(s) > 0 && pointing.MatchString(s[0]) {
		say("the first sentence does not stand alone: %q", s[0])
	}
	return append(out, needless(text, p)...)
}

var (
	titleAlone  = regexp.MustCompile(`^ +\d+/\d+ "[^"]*"(?: \(\d+ %(?:, a closer call)?\))?,?$`)
	titleNamed  = regexp.MustCompile(`(\b\d+/\d+) "[^"]*"`)
	percentage  = regexp.MustCompile(`(\d+) ?%`)
	lineCount   = regexp.MustCompile(`(\d+) lines`)
	branchNamed = regexp.MustCompile(`(?:Linux|stable branches \() ?\d+\.\d+(?:(?:, | and )\d+\.\d+)*`)
	number      = regexp.MustCompile(`\d+\.\d+`)
	vendorWords = regexp.MustCompile(`(?i)\bvendor|out-of-tree|\bDKMS\b`)
	pointing    = regexp.MustCompile(`^(?:That|This is|It|They|These|Those|What is|Of|And|But|So|There)\b`)
	ending      = regexp.MustCompile(`[.:](?:\s+|$)`)
)

func saysNo(s string) bool {
	return strings.Contains(s, "does not take") || strings.Contains(s, "more than stable takes") || strings.Contains(s, "rarely takes") ||
		strings.Contains(s, "not for stable") || strings.Contains(s, "cannot")
}

func percents(s string) (out []int) {
	for _, m := range percentage.FindAllStringSubmatch(s, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// ownProse is what the bot itself says, as running text and by line.
func ownProse(text string) (prose string, lines []string) {
	text, _, _ = strings.Cut(text, "\n-- \n")
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		if l == "" || titleAlone.MatchString(l) || strings.HasPrefix(l, "> ") || l == ">" || strings.HasPrefix(l, pasteIndent) &&
			!strings.HasPrefix(l, strings.Repeat(" ", 11)) ||
			strings.HasPrefix(l, "On ") && strings.HasSuffix(l, " wrote:") {
			continue
		}
		lines = append(lines, l)
		prose += strings.TrimSpace(l) + " "
	}
	return prose, lines
}

func sentences(prose string) (out []string) {
	for prose = strings.TrimSpace(prose); prose != ""; {
		at := ending.FindStringIndex(prose)
		if at == nil {
			return append(out, prose)
		}
		out, prose = append(out, prose[:at[0]+1]), strings.TrimSpace(prose[at[1]:])
	}
	return out
}

// stated are the figures of judgements, as their JSON has them.
type stated struct {
	percent, lines map[int]bool
	state          map[string]verdict.State // of branches
	vendor         bool
	reasons        []string
}

func (s stated) quoted(what string) bool {
	return slices.ContainsFunc(s.reasons, func(r string) bool { return strings.Contains(r, what) })
}

func figures(p Posting) stated {
	s := stated{map[int]bool{}, map[int]bool{}, map[string]verdict.State{}, false, nil}
	for _, q := range slices.Concat(p.Patches, p.Left, p.Rest) {
		raw, err := json.Marshal(q.Judgement)
		if err != nil {
			continue
		}
		var v any
		if json.Unmarshal(raw, &v) == nil {
			s.read("", v)
		}
		s.vendor = s.vendor || q.Tree != nil && len(q.Tree.Vendors) > 0 || q.ReasonClass == verdict.NotUpstream
		for _, b := range q.Branches {
			if st := b.State; s.state[b.Name] == "" || st == verdict.Affected {
				s.state[b.Name] = st
			}
			s.reasons = append(s.reasons, b.Why)
		}
		s.reasons = append(s.reasons, q.Reason)
		for _, w := range q.Rules {
			s.reasons = append(s.reasons, w.Reason)
		}
	}
	for _, r := range s.reasons { // what a finding says is not the reply's to check
		for _, n := range percents(r) {
			s.percent[n] = true
		}
	}
	return s
}

// probabilities are the fields that hold one.
var probabilities = []string{"score", "fix", "worth", "reach"}

func (s stated) read(key string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			s.read(k, x)
		}
	case []any:
		for _, x := range v {
			s.read(key, x)
		}
	case float64:
		switch {
		case slices.Contains(probabilities, key) && v >= 0 && v <= 1:
			s.percent[Percent(v)] = true
			s.percent[1], s.percent[99] = s.percent[1] || Percent(v) < 1, s.percent[99] || Percent(v) > 99
		case key == "lines_with_context" || key == "pile_lines":
			s.lines[int(v)] = true
		}
	}
}

// needless finds rows and tags where there is nothing to do.
func needless(text string, p Posting) (out []string) {
	for l := range strings.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		if !strings.HasPrefix(l, rowIndent) || strings.HasPrefix(l, pasteIndent) || number.FindString(name) != name || name == "" {
			continue
		}
		if !slices.ContainsFunc(p.Patches, func(q Patch) bool {
			return slices.ContainsFunc(q.Branches, func(b verdict.Branch) bool {
				return b.Name == name && (b.Verdict != nil && *b.Verdict != verdict.NotNeeded || len(b.Followups) > 0)
			})
		}) {
			out = append(out, fmt.Sprintf("a row for %s, where there is nothing to do", name))
		}
	}
	for _, q := range p.Patches {
		if q.Change == nil || len(p.Patches) > 1 {
			continue
		}
		for _, t := range q.Change.Stable {
			if !t.NoAutosel && !t.Recipient && !t.Text && len(t.Needs) == 0 && strings.Contains(text, pasteIndent+bar+tagLine(t.Versions)+"\n") {
				out = append(out, "it proposes the tag that is there")
			}
		}
	}
	return out
}

func tagLine(versions []string) string {
	if len(versions) == 0 {
		return stableTag("")
	}
	return stableTag(versions[0])
}
