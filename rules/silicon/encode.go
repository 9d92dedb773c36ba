package silicon

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// EncodeDrivers writes the rows of a table for LoadDrivers. head stands on top,
// as comments.
func EncodeDrivers(head string, releases []string, drivers []Driver) string {
	var b strings.Builder
	for l := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
		b.WriteString("# " + l + "\n")
	}
	b.WriteString(lineRelease + strings.Join(releases, " ") + "\n")
	titles := map[string]int{}
	for _, d := range drivers {
		if d.Maintainers != "" {
			titles[d.Maintainers] = 0
		}
	}
	for i, t := range sortedKeys(titles) {
		titles[t] = i + 1
		b.WriteString(lineMaintainer + t + "\n")
	}
	drivers = gathered(drivers)
	rows, number := arrange(drivers, titles, releases)
	elsewhere(drivers, number, rows)
	usual := usualTitles(drivers, titles)
	for _, folder := range sortedKeys(rows) {
		b.WriteString("/" + folder)
		if n := usual[folder]; n > 0 {
			b.WriteString("\t" + strconv.Itoa(n))
		}
		b.WriteString("\n" + strings.Join(rows[folder], "\n") + "\n")
	}
	return b.String()
}

// arrange writes the rows of each folder in their order, and numbers the drivers,
// by folder and name, through all of them.
func arrange(drivers []Driver, titles map[string]int, releases []string) (rows map[string][]string, number map[string]int) {
	rows, number = map[string][]string{}, map[string]int{}
	usual := usualTitles(drivers, titles)
	for i := range drivers {
		d := &drivers[i]
		rows[d.Folder] = append(rows[d.Folder], encodeRow(d, titles[d.Maintainers], usual[d.Folder], releases))
	}
	n := 0
	for _, folder := range sortedKeys(rows) {
		slices.Sort(rows[folder])
		for _, r := range rows[folder] {
			name, _, _ := strings.Cut(r, "\t")
			number[folder+"/"+name] = n
			n++
		}
	}
	return rows, number
}

// usualTitles is, for each folder, the maintainer of most of its drivers. The
// folder's line holds it, so that two rows or more must have it.
func usualTitles(drivers []Driver, titles map[string]int) map[string]int {
	count := map[string]map[int]int{}
	for i := range drivers {
		if count[drivers[i].Folder] == nil {
			count[drivers[i].Folder] = map[int]int{}
		}
		count[drivers[i].Folder][titles[drivers[i].Maintainers]]++
	}
	out := map[string]int{}
	for folder, of := range count {
		best := 0
		for title, n := range of {
			if n > of[best] || n == of[best] && title < best {
				best = title
			}
		}
		if of[best] > 1 {
			out[folder] = best
		}
	}
	return out
}

