package backport

import (
	"fmt"
	"slices"
)

// Proof says for each edit that did not go in as it is what was matched, by its place.
func (r *Result) Proof() (out []string) {
	if r.Carried != nil {
		out = append(out, fmt.Sprintf("%s carries it as %.12s, which goes in here", r.Carried.Branch, r.Carried.Commit))
	}
	for _, s := range r.Steps {
		if s.Rung > ThreeWay && s.Rung != Dropped && s.Proof != "" {
			out = append(out, s.place()+": "+s.Proof)
		}
	}
	return slices.Compact(out)
}

// Doubts are what a reader has to check.
func (r *Result) Doubts() (out []string) {
	for _, s := range r.Steps {
		switch {
		case s.Rung == Dropped:
			out = append(out, s.place()+" is left out: "+s.Proof)
		case s.Doubt != "":
			out = append(out, s.place()+": "+s.Doubt)
		}
	}
	return slices.Compact(out)
}

// place names where an edit goes.
func (s *Step) place() string {
	where := s.File
	if s.Path != "" && s.Path != s.File {
		where = s.Path
	}
	if s.In != "" {
		where += ", " + s.In
	}
	return where
}
