package signs

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// FalseAlarm is the line by which an author calls a warning of a compiler or a checker
// false: what he changes then mends nothing. Text is a message, or a title.
func FalseAlarm(text string) Evidence {
	low := strings.ToLower(text)
	if len(low) != len(text) || !namesCompiler(low) {
		return Evidence{}
	}
	for _, mark := range [...]string{"false positive", "false-positive", "bogus", "spurious"} {
		at := strings.Index(low, mark)
		if at < 0 || deniedNear(low, at) {
			continue
		}
		sentence, _, _ := strings.Cut(oneLine(low[at:min(len(low), at+whoseReach)]), ". ")
		if mark[0] == 'f' || strings.Contains(sentence, "warning") {
			return lineAt(text, at)
		}
	}
	return Evidence{}
}

// namesCompiler reports whether a text is about what reads source, and not about what a
// running kernel finds of itself.
func namesCompiler(low string) bool {
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	return (has([]string{"gcc", "clang", "compiler", "[-w", " -w", "fortify", "objtool"}) || has(checkers[:])) &&
		!has([]string{"lockdep", "kasan", "kcsan", "kmsan", "ubsan", "kmemleak"})
}

// hasEffect reports whether the sentence goes on to what comes of it: "is always true on the
// first iteration, causing the loop to end".
func hasEffect(s string, at int) bool {
	rest, _, _ := strings.Cut(oneLine(s[at:min(len(s), at+whoseReach)]), ". ")
	return slices.ContainsFunc([]string{" causing the ", " causing a ", " leading to ", " resulting in ", " so the loop", " which makes the "},
		func(w string) bool { return strings.Contains(rest, w) })
}

// OnlyWarnings reports whether nothing but warnings of a running kernel goes, each whole on
// its line, and at most prints come in their place.
func OnlyWarnings(files []*gitdiff.File) bool {
	gone, left := 0, maxCodeLines
	for _, f := range files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				text := strings.TrimSpace(l.Line)
				if left--; left < 0 {
					return false
				}
				if l.Op == gitdiff.OpContext || text == "" {
					continue
				}
				name, _, call := strings.Cut(text, "(")
				warns := strings.HasPrefix(name, "WARN")
				if !call || !strings.HasSuffix(text, ");") || l.Op == gitdiff.OpDelete && !warns || !warns && !printsByName(name) {
					return false
				}
				if l.Op == gitdiff.OpDelete {
					gone++
				}
			}
		}
	}
	return gone > 0
}
