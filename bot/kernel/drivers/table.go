package drivers

import (
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Table is what trees of one or more releases say together.
type Table struct {
	Releases []string // oldest first
	Drivers  []silicon.Driver
	IDs      []silicon.ID
}

// Encode writes the table and its IDs in the form that silicon.LoadDrivers reads.
func (t *Table) Encode(head string) (rows, ids string) {
	return silicon.EncodeDrivers(head, t.Releases, t.Drivers), silicon.EncodeIDs(t.Drivers, t.IDs)
}

// joiner makes one table of trees, the newest first.
type joiner struct {
	trees  []*Tree
	out    *Table
	byKey  map[string]int // folder and name → driver
	byName map[string]int // subsystem and name → driver, where that is the only one
	taken  map[string]int // file, or folder with its slash → driver of a newer release
	in     []map[int]bool // by tree: the drivers that it has
	ids    map[string]*silicon.ID
}

// Join makes one table of trees. The newest has the word on each driver; what
// only older ones have stays, for those who still run them.
func Join(trees ...*Tree) *Table {
	j := &joiner{trees: slices.Clone(trees), out: &Table{}, byKey: map[string]int{}, byName: map[string]int{},
		taken: map[string]int{}, ids: map[string]*silicon.ID{}}
	slices.SortStableFunc(j.trees, func(a, b *Tree) int { return release.Compare(b.Release, a.Release) })
	for n, t := range j.trees {
		j.in = append(j.in, map[int]bool{})
		j.add(n, t)
		j.out.Releases = append(j.out.Releases, t.Release)
	}
	for i := range j.out.Drivers {
		j.lifetime(i)
		slices.Sort(j.out.Drivers[i].Files)
	}
	slices.Reverse(j.out.Releases)
	for k := range sorted(j.ids) {
		j.out.IDs = append(j.out.IDs, *j.ids[k])
	}
	return j.out
}

func (j *joiner) add(n int, t *Tree) {
	count := map[string]int{}
	for _, u := range t.units {
		count[topOf(u.Folder)+" "+moduleName(u.Name)]++
	}
	fresh, byName := map[string]int{}, map[string]int{}
	for _, u := range t.units {
		key, name := u.Folder+"/"+moduleName(u.Name), topOf(u.Folder)+" "+moduleName(u.Name)
		i, ok := j.byKey[key]
		if !ok && count[name] == 1 {
			i, ok = j.byName[name]
		}
		if !ok {
			i, ok = j.taker(u)
		}
		if !ok {
			i = len(j.out.Drivers)
			j.out.Drivers = append(j.out.Drivers, u.Driver)
			j.out.Drivers[i].Files = nil
			j.byKey[key] = i
		}
		if count[name] == 1 {
			byName[name] = i
		}
		d := &j.out.Drivers[i]
		for _, f := range u.Files {
			if _, ok := j.takes(f); !ok && !within(path.Dir(f), j.folders(d)) {
				d.Files = append(d.Files, f)
			}
			fresh[f] = i
		}
		j.in[n][i] = true
		for bus, list := range u.ids {
			j.addIDs(bus, list, i)
		}
	}
	for f, i := range fresh {
		if _, ok := j.taken[f]; !ok {
			j.taken[f] = i
		}
	}
	for name, i := range byName {
		if _, ok := j.byName[name]; !ok {
			j.byName[name] = i
		}
	}
}

// takes is the driver of a newer release that has a file, or the folder it is in.
func (j *joiner) takes(file string) (driver int, ok bool) {
	if i, ok := j.taken[file]; ok {
		return i, true
	}
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if i, ok := j.taken[dir+"/"]; ok {
			return i, true
		}
	}
	return 0, false
}

// taker is the driver of a newer release that has all files of a module: it goes by
// another name there, or was joined to another.
func (j *joiner) taker(u *unit) (driver int, ok bool) {
	for n, f := range u.Files {
		i, ok := j.takes(f)
		if !ok || n > 0 && i != driver {
			return 0, false
		}
		driver = i
	}
	return driver, len(u.Files) > 0
}

// moduleName is the name that the kernel gives a module: "-" and "_" are one.
func moduleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

func (j *joiner) folders(d *silicon.Driver) []string {
	var out []string
	for _, f := range d.Files {
		if dir, ok := strings.CutSuffix(f, "/"); ok {
			out = append(out, dir)
		}
	}
	return out
}

// maxShared: an ID that more drivers have names none of them.
const maxShared = 3

func (j *joiner) addIDs(bus string, list []string, driver int) {
	for _, id := range list {
		key := bus + " " + id
		e := j.ids[key]
		if e == nil {
			e = &silicon.ID{Bus: bus, ID: id}
			j.ids[key] = e
		}
		if !has(e.Drivers, driver) && len(e.Drivers) < maxShared {
			e.Drivers = append(e.Drivers, driver)
		}
	}
}

// lifetime bounds when a driver came and went by the releases that were read.
func (j *joiner) lifetime(i int) {
	d := &j.out.Drivers[i]
	oldest, newest := -1, -1
	for n := range j.trees {
		if j.in[n][i] {
			if newest < 0 {
				newest = n
			}
			oldest = n
		}
	}
	if newest > 0 {
		d.Until = j.trees[newest].Release
	}
	if oldest+1 < len(j.trees) {
		before, first := j.trees[oldest+1].Release, j.trees[oldest].Release
		if follows(before, first) {
			d.Since = first
		} else {
			d.After, d.By = before, first
		}
	}
}

// follows: no release came between the two.
func follows(old, next string) bool {
	a, ok := release.Parse(old)
	return ok && a.Next().String() == next
}
