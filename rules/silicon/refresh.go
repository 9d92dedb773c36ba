package silicon

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// What follows reads the lists that a kernel tree keeps itself, so that a
// catalogue can know hardware newer than this program. The functions are pure:
// who calls them opens the files and says which tree and release they are of.
// Nothing they return claims that a chip is on sale: the tables do not say.

// Limits on files of a stranger's tree. The largest today have 60 rows and
// 1,100 IDs.
const (
	maxRows   = 5000
	maxIDs    = 20000
	maxColumn = 200
)

// asicBlocks are the columns of the asic-info tables that the catalogue has
// blocks for, by how their heading begins.
var asicBlocks = []struct{ heading, block, name string }{
	{"DCN", "dcn", "DCN"}, {"GC", "gc", "GC"}, {"VCN", "vcn", "VCN"}, {"VCE", "vcn", "VCN"},
	{"SDMA", "sdma", "SDMA"}, {"MP0", "psp", "PSP"}, {"MP1", "smu", "SMU"},
}

// ReadASICTable reads Documentation/gpu/amdgpu/*asic-info-table.csv and
// returns one entry for each block version in it that have does not
// recognise yet. source says where the table is from. Versions in the
// table's other forms ("8", "VCE 3 / UVD 6", "--") are left out.
func ReadASICTable(r io.Reader, source string, have *Catalogue) ([]Entry, error) {
	sc := bufio.NewScanner(r)
	var heads []string
	var out []Entry
	known := func(key string) bool {
		if have != nil && have.ix.vers[key] != 0 {
			return true
		}
		return slices.ContainsFunc(out, func(e Entry) bool { return e.Patterns[0].What == key })
	}
	for n := 1; sc.Scan(); n++ {
		if n > maxRows {
			return out, fmt.Errorf("silicon: %s: more than %d rows: is this an asic-info table?", source, maxRows)
		}
		cols := strings.Split(sc.Text(), ",")
		if heads == nil {
			if !strings.HasPrefix(strings.TrimSpace(cols[0]), "Product Name") {
				return nil, fmt.Errorf("silicon: %s: the first line is not the heading of an asic-info table", source)
			}
			heads = cols
			continue
		}
		for i := 2; i < min(len(cols), len(heads)); i++ {
			h := strings.TrimSpace(heads[i])
			for _, b := range asicBlocks {
				if !strings.HasPrefix(h, b.heading) {
					continue
				}
				for v := range strings.SplitSeq(cols[i], "/") {
					v = strings.TrimPrefix(strings.TrimSpace(v), b.name+" ")
					key := b.block + ":" + v
					if !isVersion(v) || known(key) {
						continue
					}
					out = append(out, Entry{
						Name: b.name + " " + v, Drivers: []string{"amdgpu"}, Kind: KindIPBlock, State: Unknown,
						Patterns: []Pattern{{byVer, key}},
						Source:   source + ": " + clip(strings.TrimSpace(cols[0])),
					})
				}
				break
			}
		}
	}
	if err := sc.Err(); err != nil {
		return out, fmt.Errorf("silicon: read %s: %w", source, err)
	}
	return out, nil
}

// isVersion accepts three numbers, as IP discovery has them.
func isVersion(s string) bool {
	n := 0
	for p := range strings.SplitSeq(s, ".") {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
		n++
	}
	return n == 3
}

func clip(s string) string {
	if len(s) > maxColumn {
		s = s[:maxColumn]
	}
	return strings.ToValidUTF8(s, "")
}

// PCIList is one list of device IDs: "INTEL_MTL_IDS" and its IDs.
type PCIList struct {
	Name string
	IDs  []uint16
}

// ReadPCIIDs reads a header of the form of include/drm/intel/pciids.h: macros
// named INTEL_…_IDS whose lines hold MACRO__(0x7D40, …). Lists that only join
// other lists have no IDs of their own and are left out.
func ReadPCIIDs(r io.Reader, source string) ([]PCIList, error) {
	sc := bufio.NewScanner(r)
	var out []PCIList
	total := 0
	open := false
	for sc.Scan() {
		line := sc.Text()
		if rest, ok := strings.CutPrefix(line, "#define "); ok {
			name, _, _ := strings.Cut(rest, "(")
			name = strings.TrimSpace(name)
			if open = strings.HasSuffix(name, "_IDS") && isIdent(name) && len(name) <= maxToken; open {
				out = append(out, PCIList{Name: name})
			}
			continue
		}
		if !open {
			continue
		}
		for rest := line; ; {
			i := strings.Index(rest, "(0x")
			if i < 0 || len(rest) < i+7 {
				break
			}
			id, ok := hex16(rest[i+3 : i+7])
			rest = rest[i+7:]
			if !ok {
				continue
			}
			if total++; total > maxIDs {
				return nil, fmt.Errorf("silicon: %s: more than %d device IDs: is this a list of PCI IDs?", source, maxIDs)
			}
			last := &out[len(out)-1]
			last.IDs = append(last.IDs, id)
		}
		open = strings.HasSuffix(strings.TrimRight(line, " \t"), "\\")
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("silicon: read %s: %w", source, err)
	}
	return slices.DeleteFunc(out, func(l PCIList) bool { return len(l.IDs) == 0 }), nil
}

func hex16(s string) (uint16, bool) {
	var v uint16
	for i := range len(s) {
		c := lower[s[i]]
		switch {
		case isDigit(c):
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint16(c)
	}
	return v, true
}

// WithPCI returns the catalogue's entries with the IDs of the lists added to
// the entry that each list's name belongs to, and those lists, made Unknown
// entries of driver, whose name no entry recognises. A name belongs to the
// entry that has it as an identifier, whole or by its words: INTEL_MTL_H_IDS
// goes to the entry of "mtl".
func (c *Catalogue) WithPCI(lists []PCIList, driver, source string) []Entry {
	out := slices.Clone(c.entries)
	for _, l := range lists {
		at := c.listOwner(l.Name, driver)
		if at < 0 {
			out = append(out, Entry{
				Name: l.Name, Drivers: []string{driver}, Kind: KindPlatform, State: Unknown,
				Patterns: []Pattern{{byID, l.Name}}, Source: source,
			})
			at = len(out) - 1
		} else {
			out[at].Patterns = slices.Clip(out[at].Patterns)
		}
		for _, id := range l.IDs {
			p := Pattern{byPCI, fmt.Sprintf("%04x", id)}
			if !slices.Contains(out[at].Patterns, p) {
				out[at].Patterns = append(out[at].Patterns, p)
			}
		}
	}
	return out
}

func (c *Catalogue) listOwner(name, driver string) int {
	words := strings.Split(strings.ToLower(name), "_")
	for n := len(words) - 1; n >= 2; n-- { // INTEL_ and _IDS fall away
		for _, key := range []string{strings.Join(words[1:n], "_"), strings.Join(words[1:n], "")} {
			for r := c.ix.tokens[key]; r != 0; r = c.ix.refs[r-1].next {
				if e := c.ix.refs[r-1].entry; slices.Contains(c.entries[e].Drivers, driver) {
					return int(e)
				}
			}
		}
	}
	return -1
}
