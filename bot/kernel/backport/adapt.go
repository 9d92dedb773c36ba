package backport

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// Tree is the tree of a commit.
type Tree interface {
	apply.Tree
	// Names lists a folder, in no order; nothing when it is not there.
	Names(ctx context.Context, folder string) ([]string, error)
}

// Question is a change that is to go into a branch.
type Question struct {
	Files        []*gitdiff.File // as mainline has it
	Base, Theirs apply.Tree      // mainline before and with it
	Ours         Tree            // the branch
	// Newer are the backports of the change that newer stable branches have, the
	// nearest branch first.
	Newer []Carried
	// Words knows the names of trees; without it they are not checked.
	Words *Words
}

// Carried is a backport of a change.
type Carried struct {
	Branch, Commit string
	Files          []*gitdiff.File
	Before, After  apply.Tree
}

// File is one file of the branch, before and with the change.
type File struct {
	Path   string // of the branch
	From   string // where it was before, when the change moves it
	Before []byte // nil: it is made
	After  []byte // nil: it is deleted
	Mode   apply.Mode
}

// Step is what became of one edit of the change.
type Step struct {
	File  string // as mainline calls it
	Line  int    // of mainline's file before the change, from 1
	Lines int    // that it takes away there
	In    string // the function or table, "" outside of all
	Rung  Rung
	Path  string // where it went, when that is another file
	At    int    // the line there, from 1
	Proof string
	Doubt string // why a reader should look twice; "" when sure
	// What stands in its way: lines of mainline that the branch has otherwise or not,
	// and what the branch has there.
	drift       []part
	extra       []string
	ours, block part
	// Misses are names that it uses and the branch has not, or has in another shape.
	Misses []string
}

// part is some lines of a file, counted from 0.
type part struct {
	path     string
	from, to int
}

// Result is the change as it goes into the branch.
type Result struct {
	Rung     Rung // the last that was needed
	Files    []File
	Steps    []Step
	Refused  []Step   // what no rung solves
	Misses   []string // of all steps
	Warnings []string // what a person has to know before it is sent
	Carried  *Carried // the newer branch's backport that this is
}

// Proposed reports whether there is a change to propose: something goes in and nothing
// was refused.
func (r *Result) Proposed() bool {
	return len(r.Refused) == 0 && len(r.Misses) == 0 && len(r.Files) > 0
}

// ladder is one climb.
type ladder struct {
	*Question
	out  *Result
	want map[string]*target
	keep []string // paths of want in order
}

// target is a file of the branch and what goes into it.
type target struct {
	path   string
	before *text
	mode   apply.Mode
	puts   []put
	to     string // where it moves to
	gone   bool
	made   []byte
	has    *words
}

// Adapt brings a change into a branch by the first rung that holds for each edit. What a
// newer branch carries comes first where it merges as it is, and last where nothing else
// goes in.
func Adapt(ctx context.Context, q Question) (*Result, error) {
	for _, n := range q.Newer {
		r, err := climb(ctx, &q, n.Files, n.Before, n.After)
		if err != nil {
			return nil, err
		}
		if r.Proposed() && r.Rung <= ThreeWay {
			return r.by(n), nil
		}
	}
	out, err := climb(ctx, &q, q.Files, q.Base, q.Theirs)
	if err != nil || out.sure() {
		return out, err
	}
	for _, n := range q.Newer {
		r, err := climb(ctx, &q, n.Files, n.Before, n.After)
		if err != nil {
			return nil, err
		}
		if r.Proposed() && (!out.Proposed() || len(r.Warnings) < len(out.Warnings)) {
			return r.by(n), nil
		}
	}
	return out, nil
}

func (r *Result) sure() bool { return r.Proposed() && len(r.Warnings) == 0 }

// by says whose backport it is that goes in.
func (r *Result) by(n Carried) *Result {
	r.Carried = &n
	r.Rung = max(r.Rung, Newer)
	return r
}

func climb(ctx context.Context, q *Question, files []*gitdiff.File, base, theirs apply.Tree) (*Result, error) {
	own := *q
	own.Files, own.Base, own.Theirs = files, base, theirs
	l := &ladder{Question: &own, out: &Result{}, want: map[string]*target{}}
	for _, f := range files {
		if err := l.file(ctx, f); err != nil {
			return nil, err
		}
	}
	l.join()
	if err := l.check(ctx); err != nil {
		return nil, err
	}
	return l.out, nil
}

