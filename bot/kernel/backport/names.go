package backport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// Words knows which names the files of trees have, by their objects, so that a header
// which many trees share is read once. It is safe for concurrent use.
type Words struct {
	mu    sync.Mutex
	known map[string]*words
}

// NewWords makes an empty one.
func NewWords() *Words { return &Words{known: map[string]*words{}} }

// maxWords bounds the files that are kept; beyond it all are forgotten.
const maxWords = 20000

// words are the names that a file has, and how many arguments those take that it
// declares or defines as functions: a bit each, the highest for any number.
type words struct {
	names    map[uint32]struct{}
	takes    map[uint32]uint32
	includes []string
}

const anyNumber = 1 << 31

func hashed(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32()
}

// of reads a file; nil when it is not there or its object is missing.
func (w *Words) of(ctx context.Context, t apply.Tree, path string) (*words, error) {
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() || e.Mode == apply.Folder {
		return nil, err
	}
	w.mu.Lock()
	have, ok := w.known[e.ID]
	w.mu.Unlock()
	if ok && e.ID != "" {
		return have, nil
	}
	img, err := t.Image(ctx, e)
	switch {
	case errors.Is(err, git.ErrMissing):
		err = nil
	case err == nil:
		have = wordsIn(string(img.Data))
	}
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known) >= maxWords {
		clear(w.known)
	}
	w.known[e.ID] = have
	return have, nil
}

func wordsIn(data string) *words {
	w := &words{names: map[uint32]struct{}{}, takes: map[uint32]uint32{}}
	for i := 0; i < len(data); {
		if !wordByte(data[i]) {
			i++
			continue
		}
		begin := i
		for i < len(data) && wordByte(data[i]) {
			i++
		}
		if wordStart(data[begin]) && i-begin > 2 {
			w.names[hashed(data[begin:i])] = struct{}{}
		}
	}
	for name, n := range declared(data) {
		w.takes[hashed(name)] |= n
	}
	for _, m := range includes.FindAllStringSubmatch(data, -1) {
		w.includes = append(w.includes, m[1])
	}
	return w
}

var declares = regexp.MustCompile(`(?m)^(?:#[ \t]*define[ \t]+|[A-Za-z_][A-Za-z0-9_ \t*]*[ \t*\n])([A-Za-z_][A-Za-z0-9_]*)\(`)

// declared are the functions and macros that a text declares in its first column, with
// the number of their arguments as a bit.
func declared(data string) map[string]uint32 {
	out := map[string]uint32{}
	for _, m := range declares.FindAllStringSubmatchIndex(data, -1) {
		out[data[m[2]:m[3]]] |= arguments(data[m[1]:])
	}
	return out
}

// arguments counts what stands up to the closing bracket, as a bit; 0 when it does not
// close.
func arguments(s string) uint32 {
	depth, n, empty := 0, 1, true
	for i := 0; i < len(s) && i < 2000; i++ {
		switch c := s[i]; c {
		case '(', '[', '{':
			depth++
			empty = false
		case ')', ']', '}':
			if depth--; depth >= 0 {
				continue
			}
			inside := strings.TrimSpace(s[:i])
			switch {
			case empty || inside == "void":
				return 1
			case strings.Contains(inside, "..."):
				return anyNumber
			case n > 30:
				return anyNumber
			}
			return 1 << n
		case ',':
			if depth == 0 {
				n++
			}
		case ' ', '\t', '\n':
		default:
			empty = false
		}
	}
	return 0
}

// headers finds the headers that a file of a tree may include, near ones first.
func headers(ctx context.Context, t Tree, path string, visit func(string) (done bool, err error)) error {
	dir, _ := cutLast(path)
	seen := map[string]bool{}
	for _, root := range around(dir) {
		done, err := below(ctx, t, root, seen, visit)
		if done || err != nil {
			return err
		}
	}
	return nil
}

// around are the folders whose headers the files of a folder include: its driver's, those
// above it, and the kernel's.
func around(dir string) []string {
	parts := strings.Split(dir, "/")
	deep := min(len(parts), 3)
	if len(parts) > 3 && parts[1] == "gpu" {
		deep = 4
	}
	out := []string{strings.Join(parts[:deep], "/") + "/"}
	for n := deep - 1; n > 1; n-- {
		out = append(out, strings.Join(parts[:n], "/"))
	}
	return append(out, "include/")
}