// EncodeIDs writes the IDs of a table for LoadDrivers: by bus, sorted, with the
// rows of their drivers in the text that EncodeDrivers makes of the same ones. It
// is kept apart from the rows, as few changes need it.
func EncodeIDs(drivers []Driver, ids []ID) string {
	_, number := arrange(gathered(drivers), nil, nil)
	var b strings.Builder
	slices.SortFunc(ids, func(x, y ID) int { return cmp.Or(cmp.Compare(x.Bus, y.Bus), cmp.Compare(x.ID, y.ID)) })
	bus := ""
	for _, id := range ids {
		if id.Bus != bus {
			bus = id.Bus
			b.WriteString("%" + bus + "\n")
		}
		b.WriteString(id.ID)
		sep := "\t"
		for _, i := range id.Drivers {
			// One that was gathered with its neighbours has no row of its own.
			if n, ok := number[drivers[i].Folder+"/"+drivers[i].Name]; ok {
				b.WriteString(sep + strconv.Itoa(n))
				sep = " "
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// gathered makes one row of the libraries of a folder that have one file each,
// and nothing else to tell them apart.
func gathered(drivers []Driver) []Driver {
	type key struct {
		folder, symbol, maint, since string
		role                         Role
	}
	groups := map[key][]int{}
	for i := range drivers {
		d := &drivers[i]
		if (d.Role == Library || d.Role == Core) && len(d.Files) <= 2 && usualIn(d) {
			k := key{d.Folder, d.Symbol, d.Maintainers, encodeSince(d, nil), d.Role}
			groups[k] = append(groups[k], i)
		}
	}
	gone := make([]bool, len(drivers))
	out := slices.Clone(drivers)
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		first := &out[g[0]]
		first.Name = ""
		first.Files = slices.Clone(first.Files)
		for _, i := range g[1:] {
			first.Files = append(first.Files, out[i].Files...)
			gone[i] = true
		}
	}
	n := 0
	for i := range out {
		if !gone[i] {
			out[n] = out[i]
			n++
		}
	}
	return out[:n]
}

func usualIn(d *Driver) bool {
	for _, f := range d.Files {
		if !strings.HasPrefix(f, d.Folder+"/") || strings.Contains(f[len(d.Folder)+1:], "/") {
			return false
		}
	}
	return len(d.Files) > 0
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func encodeRow(d *Driver, title, usualTitle int, releases []string) string {
	var names []string
	for _, f := range d.Files {
		if folder, ok := strings.CutSuffix(f, "/"); ok && folder == d.Folder {
			names = []string{"*"}
			break
		} else if i := strings.LastIndexByte(f, '/'); i > 0 && f[:i] == d.Folder {
			names = append(names, f[i+1:])
		}
	}
	slices.Sort(names)
	list := strings.Join(names, " ")
	if usual(d.Name, names) {
		list = ""
	} else if len(names) == 0 {
		list = "." // nothing of it is here
	}
	n := ""
	if title != usualTitle {
		n = strconv.Itoa(title)
	}
	return strings.Join([]string{d.Name, shortSymbol(d.Name, d.Symbol), encodeRole(d), n, encodeSince(d, releases), list}, "\t")
}

// elsewhere writes rows for the files that drivers have in other folders.
func elsewhere(drivers []Driver, number map[string]int, rows map[string][]string) {
	for i := range drivers {
		d := &drivers[i]
		key := d.Folder + "/" + d.Name
		there := map[string][]string{}
		for _, f := range d.Files {
			folder, name := f[:max(strings.LastIndexByte(f, '/'), 0)], f[strings.LastIndexByte(f, '/')+1:]
			if name == "" {
				name = "*"
			}
			if folder != d.Folder && folder != "" {
				there[folder] = append(there[folder], name)
			}
		}
		for _, folder := range sortedKeys(there) {
			slices.Sort(there[folder])
			rows[folder] = append(rows[folder], "@"+strconv.Itoa(number[key])+"\t"+strings.Join(there[folder], " "))
		}
	}
}

// shortSymbol writes "^" for the driver's name in its symbol: MMC_^ for alcor.
func shortSymbol(name, symbol string) string {
	if up := upperName(name); len(up) > 1 && strings.Contains(symbol, up) {
		return strings.Replace(symbol, up, "^", 1)
	}
	return symbol
}

func upperName(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// usual: a driver of one file with its name, and perhaps a header of that name.
func usual(name string, files []string) bool {
	c := false
	for _, f := range files {
		stem, ext := f[:max(len(f)-2, 0)], f[max(len(f)-2, 0):]
		if !sameName(name, stem) || ext != ".c" && ext != ".h" {
			return false
		}
		c = c || ext == ".c"
	}
	return c
}

func encodeRole(d *Driver) string {
	switch d.Role {
	case Library:
		return "="
	case Core:
		return "-"
	case Software:
		return "~" + d.Makes
	}
	if len(d.Buses) == 0 {
		return "+" + strings.Join(d.NoTable, ",")
	}
	return strings.Join(d.Buses, ",")
}

func encodeSince(d *Driver, releases []string) string {
	s := d.Since
	if s == "" && d.By != "" {
		s = d.After + "<" + d.By
		if i := slices.Index(releases, d.By); i > 0 && releases[i-1] == d.After {
			s = "<" + d.By
		}
	}
	if d.Until != "" {
		s += "," + d.Until + "!"
	}
	return s
}
