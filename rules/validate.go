package rules

import (
	"errors"
	"fmt"
	"strings"
)

// Validate reports everything that is wrong with the descriptions of a suite:
// the form of IDs, repeats, titles, examples, references, missing functions.
// Whoever runs rules of his own beside Suite calls it once at the start.
func Validate(suite []*Rule) error {
	var errs []error
	seen := map[string]bool{}
	for i, r := range suite {
		if r == nil {
			errs = append(errs, fmt.Errorf("rule %d is nil", i))
			continue
		}
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("rule %d (%q): %s", i, r.ID, fmt.Sprintf(format, args...)))
		}
		if !validID(r.ID) {
			bad("the ID is not lower-case words joined by hyphens")
		}
		if seen[r.ID] {
			bad("the ID stands twice")
		}
		seen[r.ID] = true
		if r.Run == nil {
			bad("Run is nil")
		}
		switch d := parseDoc(r.Doc); {
		case d.Title == "" || strings.HasSuffix(d.Title, ".") || strings.ToLower(d.Title[:1]) != d.Title[:1]:
			bad("the first line of Doc is no title: no capital, no period")
		case d.Why == "":
			bad("Doc does not say why, after an empty line")
		case d.Met == "" || d.Unmet == "":
			bad(`Doc lacks an example: a line "Met: ..." and a line "Unmet: ..."`)
		}
		if !strings.HasPrefix(r.Ref.File, "Documentation/") || r.Ref.Section == "" || r.Ref.Says == "" {
			bad("Ref needs a file below Documentation/, its section, and what it asks")
		}
	}
	return errors.Join(errs...)
}

func validID(id string) bool {
	for _, w := range strings.Split(id, "-") {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

// doc is Rule.Doc in its parts.
type doc struct{ Title, Why, Met, Unmet string }

// Title is the first line of the rule's Doc.
func (r *Rule) Title() string { return parseDoc(r.Doc).Title }

func parseDoc(s string) (d doc) {
	head, rest, ok := strings.Cut(s, "\n\n")
	if !ok || strings.Contains(head, "\n") {
		return d
	}
	d.Title = head
	why, examples, _ := strings.Cut("\n"+rest, "\nMet: ")
	d.Why = strings.TrimSpace(why)
	met, unmet, _ := strings.Cut(examples, "\nUnmet: ")
	d.Met, d.Unmet = strings.TrimSpace(met), strings.TrimSpace(unmet)
	return d
}