func read(ctx context.Context, t apply.Tree, path string) (data []byte, mode apply.Mode, err error) {
	if path == "" {
		return nil, 0, nil
	}
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() || e.Mode == apply.Folder {
		return nil, 0, err
	}
	img, err := t.Image(ctx, e)
	if err != nil {
		return nil, 0, err
	}
	if img.Data == nil {
		return []byte{}, e.Mode, nil
	}
	return img.Data, e.Mode, nil
}

func (l *ladder) refuse(s Step) { l.out.Refused = append(l.out.Refused, s) }

func (l *ladder) file(ctx context.Context, f *gitdiff.File) error {
	base, _, err := read(ctx, l.Base, f.OldName)
	if err != nil {
		return err
	}
	theirs, mode, err := read(ctx, l.Theirs, f.NewName)
	if err != nil {
		return err
	}
	if f.IsNew {
		base = nil
	}
	if f.IsDelete {
		theirs = nil
	}
	if f.IsBinary {
		l.refuse(Step{File: f.NewName, Proof: "it is binary"})
		return nil
	}
	if base == nil {
		return l.made(ctx, f, theirs, mode)
	}
	ours, mode, err := read(ctx, l.Ours, f.OldName)
	if err != nil {
		return err
	}
	path := f.OldName
	var moved string
	if ours == nil {
		if path, ours, mode, err = l.elsewhere(ctx, f.OldName, base); err != nil {
			return err
		}
		moved = path
	}
	s := newSides(newText(base), newText(theirs), newText(ours))
	if theirs == nil {
		switch {
		case ours == nil:
			l.out.Steps = append(l.out.Steps, Step{File: f.OldName, Rung: Dropped, Proof: "the branch has no such file to delete"})
		case slices.Equal(s.base.keys, s.ours.keys):
			t := l.target(path, s.ours, mode)
			t.gone = true
			l.out.Steps = append(l.out.Steps, Step{File: f.OldName, Rung: ThreeWay, Path: moved})
		default:
			l.refuse(Step{File: f.OldName, Line: 1, Proof: "the branch's version of this file, which the change deletes, differs"})
		}
		return nil
	}
	if ours != nil {
		t := l.target(path, s.ours, mode)
		if f.IsRename && f.NewName != f.OldName && moved == "" {
			t.to = f.NewName
		}
	}
	steps, refused, keep := len(l.out.Steps), len(l.out.Refused), l.mark(path)
	for _, e := range s.fix {
		if err := l.edit(ctx, f, s, e, path, ours != nil, moved); err != nil {
			return err
		}
	}
	if len(l.out.Refused) == refused && !slices.ContainsFunc(l.out.Steps[steps:], func(s Step) bool { return s.Rung > Moved }) && !s.foreign() {
		return nil
	}
	// Said with the branch's own names it may go in better.
	other, used := s.translated()
	if other == nil {
		return nil
	}
	was := l.out.cut(steps, refused)
	had := l.reset(path, keep)
	for _, e := range other.fix {
		if err := l.edit(ctx, f, other, e, path, ours != nil, moved); err != nil {
			return err
		}
	}
	if len(l.out.Refused) > refused+len(was[1]) {
		l.out.cut(steps, refused)
		l.out.Steps, l.out.Refused = append(l.out.Steps, was[0]...), append(l.out.Refused, was[1]...)
		l.restore(path, had)
		return nil
	}
	for i := range l.out.Steps[steps:] {
		x := &l.out.Steps[steps+i]
		x.Rung = max(x.Rung, Renamed)
		x.Proof = "the branch says " + strings.Join(used, ", ")
	}
	return nil
}

// foreign reports whether the fix uses a name for which the branch has another.
func (s *sides) foreign() bool {
	_, used := s.translated()
	return len(used) > 0
}

// mark, reset and restore take back what was put into a file of the branch.
func (l *ladder) mark(path string) int {
	if t := l.want[path]; t != nil {
		return len(t.puts)
	}
	return 0
}

func (l *ladder) reset(path string, keep int) []put {
	t := l.want[path]
	if t == nil {
		return nil
	}
	had := slices.Clone(t.puts)
	t.puts = t.puts[:keep]
	return had
}

func (l *ladder) restore(path string, had []put) {
	if t := l.want[path]; t != nil {
		t.puts = had
	}
}

// cut takes back the steps that came last.
func (r *Result) cut(steps, refused int) (was [2][]Step) {
	was = [2][]Step{slices.Clone(r.Steps[steps:]), slices.Clone(r.Refused[refused:])}
	r.Steps, r.Refused = r.Steps[:steps], r.Refused[:refused]
	return was
}

