package model

import "strings"

// verbs are how titles begin, after the last prefix: what is done, in the
// author's word. Forms that mean the same stand together.
var verbs = []struct {
	name string
	of   []string
}{
	{"add", []string{"add", "adding", "adds", "introduce", "implement", "create", "provide", "define"}},
	{"support", []string{"support", "enable", "expose", "allow", "extend"}},
	{"remove", []string{"remove", "delete", "drop", "get", "removing", "eliminate", "kill"}},
	{"rename", []string{"rename", "move", "split", "factor", "refactor", "reorganize", "rework", "restructure", "consolidate", "reorder", "cleanup", "clean", "simplify", "unify", "merge", "extract", "export"}},
	{"convert", []string{"convert", "switch", "replace", "use", "utilize", "change", "migrate"}},
	{"update", []string{"update", "bump", "improve", "optimize", "increase", "reduce", "tune", "adjust"}},
	{"document", []string{"document", "describe", "clarify"}},
	{"avoid", []string{"avoid", "prevent", "don't", "do", "dont", "stop", "disallow", "never", "skip", "bail", "ignore", "reject", "limit"}},
	{"check", []string{"check", "validate", "verify", "ensure", "make", "guard", "protect", "handle", "cap", "clamp", "sanitize"}},
	{"correct", []string{"correct", "restore", "revert", "reset", "repair", "workaround", "work"}},
	{"fix", []string{"fix", "fixes", "fixed", "fixing", "fixup"}},
	{"disable", []string{"disable", "force", "mask", "block"}},
	{"wait", []string{"wait", "flush", "cancel", "release", "free", "unregister", "destroy", "put", "call", "hold", "take", "set", "clear", "initialize", "init", "return", "propagate"}},
}

var verbSpecs = func() []spec {
	var out []spec
	for i, v := range verbs {
		out = append(out, spec{name: "verb." + v.name, doc: "the title begins with " + v.of[0] + " or a word like it", of: func(m *measured) float64 { return yes(m.verb == i+1) }})
	}
	return out
}()

var verbOf = func() map[string]int {
	out := map[string]int{}
	for i, v := range verbs {
		for _, w := range v.of {
			out[w] = i + 1
		}
	}
	return out
}()

// verbIn finds the first word after the last "prefix: ".
func verbIn(title string) int {
	if i := strings.LastIndex(title, ": "); i >= 0 {
		title = title[i+2:]
	}
	title = strings.TrimLeft(title, " ")
	word, _, _ := strings.Cut(title, " ")
	return verbOf[word]
}
