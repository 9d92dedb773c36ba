package prereq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
)

// Options of a Finder.
type Options struct {
	// Cache is a folder for the index of the range and for the names of the
	// targets; "" keeps nothing.
	Cache string
	// Folders are those of which the commits are indexed, with all files that
	// these touch; none: of the whole tree. What branches lack of a kernel in
	// five years is 300,000 commits: minutes of git's and half a gigabyte.
	Folders []string
}

// Limits of what is searched and of what is taken along.
const (
	// MaxTaken is how many commits may stand behind one direct prerequisite,
	// itself included. Of the 39 direct prerequisites that the learning branches
	// took, 38 stood on at most 4 commits and one on 8; of the 146 that were
	// adjusted by hand instead, 54 stood on more than 8, up to a thousand.
	MaxTaken = 8
	// MaxPile ends the search: the pile is then "more than" what was found. No
	// pile that was taken came near, and such a walk takes 1 ms.
	MaxPile = 64
)

// ErrNotInRange says that the change is not among the commits that are indexed.
var ErrNotInRange = errors.New("the commit is not in the indexed range of mainline")

// Target is the branch that lacks something.
type Target struct {
	// Tree is a commit, or a tree, of the branch.
	Tree string
	// Version is "6.1" for linux-6.1.y: a stable tag may name prerequisites of
	// some branches only. "" takes them all.
	Version string
	// Has reports whether the branch has a mainline commit, as itself or as a
	// backport. nil: only what the range leaves out.
	Has func(id string) bool
	// Fits: the change goes onto the tree as it is, so whose lines it meets does
	// not matter. What is left are the names that it uses and the commits that its
	// tags name, with all that these stand on.
	Fits bool
}

// Commit is one prerequisite.
type Commit struct {
	ID, Title string
	Lines     int      // with context
	Files     []string // paths, as the commit leaves them
	Why       []Why
}

// Why is one reason for which a commit is needed.
type Why struct {
	By   string // the commit that needs it, "" for the change itself
	Kind Kind
	File string // SameLines
	Func string // SameLines: the function, "" when the hunk does not say
	Name string // Defines
}

// Kind is the sort of a reason.
type Kind string

// The reasons.
const (
	SameLines Kind = "same-lines" // it wrote the lines that are changed, or those beside them
	Defines   Kind = "defines"    // it defines a name that is used
	Named     Kind = "named"      // a tag names it
)

func (w Why) String() string {
	switch {
	case w.Kind == Defines:
		return "defines " + w.Name
	case w.Kind == Named:
		return "named in a tag"
	case w.Func != "":
		return "touches the same lines of " + w.File + ": " + w.Func + "()"
	}
	return "touches the same lines of " + w.File
}

// Pile is the change and what has to go in before it.
type Pile struct {
	Commits []Commit // in mainline's order, without the change
	Lines   int      // with context, of the commits and the change
	Files   []string // of all, sorted
	// Subsystems are the beginnings of the titles, up to the last colon, of the
	// commits and the change: most frequent first, then by name.
	Subsystems []string
	// More: MaxPile was reached, there is more than this.
	More bool
	// Beyond are commits that the change or its pile stands on and that nobody
	// would take along: too large, or standing on too much themselves. What
	// needs them has to be adjusted by hand.
	Beyond []Beyond
	// Unresolved are names that are used and that only a commit of Beyond
	// defines.
	Unresolved []string
}

// Complete reports whether the change is expected to fit after the commits.
func (p *Pile) Complete() bool { return !p.More && len(p.Beyond) == 0 && len(p.Unresolved) == 0 }

// Missing are the names that the change itself uses and the target does not have,
// each once.
func (p *Pile) Missing() []string {
	out := slices.Clone(p.Unresolved)
	for _, c := range p.Commits {
		for _, y := range c.Why {
			if y.Kind == Defines && y.By == "" && !slices.Contains(out, y.Name) {
				out = append(out, y.Name)
			}
		}
	}
	return out
}

// Beyond is a commit that is not taken along.
type Beyond struct {
	Commit
	// Needs and NeedsLines count what the commit stands on, itself included;
	// More: there is more than this. They are 1 and its own lines where the
	// commit alone is too large.
	Needs, NeedsLines int
	More              bool
}

// Finder answers for one range of mainline and any number of branches that
// forked off at its base or later. It is safe for concurrent use.
type Finder struct {
	repo *git.Repo
	o    Options
	x    *index
	byID map[string]int32

	paths func() map[string]uint32 // path → its number in the index

	mu    sync.Mutex
	names map[string]*nameSet // by tree
	base  *nameSet
	kind  string // of the files of the cache
}

