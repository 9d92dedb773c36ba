//go:build measure

package audit_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// fault is one that is planted.
type fault struct {
	class  string
	want   []audit.Kind
	at     string // title of the commit at which it has to be found
	user   int    // its number in the branch, 0 for one that is taken from mainline
	drop   int    // number of a commit that is left out where it stood, 0 for none
	behind int    // … and put in behind this one; 0: never
	// edit changes what a commit makes of its files; nil: nothing.
	edit   map[string][]byte
	number int    // the commit that edit is for
	take   string // a mainline commit that is taken behind number
	note   string
}

// TestPlanted plants some 60 faults into copies of three branches and counts those that the
// audit finds with the right class, and what it finds at commits that were not touched.
func TestPlanted(t *testing.T) {
	path := kmod(t)
	names := os.Getenv("STABLEBOT_BRANCHES")
	if names == "" {
		names = "6.6 6.1 5.15"
	}
	right, of := map[string]int{}, map[string]int{}
	strange := 0
	for name := range strings.FieldsSeq(names) {
		g := newGarden(t, path, name)
		faults := g.choose()
		tip, planted := g.plant(faults)
		before := g.found(path, name+"-lts")
		after := g.found(g.dir, tip)
		touched, left := map[string]bool{}, []string{}
		for _, f := range planted {
			of[f.class]++
			touched[f.at] = true
			if f.drop != 0 {
				touched[g.commits[f.drop].Title()] = true
				left = append(left, g.up[f.drop].ID)
			}
			hit := slices.ContainsFunc(after[f.at], func(x audit.Finding) bool {
				return slices.Contains(f.want, x.Kind) && !slices.Contains(kindsOf(before[f.at]), x.Kind) ||
					f.class == inPart && tells(x, g.up[f.drop].ID)
			})
			if hit {
				right[f.class]++
			}
			t.Logf("%s %-22s %v %q: found %v, before %v; %s", name, f.class, hit, f.at, kindsOf(after[f.at]), kindsOf(before[f.at]),
				f.note)
		}
		for title, found := range after {
			// What tells of a commit that was left out is of that fault, wherever it stands.
			found = slices.DeleteFunc(found, func(x audit.Finding) bool {
				return slices.ContainsFunc(left, func(id string) bool { return tells(x, id) })
			})
			if !touched[title] && len(found) > len(before[title]) {
				strange++
				t.Logf("%s: at an untouched commit: %q: %v, before %v", name, title, kindsOf(found), kindsOf(before[title]))
			}
		}
	}
	sum, all := 0, 0
	for _, class := range slices.Sorted(maps.Keys(of)) {
		t.Logf("%-22s %d of %d", class, right[class], of[class])
		sum, all = sum+right[class], all+of[class]
	}
	t.Logf("all %d of %d; findings at untouched commits: %d", sum, all, strange)
}

// inPart is the class of a patch of a series that was left out.
const inPart = "series in part"

// tells reports whether a finding says that a mainline commit is missing: of a series in
// part, that another patch of it uses what it brings is as good a way to tell.
func tells(x audit.Finding, id string) bool {
	return x.Commit == id && (x.Kind == audit.Partial || x.Kind == audit.Missing)
}

func kindsOf(fs []audit.Finding) (out []audit.Kind) {
	for _, f := range fs {
		out = append(out, f.Kind)
	}
	return out
}

// garden is a branch whose commits are written anew.
type garden struct {
	*picker
	set     *trees.Set
	line    *trees.Line
	commits []*git.Commit // by number; the first is nil
	changes []*change.Change
	up      []trees.Known
	number  map[string]int // by mainline commit
	modes   map[string]string
}

