package silicon

import (
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// What follows answers for all files that the catalogue's own drivers do not
// hold: by the table of all drivers, by what their paths say, and by the device
// IDs that a patch writes.

// maxOthers bounds what is told of one change by the table, and maxDevices the
// devices; a change of a whole subsystem touches hundreds of drivers.
const maxOthers, maxDevices = 12, 6

// extra are the matches of one change that the catalogue does not have.
type extra struct {
	devices []Match // named by an ID in an added line
	drivers []Match // and libraries
	boards  []Match
	unknown []Match
}

func (o *extra) count() int {
	return len(o.devices) + len(o.drivers) + len(o.boards) + len(o.unknown)
}

// put adds a match, or a recognition to the one of that name.
func put(list *[]Match, m Match, limit int) {
	for i := range *list {
		have := &(*list)[i]
		if have.Name == m.Name && have.Kind == m.Kind && have.Driver == m.Driver {
			for _, w := range m.Where {
				if len(have.Where) < maxWhere && !slices.Contains(have.Where, w) {
					have.Where = append(have.Where, w)
				}
			}
			return
		}
	}
	if len(*list) < limit {
		*list = append(*list, m)
	}
}

// other places a file that no driver of the catalogue holds.
func (m *matcher) other(f *gitdiff.File) {
	p := m.path
	m.devices(f, "")
	switch classOf(p) {
	case pathBoard:
		s := Production
		if f.IsNew {
			s = Unknown
		}
		put(&m.others.boards, Match{Name: boardName(p), Kind: KindBoard, State: s,
			Why: "a device tree describes a board", Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
		return
	case pathHardware:
	case pathCore:
		m.rust(p)
		return
	default:
		return
	}
	if m.table == nil {
		return
	}
	found, how := m.table.of(p)
	if how == byName && f.IsNew { // a driver of its own, perhaps
		found, how = nil, byNobody
	}
	if how == byNobody {
		if found = m.bySymbol(f); len(found) > 0 {
			how = byConfig
		}
	}
	if len(found) > maxOwners {
		m.shared(p, f)
		return
	}
	for i := range found {
		m.driverMatch(&found[i], p, how)
	}
	if len(found) == 0 {
		m.shared(p, f)
	}
}

// rust adds the library that the kernel's Rust code is for the drivers of a subsystem.
func (m *matcher) rust(p string) {
	if m.table == nil {
		return
	}
	if s := m.table.rustOf(p); s != "" {
		put(&m.others.drivers, Match{Name: s, Driver: s, Kind: KindLibrary, State: Production,
			Why: "the Rust library of the drivers of " + s, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	}
}

// driverMatch adds a driver or a library. What serves no hardware is none.
func (m *matcher) driverMatch(d *Driver, p string, how belongs) {
	out := Match{Name: d.Name, Driver: d.Name, State: Production, Since: d.Since, Why: d.Reason(), Config: d.Symbol,
		Where: []Where{{In: InPath, Text: p, File: p}}}
	switch how {
	case byFolder:
		out.Where[0].Text = d.Folder + "/"
	case byMove:
		out.Where[0].Text = "a file of this name was in " + d.Folder
	case byName:
		out.Where[0].Text = "named like a file of " + d.Name + " beside it"
		out.Since = "" // of the file
	case byConfig:
		out.Where[0].In, out.Where[0].Text = InConfig, "CONFIG_"+d.Symbol
	}
	switch d.Role {
	case Hardware:
		out.Kind, out.Name = KindDriver, ofMachine(d)
	case Library:
		out.Kind, out.Driver = KindLibrary, Subsystem(d.Folder)
	default:
		return
	}
	put(&m.others.drivers, out, maxOthers)
	m.devicesOf(d)
}

// ofMachine is the name of a driver, with that of the machines before it where it is code
// for those alone: "mach-acme/time", for "time" says nothing.
func ofMachine(d *Driver) string {
	parts := strings.Split(d.Folder, "/")
	if len(parts) > 2 && parts[0] == "arch" && (strings.HasPrefix(parts[2], "mach-") || strings.HasPrefix(parts[2], "plat-")) {
		return parts[2] + "/" + d.Name
	}
	return d.Name
}

// shared says what is known of a file that no driver of the table has for
// itself: a header among drivers is shared by them, other files are new.
func (m *matcher) shared(p string, f *gitdiff.File) {
	folder := path.Dir(p)
	switch {
	case strings.HasPrefix(p, "include/"):
		for _, h := range hardwareHeaders {
			if strings.HasPrefix(p, h.begins) {
				put(&m.others.drivers, Match{Name: h.subsystem, Driver: h.subsystem, Kind: KindLibrary, State: Production,
					Why: "a header of the drivers of " + h.subsystem, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
				return
			}
		}
		m.header(p)
		return
	case strings.HasPrefix(p, "arch/"):
		if strings.Contains(p, "/include/") {
			m.header(p)
		}
		if !m.machine(p, folder) {
			m.ofArch(p, f)
		}
		return
	case !m.table.Drives(folder):
		return
	}
	ext := path.Ext(p)
	build := ext != ".c" && ext != ".h" && ext != ".S" && ext != ".rs"
	known, near := m.table.hardwareNear(folder)
	if !known && m.table.Knows(folder) {
		known, near = true, folder
	}
	switch {
	case known && !f.IsNew && ext == ".h", build && m.table.hasBelow(folder):
		put(&m.others.drivers, Match{Name: Subsystem(folder), Driver: Subsystem(folder), Kind: KindLibrary, State: Production,
			Why: "shared by the drivers of " + near, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	default:
		m.newer(p, f)
	}
}

// header adds the driver that a header has the name of.
func (m *matcher) header(p string) {
	if d, ok := m.table.headerOf(p); ok {
		put(&m.others.drivers, Match{Name: d.Name, Driver: d.Name, Kind: KindDriver, State: Production, Config: d.Symbol,
			Why: "a header with the name of the driver in " + d.Folder, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	}
}

// folderMachines are the architectures that keep each machine in a folder right below
// their own (arch/mips/cavium-octeon), beside the archCommon ones.
var (
	folderMachines = map[string]bool{"mips": true, "m68k": true}
	archCommon     = map[string]bool{"kernel": true, "mm": true, "lib": true, "include": true, "boot": true, "configs": true, "net": true, "crypto": true,
		"kvm": true, "math-emu": true, "vdso": true, "power": true, "pci": true, "tools": true, "generic": true, "ifpsp060": true, "fpsp040": true, "emu": true}
)

// machine says which machines a file of an architecture is for, when its folder
// is of some; the rest is code of the processor.
func (m *matcher) machine(p, folder string) bool {
	parts := strings.Split(folder, "/")
	for i := 2; i < len(parts); i++ {
		name, at := parts[i], strings.Join(parts[:i+1], "/")
		if name == "platforms" || name == "platform" || name == "boards" {
			if i+1 == len(parts) {
				return false
			}
			name, at = parts[i+1], at+"/"+parts[i+1]
		} else if ofMachines := i == 2 && folderMachines[parts[1]] && m.table.Knows(at) && !archCommon[name]; !ofMachines &&
			!strings.HasPrefix(name, "mach-") && !strings.HasPrefix(name, "plat-") {
			continue
		}
		out := Match{Name: name, Driver: name, Kind: KindDriver, State: Unknown, Why: "code for machines, in a folder that the table does not know",
			Where: []Where{{In: InPath, Text: p, File: p}}}
		if m.table.Knows(at) {
			out.State, out.Why = Production, "code for the machines of "+at
			put(&m.others.drivers, out, maxOthers)
		} else {
			put(&m.others.unknown, out, maxOthers)
		}
		return true
	}
	return false
}

// bySymbol finds the drivers that a change of Kconfig or a Makefile is about.
func (m *matcher) bySymbol(f *gitdiff.File) []Driver {
	base := path.Base(m.path)
	kconfig := strings.HasPrefix(base, "Kconfig")
	if !kconfig && base != "Makefile" && base != "Kbuild" {
		return nil
	}
	var out []Driver
	note := func(symbol string) bool {
		for _, d := range m.table.BySymbol(symbol) {
			if strings.HasPrefix(d.Folder+"/", path.Dir(m.path)+"/") && len(out) <= maxOwners {
				out = append(out, d)
			}
		}
		return len(out) <= maxOwners
	}
	for _, frag := range f.TextFragments {
		for symbol := range touchedSymbols(frag, kconfig) {
			if !note(symbol) {
				return out
			}
		}
	}
	return out
}

// touchedSymbols yields the symbols whose entries a hunk changes.
func touchedSymbols(frag *gitdiff.TextFragment, kconfig bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		symbol := ""
		if kconfig {
			symbol = configEntry(frag.Comment)
		}
		for _, l := range frag.Lines {
			if s := configEntry(l.Line); s != "" && kconfig {
				symbol = s
			} else if !kconfig {
				if _, rest, ok := strings.Cut(l.Line, "$(CONFIG_"); ok {
					symbol, _, _ = strings.Cut(rest, ")")
				}
			}
			if l.Op != gitdiff.OpContext && symbol != "" && !yield(symbol) {
				return
			}
		}
	}
}

func configEntry(line string) string {
	for _, word := range []string{"config ", "menuconfig "} {
		if s, ok := strings.CutPrefix(line, word); ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

// result of the others, most specific first.
func (o *extra) append(out []Match) []Match {
	out = append(out, o.drivers...)
	out = append(out, o.unknown...)
	return append(out, o.boards...)
}