// below visits the headers of a folder, and of those in it where its name ends in "/".
func below(ctx context.Context, t Tree, root string, seen map[string]bool, visit func(string) (bool, error)) (bool, error) {
	folder := strings.TrimSuffix(root, "/")
	if seen[folder] {
		return false, nil
	}
	seen[folder] = true
	names, err := t.Names(ctx, folder)
	if err != nil {
		return false, err
	}
	slices.Sort(names)
	for _, n := range names {
		p := folder + "/" + n
		if strings.HasSuffix(n, ".h") {
			if done, err := visit(p); done || err != nil {
				return done, err
			}
			continue
		}
		if root == folder || strings.Contains(n, ".") || n == "asic_reg" {
			continue
		}
		if e, err := t.Entry(ctx, p); err != nil {
			return false, err
		} else if e.Mode != apply.Folder {
			continue
		}
		if done, err := below(ctx, t, p+"/", seen, visit); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// lookup asks the headers of a tree for names; found are those that some header has, with
// the numbers of arguments that they are declared with.
func (w *Words) lookup(ctx context.Context, t Tree, path string, names []string) (found map[string]uint32, err error) {
	found = map[string]uint32{}
	left := map[string]uint32{}
	for _, n := range names {
		left[n] = hashed(n)
	}
	err = headers(ctx, t, path, func(p string) (bool, error) {
		ws, err := w.of(ctx, t, p)
		if ws == nil || err != nil {
			return false, err
		}
		for n, h := range left {
			if _, ok := ws.names[h]; ok {
				found[n] |= ws.takes[h]
				if ws.takes[h] != 0 {
					delete(left, n)
				}
			}
		}
		return len(left) == 0, nil
	})
	return found, err
}

var keywords = map[string]bool{}

func init() {
	for _, k := range strings.Fields("auto break case char const continue default do double else enum extern float for goto if inline int long " +
		"register return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL define " +
		"ifdef ifndef endif elif undef include defined typeof ret err out") {
		keywords[k] = true
	}
}

// use is a name as lines use it.
type use struct {
	name  string
	takes uint32 // the arguments that it is called with, as a bit; 0: not called
}

var quoted = regexp.MustCompile(`(?s)"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|/\*.*?\*/|//[^\n]*`)

var included = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include.*$`)

// uses are the names that lines use and do not declare themselves.
func uses(lines []string) []use {
	src := quoted.ReplaceAllString(strings.Join(lines, ""), " ")
	var code strings.Builder
	for l := range strings.Lines(src) {
		// What is left is the middle of a comment that began above.
		if t := strings.TrimSpace(l); t != "*" && !strings.HasPrefix(t, "* ") && !strings.HasPrefix(t, "*/") {
			code.WriteString(l)
		}
	}
	src = code.String()
	src = included.ReplaceAllString(src, "")
	whole, bare := tokens(src)
	own := map[string]bool{}
	var out []use
	at := 0
	for i, t := range bare {
		at += len(whole[i])
		if t == "" || !wordStart(t[0]) || len(t) < 3 || keywords[t] {
			continue
		}
		prev, next := "", ""
		if i > 0 {
			prev = bare[i-1]
		}
		if i+1 < len(bare) {
			next = bare[i+1]
		}
		before := ""
		if i > 1 {
			before = bare[i-2]
		}
		if declaresHere(before, prev, next) {
			own[t] = true
			continue
		}
		u := use{name: t}
		if next == "(" && prev != "." && prev != "->" {
			u.takes = arguments(src[at+strings.IndexByte(src[at:], '(')+1:])
		}
		out = append(out, u)
	}
	return slices.DeleteFunc(out, func(u use) bool { return own[u.name] })
}

// declaresHere reports whether a name between these tokens is being declared: behind a
// type or a star, as a macro, or as a label.
func declaresHere(before, prev, next string) bool {
	switch {
	case prev == "define":
		return true
	case next == ":":
		return prev != "case" && prev != "?"
	case prev == "*":
		if before == ")" || before == "=" || before == "(" {
			return false // it is read through
		}
	case prev == "" || (!wordStart(prev[0]) || keywords[prev]) && !slices.Contains(types, prev):
		return false
	}
	return next != "" && strings.Contains(";,=)[(", next)
}

var types = strings.Fields("char int long short unsigned signed bool void double float u8 u16 u32 u64")

// check looks at the names that are put in: each has to be known to the branch if it is
// known to mainline, and to take as many arguments.
func (l *ladder) check(ctx context.Context) error {
	base, ok := l.Base.(Tree)
	if l.Words == nil || !ok {
		return nil
	}
	after := map[string]*words{}
	for _, f := range l.out.Files {
		after[f.Path] = wordsIn(string(f.After))
	}
	for _, path := range l.keep {
		t := l.want[path]
		if t.before == nil || !strings.HasSuffix(path, ".c") && !strings.HasSuffix(path, ".h") {
			continue
		}
		t.declares = map[string]bool{}
		for i := range t.puts {
			declaredBy(t.declares, t.puts[i].lines)
		}
		for i := range t.puts {
			if err := l.names(ctx, base, t, &t.puts[i], after); err != nil {
				return err
			}
		}
	}
	return nil
}

// names checks what one edit puts in.
func (l *ladder) names(ctx context.Context, base Tree, t *target, p *put, after map[string]*words) error {
	was := uses(t.before.lines[p.from:p.to])
	var ask []string
	called := map[string]uint32{}
	own := t.has
	if own == nil {
		own = wordsIn(strings.Join(t.before.lines, ""))
		t.has = own
	}
	for _, u := range uses(p.lines) {
		if slices.Contains(was, u) {
			continue
		}
		h := hashed(u.name)
		_, here := own.names[h]
		if u.takes != 0 {
			called[u.name] |= u.takes
			if n := own.takes[h]; n != 0 {
				here = n&(u.takes|anyNumber) != 0 || l.changes(u.name, after)
				if !here {
					l.misses(t, p, fmt.Sprintf("%s takes other arguments in the branch", u.name))
				}
				continue
			}
		}
		if !here || u.takes != 0 {
			ask = append(ask, u.name)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	have, err := l.Words.lookup(ctx, l.Ours, t.path, ask)
	if err != nil {
		return err
	}
	var gone []string
	for _, n := range ask {
		_, here := own.names[hashed(n)]
		takes, ok := have[n]
		if ok && (takes == 0 || called[n] == 0 || takes&(called[n]|anyNumber) != 0 || l.changes(n, after)) {
			continue
		}
		if ok || !here && !l.brings(t, n, after) {
			gone = append(gone, n)
		}
	}
	if len(gone) == 0 {
		return l.included(ctx, t, p, called, after[t.path])
	}
	from := l.fromOf(t)
	known, err := l.Words.lookup(ctx, base, from, gone)
	if err != nil {
		return err
	}
	mainline, err := l.Words.of(ctx, base, from)
	if err != nil {
		return err
	}
	for _, n := range gone {
		_, ok := known[n]
		if !ok && mainline != nil {
			_, ok = mainline.names[hashed(n)]
		}
		if takes, in := have[n]; in {
			if known[n]&called[n] != 0 && takes != known[n] {
				l.misses(t, p, fmt.Sprintf("%s takes other arguments in the branch", n))
			}
			continue
		}
		if ok {
			l.misses(t, p, fmt.Sprintf("%s is not in the branch", n))
			if err := l.bringer(ctx, base, from, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// bringer notes where mainline has a name that the branch lacks.
func (l *ladder) bringer(ctx context.Context, base Tree, path, name string) error {
	where, err := l.Words.definer(ctx, base, path, name)
	if err != nil {
		return err
	}
	if where == "" {
		where = path
	}
	data, _, err := read(ctx, base, where)
	if err != nil || data == nil {
		return err
	}
	at := bytes.Count(data[:definedAt(data, name)], []byte{'\n'})
	s := &l.out.Steps[len(l.out.Steps)-1]
	for k := range l.out.Steps {
		if slices.ContainsFunc(l.out.Steps[k].Misses, func(m string) bool { return strings.HasPrefix(m, name+" ") }) {
			s = &l.out.Steps[k]
		}
	}
	s.drift = append(s.drift, part{where, at, at + 1, name})
	return nil
}

// definedAt is where a text defines a name, else where it has it first.
func definedAt(data []byte, name string) int {
	if m := defining(name).FindIndex(data); m != nil {
		return m[1] - 1 // a pattern may begin on the line before
	}
	m := regexp.MustCompile(`\b` + name + `\b`).FindIndex(data)
	if m == nil {
		return 0
	}
	return m[0]
}

// fromOf is mainline's file of a target.
func (l *ladder) fromOf(t *target) string {
	for _, s := range l.out.Steps {
		if s.Path == t.path {
			return s.File
		}
	}
	return t.path
}

// brings reports whether the change itself brings a name, in another file or in another
// edit of this one.
func (l *ladder) brings(t *target, name string, after map[string]*words) bool {
	h := hashed(name)
	for path, w := range after {
		if _, ok := w.names[h]; ok && path != t.path && (strings.HasSuffix(path, ".h") || !l.had(path, h)) {
			return true
		}
	}
	return t.declares[name]
}

// had reports whether the branch's version of a file has a name: what is static there is no
// name for others.
func (l *ladder) had(path string, h uint32) bool {
	t := l.want[path]
	if t == nil || t.before == nil {
		return false
	}
	if t.has == nil {
		t.has = wordsIn(strings.Join(t.before.lines, ""))
	}
	_, ok := t.has.names[h]
	return ok
}

// changes reports whether the change itself declares a function anew.
func (l *ladder) changes(name string, after map[string]*words) bool {
	h := hashed(name)
	for path, w := range after {
		if t := l.want[path]; t != nil && t.before != nil && w.takes[h] != 0 {
			if t.has == nil {
				t.has = wordsIn(strings.Join(t.before.lines, ""))
			}
			if t.has.takes[h] != w.takes[h] {
				return true
			}
		}
	}
	return false
}

// misses notes a name that the branch has not as the change needs it.
func (l *ladder) misses(t *target, p *put, what string) {
	for i := range l.out.Steps {
		s := &l.out.Steps[i]
		if t.is(s, p) {
			s.Misses = append(s.Misses, what)
		}
	}
	if !slices.Contains(l.out.Misses, what) {
		l.out.Misses = append(l.out.Misses, what)
	}
}
