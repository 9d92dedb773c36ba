package backport

import (
	"context"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// Where the code stands when it is not in the file of its name.

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
