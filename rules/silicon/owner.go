package silicon

import (
	"slices"
	"strings"
)

// How a file was found to belong to a driver, surest first.
type belongs uint8

const (
	byFile   belongs = iota // the table lists it
	byFolder                // the folder holds this driver alone
	byMove                  // a file of this name was in a neighbouring folder
	byName                  // its name begins like that of a file beside it
	byConfig                // its entry in Kconfig or a Makefile
	byNobody
)

// maxOwners of one file are told; code with more is shared.
const maxOwners = 4

// Of returns the drivers that a file belongs to; several when it is linked into
// several. It returns none for a file that the table does not place.
func (t *DriverTable) Of(path string) []Driver {
	out, _ := t.of(path)
	return out
}

func (t *DriverTable) of(path string) ([]Driver, belongs) {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return nil, byNobody
	}
	folder, base := path[:slash], path[slash+1:]
	if out := t.listed(folder, base); out != nil {
		return out, byFile
	}
	for f := folder; ; {
		if d, ok := t.owner(f); ok {
			return []Driver{d}, byFolder
		}
		i := strings.LastIndexByte(f, '/')
		if i < 0 {
			break
		}
		f = f[:i]
	}
	if out := t.movedFrom(folder, base); out != nil {
		return out, byMove
	}
	if d, ok := t.likeNamed(folder, base); ok {
		return []Driver{d}, byName
	}
	return nil, byNobody
}

// minTelling: a shorter name, such as core.c, tells nothing beyond its folder.
const minTelling = 10

// minAlike letters of a name say whose it is.
const minAlike = 4

// likeNamed finds the driver with the file whose name a new one beside it goes
// on from: xhci-sideband.c belongs to the driver of xhci.c.
func (t *DriverTable) likeNamed(folder, base string) (d Driver, ok bool) {
	stem, isCode := strings.CutSuffix(base, ".c")
	if !isCode {
		return d, false
	}
	best := minAlike - 1
	t.lines(folder, func(line string) bool {
		if line[0] == '@' {
			return true
		}
		name, rest, _ := strings.Cut(line, "\t")
		files := rest[strings.LastIndexByte(rest, '\t')+1:]
		if files == "" {
			files = name + ".c"
		}
		for f := range strings.FieldsSeq(files) {
			of, isCode := strings.CutSuffix(f, ".c")
			if isCode && len(of) > best && len(stem) > len(of) && (stem[len(of)] == '-' || stem[len(of)] == '_') && sameName(of, stem[:len(of)]) {
				d, ok, best = t.row(folder, line), true, len(of)
			}
		}
		return true
	})
	return d, ok
}

// listed are the drivers of a folder whose rows name a file. Only rows with the
// longest word of its name are looked at.
func (t *DriverTable) listed(folder, base string) (out []Driver) {
	stem := base
	if s, ok := strings.CutSuffix(base, ".c"); ok {
		stem = s
	} else if s, ok := strings.CutSuffix(base, ".h"); ok {
		stem = s
	}
	sec, ok := t.folders[folder]
	if !ok {
		return nil
	}
	text, word := t.text[sec.from:sec.to], longestWord(stem)
	if word == "" {
		return nil // ".c" is no driver's
	}
	for at := 0; at < len(text); {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return out
		}
		from := strings.LastIndexByte(text[:at+i], '\n') + 1
		line, _, _ := strings.Cut(text[from:], "\n")
		at = from + len(line) + 1 // behind its end, which a name may have in it
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		if d, ok := t.names(folder, line, base, stem); ok {
			out = append(out, d)
		}
	}
	return out
}

// longestWord of a name has no "-" or "_", which are one.
func longestWord(s string) string {
	best := ""
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '-' || r == '_' }) {
		if len(w) > len(best) {
			best = w
		}
	}
	if best == "" {
		return s
	}
	return best
}

// names tells whether a row names a file.
func (t *DriverTable) names(folder, line, base, stem string) (d Driver, ok bool) {
	if line[0] == '@' {
		ref, files, _ := strings.Cut(line[1:], "\t")
		if n := atoi(ref); hasWord(files, base) && n < len(t.rows) {
			return t.rowOf(t.rows[n]), true
		}
		return d, false
	}
	name, rest, _ := strings.Cut(line, "\t")
	files := rest[strings.LastIndexByte(rest, '\t')+1:]
	switch {
	case files == "*":
		return d, false
	case files != "" && hasWord(files, base):
	case len(stem) < len(base) && sameName(name, stem) && (files == "" || base[len(stem)+1] == 'h'):
	default:
		return d, false
	}
	return t.row(folder, line), true
}

