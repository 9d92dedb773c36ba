package backport

import (
	"fmt"
	"slices"
	"strings"
)

// rewrite is an expression that mainline says in another way than the branch: what both
// have of it stands for anything.
type rewrite struct {
	from, to []string // tokens; "\x01", "\x02", … are what both share
	name     string   // the name that mainline uses and the branch has not
	seen     int
	example  string
}

// rewrites are learnt from the lines that stand in the same place in base and in the
// branch: what differs, where it says the same with other names. A rewrite counts when
// the branch nowhere in the file uses the name that mainline has.
func (s *sides) rewrites() []rewrite {
	ours := wordsIn(strings.Join(s.ours.lines, ""))
	var out []rewrite
	add := func(r rewrite) {
		for i := range out {
			if slices.Equal(out[i].from, r.from) {
				if slices.Equal(out[i].to, r.to) {
					out[i].seen++
				} else {
					out[i].seen = -1000 // it is said in several ways
				}
				return
			}
		}
		out = append(out, r)
	}
	for _, e := range edits(s.base.keys, s.ours.keys) {
		if e.to-e.from > maxGap || e.end-e.put > maxGap {
			continue
		}
		for _, p := range alikeLines(s.base.keys[e.from:e.to], s.ours.keys[e.put:e.end]) {
			for _, r := range learn(p[0], p[1]) {
				if _, has := ours.names[hashed(r.name)]; !has {
					add(r)
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(r rewrite) bool { return r.seen < 1 })
}

// alikeLines pairs the lines of two gaps that say nearly the same, in order.
func alikeLines(a, b []string) (out [][2]string) {
	j := 0
	for _, x := range a {
		if !telling(x) {
			continue
		}
		for k := j; k < len(b); k++ {
			if alike(x, b[k]) >= 0.5 {
				out = append(out, [2]string{x, b[k]})
				j = k + 1
				break
			}
		}
	}
	return out
}

// leastShared is how many tokens two lines share before they count as saying the same.
const leastShared = 4

// learn reads the rewrites of one line.
func learn(a, b string) (out []rewrite) {
	_, x := tokens(a)
	_, y := tokens(b)
	if len(align(x, y)) < leastShared {
		return nil
	}
	for _, h := range hunks(x, y) {
		from, to := x[h.from:h.to], y[h.put:h.end]
		if len(from) == 0 || len(to) == 0 || len(from) > 12 || len(to) > 12 {
			continue
		}
		r := rewrite{seen: 1, example: fmt.Sprintf("%s for %s", strings.Join(to, ""), strings.Join(from, ""))}
		for _, t := range from {
			if wordStart(t[0]) && len(t) > 2 && !slices.Contains(to, t) {
				r.name = t
				break
			}
		}
		if r.name == "" || !balanced(from) || !balanced(to) {
			continue
		}
		r.from, r.to = vary(from, to)
		out = append(out, r)
	}
	return out
}

// hunks are the edits between two lines, with those joined that are one expression: the
// brackets that one opens are closed in it.
func hunks(x, y []string) (out []edit) {
	for _, e := range edits(x, y) {
		if n := len(out); n > 0 {
			l := &out[n-1]
			if !balanced(x[l.from:l.to]) || !balanced(y[l.put:l.end]) {
				l.to, l.end = e.to, e.end
				continue
			}
		}
		out = append(out, e)
	}
	out = calls(out, x, y)
	for i := range out {
		e := &out[i]
		// A name that is only renamed before its bracket takes what is in it with it.
		for e.to < len(x) && e.end < len(y) && x[e.to] == y[e.end] && (!balanced(x[e.from:e.to]) || !balanced(y[e.put:e.end])) {
			e.to, e.end = e.to+1, e.end+1
		}
		for e.from > 0 && e.put > 0 && x[e.from-1] == y[e.put-1] && e.from == e.to {
			e.from, e.put = e.from-1, e.put-1
		}
	}
	return out
}

// calls joins the edit of a function's name with those of its arguments.
func calls(es []edit, x, y []string) (out []edit) {
	for _, e := range es {
		if n := len(out); n > 0 && e.from < out[n-1].to {
			continue // it is an argument of the call before
		}
		if e.to < len(x) && e.end < len(y) && x[e.to] == "(" && y[e.end] == "(" {
			to, end := closed(x, e.to), closed(y, e.end)
			inside := slices.ContainsFunc(es, func(o edit) bool { return o.from > e.to && o.to < to })
			if to > 0 && end > 0 && inside {
				e.to, e.end = to, end
			}
		}
		out = append(out, e)
	}
	return out
}

// closed is behind the bracket that closes the one at i, 0 when none does.
func closed(tokens []string, i int) int {
	for n := i + 1; n <= len(tokens); n++ {
		if balanced(tokens[i:n]) {
			return n
		}
	}
	return 0
}

func balanced(tokens []string) bool {
	depth := 0
	for _, t := range tokens {
		switch t {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// vary puts a variable in the place of each name and number that both sides have.
func vary(from, to []string) (a, b []string) {
	vars := map[string]string{}
	for _, t := range from {
		if wordByte(t[0]) && slices.Contains(to, t) && vars[t] == "" {
			vars[t] = string(rune(1 + len(vars)))
		}
	}
	put := func(in []string) []string {
		out := slices.Clone(in)
		for i, t := range in {
			if v := vars[t]; v != "" {
				out[i] = v
			}
		}
		return out
	}
	return put(from), put(to)
}

// apply says lines as the branch does; used are the rewrites that did something.
func apply1(lines []string, rs []rewrite, used map[string]bool) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = line
		if strings.HasPrefix(strings.TrimSpace(line), "#include") {
			continue
		}
		whole, bare := tokens(line)
		changed := false
		for _, r := range rs {
			if !strings.Contains(line, r.name) {
				continue
			}
			for at := 0; at+len(r.from) <= len(bare); at++ {
				vars, ok := match(bare[at:at+len(r.from)], r.from)
				if !ok {
					continue
				}
				var w, b []string
				for k, t := range r.to {
					if v, ok := vars[t]; ok {
						t = v
					}
					b = append(b, t)
					if k == 0 {
						t = whole[at][:len(whole[at])-len(bare[at])] + t
					} else if spaced(b[k-1], t) {
						t = " " + t
					}
					w = append(w, t)
				}
				whole = slices.Concat(whole[:at], w, whole[at+len(r.from):])
				bare = slices.Concat(bare[:at], b, bare[at+len(r.from):])
				at += len(w) - 1
				changed = true
				used[r.example] = true
			}
		}
		if changed {
			out[i] = strings.Join(whole, "")
		}
	}
	return out
}

func spaced(a, b string) bool { return a == "," || wordByte(a[len(a)-1]) && wordByte(b[0]) }

func match(tokens, pattern []string) (vars map[string]string, ok bool) {
	vars = map[string]string{}
	for i, p := range pattern {
		switch {
		case p[0] < ' ':
			if v, have := vars[p]; have && v != tokens[i] || tokens[i] == "" || !wordByte(tokens[i][0]) {
				return nil, false
			}
			vars[p] = tokens[i]
		case p != tokens[i]:
			return nil, false
		}
	}
	return vars, true
}

// translated are the sides with mainline's two said as the branch says it; used are the
// rewrites that it took, nil when there is nothing to say otherwise.
func (s *sides) translated() (out *sides, used []string) {
	rs := s.rewrites()
	if len(rs) == 0 {
		return nil, nil
	}
	did, fix := map[string]bool{}, map[string]bool{}
	base := apply1(s.base.lines, rs, did)
	theirs := make([]string, 0, len(s.theirs.lines))
	at := 0
	for _, e := range edits(s.base.lines, s.theirs.lines) {
		theirs = append(theirs, base[at:e.from]...)
		theirs = append(theirs, apply1(s.theirs.lines[e.put:e.end], rs, fix)...)
		apply1(s.base.lines[e.from:e.to], rs, fix)
		at = e.to
	}
	theirs = append(theirs, base[at:]...)
	if len(fix) == 0 {
		return nil, nil
	}
	for k := range fix {
		used = append(used, k)
	}
	slices.Sort(used)
	asText := func(lines []string) *text { return newText([]byte(strings.Join(lines, ""))) }
	return newSides(asText(base), asText(theirs), s.ours), used
}
