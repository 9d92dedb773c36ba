// Package rules says, one file per rule, what stable kernels ask of a change.
//
// It is pure: a rule gets facts and returns a finding. It knows no clock,
// logger, network, file system or git; what is known about trees comes in as
// data. A rule finds, it never decides: weights and thresholds are in
// rules/model, the verdict in rules/verdict.
package rules

import (
	"fmt"

	"github.com/stablebot/stablebot/rules/signs"
)

// Outcome is what a rule found. "No data" is Unknown, never Unmet.
type Outcome string

// The four outcomes, stable names of the JSON contract.
const (
	Met           Outcome = "met"
	Unmet         Outcome = "unmet"
	NotApplicable Outcome = "not-applicable"
	Unknown       Outcome = "unknown"
)

// Evidence is where a finding can be checked: a tag, or a line of a file.
type Evidence = signs.Evidence

// Finding is a rule's answer for one change.
type Finding struct {
	ID      string  `json:"id"` // of the rule
	Outcome Outcome `json:"outcome"`
	// Reason is one sentence for the reader of the reply, with the numbers in
	// it; no capital, no period.
	Reason   string     `json:"reason"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Values are what the rule declares and this change has, by name; what is zero is
	// left out. The score adds up these, and the outcome.
	Values map[string]float64 `json:"values,omitempty"`
}

// Rule is one question to a change. It is a value, not a type.
type Rule struct {
	ID string // lower-case words joined by hyphens
	// Doc: first line a title (no capital, no period), an empty line, why; then
	// the lines "Met: …" and "Unmet: …" with an example each.
	Doc string
	// Ref: the document, its section, and what it asks, in our words.
	Ref Ref
	// Kind is what the outcome is evidence of, for those who weigh it.
	Kind Kind
	// Values are the numbers that the finding carries beside its outcome.
	Values []Value
	Run    func(*Facts) (Finding, error)
}

// Ref cites the source of a rule.
type Ref struct {
	File    string // "Documentation/process/stable-kernel-rules.rst"
	Section string // heading in that file
	Says    string // the requirement in our words
}

// Check runs every rule and returns one finding each, in suite order. A rule
// that fails or panics becomes Unknown with the error as its reason; the
// others still run.
func Check(suite []*Rule, f *Facts) []Finding {
	out := make([]Finding, len(suite))
	for i, r := range suite {
		out[i] = r.check(f)
	}
	return out
}

func (r *Rule) check(f *Facts) (got Finding) {
	defer func() {
		if p := recover(); p != nil {
			got = Finding{ID: r.ID, Outcome: Unknown, Reason: fmt.Sprintf("the rule failed: %v", p)}
		}
	}()
	got, err := r.Run(f)
	if err != nil {
		return Finding{ID: r.ID, Outcome: Unknown, Reason: err.Error()}
	}
	got.ID = r.ID
	for i := range r.Values {
		if v := r.Values[i].Of(f); v != 0 {
			if got.Values == nil {
				got.Values = make(map[string]float64, 4)
			}
			got.Values[r.Values[i].Name] = v
		}
	}
	return got
}
