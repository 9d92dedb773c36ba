package drivers

import (
	"cmp"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// kbuild is what the Makefiles of a tree say: which objects there are, of which
// files, and by which symbol they are chosen.
type kbuild struct {
	files   map[string]string // Makefiles and Kbuild files, by path
	objects map[string]*object
	order   []string          // keys of objects, as they were met
	folders map[string]string // folder → symbol that chooses it
}

// object is one target of obj-y or obj-m: a module, or a part of the kernel.
type object struct {
	folder, name string
	symbol       string   // CONFIG_ name without the prefix, "" when always built
	parts        []string // objects it is linked from, as paths without ".o"
}

// kbuildFile: the file of a folder that Kbuild reads. A Kbuild file goes before
// a Makefile.
func kbuildFile(p string) bool {
	base := path.Base(p)
	return base == "Makefile" || base == "Kbuild" || strings.HasPrefix(base, "Makefile.") || strings.HasSuffix(base, ".mk")
}

func readKbuild(files map[string]string) *kbuild {
	k := &kbuild{files: files, objects: map[string]*object{}, folders: map[string]string{}}
	for p := range sorted(files) {
		dir, base := path.Split(p)
		dir = strings.TrimSuffix(dir, "/")
		if base == "Kbuild" || base == "Makefile" {
			m := &makefile{k: k, dir: dir, vars: map[string]string{}, parts: map[string][]string{}, defines: map[string]string{},
				symbols: map[string]string{}}
			m.read(files[p], 0)
			m.link()
		}
	}
	for _, key := range k.order {
		o := k.objects[key]
		for dir := o.folder; o.symbol == "" && dir != "." && dir != ""; dir = path.Dir(dir) {
			o.symbol = k.folders[dir]
		}
	}
	return k
}

// makefile is one Makefile in the reading. Both arms of every condition count:
// what a driver is made of does not hang on one configuration.
type makefile struct {
	k     *kbuild
	dir   string
	vars  map[string]string
	objs  []chosen
	parts map[string][]string // composite object → what it is made of

	defines map[string]string // name → text of "define"
	symbols map[string]string // object → symbol that chose it for a list other than obj-y
	forced  string            // symbol of the objects that a template in the reading makes
}

type chosen struct{ symbol, target string }

const maxIncludes = 8

var (
	assignment = regexp.MustCompile(`^\s*(?:export\s+|override\s+)?((?:\$\([^=]*?\)|[^\s:=+?#])+)\s*(\+=|:=|::=|\?=|=)\s*(.*)$`)
	braces     = regexp.MustCompile(`\$\{(\w+)\}`)
	symbolName = regexp.MustCompile(`CONFIG_(\w+)`)
)

func (m *makefile) read(text string, depth int) {
	text = strings.ReplaceAll(text, "\\\r\n", " ")
	text = strings.ReplaceAll(text, "\\\n", " ")
	text = braces.ReplaceAllString(text, "$$($1)")
	inDefine := ""
	for line := range strings.SplitSeq(text, "\n") {
		if i := strings.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "define":
			inDefine, _, _ = strings.Cut(strings.TrimSpace(rest)+" ", " ")
			m.defines[inDefine] = ""
		case word == "endef":
			inDefine = ""
		case inDefine != "":
			m.defines[inDefine] += line + "\n"
		case word == "":
		case word == "$(foreach":
			m.foreach(strings.TrimSpace(line), depth)
		case word == "include" || word == "-include":
			m.include(rest, depth)
		default:
			if a := assignment.FindStringSubmatch(line); a != nil {
				m.assign(a[1], a[3])
			}
		}
	}
}

func (m *makefile) include(what string, depth int) {
	if depth >= maxIncludes {
		return
	}
	for _, f := range strings.Fields(m.expand(what)) {
		if p := m.resolve(f); p != path.Join(m.dir, "Makefile") {
			if text, ok := m.k.files[p]; ok {
				m.read(text, depth+1)
			}
		}
	}
}

// maxEach bounds the words of a loop.
const maxEach = 1000

var callIn = regexp.MustCompile(`\$\(eval \$\(call (\w+),(.*)\)\)$`)

