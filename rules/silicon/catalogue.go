package silicon

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/stablebot/stablebot/rules/release"
)

// The kinds of the JSON contract.
const (
	KindChip     = "chip"     // one die, or the boards sold with it
	KindPlatform = "platform" // a processor or SoC whose unit carries the name
	KindIPBlock  = "ip-block" // one version of a block that several chips share
	KindFamily   = "family"   // all chips of one generation
	KindDriver   = "driver"   // the common code of all its chips
	KindLibrary  = "library"  // code that the drivers of a subsystem share: its hardware is theirs
	KindBoard    = "board"    // a device tree
	KindDevice   = "device"   // one device or machine, by the ID that a patch writes
)

// Entry is one row of the catalogue.
type Entry struct {
	Name string `json:"name"` // unique within each of its drivers
	// Drivers serve it, the one to report first. Its identifiers are only
	// recognised in their files.
	Drivers  []string  `json:"drivers"`
	Kind     string    `json:"kind"`
	State    State     `json:"state"`
	Since    string    `json:"since,omitempty"`    // first mainline release with support
	Enabled  string    `json:"enabled,omitempty"`  // first one without force_probe, when later
	Launched string    `json:"launched,omitempty"` // "2024-03-06" or "2024-03"
	Parent   string    `json:"parent,omitempty"`   // name of an entry of the same driver
	Patterns []Pattern `json:"match"`
	Source   string    `json:"source"` // where the facts can be checked
}

// Pattern is one way to recognise an entry: how, and what.
type Pattern struct{ How, What string }

// MarshalText writes a pattern as the catalogue does.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.How + ":" + p.What), nil }

// The ways to recognise. README.md says which to use when.
const (
	byPath  = "path"  // a directory with its final slash, or one file
	bySeg   = "seg"   // a word of a path below the driver's directory, or its beginning up to "_"
	byID    = "id"    // a whole identifier
	byPre   = "pre"   // an identifier, or its beginning up to "_"; in paths too
	byVer   = "ver"   // a version check: "gc:11.0.3", "display:14"
	byPCI   = "pci"   // a PCI device ID, four hex digits
	byOF    = "of"    // a compatible string
	byWord  = "word"  // a word or phrase of title or message, "_" for a space
	byTitle = "title" // the same, in the title alone
	byNew   = "new"   // a form of name; what no other pattern knows is Unknown: "gfx_v#"
)

// Catalogue is an immutable set of entries with its index; it may be used by
// any number of goroutines.
type Catalogue struct {
	entries []Entry
	blocks  map[int][]Block // of an entry
	table   *DriverTable    // of all drivers, nil for none
	ix      index
}

// Entries lists the catalogue in file order. The caller must not change it.
func (c *Catalogue) Entries() []Entry { return c.entries }

//go:embed *.tsv blocks/*.tsv
var embedded embed.FS

var builtin = sync.OnceValue(func() *Catalogue {
	c, err := Load(embedded)
	if err != nil {
		panic("silicon: the built-in catalogue is broken: " + err.Error()) // held by a test
	}
	return c.WithDrivers(builtinDrivers())
})

// Default is the built-in catalogue with the built-in table of all drivers,
// parsed on first use, or the table that Use put in its place.
func Default() *Catalogue {
	if c := chosen.Load(); c != nil {
		return c
	}
	return builtin()
}

var chosen atomic.Pointer[Catalogue]

// Use makes Default have another table of all drivers; nil is the built-in one
// again. A program calls it once, before it judges.
func Use(t *DriverTable) {
	if t == nil {
		chosen.Store(nil)
		return
	}
	chosen.Store(builtin().WithDrivers(t))
}

// WithDrivers returns the catalogue with another table of all drivers, nil for
// none: then it knows its own drivers alone.
func (c *Catalogue) WithDrivers(t *DriverTable) *Catalogue {
	with := *c
	with.table = t
	return &with
}

// Drivers is the table of all drivers, nil for none.
func (c *Catalogue) Drivers() *DriverTable { return c.table }