// New indexes what tip has and base has not; both may be any revision. With a
// cache it is read from there when tip and base are the same. The repository
// is only read.
func New(ctx context.Context, r *git.Repo, tip, base string, o Options) (*Finder, error) {
	tipID, err := r.Resolve(ctx, tip)
	if err != nil {
		return nil, err
	}
	baseID, err := r.Resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	f := &Finder{repo: r, o: o, names: map[string]*nameSet{}, kind: format}
	if len(o.Folders) > 0 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(strings.Join(o.Folders, "\n")))
		f.kind = fmt.Sprintf("%s-%08x", format, h.Sum32())
	}
	file := fmt.Sprintf("range-%.16s-%.16s-%s", baseID, tipID, f.kind)
	f.x = &index{}
	if !load(o.Cache, file, f.x) || f.x.Base != baseID || f.x.Tip != tipID {
		if f.x, err = build(ctx, r, baseID, tipID, o.Folders); err != nil {
			return nil, fmt.Errorf("indexing %s..%s: %w", base, tip, err)
		}
		if err := save(o.Cache, file, f.x); err != nil {
			return nil, fmt.Errorf("writing the index of %s..%s (give another cache folder): %w", base, tip, err)
		}
	}
	f.x.finish()
	f.paths = sync.OnceValue(func() map[string]uint32 {
		out := make(map[string]uint32, len(f.x.Paths))
		for i, p := range f.x.Paths {
			out[p] = uint32(i)
		}
		return out
	})
	f.byID = make(map[string]int32, len(f.x.Commits))
	for i := range f.x.Commits {
		if !f.x.Commits[i].Merge {
			f.byID[f.x.Commits[i].ID] = int32(i)
		}
	}
	return f, nil
}

// Covers reports whether a commit, by its full id, is in the range.
func (f *Finder) Covers(id string) bool { _, ok := f.byID[id]; return ok }

// Warm reads what is needed of a target before the first question. It takes
// the time of reading the tree's C files once, for a further tree that of what
// differs.
func (f *Finder) Warm(ctx context.Context, tree string) error {
	_, err := f.namesOf(ctx, tree)
	return err
}

func (f *Finder) namesOf(ctx context.Context, tree string) (*nameSet, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.names[tree]; s != nil {
		return s, nil
	}
	// Only full names: a ref would go stale in the map.
	o, err := f.repo.Stat(ctx, tree+"^{tree}")
	if err != nil {
		return nil, fmt.Errorf("looking at the branch's tree %s: %w", tree, err)
	}
	if s := f.names[o.ID]; s != nil {
		return s, nil
	}
	file := func(tree string) string {
		return fmt.Sprintf("names-%.16s-%.16s-%.16s-%s", f.x.Base, f.x.Tip, tree, f.kind)
	}
	get := func(tree string, like *nameSet) (*nameSet, error) {
		s := &nameSet{}
		if load(f.o.Cache, file(tree), s) && s.Tree == tree {
			return s, nil
		}
		s, err := readNames(ctx, f.repo, f.x, tree, like)
		if err != nil {
			return nil, fmt.Errorf("reading the names of tree %.12s: %w", tree, err)
		}
		return s, save(f.o.Cache, file(tree), s)
	}
	if f.base == nil {
		b, err := f.repo.Stat(ctx, f.x.Base+"^{tree}")
		if err != nil {
			return nil, fmt.Errorf("looking at the base %.12s: %w", f.x.Base, err)
		}
		if f.base, err = get(b.ID, nil); err != nil {
			f.base = nil
			return nil, err
		}
		f.names[b.ID] = f.base
	}
	s := f.base
	if o.ID != f.base.Tree {
		if s, err = get(o.ID, f.base); err != nil {
			return nil, err
		}
	}
	if len(f.names) >= maxTargets {
		clear(f.names)
		f.names[f.base.Tree] = f.base
	}
	f.names[o.ID] = s
	return s, nil
}

// maxTargets bounds the trees whose names are kept: 2 MB each, and there are
// at most a dozen stable branches.
const maxTargets = 32

// Pile finds what a mainline commit, by its full id, needs on a target.
func (f *Finder) Pile(ctx context.Context, id string, t Target) (*Pile, error) {
	c, ok := f.byID[id]
	if !ok {
		return nil, fmt.Errorf("looking for prerequisites of %.12s: %w", id, ErrNotInRange)
	}
	// A change that stands twice in mainline, in next and in fixes, is taken as
	// it came first.
	c = f.x.byTitle[f.x.Commits[c].Title][0]
	return f.pile(ctx, c, nil, t)
}

