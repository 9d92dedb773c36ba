package prereq

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// index is what is remembered of a range of mainline. Its commits are numbered
// oldest first, and no commit stands before its parents.
type index struct {
	Base, Tip string
	Commits   []entry
	Paths     []string          // number 0 is no path
	Funcs     []string          // number 0 is none
	Defs      []def             // by name, then commit
	Texts     map[uint64]string // of the names in some entry's Uses

	touches [][]int32 // path → commits that changed a file and left it under this name, oldest first
	origins [][]int32 // path → those that made it, or gave it this name
	byTitle map[string][]int32
	undoes  map[int32]int32 // a revert → what it takes back
	undone  map[int32]int32 // and the other way
}

// entry is one commit, or one side of a merge that changed files anew.
type entry struct {
	ID, Title string
	Lines     int32 // with context
	Files     []fileChange
	Uses      []uint64 // names on added lines that some earlier commit of the range defines
	Needs     []named
	// Signed: it has a sign-off, as every commit of a kernel has. What an
	// importer added to a copy of the kernel is nobody's prerequisite.
	Signed bool
	Merge  bool
}

// large reports whether nobody takes the commit along. Of the 62 commits that
// the learning branches took as prerequisites the largest have 1,128 lines with
// context and 11 files; treewide conversions have 90 files.
func (e *entry) large() bool { return len(e.Files) > 20 || e.Lines > 1200 }

// named is a prerequisite in a stable tag, and for which branches it is one.
type named struct {
	SHA, Title string
	Versions   []string // none: for all
}

type fileChange struct {
	Old, New  uint32 // paths; 0 when the file did not, or does not, exist
	Pre, Post uint64 // beginnings of the blobs' names
	Hunks     []hunk
}

// hunk is one run of removed and added lines, without context. Lines count
// from 0.
type hunk struct {
	A, AN int32 // in the file before
	B, BN int32 // in the file after
	Func  uint32
}

// def says that a commit brings a name into being.
type def struct {
	Name   uint64
	Commit int32
	Path   uint32
}

// nameHash is FNV-1a. Names behind -> and a dot are apart from the others.
func nameHash(name string, member bool) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	if member {
		h ^= 0x9e3779b97f4a7c15
	}
	return h
}

// builder makes an index out of a stream of commits.
type builder struct {
	x     index
	paths map[string]uint32
	funcs map[string]uint32
	texts map[uint64]string // of all names used so far
	// Of the commit at hand: the names that its added and its removed lines
	// define, and use; and in which file.
	made, gone map[uint64]int
	where      map[uint64]uint32
	used       map[uint64]struct{}
}

func newBuilder(x index) *builder {
	b := &builder{x: x, paths: map[string]uint32{}, funcs: map[string]uint32{}, texts: map[uint64]string{}}
	for i, p := range x.Paths {
		b.paths[p] = uint32(i)
	}
	for i, f := range x.Funcs {
		b.funcs[f] = uint32(i)
	}
	return b
}

// build reads the commits of tip that base does not have and that touch one of the
// folders.
func build(ctx context.Context, r *git.Repo, base, tip string, folders []string) (*index, error) {
	merges, err := readMerges(ctx, r, base, tip, folders)
	if err != nil {
		return nil, err
	}
	b := newBuilder(index{Base: base, Tip: tip, Paths: []string{""}, Funcs: []string{""}})
	for c, err := range r.Commits(ctx, git.Query{Revs: []string{tip, "^" + base}, Paths: folders, FullHistory: true, OldestFirst: true}) {
		if err != nil {
			return nil, err
		}
		if c.Merge() {
			b.merge(c, merges[c.ID])
			continue
		}
		b.add(c)
	}
	x := &b.x
	slices.SortFunc(x.Defs, func(a, c def) int {
		return cmp.Or(cmp.Compare(a.Name, c.Name), cmp.Compare(a.Commit, c.Commit))
	})
	x.Texts = map[uint64]string{}
	for i := range x.Commits {
		e := &x.Commits[i]
		e.Uses = slices.Clone(slices.DeleteFunc(e.Uses, func(h uint64) bool {
			_, ok := x.definer(h, int32(i))
			return !ok
		}))
		for _, u := range e.Uses {
			x.Texts[u] = b.texts[u]
		}
	}
	x.finish()
	return x, nil
}

// definer is the first commit of the range that defines a name, if it stands
// before c. Later ones move it, or take it back and bring it again.
func (x *index) definer(name uint64, c int32) (def, bool) {
	i, ok := slices.BinarySearchFunc(x.Defs, name, func(d def, n uint64) int { return cmp.Compare(d.Name, n) })
	if !ok || x.Defs[i].Commit >= c {
		return def{}, false
	}
	return x.Defs[i], true
}