func newGarden(t *testing.T, path, name string) *garden {
	g := &garden{picker: newPicker(t, path), set: real(t, path, name+"-lts"), number: map[string]int{}}
	a, err := audit.Range(t.Context(), g.set, path, name+"-lts")
	if err != nil {
		t.Fatal(err)
	}
	g.line = a.Line
	var ids []string
	for n := 1; n <= g.line.Len(); n++ {
		ids = append(ids, g.line.ID(n))
	}
	g.commits, g.changes, g.up = []*git.Commit{nil}, []*change.Change{nil}, []trees.Known{{}}
	for c, err := range g.line.Repo().Named(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		ch, _ := c.Change()
		k, ok := g.set.Known(ch)
		if ok && len(ch.Origin) > 0 {
			g.number[k.ID] = len(g.commits)
		}
		g.commits, g.changes, g.up = append(g.commits, c), append(g.changes, ch), append(g.up, k)
	}
	return g
}

// found audits a branch.
func (g *garden) found(path, ref string) map[string][]audit.Finding {
	set := g.set
	if path == g.dir {
		set = real(g.T, path, ref)
	}
	a, err := audit.Range(g.Context(), set, path, ref)
	if err != nil {
		g.Fatal(err)
	}
	r, err := a.Run(g.Context())
	if err != nil {
		g.Fatal(err)
	}
	out := map[string][]audit.Finding{}
	for _, it := range r.Items {
		out[it.Title] = append(out[it.Title], it.Findings...)
	}
	return out
}

func (g *garden) file(id, path string) []byte {
	t, err := g.line.At(g.Context(), id)
	if err != nil {
		return nil
	}
	e, err := t.Entry(g.Context(), path)
	if err != nil || !e.Exists() {
		return nil
	}
	img, err := t.Image(g.Context(), e)
	if err != nil {
		return nil
	}
	return img.Data
}

// plain reports whether a commit only changes the text of files that stay where they are.
func (g *garden) plain(n int) bool {
	c := g.changes[n]
	for _, f := range c.Files {
		if f.IsNew || f.IsDelete || f.IsRename || f.IsBinary || f.IsCopy {
			return false
		}
	}
	return len(c.Files) > 0 && len(g.commits[n].Parents) == 1 && len(c.Origin) > 0 && g.up[n].ID != ""
}

// plant writes the branch anew with faults; it returns its ref and those that could be
// planted. One that fails at its user has left its commit out by then, so the branch is
// written again without it.
func (g *garden) plant(faults []*fault) (ref string, planted []*fault) {
	for {
		ref, planted = g.sow(faults)
		if len(planted) == len(faults) {
			return ref, planted
		}
		faults = planted
	}
}

func (g *garden) sow(faults []*fault) (ref string, planted []*fault) {
	ref = "refs/heads/planted-" + g.line.Name()
	over := map[string][]byte{} // what differs from the real branch
	failed := map[*fault]bool{}
	var in bytes.Buffer
	mark := 0
	emit := func(c *git.Commit, message string, files map[string][]byte) {
		mark++
		fmt.Fprintf(&in, "commit %s\nmark :%d\nauthor %s <%s> %d +0000\ncommitter x <x> %d +0000\ndata %d\n%s\n", ref, mark,
			clean(c.Author.Name), clean(c.Author.Email), c.Author.Date.Unix(), c.Committer.Date.Unix(), len(message), message)
		if mark == 1 {
			fmt.Fprintf(&in, "from %s\n", g.commits[1].Parents[0])
		}
		for _, p := range slices.Sorted(maps.Keys(files)) {
			if files[p] == nil {
				fmt.Fprintf(&in, "D %s\n", p)
				continue
			}
			fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", g.mode(p), p, len(files[p]), files[p])
		}
	}
	for n := 1; n < len(g.commits); n++ {
		c := g.commits[n]
		files := map[string][]byte{}
		var mine *fault
		dropped := false
		for _, f := range faults {
			dropped = dropped || f.drop == n && !failed[f]
			if f.number == n && f.take == "" {
				mine = f
			}
		}
		for _, p := range g.paths(n) {
			real := g.file(c.ID, p)
			was := g.file(c.ID+"^", p)
			now, other := over[p]
			switch {
			case dropped && !other:
				over[p] = was
			case dropped:
			case !other:
				files[p] = real
			default:
				m, ok := g.merge(was, now, real)
				if !ok {
					for _, f := range faults {
						if f.user == n || g.heals(f, n, p) {
							failed[f] = true
						}
					}
					m = real
				}
				files[p] = m
				if over[p] = m; bytes.Equal(m, real) {
					delete(over, p)
				}
			}
		}
		if dropped {
			continue
		}
		if mine != nil && mine.edit != nil {
			for p, data := range mine.edit {
				if _, other := over[p]; other {
					failed[mine] = true
					continue
				}
				files[p], over[p] = data, data
			}
		}
		emit(c, c.Message, files)
		for _, f := range faults {
			switch {
			case f.behind == n && !failed[f]:
				g.behind(f, n, over, emit, failed)
			case f.take != "" && f.number == n:
				g.take(f, n, over, emit, failed)
			}
		}
	}
	cmd := exec.Command("git", "fast-import", "--quiet", "--force")
	cmd.Dir, cmd.Stdin = g.dir, &in
	if out, err := cmd.CombinedOutput(); err != nil {
		g.Fatalf("git fast-import: %v %s", err, out)
	}
	for _, f := range faults {
		if failed[f] {
			g.Logf("%s: could not be planted: %s at %q", g.line.Name(), f.class, f.at)
			continue
		}
		planted = append(planted, f)
	}
	return ref, planted
}

