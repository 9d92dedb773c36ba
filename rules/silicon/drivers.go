package silicon

import (
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Role says what a module is to the hardware of its users.
type Role string

// The roles of a driver.
const (
	Hardware Role = "hardware" // drives devices of a bus, or registers without one
	Library  Role = "library"  // serves the drivers of a subsystem that drives hardware
	Software Role = "software" // makes devices of its own and drives none
	Core     Role = "core"     // serves the kernel
)

// Driver is one module, or one object that is always built, of a kernel tree.
type Driver struct {
	Name   string `json:"name"`   // of the module, as its Makefile writes it
	Folder string `json:"folder"` // of that Makefile, or the top folder that holds this driver alone
	Role   Role   `json:"role"`
	// Files are its sources and the headers that nobody else includes. A folder
	// ends in a slash and holds this driver alone.
	Files       []string `json:"files"`
	Symbol      string   `json:"symbol,omitempty"` // of Kconfig, without CONFIG_
	Buses       []string `json:"buses,omitempty"`  // with a table of devices
	NoTable     []string `json:"no_table,omitempty"`
	Makes       string   `json:"makes,omitempty"`       // of Software: the call that makes its device
	Maintainers string   `json:"maintainers,omitempty"` // title of its MAINTAINERS entry
	// Since is the first release with it, when the release before it was read
	// too. Else After and By bound it: After lacks it, By has it. All are empty
	// for what the oldest release that was read has already.
	Since string `json:"since,omitempty"`
	After string `json:"after,omitempty"`
	By    string `json:"by,omitempty"`
	// Until is the newest release that has it, when a newer one that was read has not.
	Until string `json:"until,omitempty"`
}

// ID is one device ID and the drivers whose tables have it.
type ID struct {
	Bus, ID string
	Drivers []int // indices
}

// DriverTable answers which driver a file belongs to. It is the text that
// EncodeDrivers writes, and is searched where it stands: nothing of it is
// copied at start but where its folders begin. It is immutable.
type DriverTable struct {
	text     string
	releases []string
	titles   []string
	folders  map[string]section
	subs     map[string]subsystem
	rows     []rowAt                  // in the order of the text, but for those that begin with "@"
	ids      func() map[string]string // bus → lines, sorted

	once  sync.Once
	moved map[string][]rowAt // file name → rows of folders that several drivers share
	named map[string][]rowAt // Kconfig symbol → rows
}

// section is the part of the text with a folder's rows.
type section struct{ from, to int32 }

// rowAt is a row and the folder that it stands in.
type rowAt struct {
	folder string
	at     int32
}

type subsystem struct{ hardware, other int32 }

//go:embed drivers.txt
var driversText string

//go:embed ids.txt.gz
var idsText string

var builtinDrivers = sync.OnceValue(func() *DriverTable {
	t, err := LoadDrivers(driversText, func() (string, error) { return Unzip(idsText) })
	if err != nil {
		panic("silicon: the built-in table of drivers is broken: " + err.Error()) // held by a test
	}
	return t
})

// The text of a table. Lines that begin with "#" are comments.
//
//	!releases 6.1 6.12
//	!maintainer TITLE            one line each; rows name them by number, from 1
//	/drivers/net/usb             a folder; its rows follow
//	name TAB symbol TAB role TAB maintainer TAB since TAB files
//	@number TAB files            files here of a driver that has its row elsewhere
//
// Rows are numbered from 0, without those that begin with "@". A row without a
// name gathers libraries of one file each; the folder's name is theirs. In
// symbol, "^" stands for the name in capitals.
// role is "pci,of" for a driver with tables of these buses, "+platform" for one
// without a table, "=" for a library, "~call" for software, "-" for the core.
// files are names below the folder; none means the name of the driver with
// ".c" or ".h", in which "-" and "_" are one; "*" means the whole folder, "."
// no file of it.
// since is "6.5", or "6.1<6.12" for after 6.1 and by 6.12; after a comma "6.1!":
// the releases after 6.1 have it no more.
// IDs stand in a text of their own: a bus, "%of", then id TAB folder/name, by id.
const (
	lineRelease, lineMaintainer = "!releases ", "!maintainer "
)

// LoadDrivers makes a table of its text.
// IDs gives the text of EncodeIDs when it is first asked for; nil for none.
func LoadDrivers(text string, ids func() (string, error)) (*DriverTable, error) {
	t := &DriverTable{text: text, folders: make(map[string]section, 3000), subs: map[string]subsystem{}, rows: make([]rowAt, 0, len(text)/64)}
	t.ids = sync.OnceValue(func() map[string]string { return idSections(ids) })
	folder, from := "", 0
	n := 0
	var sum subsystem
	shut := func(at int) {
		if folder != "" {
			t.folders[folder] = section{int32(from), int32(at)}
			top := topOf(folder)
			s := t.subs[top]
			t.subs[top] = subsystem{s.hardware + sum.hardware, s.other + sum.other}
			sum = subsystem{}
		}
	}
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n') + at
		if end < at {
			return nil, fmt.Errorf("silicon: the table of drivers is cut off: its last line has no end")
		}
		line, next := text[at:end], end+1
		n++
		switch {
		case line == "":
			return nil, fmt.Errorf("silicon: table of drivers, line %d is empty", n)
		case line[0] == '/':
			shut(at)
			folder, from = line[1:], next
		case line[0] == '#':
		case line[0] == '!':
			if rest, ok := strings.CutPrefix(line, lineMaintainer); ok {
				t.titles = append(t.titles, rest)
			} else if rest, ok := strings.CutPrefix(line, lineRelease); ok {
				t.releases = strings.Fields(rest)
			}
		case folder == "":
			return nil, fmt.Errorf("silicon: table of drivers, line %d: a row before the first folder", n)
		case line[0] != '@':
			t.rows = append(t.rows, rowAt{folder, int32(at)})
			sum.count(line)
		}
		at = next
	}
	shut(len(text))
	if len(t.folders) == 0 {
		return nil, fmt.Errorf("silicon: the table of drivers has no folder")
	}
	return t, nil
}