// find returns the commit before c that a message names, -1 when there is none.
func (x *index) find(n named, c int32) int32 {
	if n.Title != "" {
		for _, i := range slices.Backward(x.byTitle[n.Title]) {
			if i < c {
				return i
			}
		}
	}
	if len(n.SHA) >= 12 {
		for i := range min(int(c), len(x.Commits)) {
			if strings.HasPrefix(x.Commits[i].ID, n.SHA) {
				return int32(i)
			}
		}
	}
	return -1
}

// made reports whether a file that stands at path just before c was made in
// the range, by a commit that the target does not have.
func (x *index) made(path uint32, c int32, present func(int32) bool) bool {
	if path == untouched {
		return false
	}
	for range 8 { // renames in a row
		i, _ := slices.BinarySearch(x.origins[path], c)
		if i == 0 {
			return false
		}
		c = x.origins[path][i-1]
		for _, f := range x.Commits[c].Files {
			if f.New == path {
				if f.Old == 0 {
					return !present(c)
				}
				path = f.Old
				break
			}
		}
	}
	return false
}

// finish makes what is not stored.
func (x *index) finish() {
	x.touches, x.origins = make([][]int32, len(x.Paths)), make([][]int32, len(x.Paths))
	x.byTitle = make(map[string][]int32, len(x.Commits))
	x.undoes, x.undone = map[int32]int32{}, map[int32]int32{}
	for i := range x.Commits {
		e, n := &x.Commits[i], int32(i)
		for _, f := range e.Files {
			p := f.New
			if p == 0 {
				p = f.Old
			}
			x.touches[p] = append(x.touches[p], n)
			if f.New != 0 && f.Old != f.New {
				x.origins[f.New] = append(x.origins[f.New], n)
			}
		}
		if e.Merge {
			continue
		}
		if t, ok := strings.CutPrefix(e.Title, `Revert "`); ok {
			if at := x.byTitle[strings.TrimSuffix(t, `"`)]; len(at) > 0 {
				a := at[len(at)-1]
				x.undoes[n], x.undone[a] = a, n
			}
		}
		x.byTitle[e.Title] = append(x.byTitle[e.Title], n)
	}
}

func intern(s string, ids map[string]uint32, all *[]string) uint32 {
	if id, ok := ids[s]; ok {
		return id
	}
	s = strings.Clone(s)
	id := uint32(len(*all))
	ids[s] = id
	*all = append(*all, s)
	return id
}

func (b *builder) add(c *git.Commit) {
	e := entry{ID: c.ID, Title: c.Title()}
	if ch, _ := change.Parse(change.Input{ID: c.ID, Kind: change.Commit, Subject: c.Title(), Text: c.Body()}); ch != nil {
		e.read(ch)
	}
	b.patch(&e, c.Diff)
	n := int32(len(b.x.Commits))
	for h, count := range b.made {
		if b.gone[h] < count {
			b.x.Defs = append(b.x.Defs, def{h, n, b.where[h]})
		}
	}
	b.x.Commits = append(b.x.Commits, e)
}

// patch fills in what the diff says.
func (b *builder) patch(e *entry, diff string) {
	b.made, b.gone = map[uint64]int{}, map[uint64]int{}
	b.used, b.where = map[uint64]struct{}{}, map[uint64]uint32{}
	e.Files, e.Lines = b.diff(diff)
	for h := range b.made {
		delete(b.used, h)
	}
	for h := range b.used {
		e.Uses = append(e.Uses, h)
	}
	slices.Sort(e.Uses)
}

// read takes what the message says of other commits.
func (e *entry) read(ch *change.Change) {
	for _, t := range ch.Stable {
		for _, o := range t.Needs {
			e.Needs = append(e.Needs, named{o.SHA, o.Subject, t.Versions})
		}
	}
	for _, t := range ch.Trailers {
		e.Signed = e.Signed || t.Key == "Signed-off-by"
	}
}

