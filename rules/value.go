package rules

import (
	"math"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Value is a number that a rule reads out of a change beside its outcome. Its
// finding carries it under Name wherever it is not zero, and the score can weigh it
// once weights were learnt; what nothing declares cannot move the score.
type Value struct {
	Name string // unique in a suite, words joined by dots and hyphens: "size.over100"
	Doc  string // what it measures, for a reader: no capital, no period
	Kind Kind
	Of   func(*Facts) float64
}

// Kind says what kind of evidence a value is, as bits: not every judge may use each.
type Kind uint8

// The kinds. A value without one is read from the text and the diff of any change.
const (
	OfTrees   Kind = 1 << iota // zero without trees
	OfLanding                  // how mainline took it: of use only where the request for stable is left out
	OfPost                     // only a mail shows it: series, version, recipients
	OfRequest                  // the request for stable
	OfOthers                   // added by the people who pass a change on: not there when it is posted
	OfBranch                   // how one branch stands: its reach weighs that, not the worth of the change
	OfClaim                    // made of the tags and words by which a change presents itself as a fix
)

// outcome is the name under which the score weighs an outcome of a rule.
func (r *Rule) outcome(o Outcome) string { return r.ID + "=" + string(o) }

// Columns lists everything that the score can weigh of a suite: for each rule its
// outcomes met and unmet, then its values.
func Columns(suite []*Rule) []Column {
	var out []Column
	for place, r := range suite {
		out = append(out, Column{Rule: r, Place: place, Name: r.outcome(Met), Doc: "met: " + r.Title(), Kind: r.Kind, Outcome: Met},
			Column{Rule: r, Place: place, Name: r.outcome(Unmet), Doc: "unmet: " + r.Title(), Kind: r.Kind, Outcome: Unmet})
		for i := range r.Values {
			v := &r.Values[i]
			out = append(out, Column{Rule: r, Place: place, Name: v.Name, Doc: v.Doc, Kind: v.Kind})
		}
	}
	return out
}

// Column is one thing that the score can weigh.
type Column struct {
	Rule    *Rule
	Place   int // of the rule in the suite
	Name    string
	Doc     string
	Kind    Kind
	Outcome Outcome // "" for a value
}

// Number is what the finding says of a column.
func (c *Column) Number(f *Finding) float64 {
	if c.Outcome != "" {
		return yes(f.Outcome == c.Outcome)
	}
	return f.Values[c.Name]
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// log2 of one more than n: a doubling counts the same everywhere.
func log2(n int) float64 { return math.Log2(float64(1 + max(n, 0))) }

// above is how many doublings n is above from.
func above(n, from int) float64 { return max(0, math.Log2(float64(max(n, 1))/float64(from))) }

func several(n int) float64 { return float64(min(n, 3)) }

// wordValues are whether title and message speak of a kind of thing.
func wordValues(name string, k signs.Word, doc string) []Value {
	return []Value{
		{Name: "title." + name, Doc: "the title mentions " + doc, Of: func(f *Facts) float64 { return yes(f.Words().TitleHas(1 << k)) }},
		{Name: "text." + name, Doc: "the message mentions " + doc, Of: func(f *Facts) float64 { return yes(f.Words().BodyHas(1 << k)) }},
	}
}

// lineValues are whether more lines of a kind were added than removed, and the
// other way round.
func lineValues(name string, s signs.Sign, doc string) []Value {
	return []Value{
		{Name: "code.adds." + name, Doc: "added lines: " + doc, Of: func(f *Facts) float64 { return yes(f.Code().Net(s) > 0) }},
		{Name: "code.removes." + name, Doc: "removed lines: " + doc, Of: func(f *Facts) float64 { return yes(f.Code().Net(s) < 0) }},
	}
}

// verbs are how titles begin, after the last prefix: what is done, in the
// author's word. Forms that mean the same stand together.
var verbs = []struct {
	name string
	of   []string
}{
	{"add", []string{"add", "adding", "adds", "introduce", "implement", "create", "provide", "define"}},
	{"support", []string{"support", "enable", "expose", "allow", "extend"}},
	{"remove", []string{"remove", "delete", "drop", "get", "removing", "eliminate", "kill"}},
	{"rename", []string{"rename", "move", "split", "factor", "refactor", "reorganize", "rework", "restructure", "consolidate", "reorder",
		"cleanup", "clean", "simplify", "unify", "merge", "extract", "export"}},
	{"convert", []string{"convert", "switch", "replace", "use", "utilize", "change", "migrate"}},
	{"update", []string{"update", "bump", "improve", "optimize", "increase", "reduce", "tune", "adjust"}},
	{"document", []string{"document", "describe", "clarify"}},
	{"avoid", []string{"avoid", "prevent", "don't", "do", "dont", "stop", "disallow", "never", "skip", "bail", "ignore", "reject", "limit"}},
	{"check", []string{"check", "validate", "verify", "ensure", "make", "guard", "protect", "handle", "cap", "clamp", "sanitize"}},
	{"correct", []string{"correct", "restore", "revert", "reset", "repair", "workaround", "work"}},
	{"fix", []string{"fix", "fixes", "fixed", "fixing", "fixup"}},
	{"disable", []string{"disable", "force", "mask", "block"}},
	{"wait", []string{"wait", "flush", "cancel", "release", "free", "unregister", "destroy", "put", "call", "hold", "take", "set", "clear",
		"initialize", "init", "return", "propagate"}},
}

var verbOf = func() map[string]int {
	out := map[string]int{}
	for i, v := range verbs {
		for _, w := range v.of {
			out[w] = i + 1
		}
	}
	return out
}()

func verbValues() []Value {
	var out []Value
	for i, v := range verbs {
		out = append(out, Value{Name: "verb." + v.name, Doc: "the title begins with " + v.of[0] + " or a word like it",
			Of: func(f *Facts) float64 { return yes(f.verb() == i+1) }})
	}
	return out
}

// verb is the kind of the first word after the last "prefix: ", 0 for none of verbs.
func (f *Facts) verb() int {
	title := f.Change.LowerSubject()
	if i := strings.LastIndex(title, ": "); i >= 0 {
		title = title[i+2:]
	}
	word, _, _ := strings.Cut(strings.TrimLeft(title, " "), " ")
	return verbOf[word]
}

// baseValues are whether the code that the change edits is in released kernels.
func baseValues() []Value {
	var out []Value
	for _, b := range []struct {
		name, doc string
		of        func(*Tree) *Base
	}{
		{"last", "the newest release", func(t *Tree) *Base { return &t.Last }},
		{"lts", "the newest longterm release", func(t *Tree) *Base { return &t.LTS }},
		{"old-lts", "the second newest longterm release", func(t *Tree) *Base { return &t.OldLTS }},
	} {
		share := func(f *Facts, n func(*Base) (int, int)) float64 {
			if f.Tree == nil {
				return 0
			}
			x := b.of(f.Tree)
			if !x.Known {
				return 0
			}
			have, of := n(x)
			if of == 0 {
				return 0
			}
			return 1 - float64(have)/float64(of)
		}
		exact := func(x *Base) (int, int) { return x.Exact, x.Hunks }
		near := func(x *Base) (int, int) { return x.Near, x.Hunks }
		file := func(x *Base) (int, int) { return x.Have, x.Files }
		claimed := func(f *Facts, n func(*Base) (int, int)) float64 {
			if !f.Claims() {
				return 0
			}
			return share(f, n)
		}
		value := func(name, doc string, of func(*Facts) float64) {
			out = append(out, Value{Name: "tree." + b.name + name, Doc: doc + b.doc, Kind: OfTrees, Of: of})
		}
		value(".exact", "share of hunks that do not fit ", func(f *Facts) float64 { return share(f, exact) })
		value(".near", "share of hunks whose code is not in ", func(f *Facts) float64 { return share(f, near) })
		value(".none", "no hunk's code is in ", func(f *Facts) float64 { return yes(share(f, near) == 1) })
		value(".claims", "share of hunks of a claimed fix whose code is not in ", func(f *Facts) float64 { return claimed(f, near) })
		value(".claims.exact", "share of hunks of a claimed fix that do not fit ", func(f *Facts) float64 { return claimed(f, exact) })
		value(".file", "share of files that are not in ", func(f *Facts) float64 { return share(f, file) })
	}
	return out
}

// Asks reports whether the author asks for stable, whatever is left out.
func (f *Facts) Asks() bool { return f.asked() != nil }

// asks reports whether the change asks for stable; never where the judgement is to
// leave that out.
func (f *Facts) asks() bool { return !f.Untagged && f.asked() != nil }

// Claims reports whether a change presents itself as a fix by the letter, for values and
// figures: a Fixes: tag, a stable tag, or a title word that begins with "fix".
func (f *Facts) Claims() bool { return f.titled() || f.asks() || len(f.Change.Fixes) > 0 }

// titled reports whether a word of the title begins with "fix".
func (f *Facts) titled() bool {
	title := f.Change.LowerSubject()
	for i := 0; i+3 <= len(title); i++ {
		if title[i:i+3] == "fix" && (i == 0 || !letter(title[i-1])) {
			return true
		}
	}
	return false
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// culprits looks once at the culprits that the trees know.
func (f *Facts) culprits() *culprits {
	if f.known != nil {
		return f.known
	}
	f.known = &culprits{}
	if f.Tree == nil {
		return f.known
	}
	known, same := 0, 0
	for i := range f.Tree.Culprits {
		c := &f.Tree.Culprits[i]
		if !c.Resolved || c.Cycles < 0 {
			continue
		}
		known++
		if c.Cycles == 0 {
			same++
		}
		if f.known.oldest == nil || c.AgeDays > f.known.oldest.AgeDays {
			f.known.oldest = c
		}
	}
	f.known.same = known > 0 && same == known
	return f.known
}

// culprits is what the culprits have in common.
type culprits struct {
	oldest *Culprit
	same   bool
}

// oldest is the oldest culprit that the trees know, nil without.
func (f *Facts) oldest() *Culprit { return f.culprits().oldest }

// sameCycle reports whether every culprit that is known came in the release that the
// change goes to.
func (f *Facts) sameCycle() bool { return f.culprits().same }

// codeLines is the lines with context that are no table.
func (f *Facts) codeLines() int { return f.Change.Size.LinesWithContext - f.Change.Size.TableLines }

func (f *Facts) landing() bool { return f.Tree != nil && f.Tree.Landing.Known }

func (f *Facts) arrived() bool { return f.landing() && f.Tree.Landing.ArrivedDays > 14 }

// picked reports whether a note says that it was picked from another branch.
func (f *Facts) picked() bool {
	return slices.ContainsFunc(f.Change.Origin, func(o change.Origin) bool { return o.Form == "cherry-pick" })
}

// has reports whether a trailer of that key stands in the message.
func (f *Facts) has(key string) bool {
	return slices.ContainsFunc(f.Change.Trailers, func(t change.Trailer) bool { return t.Key == key })
}

func (f *Facts) path(is func(string) bool) bool {
	return slices.ContainsFunc(f.Change.Files, func(file *gitdiff.File) bool { return is(signs.FileName(file)) })
}

// namesCommit finds "commit <sha>".
func namesCommit(s string) bool {
	for {
		i := strings.Index(s, "commit ")
		if i < 0 {
			return false
		}
		s = s[i+7:]
		n := 0
		for n < len(s) && n < 40 && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'f') {
			n++
		}
		if n >= 7 && !strings.HasPrefix(s[n:], ")") {
			return true
		}
	}
}

// aims tells whether a word in the brackets names a tree of the next release,
// "x-next" or "next", or one of the current release: the list's habits beyond
// that are no rule.
func (f *Facts) aims(next bool) bool {
	for _, w := range f.Change.Prefix.Words {
		n := w == "next" || strings.HasSuffix(w, "-next")
		now := w == "net" || w == "bpf" || w == "wireless" || w == "fixes" || strings.HasSuffix(w, "-net") || strings.HasSuffix(w, "-rc") ||
			strings.HasSuffix(w, "-fixes") || strings.HasSuffix(w, "-current")
		if n == next && (n || now) {
			return true
		}
	}
	return false
}

// maxRows bounds what is looked at for rows of a table.
const maxRows = 200

// rows tells whether nothing is removed and every added line has the form of a
// row, or of a part of one: it ends in a comma, or is a brace or a comment.
func (f *Facts) rows() bool {
	s := &f.Change.Size
	if s.Removed > 0 || s.Added == 0 || s.Added > maxRows || s.NewFiles > 0 {
		return false
	}
	braces := false
	for _, file := range f.Change.Files {
		for _, h := range file.TextFragments {
			for i := range h.Lines {
				if h.Lines[i].Op != gitdiff.OpAdd {
					continue
				}
				s := strings.TrimSpace(h.Lines[i].Line)
				if s == "" || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "*") || strings.HasPrefix(s, "//") {
					continue
				}
				if !rowLike(s) {
					return false
				}
				braces = braces || s[0] == '{' || s[0] == '.' || strings.ContainsAny(s, "({")
			}
		}
	}
	return braces
}

// rowLike reports whether a line has the form of a row of a table, or of a part of one.
func rowLike(s string) bool {
	return strings.HasSuffix(s, ",") || s == "{" || s == "{}" || strings.HasSuffix(s, "*/") || s[0] == '{' && strings.HasSuffix(s, "}")
}