// foreach reads "$(foreach target,LIST,$(eval $(call TEMPLATE,$(target),y)))": some
// folders name their modules by such a loop over a list of files.
func (m *makefile) foreach(line string, depth int) {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(line, "$(foreach "), ")")
	if !ok || depth >= maxIncludes {
		return
	}
	args := split(inner)
	if len(args) != 3 {
		return
	}
	name := strings.TrimSpace(args[0])
	call := callIn.FindStringSubmatch(strings.TrimSpace(args[2]))
	if call == nil || m.defines[call[1]] == "" {
		return
	}
	for i, word := range strings.Fields(m.expandTo(args[1], "y")) {
		if i == maxEach {
			return
		}
		text := m.defines[call[1]]
		for n, arg := range split(call[2]) {
			text = strings.ReplaceAll(text, "$("+strconv.Itoa(n+1)+")", strings.ReplaceAll(strings.TrimSpace(arg), "$("+name+")", word))
		}
		m.forced = m.symbols[word+".o"]
		m.read(text, depth+1)
		m.forced = ""
	}
}

// assign keeps the union of all values that a variable ever gets.
func (m *makefile) assign(left, right string) {
	value := m.expand(right)
	symbol := ""
	if s := symbolName.FindStringSubmatch(left); s != nil {
		symbol = s[1]
	}
	name := left
	if strings.Contains(left, "$(") {
		name = m.expandTo(left, "y")
	}
	if old := m.vars[name]; old != "" {
		value = old + " " + value
	}
	if len(value) > maxValue {
		return
	}
	m.vars[name] = value
	fresh := strings.Fields(m.expand(right))
	// "foo-$(CONFIG_A)$(CONFIG_B)" is foo-y, foo-yy, foo-m or foo-.
	if i := strings.LastIndexByte(name, '-'); i > 0 && strings.Trim(name[i+1:], "y") == "" {
		name = name[:i] + "-y"
	}
	switch name {
	case "obj-y", "obj-m", "lib-y":
		for _, t := range fresh {
			m.objs = append(m.objs, chosen{cmp.Or(symbol, m.forced), t})
		}
		return
	}
	if symbol != "" {
		for _, t := range fresh {
			if m.symbols[t] == "" {
				m.symbols[t] = symbol
			}
		}
	}
	if base, ok := composite(name); ok {
		m.parts[base] = append(m.parts[base], fresh...)
	}
}

// maxValue bounds a variable; the longest list of objects is 60 KB.
const maxValue = 1 << 20

// composite: "foo-y", "foo-objs", "foo-objs-y" name the parts of foo.o.
func composite(name string) (string, bool) {
	for _, end := range []string{"-objs-y", "-objs", "-y", "-m"} {
		if base, ok := strings.CutSuffix(name, end); ok && base != "" {
			return base, !strings.HasSuffix(base, "flags") && base != "always" && base != "hostprogs" && base != "extra" && base != "targets"
		}
	}
	return "", false
}

// link turns what was read into objects and folders.
func (m *makefile) link() {
	for _, c := range m.objs {
		if folder, ok := strings.CutSuffix(c.target, "/"); ok {
			if p := m.resolve(folder); c.symbol != "" && m.k.folders[p] == "" {
				m.k.folders[p] = c.symbol
			}
			continue
		}
		base, ok := strings.CutSuffix(c.target, ".o")
		if !ok {
			continue
		}
		key := m.resolve(base)
		o := m.k.objects[key]
		if o == nil {
			o = &object{folder: path.Dir(key), name: path.Base(key), symbol: c.symbol}
			m.k.objects[key] = o
			m.k.order = append(m.k.order, key)
		}
		if o.symbol == "" {
			o.symbol = c.symbol
		}
		for _, p := range m.leaves(base, 0) {
			if !has(o.parts, p) {
				o.parts = append(o.parts, p)
			}
		}
	}
}

// leaves are the objects that one is linked from, without ".o".
func (m *makefile) leaves(base string, depth int) []string {
	parts := m.parts[base]
	if len(parts) == 0 || depth > 3 {
		return []string{m.resolve(base)}
	}
	var out []string
	for _, p := range parts {
		if b, ok := strings.CutSuffix(p, ".o"); ok {
			if b == base {
				out = append(out, m.resolve(b))
			} else {
				out = append(out, m.leaves(b, depth+1)...)
			}
		}
	}
	return out
}

