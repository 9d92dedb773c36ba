package backport

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// Edit is a place where two versions of a file differ. Lines are compared with their
// blanks brought to one form.
type Edit struct {
	In   string // the function, type or table that it stands in, "" outside of all
	Line int    // of the new version, from 1
	Was  int    // of the old one
	Gone []string
	Put  []string
	raw  []string // Put as it stands there
}

// Edits are the places where two versions of a file differ, in order.
func Edits(before, after []byte) []Edit {
	a, b := newText(before), newText(after)
	old, now := blocks(a), blocks(b)
	var out []Edit
	for _, e := range edits(a.keys, b.keys) {
		x := Edit{Line: e.put + 1, Was: e.from + 1, Gone: a.keys[e.from:e.to], Put: b.keys[e.put:e.end], raw: b.lines[e.put:e.end]}
		in, ok := within(now, e.put, e.put == e.end)
		if !ok {
			in, _ = within(old, e.from, e.from == e.to)
		}
		x.In = in.name
		out = append(out, x)
	}
	return out
}

// Has reports whether a file defines a function, type or table of that name.
func Has(data []byte, name string) bool {
	return slices.ContainsFunc(blocks(newText(data)), func(b block) bool { return b.name == name })
}

// Lack is a name that a change uses and a tree has not, or has in another shape.
type Lack struct {
	Name  string
	Shape bool   // it is there and takes other arguments
	Line  int    // of the changed file that uses it
	In    string // the function there
	Where string // the file in which mainline has it
}

// Used is a file of a commit whose names are to be checked.
type Used struct {
	Path string // in Before and After
	From string // in Mainline
	// Before and After are the trees without and with the commit, Mainline the one that
	// its author had before it.
	Before, After, Mainline Tree
	Edits                   []Edit
	// Others are the other files that the commit changes.
	Others []string
}

// Lacking are the names that the edits of a file put in and that its tree has not: neither
// the file, nor a header that it may include, nor the commit itself, while mainline has
// them there.
func (w *Words) Lacking(ctx context.Context, u Used) ([]Lack, error) {
	before, err := w.of(ctx, u.Before, u.Path)
	if err != nil || before == nil {
		return nil, err
	}
	after, err := w.of(ctx, u.After, u.Path)
	if err != nil || after == nil {
		return nil, err
	}
	mainline, err := w.of(ctx, u.Mainline, u.From)
	if err != nil || mainline == nil {
		return nil, err
	}
	at := map[string]Edit{}
	called := map[string]uint32{}
	for _, e := range u.Edits {
		for _, x := range uses(e.raw) {
			if slices.Contains(e.Gone, x.name) {
				continue
			}
			called[x.name] |= x.takes
			_, here := before.names[hashed(x.name)]
			if n := after.takes[hashed(x.name)]; n != 0 {
				if x.takes == 0 || n&(x.takes|anyNumber) != 0 || mainline.takes[hashed(x.name)]&x.takes == 0 {
					continue
				}
			} else if here && x.takes == 0 {
				continue
			}
			if _, ok := at[x.name]; !ok {
				at[x.name] = e
			}
		}
	}
	declares := map[string]bool{}
	for _, e := range u.Edits {
		declaredBy(declares, e.raw)
	}
	for name := range at {
		if declares[name] {
			delete(at, name)
		}
	}
	return w.asked(ctx, u, before, after, mainline, at, called)
}

// asked looks the names up that the file itself does not settle.
func (w *Words) asked(ctx context.Context, u Used, before, after, mainline *words, at map[string]Edit, called map[string]uint32) ([]Lack, error) {
	var names []string
	for n := range at {
		names = append(names, n)
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	have, err := w.lookup(ctx, u.After, u.Path, names)
	if err != nil {
		return nil, err
	}
	known, err := w.lookup(ctx, u.Mainline, u.From, names)
	if err != nil {
		return nil, err
	}
	var out []Lack
	for _, n := range names {
		h := hashed(n)
		_, inFile := before.names[h]
		takes, inHeaders := have[n]
		takes |= after.takes[h]
		wants := known[n] | mainline.takes[h]
		_, ok := mainline.names[h]
		_, above := known[n]
		l := Lack{Name: n, Line: at[n].Line, In: at[n].In, Where: u.From}
		switch {
		case !above && (!ok || mainline.takes[h] == 0):
			continue // mainline has it elsewhere, or brings it here: nothing can be said
		case takes != 0 && called[n] != 0 && takes&(called[n]|anyNumber) == 0 && wants&called[n] != 0:
			l.Shape = true
		case inFile || inHeaders || takes != 0:
			continue
		}
		if brought, err := w.brought(ctx, u, n); err != nil || brought {
			if err != nil {
				return nil, err
			}
			continue
		}
		if above {
			if l.Where, err = w.definer(ctx, u.Mainline, u.From, n); err != nil {
				return nil, err
			}
		}
		if l.Where != "" {
			out = append(out, l)
		}
	}
	return out, nil
}

// brought reports whether another file of the commit has the name, as a header has what
// others use.
func (w *Words) brought(ctx context.Context, u Used, name string) (bool, error) {
	for _, path := range u.Others {
		ws, err := w.of(ctx, u.After, path)
		if err != nil {
			return false, err
		}
		if ws == nil {
			continue
		}
		if _, ok := ws.names[hashed(name)]; ok && (strings.HasSuffix(path, ".h") || ws.takes[hashed(name)] != 0) {
			return true, nil
		}
	}
	return false, nil
}

// defining matches where a text defines a name.
func defining(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+` + name + `\b|` + // a macro
		`^[ \t]*` + name + `[ \t]*(=[^;]*)?,?[ \t]*(/\*.*)?$|` + // an enumerator
		`^[A-Za-z_][^;={]*\b` + name + `[ \t]*\(|` + // a function
		`^[ \t]+[A-Za-z_][A-Za-z0-9_ \t*]*[ \t*]` + name + `(\[[^\]]*\])*([ \t]*:[ \t]*\d+)?[ \t]*;|` + // a member
		`\(\*` + name + `\)[ \t]*\(|` + // one that is called
		`\b(struct|union|enum)[ \t]+` + name + `[ \t]*\{`)
}

// definer is the header of mainline that defines a name, "" for none: a header may only
// use it.
func (w *Words) definer(ctx context.Context, t Tree, path, name string) (where string, err error) {
	does := defining(name)
	err = headers(ctx, t, path, func(p string) (bool, error) {
		ws, err := w.of(ctx, t, p)
		if ws == nil || err != nil {
			return false, err
		}
		if _, ok := ws.names[hashed(name)]; !ok {
			return false, nil
		}
		data, _, err := read(ctx, t, p)
		if err == nil && does.Match(data) {
			where = p
		}
		return where != "", err
	})
	return where, err
}

// declaredBy adds the names that an edit declares: it has them, and not as a use.
func declaredBy(names map[string]bool, lines []string) {
	used := map[string]bool{}
	for _, u := range uses(lines) {
		used[u.name] = true
	}
	for _, word := range identifier.FindAllString(quoted.ReplaceAllString(strings.Join(lines, ""), " "), -1) {
		if !used[word] {
			names[word] = true
		}
	}
}

// identifier is one of C.
var identifier = regexp.MustCompile(`[A-Za-z_]\w*`)