// made is a file that the change makes.
func (l *ladder) made(ctx context.Context, f *gitdiff.File, theirs []byte, mode apply.Mode) error {
	have, _, err := read(ctx, l.Ours, f.NewName)
	switch {
	case err != nil:
		return err
	case have == nil:
		t := l.target(f.NewName, nil, mode)
		t.made = theirs
		l.out.Steps = append(l.out.Steps, Step{File: f.NewName, Rung: Exact})
	case string(have) != string(theirs):
		l.refuse(Step{File: f.NewName, Line: 1, Proof: "the branch has this file, which the change makes, already"})
	}
	return nil
}

func (l *ladder) target(path string, before *text, mode apply.Mode) *target {
	t := l.want[path]
	if t == nil {
		t = &target{path: path, before: before, mode: mode}
		l.want[path] = t
		l.keep = append(l.keep, path)
	}
	return t
}

// edit climbs the ladder with one edit.
func (l *ladder) edit(ctx context.Context, f *gitdiff.File, s *sides, e edit, path string, there bool, moved string) error {
	step := Step{File: f.OldName, Line: e.from + 1, Lines: e.to - e.from, Path: moved}
	if b, in := within(s.baseBlocks, e.from, e.from == e.to); in {
		step.In = b.name
	}
	if there {
		if p, ok := s.straight(e); ok {
			l.put(path, s.ours, p, step)
			return nil
		}
		lo, hi, name, ok := s.region(e)
		if ok {
			if l.here(s, e, lo, hi, path, step) {
				return nil
			}
			if s.lacking(e, lo, hi) {
				step.Rung, step.Proof = Dropped, "the branch has none of the lines that it changes"
				l.out.Steps = append(l.out.Steps, step)
				return nil
			}
			l.refuse(s.fill(f.OldName, e, step))
			return nil
		}
		step.In = name
	}
	if step.In == "" && !there {
		step.In = s.macro(e)
	}
	if step.In != "" {
		// The file or the function is not there: it may stand in another file.
		done, err := l.other(ctx, f, s, e, step)
		if done || err != nil {
			return err
		}
		if there {
			step.Rung, step.Proof = Dropped, fmt.Sprintf("the branch has no %s", step.In)
			l.out.Steps = append(l.out.Steps, step)
			return nil
		}
	}
	if there {
		l.refuse(s.fill(f.OldName, e, step))
		return nil
	}
	step.Rung, step.Proof = Dropped, "the branch has no such file"
	l.out.Steps = append(l.out.Steps, step)
	return nil
}

// fill notes which lines stand in the way of an edit.
func (s *sides) fill(path string, e edit, step Step) Step {
	b0, b1, o0, o1 := s.gap(e)
	if b0 == e.from && b1 == e.to { // its own lines are there: those beside it are not
		b0, b1 = max(b0-1, 0), min(b1+1, len(s.to))
	}
	lost := func(from, to int) {
		for i := from; i < to; i++ {
			if s.to[i] >= 0 || s.base.keys[i] == "" {
				continue
			}
			if n := len(step.drift); n > 0 && step.drift[n-1].to == i {
				step.drift[n-1].to++
			} else {
				step.drift = append(step.drift, part{path, i, i + 1})
			}
		}
	}
	lost(e.from, e.to)
	lost(b0, e.from)
	lost(e.to, b1)
	if o0 < o1 {
		step.ours = part{from: o0, to: o1}
		step.extra = s.ours.lines[o0:min(o1, o0+maxGap)]
	}
	if b, in := within(s.baseBlocks, e.from, e.from == e.to); in {
		step.block = part{path, b.from, b.to}
	}
	return step
}

// other places an edit in another file that has the function it stands in. A name that
// several files have, such as a table of each chip, is found in none of them.
func (l *ladder) other(ctx context.Context, f *gitdiff.File, s *sides, e edit, step Step) (done bool, err error) {
	files, err := l.defining(ctx, f.OldName, step.In)
	if err != nil || len(files) != 1 {
		return false, err
	}
	path := files[0]
	data, mode, err := read(ctx, l.Ours, path)
	if err != nil {
		return false, err
	}
	o := newSides(s.base, s.theirs, newText(data))
	lo, hi, _, ok := o.region(e)
	if !ok || !o.akin(e, lo, hi) {
		return false, nil
	}
	l.target(path, o.ours, mode)
	step.Path = path
	if p, ok := o.straight(e); ok {
		p.rung, p.proof = Moved, fmt.Sprintf("%s stands in this file", step.In)
		l.put(path, o.ours, p, step)
		return true, nil
	}
	if !l.here(o, e, lo, hi, path, step) {
		l.refuse(o.fill(f.OldName, e, step))
	}
	return true, nil
}

