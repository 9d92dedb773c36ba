package model

import "strings"

// vouchSpecs: who answers for the change.
var vouchSpecs = []spec{
	{name: "vouch.reviewed", doc: "reviews, up to three", of: func(m *measured) float64 { return several(m.t.Reviewed) }},
	{name: "vouch.acked", doc: "acks, up to three", of: func(m *measured) float64 { return several(m.t.Acked) }},
	{name: "vouch.tested", doc: "tests, up to three", of: func(m *measured) float64 { return several(m.t.Tested) }},
	{name: "vouch.reported", doc: "reported by people", of: func(m *measured) float64 { return yes(m.t.Reported > 0) }},
	{name: "vouch.robot", doc: "reported by a robot", of: func(m *measured) float64 { return yes(m.t.ReportedByBot > 0) }},
	{name: "vouch.bug", doc: "links a bug tracker", of: func(m *measured) float64 { return yes(m.w.Bugs() > 0) }},
	{name: "vouch.signed", doc: "people who passed it on, up to three", of: func(m *measured) float64 { return several(m.t.OtherSigned) }},
	{name: "vouch.suggested", doc: "somebody suggested it", of: func(m *measured) float64 { return yes(m.has("Suggested-by")) }},
	{name: "vouch.cc", doc: "doublings of people in Cc:", of: func(m *measured) float64 {
		n := 0
		for i := range m.c.Trailers {
			if m.c.Trailers[i].Key == "Cc" && !strings.Contains(m.c.Trailers[i].Value, "stable") {
				n++
			}
		}
		return log2(n)
	}},
	{name: "text.length", doc: "doublings of the message's lines, trailers apart", of: func(m *measured) float64 {
		return log2(strings.Count(m.c.Body, "\n") - len(m.c.Trailers))
	}},
	{name: "text.none", doc: "no text but trailers", of: func(m *measured) float64 {
		return yes(strings.Count(m.c.Body, "\n")+1 <= len(m.c.Trailers))
	}},
}

func (m *measured) has(key string) bool {
	for i := range m.c.Trailers {
		if m.c.Trailers[i].Key == key {
			return true
		}
	}
	return false
}
