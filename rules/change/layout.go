package change

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Layout maps the paths of a repository onto the kernel's: its root may be a
// driver, or a package that has one in a folder. The zero value is the kernel's own
// layout.
type Layout struct {
	Moves []Move // the longest folder of the repository first
}

// Move says which folder of the kernel a folder of the repository stands for. Both
// are without a slash at the end; "" is the root.
type Move struct{ From, To string }

// ParseLayout reads what people write: "drivers/net/wireless/x" for the repository's
// root, "src=drivers/net/ethernet/x" for a folder of it, several with commas between
// them; "." is the root of either.
func ParseLayout(s string) (Layout, error) {
	var l Layout
	for part := range strings.SplitSeq(s, ",") {
		part = trimSpace(part)
		from, to, ok := strings.Cut(part, "=")
		if !ok {
			from, to = ".", part
		}
		m := Move{folder(from), folder(to)}
		if part == "" || to == "" || strings.HasPrefix(m.From, "/") || strings.HasPrefix(m.To, "/") || strings.HasPrefix(m.From, "..") || strings.HasPrefix(m.To, "..") {
			return Layout{}, fmt.Errorf("%q is no root; write the kernel's folder, drivers/net/x, or FOLDER=drivers/net/x for a folder of the repository", part)
		}
		if slices.ContainsFunc(l.Moves, func(have Move) bool { return have.From == m.From }) {
			return Layout{}, fmt.Errorf("the folder %q has two roots", m.From)
		}
		l.Moves = append(l.Moves, m)
	}
	l.sort()
	return l, nil
}

func folder(s string) string {
	if s = path.Clean(s); s == "." {
		return ""
	}
	return s
}

// sort brings the longest folder first: it is the one that counts.
func (l *Layout) sort() {
	slices.SortFunc(l.Moves, func(a, b Move) int {
		if n := len(b.From) - len(a.From); n != 0 {
			return n
		}
		return strings.Compare(a.From, b.From)
	})
}

// Kernel reports whether the layout is the kernel's own.
func (l Layout) Kernel() bool {
	return !slices.ContainsFunc(l.Moves, func(m Move) bool { return m.From != m.To })
}

// String writes the layout as ParseLayout reads it, "" for the kernel's own.
func (l Layout) String() string {
	var parts []string
	for _, m := range l.Moves {
		from, to := m.From, m.To
		if to == "" {
			to = "."
		}
		if from == "" {
			parts = append(parts, to)
		} else {
			parts = append(parts, from+"="+to)
		}
	}
	return strings.Join(parts, ",")
}

// Path is the kernel's path of a file of the repository, "" where it has none. What
// stands in a folder of code for older kernels, "compat", belongs to the package, and
// so does what is no source beside the driver: its readme, its Makefile.
func (l Layout) Path(name string) string {
	if len(l.Moves) == 0 {
		return name
	}
	if compat(name) {
		return ""
	}
	for _, m := range l.Moves {
		if rest, ok := below(name, m.From); ok {
			if m.To != "" && !source(rest) {
				return ""
			}
			return path.Join(m.To, rest)
		}
	}
	return ""
}

// source tells what the kernel is built of.
func source(name string) bool {
	switch path.Ext(name) {
	case ".c", ".h", ".S", ".rs":
		return true
	}
	return path.Base(name) == "Kconfig"
}

// Back is the repository's path of a file of the kernel, "" where it has none.
func (l Layout) Back(name string) string {
	if len(l.Moves) == 0 {
		return name
	}
	for _, m := range l.Moves {
		if rest, ok := below(name, m.To); ok {
			return path.Join(m.From, rest)
		}
	}
	return ""
}

// below cuts a folder off a path.
func below(name, folder string) (rest string, ok bool) {
	if folder == "" {
		return name, true
	}
	rest, ok = strings.CutPrefix(name, folder)
	if !ok || rest == "" || rest[0] != '/' {
		return "", false
	}
	return rest[1:], true
}

// compat tells the folders and files by which a package builds on older kernels:
// "compat/", "backport-include/", "kcompat.h", "kcompat_std_defs.h".
func compat(name string) bool {
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		if strings.Contains(part, "compat") && !strings.Contains(part, "compat_ioctl") || strings.HasPrefix(part, "backport-include") || strings.HasPrefix(part, "backport_include") {
			return true
		}
	}
	return false
}

// Place brings the change's paths into the kernel's layout. A file that is the
// package's own keeps its name below "(package)", so that it is taken for none of
// the kernel's.
func (c *Change) Place(l Layout) {
	if len(l.Moves) == 0 {
		return
	}
	place := func(name string) string {
		switch to := l.Path(name); {
		case name == "":
			return ""
		case to != "":
			return to
		}
		return "(package)/" + name
	}
	for _, f := range c.Files {
		f.OldName, f.NewName = place(f.OldName), place(f.NewName)
	}
	for i := range c.Paths {
		c.Paths[i] = place(c.Paths[i])
	}
	if len(c.Files) > 0 {
		c.Size = Measure(c.Files)
	}
}