// akin reports whether the block around an edit has half of its lines in the block that
// was found for it.
func (s *sides) akin(e edit, lo, hi int) bool {
	b, in := within(s.baseBlocks, e.from, e.from == e.to)
	if !in {
		return true
	}
	same, all := 0, 0
	for i := b.from; i < b.to; i++ {
		if telling(s.base.keys[i]) {
			all++
			if slices.Contains(s.ours.keys[lo:hi], s.base.keys[i]) {
				same++
			}
		}
	}
	return 2*same >= all
}

// here places an edit in a file by what it says and by its surroundings.
func (l *ladder) here(s *sides, e edit, lo, hi int, path string, step Step) bool {
	if p, ok := s.anchored(e, lo, hi); ok {
		p.proof = fmt.Sprintf("its lines are matched once in %s", orFile(step.In))
		l.put(path, s.ours, p, step)
		return true
	}
	if p, ok := s.woven(e); ok {
		p.proof = "what the fix and the branch change on these lines are different words"
		l.put(path, s.ours, p, step)
		return true
	}
	return false
}

func orFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

func (l *ladder) put(path string, ours *text, p put, step Step) {
	t := l.want[path]
	if t.before == nil {
		t.before = ours
	}
	step.Rung, step.At, step.Doubt = p.rung, p.from+1, p.weak
	if step.Proof = p.proof; step.Path != "" && step.Rung <= ThreeWay {
		step.Rung, step.Proof = Moved, fmt.Sprintf("mainline's %s has this name in the branch", step.File)
	}
	t.puts = append(t.puts, p)
	l.out.Steps = append(l.out.Steps, step)
}

// join makes the files.
func (l *ladder) join() {
	for _, s := range l.out.Steps {
		l.out.Rung = max(l.out.Rung, s.Rung)
		if s.Doubt != "" {
			l.out.Warnings = append(l.out.Warnings, s.Doubt)
		}
		if s.Rung == Dropped {
			l.out.Warnings = append(l.out.Warnings, "dropped: "+s.Proof)
		}
	}
	for _, path := range l.keep {
		t := l.want[path]
		f := File{Path: path, Mode: t.mode}
		if t.before != nil {
			f.Before = []byte(strings.Join(t.before.lines, ""))
		}
		switch {
		case t.gone:
		case t.made != nil:
			f.After = t.made
		default:
			after, clash := t.after()
			if clash != nil {
				l.refuse(Step{File: path, Line: clash.edit.from + 1, Lines: clash.edit.to - clash.edit.from, Proof: "two of its edits go to the same place"})
			}
			if f.After = []byte(after); after == string(f.Before) && t.to == "" {
				continue
			}
			if t.to != "" {
				f.From, f.Path = path, t.to
			}
		}
		l.out.Files = append(l.out.Files, f)
	}
}

func (t *target) after() (string, *put) {
	slices.SortStableFunc(t.puts, func(a, b put) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return (a.to - a.from) - (b.to - b.from)
	})
	var s strings.Builder
	at := 0
	var last *put
	for i := range t.puts {
		p := &t.puts[i]
		if p.from < at {
			if last != nil && last.from == p.from && last.to == p.to && slices.Equal(last.lines, p.lines) && p.rung == Woven {
				continue
			}
			return "", p
		}
		for ; at < p.from; at++ {
			s.WriteString(t.before.lines[at])
		}
		for _, l := range p.lines {
			s.WriteString(l)
		}
		at = p.to
		last = p
	}
	for ; at < len(t.before.lines); at++ {
		s.WriteString(t.before.lines[at])
	}
	return s.String(), nil
}

// maxLooked bounds the files that are looked through for one that moved.
const maxLooked = 3000

// elsewhere finds a file that the branch has under another path: the same name in
// another folder, with most of its lines.
func (l *ladder) elsewhere(ctx context.Context, path string, base []byte) (string, []byte, apply.Mode, error) {
	dir, name := cutLast(path)
	if name == "Makefile" || name == "Kconfig" {
		return "", nil, 0, nil
	}
	looked := 0
	var found []string
	for up := dir; up != "" && len(found) == 0; up, _ = cutLast(up) {
		if strings.Count(up, "/") < 1 {
			break
		}
		if err := l.walk(ctx, up, &looked, func(p string) {
			if strings.HasSuffix(p, "/"+name) {
				found = append(found, p)
			}
		}); err != nil {
			return "", nil, 0, err
		}
		if looked > maxLooked {
			break
		}
	}
	want := newText(base)
	slices.Sort(found)
	for _, p := range found {
		data, mode, err := read(ctx, l.Ours, p)
		if err != nil {
			return "", nil, 0, err
		}
		have := newText(data)
		if n := len(align(want.keys, have.keys)); 2*n > min(len(want.keys), len(have.keys)) {
			return p, data, mode, nil
		}
	}
	return "", nil, 0, nil
}

