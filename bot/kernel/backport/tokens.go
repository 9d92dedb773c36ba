package backport

import (
	"slices"
	"strings"
)

// tokens cuts source into names, numbers, strings and signs, each with the blanks
// before it; bare are the tokens alone, which is what is compared.
func tokens(src string) (whole, bare []string) {
	for i := 0; i < len(src); {
		begin := i
		for i < len(src) && (src[i] == ' ' || src[i] == '\t' || src[i] == '\n' || src[i] == '\r') {
			i++
		}
		at := i
		switch {
		case i == len(src):
		case wordByte(src[i]):
			for i < len(src) && wordByte(src[i]) {
				i++
			}
		case src[i] == '"':
			for i++; i < len(src) && src[i] != '"' && src[i] != '\n'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
			i = min(i+1, len(src))
		case i+1 < len(src) && slices.Contains(pairsOf, src[i:i+2]):
			i += 2
		default:
			i++
		}
		whole, bare = append(whole, src[begin:i]), append(bare, src[at:i])
	}
	return whole, bare
}

var pairsOf = []string{"->", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "++", "--", "+=", "-=", "|=", "&="}

// weave merges what the fix does to base with what the branch has instead of it, token
// by token. ok is false where both touch the same token, or too little is shared for
// the places to be known.
func weave(base, ours, theirs string) (out string, ok bool) {
	_, b := tokens(base)
	wo, o := tokens(ours)
	wt, t := tokens(theirs)
	mine := edits(b, o)
	fix := edits(b, t)
	// What the branch changed has to be less than half of what both have.
	same := len(b)
	for _, e := range mine {
		same -= e.to - e.from
	}
	if strings.Contains(base+ours+theirs, "//") {
		return "", false // such a comment ends with its line, which tokens do not know
	}
	if len(b) == 0 || 2*same < len(b) || 2*same < len(o) {
		return "", false
	}
	var s strings.Builder
	at := 0 // of ours
	put := func(to int) {
		for ; at < to; at++ {
			s.WriteString(wo[at])
		}
	}
	shift, k := 0, 0 // ours minus base, before token f.from
	for _, f := range fix {
		for k < len(mine) && mine[k].to <= f.from && mine[k].from != f.to {
			shift += mine[k].end - mine[k].put - (mine[k].to - mine[k].from)
			k++
		}
		if k < len(mine) && clash(mine[k], f) {
			return "", false
		}
		put(f.from + shift)
		for i := f.put; i < f.end; i++ {
			s.WriteString(wt[i])
		}
		at = f.to + shift
	}
	put(len(wo))
	return s.String(), true
}

// clash reports whether two edits of the same text touch the same tokens.
func clash(a, b edit) bool {
	if a.from == a.to && b.from == b.to {
		return a.from == b.from
	}
	if a.from == a.to {
		return a.from > b.from && a.from < b.to
	}
	if b.from == b.to {
		return b.from > a.from && b.from < a.to
	}
	return max(a.from, b.from) < min(a.to, b.to)
}

// alike is how much two lines share, from 0 to 1.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	_, x := tokens(a)
	_, y := tokens(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	n := len(align(x, y))
	return 2 * float64(n) / float64(len(x)+len(y))
}
