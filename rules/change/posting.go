package change

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// parts is what a patch of a posting has to do with parts that have a number in their
// name, mt7927 or sc8280xp: by them all patches of a posting tell whether one of them
// brings support for such a part. Like all of Names it keeps nothing of the text.
type parts struct {
	title          []string   // those that its title names
	adds, old      []partLine // those of the lines that it adds and finds, sorted
	made, edits    []uint64   // the files that it makes and changes
	added, removed int        // lines
	key            uint64     // of its title
	fixes          []uint64   // of the titles that its Fixes: tags name; 0 for a tag without one
}

// partLine is a part in a line or the name of a file; line 0: in the head of a function.
type partLine struct{ part, line uint64 }

// maxParts bounds the lines that are kept of one patch of a posting; maxBrought the parts
// that are looked for in all of it, and the files and culprits of one that are.
const maxParts, maxBrought = 2 * maxNames, 64

// idLines is how many lines an ID takes at most, with what is said of it.
const idLines = 3

// readParts reads what Names keeps of parts.
func (c *Change) readParts() *parts {
	p := &parts{key: TitleKey(c.Subject), added: c.Size.Added, removed: c.Size.Removed}
	eachPart(c.Subject, func(w string) {
		if len(p.title) < maxBrought {
			p.title = append(p.title, strings.Clone(w))
		}
	})
	for i := range c.Fixes {
		var key uint64
		if s := c.Fixes[i].Subject; s != "" && i < maxBrought {
			key = TitleKey(s)
		}
		if p.fixes = append(p.fixes, key); key == 0 {
			break // one that names no patch is enough
		}
	}
	for _, f := range c.Files {
		p.readFile(f)
	}
	p.adds, p.old = inOrder(p.adds), inOrder(p.old)
	slices.Sort(p.made)
	return p
}

func (p *parts) readFile(f *gitdiff.File) {
	if name := maphash.String(wordSeed, f.NewName) | 1; f.IsNew {
		p.made, p.adds = append(p.made, name), note(p.adds, f.NewName, name)
	} else {
		name = maphash.String(wordSeed, f.OldName) | 1
		p.edits, p.old = append(p.edits, name), note(p.old, f.OldName, name)
	}
	for _, h := range f.TextFragments {
		p.old = note(p.old, h.Comment, 0)
		for i := range h.Lines {
			s := strings.TrimSpace(h.Lines[i].Line)
			if line := maphash.String(wordSeed, s) | 1; h.Lines[i].Op == gitdiff.OpAdd {
				p.adds = note(p.adds, s, line)
			} else {
				p.old = note(p.old, s, line)
			}
		}
	}
}

// note adds the parts of a text.
func note(to []partLine, text string, line uint64) []partLine {
	eachPart(text, func(w string) {
		if len(to) < maxParts {
			to = append(to, partLine{maphash.String(wordSeed, w), line})
		}
	})
	return to
}

func inOrder(ps []partLine) []partLine {
	slices.SortFunc(ps, func(a, b partLine) int { return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.line, b.line)) })
	return slices.Clip(slices.Compact(ps))
}

// of are the lines that name a part.
func of(ps []partLine, part uint64) []partLine {
	i, _ := slices.BinarySearchFunc(ps, part, func(o partLine, part uint64) int { return cmp.Compare(o.part, part) })
	end := i
	for end < len(ps) && ps[end].part == part {
		end++
	}
	return ps[i:end]
}

// Brings are the parts that the patches of a posting, in order, bring support for, each
// with the place of the patch that does: its title adds something and names the part, it
// adds lines that do, and no patch finds the part in code that the posting has not added.
// A part of a release is none, and a patch of a few lines may be another ID of what is there.
func Brings(posting []*Names) map[string]int {
	out := map[string]int{}
	for at, n := range posting {
		if n == nil || !n.Adds || n.parts.added <= idLines && n.parts.removed == 0 {
			continue
		}
		for _, part := range n.parts.title {
			if _, have := out[part]; have || len(out) >= maxBrought {
				continue
			}
			if h := maphash.String(wordSeed, part); len(of(n.parts.adds, h)) == 0 || known(posting, part, h) {
				continue
			}
			out[part] = at
		}
	}
	return out
}

// known reports whether a part was there before a posting.
func known(posting []*Names, part string, h uint64) bool {
	added, any := map[uint64]bool{}, false
	for _, n := range posting {
		if n == nil {
			continue
		}
		if slices.Contains(n.Released, part) || len(n.parts.old) >= maxParts {
			return true // of what was not read to its end nothing is said
		}
		for _, l := range of(n.parts.old, h) {
			// The head of a function is cut short.
			if !added[l.line] && (l.line != 0 || !any) {
				return true
			}
		}
		for _, l := range of(n.parts.adds, h) {
			added[l.line], any = true, true
		}
	}
	return false
}

// Parts are the parts that the title of a patch names.
func (n *Names) Parts() []string { return n.parts.title }

// FixesOnly is the place of a patch that the Fixes: tags of a patch name, where they name
// nothing but patches among these; -1 where they do not.
func (n *Names) FixesOnly(before []*Names) int {
	at := -1
	for _, key := range n.parts.fixes {
		at = slices.IndexFunc(before, func(b *Names) bool { return b != nil && b.parts.key == key })
		if at < 0 {
			return -1
		}
	}
	return at
}

// NamesCulprit reports whether it says which commit it fixes.
func (n *Names) NamesCulprit() bool { return len(n.parts.fixes) > 0 }

// ChangesOnly is the place of a patch that makes the files that a patch changes, where
// these make all of them and do not make them of code that was there; -1 where not.
func (n *Names) ChangesOnly(before []*Names) int {
	at := -1
	if len(n.parts.edits) > maxBrought {
		return at
	}
	for _, f := range n.parts.edits {
		at = slices.IndexFunc(before, func(b *Names) bool {
			if b == nil || !b.Adds || 4*b.parts.removed > b.parts.added {
				return false
			}
			_, made := slices.BinarySearch(b.parts.made, f)
			return made
		})
		if at < 0 {
			return -1
		}
	}
	return at
}

// Moves reports whether the patches of a posting take away so much that they may only
// move code.
func Moves(posting []*Names) bool {
	added, removed := 0, 0
	for _, n := range posting {
		if n != nil {
			added, removed = added+n.parts.added, removed+n.parts.removed
		}
	}
	return 4*removed > added
}

// eachPart hands out, in lower case, the words that may name a part: they begin with a
// letter and have at least two digits and four characters.
func eachPart(s string, do func(string)) {
	for i := 0; i < len(s); {
		if !partByte(s[i]) {
			i++
			continue
		}
		end, digits := i, 0
		for end < len(s) && partByte(s[end]) {
			if s[end] <= '9' {
				digits++
			}
			end++
		}
		if w := s[i:end]; digits >= 2 && len(w) >= 4 && len(w) <= maxPart && w[0] > '9' {
			do(strings.ToLower(w))
		}
		i = end
	}
}

// maxPart is how long the name of a part may be: what is longer is a hash.
const maxPart = 24

func partByte(c byte) bool { return c != '_' && identByte(c) }
