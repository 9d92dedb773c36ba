//go:build measure

package audit_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/rules/change"
)

// choose finds places for faults, spread over the branch, at most one a commit.
func (g *garden) choose() (out []*fault) {
	used := map[int]bool{}
	for _, c := range []struct {
		n    int
		find func(max int, used map[int]bool) []*fault
	}{
		{8, g.dropped}, {6, g.moved}, {5, g.early}, {3, g.lost}, {4, g.wrong}, {5, g.partial}, {3, g.reverted}, {4, g.chip},
	} {
		out = append(out, c.find(c.n, used)...)
	}
	return out
}

// needs are pairs of commits of which the later uses a name that the earlier brings into a
// header, and that nothing else has.
func (g *garden) needs(max int, used map[int]bool, make func(p, x int, name string) *fault) (out []*fault) {
	end := len(g.commits) - 1
	for p := 1; p < len(g.commits) && len(out) < max; p++ {
		if !g.plain(p) || used[p] {
			continue
		}
		for name, path := range g.brings(p) {
			x := g.user(p, name)
			if x == 0 || used[x] || !g.plain(x) || x > p+150 || g.brings(x)[name] != "" {
				continue // one that brings it, too, needs nothing
			}
			o, err := g.git("grep", "-q", "-w", "-F", "-e", name, g.commits[p].ID+"^", "--", "*.h", "*.c", ":!*/asic_reg/*")
			if err == nil || strings.Contains(o, "fatal") {
				continue
			}
			f := make(p, x, name+" of "+path)
			if !g.leaves(p, cmp.Or(f.behind, end)) {
				continue
			}
			used[p], used[x] = true, true
			out = append(out, f)
			break
		}
	}
	return out
}

// brings are names that a commit declares in headers.
func (g *garden) brings(p int) map[string]string {
	out := map[string]string{}
	for _, path := range g.paths(p) {
		if !strings.HasSuffix(path, ".h") {
			continue
		}
		for _, e := range backport.Edits(g.file(g.commits[p].ID+"^", path), g.file(g.commits[p].ID, path)) {
			for _, l := range e.Put {
				if i := strings.IndexByte(l, '('); i > 0 && strings.HasSuffix(l, ";") {
					f := strings.Fields(strings.ReplaceAll(l[:i], "*", " "))
					if len(f) > 1 && len(f[len(f)-1]) > 8 {
						out[f[len(f)-1]] = path
					}
				}
				if rest, ok := strings.CutPrefix(l, "#define "); ok {
					if name := strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '(' })[0]; len(name) > 8 {
						out[name] = path
					}
				}
			}
		}
	}
	return out
}

// user is the next commit that puts in a use of a name.
func (g *garden) user(p int, name string) int {
	for x := p + 1; x < len(g.commits); x++ {
		for _, f := range g.changes[x].Files {
			for _, h := range f.TextFragments {
				for _, l := range h.Lines {
					if l.Op == gitdiff.OpAdd && strings.Contains(l.Line, name) {
						return x
					}
				}
			}
		}
	}
	return 0
}

func (g *garden) dropped(max int, used map[int]bool) []*fault {
	return g.needs(max, used, func(p, x int, name string) *fault {
		return &fault{
			class: "prerequisite dropped", want: []audit.Kind{audit.Missing},
			at: g.commits[x].Title(), user: x, drop: p, note: name,
		}
	})
}

func (g *garden) moved(max int, used map[int]bool) []*fault {
	return g.needs(max, used, func(p, x int, name string) *fault {
		return &fault{
			class: "prerequisite behind", want: []audit.Kind{audit.Behind},
			at: g.commits[x].Title(), user: x, drop: p, behind: x, note: name,
		}
	})
}

// early moves culprits behind their fixes.
func (g *garden) early(max int, used map[int]bool) (out []*fault) {
	for x := 1; x < len(g.commits) && len(out) < max; x++ {
		if !g.plain(x) || used[x] || len(g.changes[x].Fixes) != 1 {
			continue
		}
		for _, b := range g.set.Bugs(g.changes[x], g.up[x]) {
			p := g.number[b.ID]
			if p == 0 || p >= x || used[p] || !g.plain(p) || !g.leaves(p, x) {
				continue
			}
			used[p], used[x] = true, true
			out = append(out, &fault{
				class: "fix before culprit", want: []audit.Kind{audit.BeforeCulprit},
				at: g.commits[x].Title(), user: x, drop: p, behind: x,
			})
		}
	}
	return out
}