// Load reads every *.tsv of fsys, in name order, into one catalogue, and what is on
// its chips from blocks/*.tsv. An error names the file and line.
func Load(fsys fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(fsys, "*.tsv")
	if err != nil {
		return nil, fmt.Errorf("silicon: list the catalogue: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("silicon: no *.tsv file in the catalogue's directory")
	}
	var entries []Entry
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("silicon: read the catalogue: %w", err)
		}
		if entries, err = parse(entries, name, string(text)); err != nil {
			return nil, err
		}
	}
	c, err := New(entries)
	if err != nil {
		return nil, err
	}
	return c, c.loadBlocks(fsys)
}

// New makes a catalogue of entries, for instance Default().Entries() with
// those that a tree added. It knows nothing of what is on a chip.
func New(entries []Entry) (*Catalogue, error) {
	c := &Catalogue{entries: entries}
	if err := c.ix.build(entries); err != nil {
		return nil, err
	}
	return c, nil
}

// Columns of a row, separated by one tab each.
const columns = "name\tdriver\tkind\tstate\tsince\tenabled\tlaunched\tparent\tmatch\tsource"

// nColumns is the number of columns.
const nColumns = 10

// parse appends the rows of one file. Empty lines and lines that begin with
// "#" are left out.
func parse(entries []Entry, name, text string) ([]Entry, error) {
	entries = slices.Grow(entries, strings.Count(text, "\n")+1)
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("silicon: %s:%d: %w", name, n, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func parseRow(line string) (Entry, error) {
	var col [nColumns]string
	for i := range col {
		var more bool
		col[i], line, more = strings.Cut(line, "\t")
		if more != (i < nColumns-1) {
			return Entry{}, fmt.Errorf("want %d columns (%s)", nColumns, strings.ReplaceAll(columns, "\t", ", "))
		}
	}
	e := Entry{
		Name: col[0], Kind: col[2], State: State(col[3]), Since: col[4],
		Enabled: col[5], Launched: col[6], Parent: col[7], Source: col[9],
	}
	if e.Name == "" || col[1] == "" {
		return e, fmt.Errorf("name or driver is empty")
	}
	e.Drivers = strings.Split(col[1], ",")
	e.Patterns = make([]Pattern, 0, 1+strings.Count(col[8], " "))
	for p := range strings.FieldsSeq(col[8]) {
		how, what, ok := strings.Cut(p, ":")
		if !ok || what == "" {
			return e, fmt.Errorf("%s: pattern %q is not of the form how:what", e.Name, p)
		}
		e.Patterns = append(e.Patterns, Pattern{how, what})
	}
	return e, e.check()
}

// check holds the forms; what needs all entries is checked by index.build.
func (e *Entry) check() error {
	switch e.Kind {
	case KindChip, KindPlatform, KindIPBlock, KindFamily, KindDriver: // the other kinds are never rows
	default:
		return fmt.Errorf("%s: kind %q is not one of chip, platform, ip-block, family, driver", e.Name, e.Kind)
	}
	switch e.State {
	case Production, PreProduction, Unknown:
	default:
		return fmt.Errorf("%s: state %q is not one of production, pre-production, unknown", e.Name, e.State)
	}
	for _, r := range []string{e.Since, e.Enabled} {
		if r != "" && !release.Is(r) {
			return fmt.Errorf("%s: %q is no release such as 6.11 or 2.6.39", e.Name, r)
		}
	}
	if e.Launched != "" && !isDay(e.Launched) {
		return fmt.Errorf("%s: launch date %q is not of the form 2024-03-06 or 2024-03", e.Name, e.Launched)
	}
	if e.Source == "" {
		return fmt.Errorf("%s: no source: say where its facts can be checked", e.Name)
	}
	if len(e.Patterns) == 0 {
		return fmt.Errorf("%s: nothing recognises it", e.Name)
	}
	return nil
}

func isDay(s string) bool {
	if len(s) != len("2006-01") && len(s) != len("2006-01-02") {
		return false
	}
	for i := range len(s) {
		if dash := i == 4 || i == 7; dash != (s[i] == '-') || !dash && !isDigit(s[i]) {
			return false
		}
	}
	return s[5:7] >= "01" && s[5:7] <= "12" && (len(s) == 7 || s[8:] >= "01" && s[8:] <= "31")
}
