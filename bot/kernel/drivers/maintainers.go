package drivers

import (
	"path"
	"strings"
)

// maintainers finds the entry of MAINTAINERS that names a file most exactly.
type maintainers struct {
	exact map[string]string // file, or folder with its slash → title
	globs map[string][]glob // by the folder before the first wildcard
}

type glob struct{ pattern, title string }

func readMaintainers(text string) *maintainers {
	m := &maintainers{exact: map[string]string{}, globs: map[string][]glob{}}
	title := ""
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) < 2 {
			continue
		}
		if line[1] != ':' {
			if line[0] != ' ' && line[0] != '\t' && line[0] != '-' {
				title = strings.TrimSpace(line)
			}
			continue
		}
		f, ok := strings.CutPrefix(line, "F:")
		if f = strings.TrimSpace(f); !ok || f == "" {
			continue
		}
		if i := strings.IndexAny(f, "*?["); i >= 0 {
			dir := f[:strings.LastIndexByte(f[:i], '/')+1]
			m.globs[dir] = append(m.globs[dir], glob{strings.TrimSuffix(f, "/"), title})
			continue
		}
		if _, twice := m.exact[f]; !twice {
			m.exact[f] = title
		}
	}
	return m
}

// of is the title of the entry for a file: that of its own line, of a pattern,
// or of the nearest folder.
func (m *maintainers) of(file string) string {
	if m == nil {
		return ""
	}
	if t, ok := m.exact[file]; ok {
		return t
	}
	for dir := path.Dir(file) + "/"; ; {
		if t := longest(m.globs[dir], file, dir); t != "" {
			return t
		}
		if t, ok := m.exact[dir]; ok {
			return t
		}
		up := path.Dir(strings.TrimSuffix(dir, "/"))
		if up == "." {
			return ""
		}
		dir = up + "/"
	}
}

// longest is the title of the longest pattern for a file: "cs47l24*" goes before
// "cs*". A pattern of a folder takes all below it.
func longest(globs []glob, file, dir string) string {
	var best glob
	for _, g := range globs {
		if len(g.pattern) <= len(best.pattern) {
			continue
		}
		for p := file; len(p) >= len(dir); p = path.Dir(p) {
			if ok, _ := path.Match(g.pattern, p); ok {
				best = g
				break
			}
		}
	}
	return best.title
}