// idSections cuts the IDs by bus. IDs that cannot be read are none: what hangs
// on them is then told by the path alone.
func idSections(ids func() (string, error)) map[string]string {
	out := map[string]string{}
	if ids == nil {
		return out
	}
	text, err := ids()
	if err != nil {
		return out
	}
	for text != "" {
		head, rest, _ := strings.Cut(text, "\n")
		end := strings.Index(rest, "\n%") + 1
		if end == 0 {
			end = len(rest)
		}
		out[strings.TrimPrefix(head, "%")] = rest[:end]
		text = rest[end:]
	}
	return out
}

// count notes whether a row is hardware's.
func (s *subsystem) count(line string) {
	i := strings.IndexByte(line, '\t') + 1
	j := strings.IndexByte(line[i:], '\t') + 1 + i
	if j == i || j >= len(line) {
		return
	}
	switch line[j] {
	case '=', '~', '-':
		s.other++
	case '\t':
	default:
		s.hardware++
	}
}

// topOf is the folder of a subsystem: drivers/x, sound, arch/x.
func topOf(folder string) string {
	a, rest, ok := strings.Cut(folder, "/")
	if !ok || a == "sound" {
		return a
	}
	b, _, _ := strings.Cut(rest, "/")
	return folder[:len(a)+1+len(b)]
}

// Releases are those that the table was made of, oldest first.
func (t *DriverTable) Releases() []string { return t.releases }

// Newest is the newest of them, "" without any.
func (t *DriverTable) Newest() string {
	if len(t.releases) == 0 {
		return ""
	}
	return t.releases[len(t.releases)-1]
}

// row reads one row. Its strings are parts of the text.
func (t *DriverTable) row(folder, line string) Driver {
	var col [6]string
	for i := range col {
		col[i], line, _ = strings.Cut(line, "\t")
	}
	d := Driver{Name: col[0], Folder: folder, Symbol: longSymbol(col[0], col[1]), Role: Hardware}
	if d.Name == "" {
		d.Name = folder[strings.LastIndexByte(folder, '/')+1:]
	}
	switch role := col[2]; {
	case role == "=":
		d.Role = Library
	case role == "-":
		d.Role = Core
	case strings.HasPrefix(role, "~"):
		d.Role, d.Makes = Software, role[1:]
	case strings.HasPrefix(role, "+"):
		d.NoTable = strings.Split(role[1:], ",")
	default:
		d.Buses = strings.Split(role, ",")
	}
	if n := atoi(col[3]); n > 0 && n <= len(t.titles) {
		d.Maintainers = t.titles[n-1]
	}
	since, until, _ := strings.Cut(col[4], ",")
	d.Until = strings.TrimSuffix(until, "!")
	if after, by, ok := strings.Cut(since, "<"); ok {
		d.After, d.By = after, by
	} else {
		d.Since = since
	}
	for f := range strings.FieldsSeq(col[5]) {
		if f == "*" {
			d.Files = append(d.Files, folder+"/")
		} else {
			d.Files = append(d.Files, folder+"/"+f)
		}
	}
	if d.Files == nil {
		d.Files = []string{folder + "/" + d.Name + ".c"}
	}
	return d
}

func longSymbol(name, short string) string {
	if strings.IndexByte(short, '^') < 0 {
		return short
	}
	return strings.Replace(short, "^", upperName(name), 1)
}

func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// lines yields the rows of a folder.
func (t *DriverTable) lines(folder string, yield func(line string) bool) {
	sec, ok := t.folders[folder]
	if !ok {
		return
	}
	for text := t.text[sec.from:sec.to]; text != ""; {
		line, rest, _ := strings.Cut(text, "\n")
		if line != "" && line[0] != '#' && line[0] != '!' && !yield(line) {
			return
		}
		text = rest
	}
}

