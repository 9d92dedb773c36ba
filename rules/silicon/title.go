package silicon

import (
	"path"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// A title may name hardware that no path of the change shows: a workaround for one
// SoC stands in code of all, a driver's header in a folder of headers. It is asked last.

// titleAlone reads the title of a change whose files showed no hardware. Documentation,
// bindings and tools stay what they are, whatever their title names.
func (m *matcher) titleAlone(ch *change.Change) {
	if m.table == nil || len(m.hits)+len(m.others.devices)+len(m.others.drivers)+len(m.others.boards) > 0 || !hasCode(ch) {
		return
	}
	title := ch.Subject
	if len(title) > maxTitle {
		title = title[:maxTitle]
	}
	m.driver = -1
	m.phrases(title, InTitle)
	n := 0
	for _, h := range m.hits { // a family's or a block's word is too common here
		if h.entry != noEntry && m.rank(&h) == 0 {
			m.hits[n] = h
			n++
		}
	}
	m.hits, m.where = m.hits[:n], nil
	m.socWords(title)
	m.driverWords(title)
	m.prefixes(title)
}

// hasCode: a file of the kernel itself, not of what is written about it or beside it.
func hasCode(ch *change.Change) bool {
	for _, f := range ch.Files {
		p := f.NewName
		if p == "" {
			p = f.OldName
		}
		switch path.Ext(p) {
		case ".c", ".h", ".S", ".rs":
			if class := classOf(p); class == pathCore || class == pathHardware {
				return true
			}
		}
	}
	return false
}

// minSoC: a shorter word is no name of a SoC; socParts is in how many compatible
// strings of the table the name must stand.
const minSoC, socParts = 5, 4

// titleWords yields the words of a title that have a letter and a digit, the first of
// them a letter, as names of chips have.
func titleWords(title string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(title, func(r rune) bool { return r != '_' && (r > 127 || lower[byte(r)] == 0) }) {
			if strings.ContainsAny(word, "0123456789") && !isDigit(word[0]) && !yield(word) {
				return
			}
		}
	}
}

// socWords finds the names of SoCs by the strings that begin with them: RK3588 by
// "rockchip,rk3588-…".
func (m *matcher) socWords(title string) {
	for word := range titleWords(title) {
		if len(word) < minSoC {
			continue
		}
		if part := m.table.soc(strings.ToLower(word)); part != "" {
			put(&m.others.devices, Match{Name: word, Kind: KindDevice, State: Production,
				Why:   "a SoC that the title names: drivers have compatible strings of its parts, such as " + part,
				Where: []Where{{In: InTitle, Text: word}}}, maxDevices)
		}
	}
}

// driverWords finds the drivers that a title names by the word that the names of several
// begin with: mlx5 for mlx5_core and mlx5_ib.
func (m *matcher) driverWords(title string) {
	for word := range titleWords(title) {
		if two := m.table.family(strings.ToLower(word)); two != "" {
			put(&m.others.drivers, Match{Name: word, Driver: word, Kind: KindDriver, State: Production,
				Why: "the title names it: " + two + " are drivers of hardware", Where: []Where{{In: InTitle, Text: word}}}, maxOthers)
		}
	}
}

// minFamily: a shorter word begins the names of unlike things.
const minFamily = 4

// family is two drivers with tables whose names begin with the word, up to a "-" or "_",
// "" when there are not so many, or when the word is a processor's.
func (t *DriverTable) family(word string) string {
	t.familyOnce.Do(func() {
		first := map[string]string{}
		t.families = map[string]string{}
		for d := range t.All {
			i := strings.IndexAny(d.Name, "-_")
			if i < minFamily || d.Role != Hardware || len(d.Buses) == 0 {
				continue
			}
			stem := strings.ToLower(d.Name[:i])
			switch one := first[stem]; {
			case one == "":
				first[stem] = d.Name
			case one != d.Name && t.families[stem] == "":
				t.families[stem] = one + " and " + d.Name
			}
		}
		delete(t.families, "amd64")
	})
	return t.families[word]
}

// prefixes finds the driver that a prefix of the title names, "sdhci-msm: …",
// or the folder of drivers that it is short for: "platform/x86/amd/hsmp: …" for
// drivers/platform/x86/amd/hsmp.
func (m *matcher) prefixes(title string) {
	for {
		prefix, rest, ok := strings.Cut(title, ": ")
		if !ok {
			return
		}
		title = rest
		if d, ok := m.table.headerOf(path.Base(prefix) + ".h"); ok {
			put(&m.others.drivers, Match{Name: d.Name, Driver: d.Name, Kind: KindDriver, State: Production, Config: d.Symbol,
				Why: "the title names the driver in " + d.Folder, Where: []Where{{In: InTitle, Text: prefix}}}, maxOthers)
			return
		}
		if !strings.Contains(prefix, "/") || strings.ContainsAny(prefix, " ,") {
			continue
		}
		folder := "drivers/" + strings.ToLower(prefix)
		if near, at := m.table.hardwareNear(folder); near && m.table.Knows(folder) {
			put(&m.others.drivers, Match{Name: Subsystem(folder), Driver: Subsystem(folder), Kind: KindLibrary, State: Production,
				Why: "the title says that it is for the drivers of " + at, Where: []Where{{In: InTitle, Text: prefix}}}, maxOthers)
			return
		}
	}
}

// soc returns a compatible string of a part of the SoC of that name, "" when the table
// has none, or too few for a SoC.
func (t *DriverTable) soc(name string) string {
	t.socOnce.Do(func() {
		n, first := map[string]int{}, map[string]string{}
		for line := range strings.SplitSeq(t.ids()["of"], "\n") {
			id, _, _ := strings.Cut(line, "\t")
			if _, part, ok := strings.Cut(id, ","); ok {
				if soc, _, ok := strings.Cut(part, "-"); ok && len(soc) >= minSoC {
					if n[soc]++; n[soc] == 1 {
						first[soc] = id
					}
				}
			}
		}
		t.socs = map[string]string{}
		for soc, count := range n {
			if count >= socParts {
				t.socs[soc] = first[soc]
			}
		}
	})
	return t.socs[name]
}

// minHeader: a shorter name of a header is that of many things.
const minHeader = 7

// headerOf finds the one driver of hardware that a header has the name of:
// include/linux/apple-gmux.h.
func (t *DriverTable) headerOf(p string) (d Driver, ok bool) {
	stem, isHeader := strings.CutSuffix(path.Base(p), ".h")
	if !isHeader || len(stem) < minHeader || !strings.ContainsAny(stem, "-_0123456789") {
		return d, false
	}
	t.lookup()
	n := 0
	for _, name := range []string{strings.ReplaceAll(stem, "_", "-"), strings.ReplaceAll(stem, "-", "_")} {
		for _, r := range t.moved[name+".c"] {
			if one := t.rowOf(r); one.Role == Hardware {
				d, n = one, n+1
			}
		}
		if !strings.ContainsAny(stem, "-_") {
			break
		}
	}
	return d, n == 1
}
