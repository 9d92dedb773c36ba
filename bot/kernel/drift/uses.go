package drift

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Place is a line of a file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// use is a place where the driver uses a name.
type use struct {
	Place
	region region
	args   int // of a call; -1: it is none
}

// driver is what a driver uses, and what it brings along.
type driver struct {
	names    map[string][]use // but for members and tags
	members  map[string][]use
	tags     map[string][]use
	configs  map[string][]use
	includes map[string][]use
	files    map[string][]string // of each file, what it includes for the first kernel
	sight    *sight
	own      map[string][]use // names that it declares itself
}

func newDriver() *driver {
	return &driver{names: map[string][]use{}, members: map[string][]use{}, tags: map[string][]use{},
		configs: map[string][]use{}, includes: map[string][]use{}, files: map[string][]string{}, own: map[string][]use{}}
}

// readDriver reads the files of a driver.
func readDriver(ctx context.Context, t Tree, folder string, versions [2]int) (*driver, error) {
	d := newDriver()
	paths, err := t.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		name := path.Base(p)
		switch {
		case strings.HasSuffix(p, ".c") || strings.HasSuffix(p, ".h"):
			data, err := t.Read(ctx, p)
			if err != nil {
				return nil, err
			}
			d.source(p, scan(data, versions))
		case name == "Makefile" || name == "Kbuild" || strings.HasPrefix(name, "Kconfig"):
			data, err := t.Read(ctx, p)
			if err != nil {
				return nil, err
			}
			d.build(p, string(data))
		}
	}
	return d, nil
}

// source reads one file.
func (d *driver) source(file string, s *scanned) {
	d.files[file] = nil
	for _, i := range s.includes {
		if !i.local {
			d.includes[i.path] = append(d.includes[i.path], use{Place{file, int(i.line)}, s.regions[i.region], -1})
		}
		if s.regions[i.region].state[0] != no {
			d.files[file] = append(d.files[file], i.path)
		}
	}
	d.declares(declarations(file, s), s)
	d.tokens(file, s.tokens, s.regions)
	for _, x := range s.asked {
		d.tokens(file, []token{x}, s.regions)
	}
	for _, m := range s.defines {
		d.own[m.name] = append(d.own[m.name], use{Place{file, int(m.line)}, s.regions[m.region], -1})
		d.tokens(file, m.body, s.regions)
	}
}

// declares takes note of what the driver has itself. A prototype is no definition: what it
// only names may be the kernel's.
func (d *driver) declares(all []decl, s *scanned) {
	type spot struct {
		line int32
		name string
	}
	regions := map[spot]int32{} // of the first of a name in a line
	for _, t := range s.tokens {
		if _, ok := regions[spot{t.line, t.text}]; !ok && t.kind == word {
			regions[spot{t.line, t.text}] = t.region
		}
	}
	for _, x := range all {
		at, ok := regions[spot{x.line, x.name}]
		if !ok || x.kind == Macro || x.kind == Variable || x.kind == Function && !x.inline {
			continue
		}
		name := x.name
		if x.kind == Struct || x.kind == Enum {
			name = x.kind + " " + x.name
		}
		d.own[name] = append(d.own[name], use{Place{x.file, int(x.line)}, s.regions[at], -1})
	}
}

// tokens reads what is used.
func (d *driver) tokens(file string, t []token, regions []region) {
	for i, x := range t {
		if x.kind != word {
			continue
		}
		u := use{Place{file, int(x.line)}, regions[x.region], -1}
		before := ""
		if i > 0 {
			before = t[i-1].text
		}
		switch {
		case strings.HasPrefix(x.text, "CONFIG_"):
			d.configs[x.text] = append(d.configs[x.text], u)
		case before == "->" || before == "." && (i < 2 || t[i-2].text != "."):
			d.members[x.text] = append(d.members[x.text], u)
		case before == "struct" || before == "union" || before == "enum":
			d.tags[x.text] = append(d.tags[x.text], u)
		default:
			if i+1 < len(t) && t[i+1].text == "(" {
				end := closing(t, i+1)
				u.args = len(split(t[i+2 : max(end-1, i+2)]))
			}
			d.names[x.text] = append(d.names[x.text], u)
		}
	}
}

// build reads a makefile or a Kconfig.
func (d *driver) build(file, text string) {
	d.files[file] = nil
	kconfig := strings.HasPrefix(path.Base(file), "Kconfig")
	n := 0
	for line := range strings.Lines(text) {
		n++
		u := use{Place{file, n}, region{}, -1}
		fields := strings.FieldsFunc(line, func(c rune) bool { return c != '_' && (c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z') })
		if !kconfig {
			for _, f := range fields {
				if strings.HasPrefix(f, "CONFIG_") {
					d.configs[f] = append(d.configs[f], u)
				}
			}
			continue
		}
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "config", "menuconfig":
			d.own["CONFIG_"+fields[1]] = append(d.own["CONFIG_"+fields[1]], u)
		case "depends", "select", "imply":
			for _, f := range fields[1:] {
				if strings.ToUpper(f) == f && len(f) > 1 {
					d.configs["CONFIG_"+f] = append(d.configs["CONFIG_"+f], u)
				}
			}
		}
	}
}

// counts are the uses under conditions that the first kernel meets.
func counts(in []use) []use {
	out := slices.DeleteFunc(slices.Clone(in), func(u use) bool { return u.region.state[0] == no })
	slices.SortFunc(out, func(a, b use) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return out
}

// Covered says whether the driver's own conditions see to a change.
type Covered string

// How far.
const (
	Uncovered Covered = "no"
	Covers    Covered = "yes"
	Perhaps   Covered = "perhaps" // a condition that only a build can answer
)

// covered reports whether conditions leave all uses out for the second kernel, and which.
func (d *driver) covered(name string, uses []use) (Covered, string) {
	var seen func(file string) bool // by a file that uses it
	for _, u := range d.own[name] {
		if u.region.probe == "" || u.region.state[1] == no {
			continue
		}
		if seen == nil {
			seen = d.seenIn(uses)
		}
		if !seen(u.File) {
			continue
		}
		how := Covers
		if u.region.state[1] == perhaps {
			how = Perhaps
		}
		return how, u.region.probe + " (" + u.String() + " has its own)"
	}
	out, by := Covers, ""
	for _, u := range uses {
		switch r := u.region; {
		case r.state[1] == no:
		case r.probe != "" && r.state[1] == perhaps:
			out = Perhaps
		default:
			return Uncovered, ""
		}
		if by == "" {
			by = u.region.probe + " (" + Place{u.File, int(u.region.line)}.String() + ")"
		}
	}
	return out, by
}