// diff reads a patch as git shows it, with three lines of context.
func (b *builder) diff(text string) ([]fileChange, int32) {
	var files []fileChange
	var f *fileChange
	var total int32
	var s0, s1 *source // before and after
	var use0 bool
	var la, lb, wantA, wantB int32
	var fn uint32
	var open *hunk
	c0 := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if wantA > 0 || wantB > 0 {
			kind := byte(' ')
			if line != "" {
				kind = line[0]
				line = line[1:]
			}
			switch kind {
			case ' ':
				open = nil
				la, lb, wantA, wantB = la+1, lb+1, wantA-1, wantB-1
				if c0 {
					s0.defines(line, func(string, bool) {})
					s1.defines(line, func(string, bool) {})
					use0 = words(line, use0, func(string, bool) {})
				}
			case '-', '+':
				if open == nil {
					f.Hunks = append(f.Hunks, hunk{A: la, B: lb, Func: fn})
					open = &f.Hunks[len(f.Hunks)-1]
				}
				if kind == '-' {
					open.AN++
					la, wantA = la+1, wantA-1
					if c0 {
						s0.defines(line, func(n string, m bool) { b.gone[nameHash(n, m)]++ })
					}
				} else {
					open.BN++
					lb, wantB = lb+1, wantB-1
					if c0 {
						s1.defines(line, func(n string, m bool) { h := nameHash(n, m); b.made[h]++; b.where[h] = f.New })
						use0 = words(line, use0, b.use)
					}
				}
			case '\\':
				continue
			}
			total++
			continue
		}
		switch {
		case strings.HasPrefix(line, "diff --git "):
			files = append(files, fileChange{})
			f = &files[len(files)-1]
			if a, c, ok := gitPaths(line[len("diff --git "):]); ok {
				f.Old, f.New = b.path(a), b.path(c)
				c0 = isC(c)
			}
		case f == nil:
		case strings.HasPrefix(line, "new file mode"):
			f.Old = 0
		case strings.HasPrefix(line, "deleted file mode"):
			f.New = 0
		case strings.HasPrefix(line, "rename from "):
			f.Old = b.path(unquote(line[len("rename from "):]))
		case strings.HasPrefix(line, "rename to "):
			f.New = b.path(unquote(line[len("rename to "):]))
		case strings.HasPrefix(line, "index "):
			pre, rest, _ := strings.Cut(line[len("index "):], "..")
			post, _, _ := strings.Cut(rest, " ")
			f.Pre, f.Post = short(pre), short(post)
		case strings.HasPrefix(line, "Binary files "):
			f.Hunks = append(f.Hunks, hunk{AN: 1 << 30, BN: 1 << 30})
		case strings.HasPrefix(line, "@@ "):
			var heading string
			la, wantA, lb, wantB, heading = hunkHead(line)
			open, use0 = nil, false
			fn = 0
			if heading != "" {
				fn = intern(function(heading), b.funcs, &b.x.Funcs)
			}
			s0, s1 = newSource(heading), newSource(heading)
		}
	}
	for i := range files {
		files[i].Hunks = slices.Clip(files[i].Hunks)
	}
	return slices.Clip(files), total
}

func (b *builder) path(p string) uint32 { return intern(p, b.paths, &b.x.Paths) }

func (b *builder) use(name string, member bool) {
	h := nameHash(name, member)
	b.used[h] = struct{}{}
	if _, ok := b.texts[h]; !ok {
		b.texts[h] = strings.Clone(name)
	}
}

// gitPaths splits "a/x b/y". With a space in the names it is only clear when
// both are the same; the rename lines say the others.
func gitPaths(s string) (string, string, bool) {
	if strings.HasPrefix(s, `"`) {
		i := strings.Index(s[1:], `" `)
		if i < 0 {
			return "", "", false
		}
		return strings.TrimPrefix(unquote(s[:i+2]), "a/"), strings.TrimPrefix(unquote(s[i+3:]), "b/"), true
	}
	if n := len(s) / 2; len(s)%2 == 1 && s[n] == ' ' && strings.TrimPrefix(s[:n], "a/") == strings.TrimPrefix(s[n+1:], "b/") {
		return s[2:n], s[n+3:], true
	}
	a, c, ok := strings.Cut(s, " b/")
	return strings.TrimPrefix(a, "a/"), c, ok
}

func unquote(s string) string {
	if strings.HasPrefix(s, `"`) {
		if u, err := strconv.Unquote(s); err == nil {
			return u
		}
	}
	return s
}

func short(hex string) uint64 {
	if len(hex) > 16 {
		hex = hex[:16]
	}
	n, _ := strconv.ParseUint(hex, 16, 64)
	return n
}

// hunkHead reads "@@ -1,2 +3,4 @@ heading".
func hunkHead(line string) (a, an, b, bn int32, heading string) {
	rest := line[3:]
	numbers, heading, _ := strings.Cut(rest, " @@")
	minus, plus, _ := strings.Cut(numbers, " ")
	a, an = pair(strings.TrimPrefix(minus, "-"))
	b, bn = pair(strings.TrimPrefix(plus, "+"))
	return a, an, b, bn, strings.TrimPrefix(heading, " ")
}

// pair reads "start,count"; the start is made to count from 0.
func pair(s string) (int32, int32) {
	start, count, ok := strings.Cut(s, ",")
	n, _ := strconv.ParseInt(start, 10, 32)
	c := int64(1)
	if ok {
		c, _ = strconv.ParseInt(count, 10, 32)
	}
	if c > 0 {
		n--
	}
	return int32(n), int32(c)
}

// function is the name in a hunk's heading.
func function(heading string) string {
	if i := strings.IndexByte(heading, '('); i >= 0 {
		return lastWord(heading[:i])
	}
	return strings.TrimRight(heading, " {")
}
