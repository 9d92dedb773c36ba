package rules

// The verbs of titles that tidy, told apart by what they do to the code. Who asks for fewer
// takes some of the sets. The groups of verbValues are others: they are what was learnt.

// restructures: the same code stands another way.
func restructures(verb string) bool {
	switch verb {
	case "cleanup", "cleanups", "clean", "refactor", "rename", "simplify", "tidy", "deduplicate", "consolidate", "reorganize", "reorganise", "restructure", "rework",
		"rewrite", "extract", "split", "factor", "move", "constify", "reorder", "unify", "prepare", "isolate", "encapsulate", "generalize", "abstract", "re-organize", "re-organizes":
		return true
	}
	return false
}

// takesOut: code goes.
func takesOut(verb string) bool {
	switch verb {
	case "remove", "removes", "removing", "drop", "drops", "delete", "deletes", "kill", "get":
		return true
	}
	return false
}

// exchanges: other code does the same, or is made to.
func exchanges(verb string) bool {
	switch verb {
	case "convert", "switch", "replace", "make", "use", "utilize":
		return true
	}
	return false
}

// tidies tells the verbs of clean-ups: "power down unused links" has their words
// and is none.
func tidies(verb string) bool { return restructures(verb) || takesOut(verb) || exchanges(verb) }