// owner is the driver that a folder holds alone.
func (t *DriverTable) owner(folder string) (d Driver, ok bool) {
	t.lines(folder, func(line string) bool {
		if line[0] != '@' && strings.HasSuffix(line, "\t*") {
			d, ok = t.row(folder, line), true
		} else if ref, files, _ := strings.Cut(line[1:], "\t"); line[0] == '@' && files == "*" && atoi(ref) < len(t.rows) {
			d, ok = t.rowOf(t.rows[atoi(ref)]), true
		}
		return !ok
	})
	return d, ok
}

// sameName: the module snd-foo comes of snd_foo.c too.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if x, y := a[i], b[i]; x != y && (x != '-' && x != '_' || y != '-' && y != '_') {
			return false
		}
	}
	return true
}

func hasWord(list, word string) bool {
	if word == "" {
		return false
	}
	for at := 0; ; {
		i := strings.Index(list[at:], word)
		if i < 0 {
			return false
		}
		i += at
		if (i == 0 || list[i-1] == ' ') && (i+len(word) == len(list) || list[i+len(word)] == ' ') {
			return true
		}
		at = i + len(word)
	}
}

// lookup makes the indices that only strange files and Kconfig need.
func (t *DriverTable) lookup() {
	t.once.Do(func() {
		t.moved, t.named = map[string][]rowAt{}, map[string][]rowAt{}
		for folder, sec := range t.folders {
			for at := int(sec.from); at < int(sec.to); {
				line, _, _ := strings.Cut(t.text[at:sec.to], "\n")
				where := rowAt{folder, int32(at)}
				at += len(line) + 1
				if line == "" || line[0] == '@' || line[0] == '#' || line[0] == '!' {
					continue
				}
				name, rest, _ := strings.Cut(line, "\t")
				symbol, _, _ := strings.Cut(rest, "\t")
				if symbol = longSymbol(name, symbol); symbol != "" {
					t.named[symbol] = append(t.named[symbol], where)
				}
				files := line[strings.LastIndexByte(line, '\t')+1:]
				if files == "" {
					files = name + ".c"
				}
				named := name == ""
				for f := range strings.FieldsSeq(files) {
					if stem, ok := strings.CutSuffix(f, ".c"); ok {
						named = named || sameName(stem, name)
						t.moved[f] = append(t.moved[f], where)
					}
				}
				// wmi-camera.c makes lenovo-wmi-camera, and was called so elsewhere.
				if !named {
					t.moved[name+".c"] = append(t.moved[name+".c"], where)
				}
			}
		}
	})
}

// movedFrom finds the one driver whose file of this name stands in a folder
// above, below or beside: drivers move between folders of their subsystem.
func (t *DriverTable) movedFrom(folder, base string) []Driver {
	if !strings.HasSuffix(base, ".c") || !t.Drives(folder) {
		return nil
	}
	t.lookup()
	var near []rowAt
	all := t.moved[base]
	for _, r := range all {
		if beside(r.folder, folder) {
			near = append(near, r)
		}
	}
	// A name that there is once was carried further within its subsystem.
	if len(near) == 0 && len(all) == 1 && len(base) >= minTelling && topOf(all[0].folder) == topOf(folder) {
		near = all
	}
	if len(near) != 1 {
		return nil
	}
	return []Driver{t.rowOf(near[0])}
}

// beside: one folder holds the other, or both have one parent below the
// subsystem's own folder.
func beside(a, b string) bool {
	if strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/") {
		return true
	}
	up := func(s string) string { return s[:max(strings.LastIndexByte(s, '/'), 0)] }
	pa, pb := up(a), up(b)
	if pa == pb {
		return strings.Count(pa, "/") >= 1
	}
	return strings.Count(pa, "/") >= 2 && strings.HasPrefix(pb, pa+"/") || strings.Count(pb, "/") >= 2 && strings.HasPrefix(pa, pb+"/")
}

// BySymbol returns the drivers that a symbol of Kconfig chooses.
func (t *DriverTable) BySymbol(symbol string) []Driver {
	t.lookup()
	var out []Driver
	for _, r := range t.named[strings.TrimPrefix(symbol, "CONFIG_")] {
		out = append(out, t.rowOf(r))
	}
	slices.SortFunc(out, func(a, b Driver) int { return strings.Compare(a.Folder+"/"+a.Name, b.Folder+"/"+b.Name) })
	return out
}