// heals reports whether a file that is again what the branch has takes a fault out: what
// was left out is there again.
func (g *garden) heals(f *fault, n int, path string) bool {
	return f.drop != 0 && f.drop < n && (f.behind == 0 || n <= f.behind) && slices.Contains(g.paths(f.drop), path)
}

// leaves reports whether the commits up to one go on without p.
func (g *garden) leaves(p, last int) bool {
	over := map[string][]byte{}
	for _, path := range g.paths(p) {
		over[path] = g.file(g.commits[p].ID+"^", path)
	}
	for n := p + 1; n <= last; n++ {
		for _, path := range g.paths(n) {
			now, other := over[path]
			if !other {
				continue
			}
			m, ok := g.merge(g.file(g.commits[n].ID+"^", path), now, g.file(g.commits[n].ID, path))
			if !ok {
				return false
			}
			over[path] = m
		}
	}
	return true
}

func clean(s string) string { return strings.NewReplacer("<", "", ">", "", "\n", "").Replace(s) }

// mode is what a file has on the branch: another one would be a change that nobody planted.
func (g *garden) mode(path string) string {
	if g.modes == nil {
		list, err := g.git("ls-tree", "-r", g.commits[len(g.commits)-1].ID)
		if err != nil {
			g.Fatal(err, list)
		}
		g.modes = map[string]string{}
		for l := range strings.Lines(list) {
			if mode, name, ok := strings.Cut(strings.TrimSpace(l), "\t"); ok {
				g.modes[name], _, _ = strings.Cut(mode, " ")
			}
		}
	}
	if mode := g.modes[path]; mode != "" {
		return mode
	}
	return "100644"
}