// Marks for the two folders that Makefiles name by variable.
const markHere, markRoot = "@here", "@root"

// resolve makes a path of the tree of one that a Makefile names.
func (m *makefile) resolve(p string) string {
	if i := strings.LastIndex(p, markHere); i >= 0 {
		return path.Join(m.dir, p[i+len(markHere):])
	}
	if i := strings.LastIndex(p, markRoot); i >= 0 {
		return strings.TrimPrefix(path.Clean("/"+p[i+len(markRoot):]), "/")
	}
	return path.Join(m.dir, p)
}

func (m *makefile) expand(s string) string { return m.expandTo(s, "") }

// expandTo replaces $(…); symbols of the configuration become conf.
func (m *makefile) expandTo(s, conf string) string {
	i := strings.IndexByte(s, '$')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for i >= 0 && i+1 < len(s) {
		b.WriteString(s[:i])
		if s[i+1] != '(' && s[i+1] != '{' {
			s = s[i+2:]
		} else {
			end := closing(s[i+1:])
			if end < 0 {
				return b.String()
			}
			b.WriteString(m.call(s[i+2:i+1+end], conf))
			s = s[i+2+end:]
		}
		i = strings.IndexByte(s, '$')
	}
	b.WriteString(s)
	return b.String()
}

func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// call is the value of a variable, or of one of make's functions.
func (m *makefile) call(s, conf string) string {
	fn, rest, ok := strings.Cut(s, " ")
	if !ok || strings.ContainsAny(fn, "$:") {
		return m.variable(s, conf)
	}
	args := split(rest)
	for i := range args {
		args[i] = strings.TrimSpace(m.expandTo(args[i], conf))
	}
	last := args[len(args)-1]
	switch fn {
	case "addprefix":
		return each(last, func(w string) string { return args[0] + w })
	case "addsuffix":
		return each(last, func(w string) string { return w + args[0] })
	case "patsubst":
		if len(args) == 3 {
			return each(last, func(w string) string { return patsubst(args[0], args[1], w) })
		}
	case "subst":
		if len(args) == 3 {
			return strings.ReplaceAll(last, args[0], args[1])
		}
	case "if", "or", "and":
		return strings.Join(args[min(1, len(args)-1):], " ")
	case "basename":
		return each(last, func(w string) string { return strings.TrimSuffix(w, path.Ext(w)) })
	case "sort", "strip", "filter", "filter-out", "firstword", "notdir", "dir", "abspath", "realpath":
		return last
	}
	return ""
}

func (m *makefile) variable(s, conf string) string {
	if name, how, ok := strings.Cut(s, ":"); ok {
		if from, to, ok := strings.Cut(how, "="); ok {
			if !strings.Contains(from, "%") {
				from, to = "%"+from, "%"+to
			}
			return each(m.variable(name, conf), func(w string) string { return patsubst(from, to, w) })
		}
	}
	s = m.expandTo(s, conf)
	switch s {
	case "src", "obj", "CURDIR":
		return markHere
	case "srctree", "objtree", "srcroot":
		return markRoot
	}
	if strings.HasPrefix(s, "CONFIG_") {
		return conf
	}
	return m.vars[s]
}

// split cuts the arguments of a function at commas outside of brackets.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ',':
			if depth == 0 {
				out, from = append(out, s[from:i]), i+1
			}
		}
	}
	return append(out, s[from:])
}

func each(list string, f func(string) string) string {
	words := strings.Fields(list)
	for i, w := range words {
		words[i] = f(w)
	}
	return strings.Join(words, " ")
}

func patsubst(from, to, word string) string {
	before, after, ok := strings.Cut(from, "%")
	if !ok {
		if word == from {
			return to
		}
		return word
	}
	if len(word) < len(before)+len(after) || !strings.HasPrefix(word, before) || !strings.HasSuffix(word, after) {
		return word
	}
	return strings.Replace(to, "%", word[len(before):len(word)-len(after)], 1)
}
