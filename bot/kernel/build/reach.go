package build

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Reader gives the text of a file of a tree, "" when there is none.
type Reader func(path string) string

var (
	assigned = regexp.MustCompile(`^\s*([A-Za-z0-9_.-]+?)[-_](?:\$[({]CONFIG_(\w+)[)}]|(y|m|objs))\s*(?:\+=|:=|=)\s*(.*)$`)
	entry    = regexp.MustCompile(`(?m)^(?:menu)?config[ \t]+(\w+)[ \t]*$`)
)

// Needs reads in the Makefiles of a tree which symbols choose a C file: those of its
// object, of what that is linked into, and of the folders above. known is false where the
// Makefiles do not tell.
func Needs(read Reader, file string) (symbols []string, known bool) {
	dir, base := path.Split(file)
	dir = strings.TrimSuffix(dir, "/")
	object := strings.TrimSuffix(base, ".c") + ".o"
	symbols, known = chosen(read, dir, object, 0)
	if !known {
		return nil, false
	}
	for d := dir; d != "." && d != ""; d = path.Dir(d) {
		up := path.Dir(d)
		s, ok := folder(read, up, path.Base(d))
		if ok && s != "" {
			symbols = append(symbols, s)
		}
	}
	slices.Sort(symbols)
	return slices.Compact(symbols), true
}

// line is one assignment of a Makefile.
type line struct {
	left, symbol string
	words        []string
}

func lines(read Reader, dir string) (out []line) {
	text := read(path.Join(dir, "Kbuild"))
	if text == "" {
		text = read(path.Join(dir, "Makefile"))
	}
	text = strings.ReplaceAll(text, "\\\n", " ")
	for l := range strings.Lines(text) {
		l, _, _ = strings.Cut(l, "#")
		if m := assigned.FindStringSubmatch(strings.TrimRight(l, "\n")); m != nil {
			out = append(out, line{m[1], m[2], strings.Fields(m[4])})
		}
	}
	return out
}

// chosen follows an object to what it is linked into.
func chosen(read Reader, dir, object string, depth int) ([]string, bool) {
	if depth > 4 {
		return nil, false
	}
	for _, l := range lines(read, dir) {
		if !slices.Contains(l.words, object) {
			continue
		}
		var own []string
		if l.symbol != "" {
			own = append(own, l.symbol)
		}
		if l.left == "obj" || l.left == "lib" {
			return own, true
		}
		if up, ok := chosen(read, dir, l.left+".o", depth+1); ok {
			return append(own, up...), true
		}
	}
	return nil, false
}

// folder is the symbol that chooses a folder in the Makefile above it.
func folder(read Reader, up, name string) (string, bool) {
	for _, l := range lines(read, up) {
		if l.left == "obj" && slices.Contains(l.words, name+"/") {
			return l.symbol, true
		}
	}
	return "", false
}

// Depends is what the entry of a symbol in the Kconfig files above a folder depends on.
func Depends(read Reader, dir, symbol string) string {
	for d := dir; ; d = path.Dir(d) {
		if d == "." {
			d = ""
		}
		text := read(path.Join(d, "Kconfig"))
		for _, m := range entry.FindAllStringSubmatchIndex(text, -1) {
			if text[m[2]:m[3]] != symbol {
				continue
			}
			var all []string
			for l := range strings.Lines(text[m[1]:]) {
				l = strings.TrimRight(l, "\n")
				if l != "" && l[0] != '\t' && l[0] != ' ' {
					break
				}
				if on, ok := strings.CutPrefix(strings.TrimSpace(l), "depends on "); ok {
					all = append(all, on)
				}
			}
			return strings.Join(all, " && ")
		}
		if d == "" {
			return ""
		}
	}
}

// Unreachable says why a configuration builds nothing of a C file, "" when it does or the
// Makefiles do not tell. config is the text of a .config.
func Unreachable(read Reader, config, file string) string {
	symbols, known := Needs(read, file)
	if !known {
		return ""
	}
	for _, s := range symbols {
		if strings.Contains(config, "\nCONFIG_"+s+"=y\n") || strings.Contains(config, "\nCONFIG_"+s+"=m\n") {
			continue
		}
		if on := Depends(read, path.Dir(file), s); on != "" {
			return fmt.Sprintf("CONFIG_%s is not set; it depends on %s", s, on)
		}
		return fmt.Sprintf("CONFIG_%s is not set", s)
	}
	return ""
}

// unreachable asks the tree that is written out.
func (t *tree) unreachable(file string) string {
	if alien(file) {
		return "it is for another architecture than this machine's"
	}
	read := func(p string) string {
		data, err := os.ReadFile(filepath.Join(t.src, filepath.FromSlash(p)))
		if err != nil {
			return ""
		}
		return string(data)
	}
	return Unreachable(read, "\n"+read(".config"), file)
}

// object is what make calls the object of a C file. Some folders have no rules of their own
// and are made by a neighbour's Makefile that reads theirs, with its flags: amdgpu/ makes
// amdgpu/../display/dc/core/dc.o.
func (t *tree) object(file string) string {
	object := strings.TrimSuffix(file, ".c") + ".o"
	read := func(dir string) string {
		for _, name := range []string{"Kbuild", "Makefile"} {
			if data, err := os.ReadFile(filepath.Join(t.src, filepath.FromSlash(dir), name)); err == nil {
				return string(data)
			}
		}
		return ""
	}
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if rules.MatchString(read(dir)) {
			return object
		}
		up := path.Dir(dir)
		beside, err := os.ReadDir(filepath.Join(t.src, filepath.FromSlash(up)))
		if err != nil {
			return object
		}
		for _, e := range beside {
			text := read(path.Join(up, e.Name()))
			if e.IsDir() && rules.MatchString(text) && strings.Contains(text, "../") && strings.Contains(text, "\ninclude ") {
				return path.Join(up, e.Name()) + "/.." + strings.TrimPrefix(object, up)
			}
		}
	}
	return object
}

// rules says what to make in a folder.
var rules = regexp.MustCompile(`(?m)^\s*(?:obj|lib)-\S+\s*(?:\+=|:=|=)`)