func cutLast(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

func (l *ladder) walk(ctx context.Context, folder string, looked *int, visit func(string)) error {
	names, err := l.Ours.Names(ctx, folder)
	if err != nil {
		return err
	}
	for _, n := range names {
		if *looked++; *looked > maxLooked {
			return nil
		}
		p := folder + "/" + n
		e, err := l.Ours.Entry(ctx, p)
		switch {
		case err != nil:
			return err
		case e.Mode == apply.Folder:
			if err := l.walk(ctx, p, looked, visit); err != nil {
				return err
			}
		default:
			visit(p)
		}
	}
	return nil
}

// maxScanned bounds the files that are read for a function that moved.
const maxScanned = 2500

// defining are the files near a path that define a name: of its folder, and of the
// folders around that share its driver.
func (l *ladder) defining(ctx context.Context, path, name string) (out []string, err error) {
	if l.Words == nil {
		l.Words = NewWords()
	}
	dir, _ := cutLast(path)
	least := 3
	if strings.HasPrefix(dir, "include/") {
		least = 1
	}
	h := hashed(name)
	seen := map[string]bool{}
	for ; strings.Count(dir, "/") >= least-1; dir, _ = cutLast(dir) {
		var files []string
		looked := 0
		if err := l.walk(ctx, dir, &looked, func(p string) {
			if (strings.HasSuffix(p, ".c") || strings.HasSuffix(p, ".h")) && p != path && !seen[p] && !strings.Contains(p, "/asic_reg/") {
				files = append(files, p)
				seen[p] = true
			}
		}); err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, p := range files[:min(len(files), maxScanned)] {
			w, err := l.Words.of(ctx, l.Ours, p)
			if err != nil {
				return nil, err
			}
			if w == nil {
				continue // an object is missing
			}
			if _, ok := w.names[h]; !ok {
				continue
			}
			data, _, err := read(ctx, l.Ours, p)
			if err != nil {
				return nil, err
			}
			if b, ok := called(blocks(newText(data)), name); ok && b.to > b.from || defines(string(data), name) {
				out = append(out, p)
			}
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}

// defines reports whether a text has a macro of that name.
func defines(data, name string) bool {
	for rest := data; ; {
		i := strings.Index(rest, "#define "+name)
		if i < 0 {
			return false
		}
		rest = rest[i+len("#define ")+len(name):]
		if rest == "" || !wordByte(rest[0]) {
			return true
		}
	}
}

// macro is what an edit outside of blocks defines anew, or what the line before it
// defines.
func (s *sides) macro(e edit) string {
	for i := e.from; i < max(e.to, e.from+1) && i < len(s.base.keys); i++ {
		if rest, ok := strings.CutPrefix(s.base.keys[i], "#define "); ok {
			n := 0
			for n < len(rest) && wordByte(rest[n]) {
				n++
			}
			return rest[:n]
		}
	}
	return ""
}

// Proof says for each edit that did not go in as it is what was matched, by its place.
func (r *Result) Proof() (out []string) {
	if r.Carried != nil {
		out = append(out, fmt.Sprintf("%s carries it as %.12s, which goes in here", r.Carried.Branch, r.Carried.Commit))
	}
	for _, s := range r.Steps {
		if s.Rung > ThreeWay && s.Rung != Dropped && s.Proof != "" {
			out = append(out, s.place()+": "+s.Proof)
		}
	}
	return slices.Compact(out)
}

// Doubts are what a reader has to check.
func (r *Result) Doubts() (out []string) {
	for _, s := range r.Steps {
		switch {
		case s.Rung == Dropped:
			out = append(out, s.place()+" is left out: "+s.Proof)
		case s.Doubt != "":
			out = append(out, s.place()+": "+s.Doubt)
		}
	}
	return slices.Compact(out)
}

// place names where an edit goes.
func (s *Step) place() string {
	where := s.File
	if s.Path != "" && s.Path != s.File {
		where = s.Path
	}
	if s.In != "" {
		where += ", " + s.In
	}
	return where
}
