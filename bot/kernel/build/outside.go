package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	goesOn = regexp.MustCompile(`\\[ \t\f\v]*\n`)
	joints = regexp.MustCompile(`"\s*"`) // of strings, which the compiler makes one
	// directive is one of the preprocessor that reads a file, and what it names.
	directive = regexp.MustCompile(`^(?:#|%:)\s*(include|include_next|import|embed)\b\s*(.*)`)
	// asked is whether there is a file.
	asked = regexp.MustCompile(`\b__has_(?:include|include_next|embed)\s*\(\s*(.*)`)
	// assembled reads one in assembler, or in a string for it.
	assembled = regexp.MustCompile(`\.(?:incbin\b|include\b[\s\\]*")`)
	programs  = regexp.MustCompile(`(?m)^[ \t]*(?:hostprogs|userprogs)[^\s:+?=]*\s*[:+?]?=(.*)$`)
	linked    = regexp.MustCompile(`(?m)^[ \t]*([\w-]+)-(?:objs|cxxobjs)\s*[:+?]?=(.*)$`)
)

// outside is the first line of a file that reads what is not in the tree, or of which only
// the compiler can say what it reads; "" when there is none. What is included from beside
// is looked for by strays.
func outside(f File) string {
	for name, line := range reads(f.Data) {
		if name == "" || path.IsAbs(name) || strings.HasPrefix(path.Join(path.Dir(f.Path), name), "../") {
			return line
		}
	}
	return ""
}

// reads are the files that a text of C or assembler reads, with their lines; "" for one
// that it computes, or reads as data.
func reads(data []byte) func(yield func(name, line string) bool) {
	return func(yield func(name, line string) bool) {
		text := goesOn.ReplaceAllString(strings.ReplaceAll(string(data), "\r", ""), "")
		for line := range strings.Lines(joints.ReplaceAllString(text, "")) {
			if assembled.MatchString(line) && !yield("", strings.TrimSpace(line)) {
				return
			}
		}
		// With its comments, too: what this takes for one the compiler may not.
		for n, text := range []string{text, uncommented(text)} {
			for line := range strings.Lines(text) {
				line = strings.TrimSpace(line)
				for _, found := range []*regexp.Regexp{directive, asked} {
					m := found.FindStringSubmatch(line)
					if m == nil {
						continue
					}
					name := named(m[len(m)-1])
					switch {
					case m[1] == "embed":
						name = ""
					case name == "" && n == 0:
						continue // prose of a comment
					}
					if !yield(name, line) {
						return
					}
				}
			}
		}
	}
}

// uncommented is a text of C without its comments.
func uncommented(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		end := i + 1
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "/*"):
			b.WriteByte(' ')
			n := strings.Index(text[i+2:], "*/")
			if n < 0 {
				return b.String()
			}
			i += n + 4
			continue
		case strings.HasPrefix(text[i:], "//"):
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return b.String()
			}
			i += n
			continue
		case c == '"' || c == '\'':
			for end < len(text) && text[end] != c && text[end] != '\n' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
		}
		b.WriteString(text[i:end])
		i = end
	}
	return b.String()
}

// named is the file that a directive names, "" where only the compiler can say which.
func named(rest string) string {
	if rest == "" || rest[0] != '<' && rest[0] != '"' {
		return ""
	}
	end := strings.IndexByte(rest[1:], map[byte]byte{'<': '>', '"': '"'}[rest[0]])
	if end < 0 {
		return ""
	}
	name := rest[1 : 1+end]
	if strings.Contains(name, "/*") || strings.Contains(name, "//") {
		return "" // no comment for the compiler
	}
	return name
}

// program says which file of a change is of a program that the build itself runs.
func (t *tree) program(files []File) string {
	for _, f := range files {
		base := path.Base(f.Path)
		for _, name := range []string{"Makefile", "Kbuild"} {
			data, err := os.ReadFile(filepath.Join(t.src, filepath.FromSlash(path.Join(path.Dir(f.Path), name))))
			if err != nil || !strings.HasSuffix(base, ".c") {
				continue
			}
			text := strings.ReplaceAll(string(data), "\\\n", " ")
			all := map[string]bool{}
			for _, m := range programs.FindAllStringSubmatch(text, -1) {
				for _, p := range strings.Fields(m[1]) {
					all[p+".c"] = true
				}
			}
			for _, m := range linked.FindAllStringSubmatch(text, -1) {
				if all[m[1]+".c"] {
					all[base] = all[base] || slices.Contains(strings.Fields(m[2]), strings.TrimSuffix(base, ".c")+".o")
				}
			}
			if all[base] {
				return f.Path + " is of a program that the build runs; that is not run for a patch"
			}
		}
	}
	return ""
}

// strays says which file a change includes by a path that leads up further than one folder
// and to nothing beside the file that includes it: the compiler looks for it from its other
// folders, and there the path may lead out of the tree.
func (t *tree) strays(files []File) string {
	for _, f := range files {
		for name, line := range reads(f.Data) {
			to := path.Join(path.Dir(f.Path), name)
			if !strings.HasPrefix(path.Clean(name), "../../") || slices.ContainsFunc(files, func(o File) bool { return o.Path == to }) {
				continue
			}
			if !t.has(to) {
				return fmt.Sprintf("%s includes what is not in the tree: %.200q", f.Path, line)
			}
		}
	}
	return ""
}

// has reports whether a place is a file of the tree, wherever links lead.
func (t *tree) has(place string) bool {
	if !filepath.IsAbs(place) {
		place = filepath.Join(t.src, filepath.FromSlash(place))
	}
	to, err := filepath.EvalSymlinks(place)
	top, also := filepath.EvalSymlinks(t.src)
	if errors.Join(err, also) != nil || !strings.HasPrefix(to, top+string(filepath.Separator)) {
		return false
	}
	info, err := os.Stat(to)
	return err == nil && info.Mode()&fs.ModeType == 0
}

// maxLine bounds a line that is told.
const maxLine = 400

var (
	place    = regexp.MustCompile(`^([^\s:]+):\d+:`)
	maker    = regexp.MustCompile(`^make(\[\d+\])?: \*\*\*`)
	compiler = regexp.MustCompile(`^[\w.+-]+: (?:internal compiler error|fatal error|error): `)
)

// told keeps of what compiling a stranger's text said what is about a place in the tree,
// and what make and the compiler say of themselves. A text may have them say what stands
// in other files: by an excerpt, or as an error in it.
func (t *tree) told(out string) string {
	var b strings.Builder
	known := map[string]bool{}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if m := place.FindStringSubmatch(line); m != nil {
			in, asked := known[m[1]]
			if !asked {
				in = t.has(m[1])
				known[m[1]] = in
			}
			if !in {
				continue
			}
		} else if !maker.MatchString(line) && !compiler.MatchString(line) {
			continue
		}
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + "…"
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
