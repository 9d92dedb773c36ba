package change

import "strings"

// parseFixes reads the value of a Fixes: tag. It takes every form that people
// write; WellFormed says whether it is the one that submitting-patches asks
// for. A value without a commit id ("Fixes: a hang on resume", a bug's URL)
// names no culprit.
func parseFixes(t Trailer) (Fixes, bool) {
	v := t.Value
	for _, head := range []string{"commit ", "Commit ", "<", "(", "\"", "'"} {
		v = strings.TrimPrefix(v, head)
	}
	id, rest := sha(v)
	if id == "" {
		return Fixes{}, false
	}
	f := Fixes{SHA: id, Line: t.Line}
	rest = strings.TrimLeft(rest, "> :,")
	f.Subject = quotedTitle(rest)
	f.WellFormed = len(id) >= 12 && strings.HasPrefix(rest, `("`) && strings.HasSuffix(trimRight(rest), `")`)
	return f, true
}

// quotedTitle reads a commit's title out of ("title"), (title), "title" or 'title'.
func quotedTitle(s string) string {
	s = trimSpace(s)
	for _, q := range []struct{ open, close string }{{`("`, `")`}, {`(“`, `”)`}, {`('`, `')`}, {`(`, `)`}, {`"`, `"`}, {`“`, `”`}, {`'`, `'`}} {
		if in, ok := strings.CutPrefix(s, q.open); ok {
			if i := strings.LastIndex(in, q.close); i >= 0 {
				return collapse(trimSpace(in[:i]))
			}
			return collapse(trimSpace(in))
		}
	}
	return collapse(s)
}