// paths are the files that a commit touches.
func (g *garden) paths(n int) (out []string) {
	for _, f := range g.changes[n].Files {
		for _, p := range []string{f.OldName, f.NewName} {
			if p != "" && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// behind puts a commit that was left out in again.
func (g *garden) behind(f *fault, n int, over map[string][]byte, emit func(*git.Commit, string, map[string][]byte), failed map[*fault]bool) {
	p := g.commits[f.drop]
	files := map[string][]byte{}
	for _, path := range g.paths(f.drop) {
		now, other := over[path]
		if !other {
			now = g.file(g.commits[n].ID, path)
		}
		m, ok := g.merge(g.file(p.ID+"^", path), now, g.file(p.ID, path))
		if !ok {
			failed[f] = true
			return
		}
		files[path] = m
	}
	for path, m := range files {
		if over[path] = m; bytes.Equal(m, g.file(g.commits[n].ID, path)) {
			delete(over, path)
		}
	}
	emit(p, p.Message, files)
}

// take takes a mainline commit that the branch has not.
func (g *garden) take(f *fault, n int, over map[string][]byte, emit func(*git.Commit, string, map[string][]byte), failed map[*fault]bool) {
	c, err := g.set.Mainline().Repo.Commit(g.Context(), f.take)
	if err != nil {
		failed[f] = true
		return
	}
	ch, _ := c.Change()
	files := map[string][]byte{}
	for _, x := range ch.Files {
		now, other := over[x.NewName]
		if !other {
			now = g.file(g.commits[n].ID, x.NewName)
		}
		m, ok := g.merge(g.main(f.take+"^", x.NewName), now, g.main(f.take, x.NewName))
		if !ok || now == nil || bytes.Equal(m, now) {
			failed[f] = true
			return
		}
		files[x.NewName] = m
	}
	maps.Copy(over, files)
	_, body, _ := strings.Cut(strings.TrimRight(c.Message, "\n"), "\n")
	emit(c, fmt.Sprintf("%s\n\ncommit %s upstream.\n%s\nSigned-off-by: Carl Committer <carl@example.org>\n", c.Title(), f.take, body), files)
}

func (g *garden) main(id, path string) []byte {
	t, err := g.set.At(g.Context(), id)
	if err != nil {
		return nil
	}
	e, err := t.Entry(g.Context(), path)
	if err != nil || !e.Exists() {
		return nil
	}
	img, err := t.Image(g.Context(), e)
	if err != nil {
		return nil
	}
	return img.Data
}

// merge is git's merge of a file.
func (g *garden) merge(base, ours, theirs []byte) ([]byte, bool) {
	if base == nil || ours == nil || theirs == nil {
		return nil, false
	}
	dir := g.TempDir()
	var names []string
	for i, data := range [][]byte{ours, base, theirs} {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			g.Fatal(err)
		}
		names = append(names, name)
	}
	out, err := exec.Command("git", append([]string{"merge-file", "-p", "-q"}, names...)...).Output()
	return out, err == nil
}

// choose finds places for faults, spread over the branch, at most one a commit.
func (g *garden) choose() (out []*fault) {
	used := map[int]bool{}
	for _, c := range []struct {
		n    int
		find func(max int, used map[int]bool) []*fault
	}{{8, g.dropped}, {6, g.moved}, {5, g.early}, {3, g.lost}, {4, g.wrong}, {5, g.partial}, {3, g.reverted}, {4, g.chip}} {
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
			if o, err := g.git("grep", "-q", "-w", "-F", "-e", name, g.commits[p].ID+"^", "--", "*.h", "*.c", ":!*/asic_reg/*"); err == nil || strings.Contains(o, "fatal") {
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
		return &fault{class: "prerequisite dropped", want: []audit.Kind{audit.Missing}, at: g.commits[x].Title(), user: x, drop: p, note: name}
	})
}

func (g *garden) moved(max int, used map[int]bool) []*fault {
	return g.needs(max, used, func(p, x int, name string) *fault {
		return &fault{class: "prerequisite behind", want: []audit.Kind{audit.Behind}, at: g.commits[x].Title(), user: x, drop: p, behind: x, note: name}
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
			out = append(out, &fault{class: "fix before culprit", want: []audit.Kind{audit.BeforeCulprit}, at: g.commits[x].Title(), user: x, drop: p, behind: x})
		}
	}
	return out
}

// edits finds commits to change: every third that is one of some.
func (g *garden) edits(max int, used map[int]bool, make func(path string, before, after []byte) ([]byte, string)) (out []*fault) {
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
			out = append(out, &fault{at: g.commits[n].Title(), user: n, number: n, edit: map[string][]byte{path: data}, note: note})
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
		out = append(out, &fault{class: inPart, want: []audit.Kind{audit.Partial}, at: g.commits[ns[1]].Title(), user: ns[1], drop: p, note: g.commits[p].Title()})
	}
	return out
}

// mainlineFaults tries mainline commits that the branch lacks, one for each place.
func (g *garden) mainlineFaults(max int, ids []string, f fault) (out []*fault) {
	tip := g.commits[len(g.commits)-1].ID
	for _, id := range ids {
		if len(out) == max {
			break
		}
		k, ok := g.set.KnownAs(id)
		if !ok || g.line.Standing(k, g.line.Len()).Commit != "" {
			continue
		}
		c, err := g.set.Commit(g.Context(), id)
		if err != nil || len(c.Files) == 0 {
			continue
		}
		fits := true
		for _, x := range c.Files {
			now := g.file(tip, x.NewName)
			m, ok := g.merge(g.main(id+"^", x.NewName), now, g.main(id, x.NewName))
			fits = fits && ok && now != nil && !bytes.Equal(m, now)
		}
		if fits {
			x := f
			x.at, x.take, x.number = c.Subject, id, len(g.commits)-1-len(out)
			out = append(out, &x)
		}
	}
	return out
}

func (g *garden) reverted(max int, _ map[int]bool) []*fault {
	list, err := g.set.Mainline().Repo.Output(g.Context(), "listing reverts", "log", "--no-merges", "--format=%H", "--grep=^This reverts commit", g.set.Mainline().Tip, "^"+g.line.Fork())
	if err != nil {
		g.Fatal(err)
	}
	var ids []string
	for id := range strings.Lines(string(list)) {
		c, err := g.set.Commit(g.Context(), strings.TrimSpace(id))
		if err != nil {
			continue
		}
		k, _ := g.set.KnownAs(c.ID)
		title := strings.TrimSuffix(strings.TrimPrefix(c.Subject, `Revert "`), `"`)
		if u, ok := g.set.Undoes(c, k); ok && !g.set.PutBack(title, c.ID) && u.Before(k) {
			ids = append(ids, u.ID)
		}
	}
	return g.mainlineFaults(max, ids, fault{class: "reverted taken", want: []audit.Kind{audit.Reverted}})
}

// chip takes IDs of hardware that the branch does not drive.
func (g *garden) chip(max int, _ map[int]bool) []*fault {
	chips := regexp.MustCompile(`IP_VERSION\(\d+, \d+, \d+\)|CHIP_[A-Z0-9_]+`)
	list, err := g.set.Mainline().Repo.Output(g.Context(), "listing IDs", "log", "--no-merges", "--format=%H", "-G"+`IP_VERSION\(|CHIP_[A-Z]|INTEL_VGA_DEVICE`,
		g.set.Mainline().Tip, "^"+g.line.Fork(), "--", "drivers/gpu/drm/amd/amdgpu", "include/drm")
	if err != nil {
		g.Fatal(err)
	}
	var ids []string
	for id := range strings.Lines(string(list)) {
		c, err := g.set.Commit(g.Context(), strings.TrimSpace(id))
		if err != nil || c.Size.Added > 6 || c.Size.Removed > 2 || len(c.Files) != 1 || len(ids) > 20 {
			continue
		}
		absent := true
		found := 0
		for _, f := range c.Files {
			for _, h := range f.TextFragments {
				for _, l := range h.Lines {
					for _, chip := range chips.FindAllString(l.Line, -1) {
						if l.Op == gitdiff.OpAdd {
							found++
							_, err := g.git("grep", "-q", "-F", "-e", chip, g.commits[len(g.commits)-1].ID, "--", "*.c", "*_type.h")
							absent = absent && err != nil
						}
					}
				}
			}
		}
		if found > 0 && absent {
			ids = append(ids, c.ID)
		}
	}
	slices.Reverse(ids)
	return g.mainlineFaults(max, ids, fault{class: "ID without its chip", want: []audit.Kind{audit.Newer}})
}
