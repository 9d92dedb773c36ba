package model

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// postedSpecs: what only a patch as posted shows: its place in a series, and
// what stands in the brackets before its title. They are zero for a commit.
var postedSpecs = []spec{
	{name: "post.series", doc: "doublings of patches in its series beyond one", of: func(m *measured) float64 { return above(min(m.c.Prefix.Of, 64), 1) }},
	{name: "post.series.claims", doc: "the same, for a claimed fix", of: func(m *measured) float64 {
		if !m.claims {
			return 0
		}
		return above(min(m.c.Prefix.Of, 64), 1)
	}},
	{name: "post.first", doc: "the first of several patches", of: func(m *measured) float64 { return yes(m.c.Prefix.N == 1 && m.c.Prefix.Of > 1) }},
	{name: "post.version", doc: "doublings of its version", of: func(m *measured) float64 {
		if m.c.Kind != change.Mail {
			return 0
		}
		return above(min(m.c.Prefix.Version, 32), 1)
	}},
	{name: "post.resend", doc: "posted again unchanged", of: func(m *measured) float64 { return yes(m.c.Prefix.Resend) }},
	{name: "post.rfc", doc: "asks for comments, not to be applied", of: func(m *measured) float64 { return yes(m.c.Prefix.RFC) }},
	{name: "post.next", doc: "meant for a tree of the next release", of: func(m *measured) float64 { return yes(m.aims(true)) }},
	{name: "post.next.claims", doc: "the same, and it claims to be a fix", of: func(m *measured) float64 { return yes(m.claims && m.aims(true)) }},
	{name: "post.now", doc: "meant for a tree of the current release: the name of one without -next", of: func(m *measured) float64 { return yes(m.aims(false)) }},
	{name: "post.cc.stable", doc: "sent to stable as well, which is no request", of: func(m *measured) float64 {
		for i := range m.c.Stable {
			if m.c.Stable[i].Recipient && !m.stripped {
				return 1
			}
		}
		return 0
	}},
	{name: "post.to", doc: "doublings of recipients", of: func(m *measured) float64 {
		return log2(len(m.c.To) + len(m.c.Cc))
	}},
}

// aims tells whether a word in the brackets names a tree of the next release,
// "x-next" or "next", or one of the current release: the list's habits beyond
// that are no rule.
func (m *measured) aims(next bool) bool {
	for _, w := range m.c.Prefix.Words {
		n := w == "next" || strings.HasSuffix(w, "-next")
		if n == next && (n || w == "net" || w == "bpf" || w == "wireless" || strings.HasSuffix(w, "-net") || strings.HasSuffix(w, "-rc") || strings.HasSuffix(w, "-fixes") || strings.HasSuffix(w, "-current") || w == "fixes") {
			return true
		}
	}
	return false
}