// All yields every driver in the order of the table.
func (t *DriverTable) All(yield func(Driver) bool) {
	for _, r := range t.rows {
		if !yield(t.rowOf(r)) {
			return
		}
	}
}

// Len is the number of drivers.
func (t *DriverTable) Len() int { return len(t.rows) }

// Unzip reads a text that gzip made shorter.
func Unzip(packed string) (string, error) {
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("silicon: device IDs: %w", err)
	}
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(r, maxIDText)); err != nil {
		return "", fmt.Errorf("silicon: device IDs: %w", err)
	}
	return b.String(), nil
}

// maxIDText bounds the IDs; today they are 1 MB.
const maxIDText = 16 << 20

// home finds a driver by its folder and name.
func (t *DriverTable) home(ref string) (Driver, bool) {
	i := strings.LastIndexByte(ref, '/')
	if i < 0 {
		return Driver{}, false
	}
	var d Driver
	found := false
	t.lines(ref[:i], func(line string) bool {
		if name, _, _ := strings.Cut(line, "\t"); name == ref[i+1:] {
			d, found = t.row(ref[:i], line), true
		}
		return !found
	})
	return d, found
}

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
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return out
		}
		from := strings.LastIndexByte(text[:at+i], '\n') + 1
		line, _, _ := strings.Cut(text[from:], "\n")
		if at = from + len(line); line[0] == '#' || line[0] == '!' {
			continue
		}
		if d, ok := t.names(folder, line, base, stem); ok {
			out = append(out, d)
		}
	}
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
				for f := range strings.FieldsSeq(files) {
					if f != "*" && strings.HasSuffix(f, ".c") {
						t.moved[f] = append(t.moved[f], where)
					}
				}
			}
		}
	})
}

func (t *DriverTable) rowOf(r rowAt) Driver {
	line, _, _ := strings.Cut(t.text[r.at:], "\n")
	return t.row(r.folder, line)
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

// Drives reports whether the subsystem that a folder belongs to drives hardware.
// One that is newer than the table may.
func (t *DriverTable) Drives(folder string) bool {
	s, known := t.subs[topOf(folder)]
	return s.hardware > 0 || !known && strings.HasPrefix(folder, "drivers/") || HardwareNet(folder)
}

// Knows reports whether a folder, or one above it within its subsystem, has
// drivers of the table.
func (t *DriverTable) Knows(folder string) bool {
	_, ok := t.folders[folder]
	return ok
}

// hardwareNear is the nearest folder, up to that of the subsystem, that has
// drivers of hardware.
func (t *DriverTable) hardwareNear(folder string) (bool, string) {
	for top := topOf(folder); ; {
		found := false
		t.lines(folder, func(line string) bool {
			_, rest, _ := strings.Cut(line, "\t")
			_, role, ok := strings.Cut(rest, "\t")
			found = line[0] != '@' && ok && role != "" && strings.IndexByte("=~-", role[0]) < 0
			return !found
		})
		if found {
			return true, folder
		}
		if folder == top {
			return false, folder
		}
		folder = folder[:strings.LastIndexByte(folder, '/')]
	}
}

// hasBelow reports whether a folder, or one below it, has drivers of the table.
func (t *DriverTable) hasBelow(folder string) bool {
	if t.Knows(folder) {
		return true
	}
	for f := range t.folders {
		if strings.HasPrefix(f, folder+"/") {
			return true
		}
	}
	return false
}

// ByID returns the drivers whose tables have a device ID: ByID("of",
// "qcom,sm8550-tlmm"), ByID("pci", "8086:1533"), ByID("acpi", "INT33C3").
func (t *DriverTable) ByID(bus, id string) []Driver {
	line := t.idFrom(bus, id)
	have, refs, _ := strings.Cut(line, "\t")
	if have != id {
		return nil
	}
	var out []Driver
	for ref := range strings.FieldsSeq(refs) {
		if d, ok := t.home(ref); ok {
			out = append(out, d)
		}
	}
	return out
}

// begins returns the first ID of a bus that begins so, "" for none.
func (t *DriverTable) begins(bus, prefix string) string {
	have, _, _ := strings.Cut(t.idFrom(bus, prefix), "\t")
	if !strings.HasPrefix(have, prefix) {
		return ""
	}
	return have
}

// idFrom finds the first line of a bus whose ID is not before id.
func (t *DriverTable) idFrom(bus, id string) string {
	text := t.ids()[bus]
	lo, hi := 0, len(text)
	for lo < hi {
		mid := (lo + hi) / 2
		from := strings.LastIndexByte(text[lo:mid], '\n') + lo + 1
		line, _, _ := strings.Cut(text[from:], "\n")
		if have, _, _ := strings.Cut(line, "\t"); have < id {
			lo = from + len(line) + 1
		} else {
			hi = from
		}
	}
	line, _, _ := strings.Cut(text[lo:], "\n")
	return line
}