// pile walks from the commit numbered c; p is what stands there in its place,
// nil for the commit itself.
func (f *Finder) pile(ctx context.Context, c int32, p *posted, t Target) (*Pile, error) {
	names, err := f.namesOf(ctx, t.Tree)
	if err != nil {
		return nil, err
	}
	known := map[int32]bool{}
	w := &walk{x: f.x, change: c, posted: p, version: t.Version, fits: t.Fits, most: MaxPile, refused: map[int32]bool{},
		has: func(d def) bool { return names.has(f.x, d) },
		present: func(i int32) bool {
			if t.Has == nil {
				return false
			}
			has, ok := known[i]
			if !ok {
				// Both copies of a change that stands twice are one.
				for _, twin := range f.x.byTitle[f.x.Commits[i].Title] {
					has = has || t.Has(f.x.Commits[twin].ID)
				}
				known[i] = has
			}
			return has
		}}
	beyond := map[int32]Beyond{}
	for again := true; again; {
		if err := w.run(ctx); err != nil {
			return nil, fmt.Errorf("looking for prerequisites of %q: %w", w.entry(c).Title, err)
		}
		again = false
		for _, l := range w.links {
			if l.by != c || w.refused[l.on] {
				continue
			}
			if s := w.closure(l.on); len(s) > MaxTaken {
				b := Beyond{Commit: f.commit(w, l.on, nil), Needs: len(s), More: w.more}
				for i := range s {
					b.NeedsLines += int(w.entry(i).Lines)
				}
				beyond[l.on], w.refused[l.on], again = b, true, true
			}
		}
	}
	return f.report(w, names, beyond), nil
}

func (f *Finder) commit(w *walk, i int32, links []link) Commit {
	e := w.entry(i)
	c := Commit{ID: e.ID, Title: e.Title, Lines: int(e.Lines), Files: f.files(e)}
	for _, l := range links {
		if l.on != i {
			continue
		}
		y := Why{Kind: SameLines, File: f.x.Paths[l.path], Func: f.x.Funcs[l.where]}
		switch {
		case l.tag:
			y = Why{Kind: Named}
		case l.name != 0:
			y = Why{Kind: Defines, Name: w.text(l.name)}
		}
		if l.by != w.change {
			y.By = w.entry(l.by).ID
		}
		if !slices.Contains(c.Why, y) {
			c.Why = append(c.Why, y)
		}
	}
	return c
}

func (f *Finder) files(e *entry) []string {
	var out []string
	for _, x := range e.Files {
		p := x.New
		if p == 0 {
			p = x.Old
		}
		if p != untouched {
			out = append(out, f.x.Paths[p])
		}
	}
	return out
}

func (f *Finder) report(w *walk, names *nameSet, beyond map[int32]Beyond) *Pile {
	p := &Pile{More: w.more, Lines: int(w.entry(w.change).Lines)}
	seen := map[string]bool{}
	count := map[string]int{}
	add := func(title string, files []string) {
		if i := strings.LastIndex(title, ":"); i > 0 {
			count[strings.TrimPrefix(title[:i], `Revert "`)]++
		}
		for _, file := range files {
			if !seen[file] {
				seen[file] = true
				p.Files = append(p.Files, file)
			}
		}
	}
	add(w.entry(w.change).Title, f.files(w.entry(w.change)))
	for _, i := range slices.Backward(w.pile[1:]) {
		c := f.commit(w, i, w.links)
		p.Commits = append(p.Commits, c)
		p.Lines += c.Lines
		add(c.Title, c.Files)
	}
	slices.Sort(p.Files)
	for s := range count {
		p.Subsystems = append(p.Subsystems, s)
	}
	slices.SortFunc(p.Subsystems, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	var over []int32
	for _, l := range w.over {
		if !slices.Contains(over, l.on) {
			over = append(over, l.on)
		}
		if d, ok := f.x.definer(l.name, l.by); l.name != 0 && ok && !names.has(f.x, d) {
			p.Unresolved = append(p.Unresolved, w.text(l.name))
		}
	}
	slices.Sort(over)
	for _, i := range over {
		b, ok := beyond[i]
		if !ok {
			b = Beyond{Needs: 1, NeedsLines: int(w.entry(i).Lines)}
		}
		b.Commit = f.commit(w, i, w.over)
		p.Beyond = append(p.Beyond, b)
	}
	slices.Sort(p.Unresolved)
	p.Unresolved = slices.Compact(p.Unresolved)
	return p
}