// edits finds commits to change, some way apart: make returns what a file is to be after one
// of them, nil where it cannot be changed that way, and a note.
func (g *garden) edits(max int, used map[int]bool,
	make func(path string, before, after []byte) ([]byte, string),
) (out []*fault) {
	step := len(g.commits) / 17
	for n := step; n < len(g.commits) && len(out) < max; n++ {
		if !g.plain(n) || used[n] {
			continue
		}
		for _, path := range g.paths(n) {
			if !strings.HasSuffix(path, ".c") {
				continue
			}
			data, note := make(path, g.file(g.commits[n].ID+"^", path), g.file(g.commits[n].ID, path))
			if data == nil {
				continue
			}
			used[n] = true
			out = append(out, &fault{
				at: g.commits[n].Title(), user: n, number: n, edit: map[string][]byte{path: data}, note: note,
			})
			n += step
			break
		}
	}
	return out
}

func (g *garden) lost(max int, used map[int]bool) []*fault {
	out := g.edits(max, used, func(_ string, before, after []byte) ([]byte, string) {
		es := backport.Edits(before, after)
		if len(es) < 2 {
			return nil, ""
		}
		e := es[len(es)-1] // its lines back to what they were
		code := func(l string) bool {
			return len(l) > 8 && !strings.HasPrefix(l, "#") && !strings.HasPrefix(l, "*") && !strings.HasPrefix(l, "/")
		}
		if e.In == "" || len(e.Gone)+len(e.Put) < 2 || !slices.ContainsFunc(slices.Concat(e.Gone, e.Put), code) {
			return nil, ""
		}
		a, b := strings.SplitAfter(string(after), "\n"), strings.SplitAfter(string(before), "\n")
		text := slices.Concat(a[:e.Line-1], b[e.Was-1:e.Was-1+len(e.Gone)], a[e.Line-1+len(e.Put):])
		return []byte(strings.Join(text, "")), e.In
	})
	for _, f := range out {
		f.class, f.want = "hunk lost", []audit.Kind{audit.HunkLost}
	}
	return out
}

func (g *garden) wrong(max int, used map[int]bool) []*fault {
	out := g.edits(max, used, func(_ string, before, after []byte) ([]byte, string) {
		es := backport.Edits(before, after)
		if len(es) != 1 || len(es[0].Gone) > 0 || es[0].In == "" || es[0].Line < 3 || len(es[0].Put) > 12 {
			return nil, ""
		}
		e := es[0]
		b := strings.SplitAfter(string(before), "\n")
		put := strings.SplitAfter(string(after), "\n")[e.Line-1 : e.Line-1+len(e.Put)]
		for i := range b {
			if i == e.Was-1 || i < 1 || strings.TrimSpace(b[i-1]) == "" || b[i-1] != b[e.Was-2] {
				continue
			}
			text := []byte(strings.Join(slices.Concat(b[:i], put, b[i:]), ""))
			if got := backport.Edits(before, text); len(got) == 1 && got[0].In != "" && got[0].In != e.In {
				return text, e.In + " → " + got[0].In
			}
		}
		return nil, ""
	})
	for _, f := range out {
		f.class, f.want = "wrong function", []audit.Kind{audit.Misplaced}
	}
	return out
}

// taken reports whether the branch has a commit for itself. One that it has for another
// (Stable-dep-of) is that one's prerequisite, whatever series it was posted in.
func (g *garden) taken(n int) bool {
	return !slices.ContainsFunc(g.changes[n].DependsOn, func(o change.Origin) bool { return o.Form == "dep-of" })
}

// partial leaves out a commit of a series of which others were taken.
func (g *garden) partial(max int, used map[int]bool) (out []*fault) {
	by := map[string][]int{}
	for n := 1; n < len(g.commits); n++ {
		if key := audit.Posting(g.changes[n].Trailers); key != "" && g.plain(n) && g.taken(n) {
			by[key] = append(by[key], n)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		ns := by[key]
		if len(ns) < 2 || len(out) == max || slices.ContainsFunc(ns, func(n int) bool { return used[n] }) {
			continue
		}
		p := ns[0]
		if !g.leaves(p, len(g.commits)-1) {
			continue
		}
		for _, n := range ns {
			used[n] = true
		}
		out = append(out, &fault{
			class: inPart, want: []audit.Kind{audit.Partial},
			at: g.commits[ns[1]].Title(), user: ns[1], drop: p, note: g.commits[p].Title(),
		})
	}
	return out
}
