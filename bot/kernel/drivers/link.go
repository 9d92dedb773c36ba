package drivers

import (
	"cmp"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/silicon"
)

// tree is what was read of one release.
type tree struct {
	release string
	build   *kbuild
	sources map[string]*source // C files and headers, by path
	maint   *maintainers
	numbers map[string]uint16 // include/linux/pci_ids.h
	buses   map[string]bool   // that the tree has tables for

	private map[string]bool   // see privates
	tables  map[string]string // objects that have tables of devices, and their symbols

	users map[string]map[string]bool // header → objects that include it
	tops  map[string]*subsystem
}

// subsystem counts what the objects below its folder are.
type subsystem struct{ hardware, other int }

func sorted[V any](m map[string]V) iter.Seq[string] {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return slices.Values(keys)
}

func has[T comparable](list []T, x T) bool { return slices.Contains(list, x) }

// unit is a driver in the making.
type unit struct {
	silicon.Driver
	key     string
	sources []string // files of code
	ids     map[string][]string
	facts   source // of all its files together
}

// units makes the drivers of a tree.
func (t *tree) units() []*unit {
	var out []*unit
	t.users = map[string]map[string]bool{}
	for _, key := range t.build.order {
		if u := t.unit(t.build.objects[key], key); u != nil {
			out = append(out, u)
		}
	}
	t.headers(out)
	t.privates(out)
	for _, u := range out {
		t.role(u)
	}
	parts(out)
	t.tops = map[string]*subsystem{}
	for _, u := range out {
		top := topOf(u.Folder)
		s := t.tops[top]
		if s == nil {
			s = &subsystem{}
			t.tops[top] = s
		}
		if u.Role == silicon.Hardware {
			s.hardware++
		} else {
			s.other++
		}
	}
	for _, u := range out {
		if u.Role == silicon.Library && t.tops[topOf(u.Folder)].hardware == 0 && !silicon.HardwareNet(u.Folder) {
			u.Role = silicon.Core
		}
	}
	t.whole(out)
	return slices.DeleteFunc(out, func(u *unit) bool { return !kept(u) })
}

// kept leaves out what is neither hardware's nor stands among drivers.
func kept(u *unit) bool {
	switch top, _, _ := strings.Cut(u.Folder, "/"); top {
	case "drivers", "sound":
		return true
	case "net":
		return silicon.HardwareNet(u.Folder)
	}
	return u.Role == silicon.Hardware
}

func topOf(folder string) string {
	parts := strings.SplitN(folder, "/", 3)
	if parts[0] == "sound" || len(parts) < 2 {
		return parts[0]
	}
	return parts[0] + "/" + parts[1]
}

// unit collects the files of an object. One whose files are generated is none.
func (t *tree) unit(o *object, key string) *unit {
	u := &unit{key: key, ids: map[string][]string{}}
	u.Name, u.Folder, u.Symbol = o.name, o.folder, o.symbol
	for _, p := range o.parts {
		if s := t.sources[p+".c"]; s != nil {
			u.add(t, p+".c", s)
		} else if s := t.sources[p+".rs"]; s != nil {
			u.add(t, p+".rs", s)
		} else if _, ok := t.sources[p+".S"]; ok {
			u.sources = append(u.sources, p+".S")
		}
	}
	if len(u.sources) == 0 {
		return nil
	}
	return u
}

func (u *unit) add(t *tree, file string, s *source) {
	if has(u.sources, file) || len(u.sources) > 4000 {
		return
	}
	u.sources = append(u.sources, file)
	f := &u.facts
	f.io, f.own, f.exports = f.io || s.io, f.own || s.own, f.exports+s.exports
	f.init, f.links, f.serves = f.init || s.init, f.links || s.links, f.serves || s.serves
	f.tests = f.tests || s.tests
	f.offers = append(f.offers, s.offers...)
	f.module = append(f.module, s.module...)
	f.makes, f.makesOwn = cmp.Or(f.makes, s.makes), cmp.Or(f.makesOwn, s.makesOwn)
	f.fakes, f.fakeCall = cmp.Or(f.fakes, s.fakes), cmp.Or(f.fakeCall, s.fakeCall)
	for _, d := range s.drivers {
		if !has(f.drivers, d) {
			f.drivers = append(f.drivers, d)
		}
	}
	for bus, ids := range s.tables {
		u.ids[bus] = append(u.ids[bus], t.resolve(file, bus, ids)...)
	}
	for _, inc := range s.code { // the code of another file is this module's too
		if p := path.Join(path.Dir(file), inc); t.sources[p] != nil {
			u.add(t, p, t.sources[p])
		} else if p := path.Join("include", inc); t.sources[p] != nil {
			u.add(t, p, t.sources[p])
		}
	}
}

// resolve replaces the names of vendors and devices by their numbers; what has
// none here is left out.
func (t *tree) resolve(file, bus string, ids []string) []string {
	if bus == "of" || bus == "acpi" {
		return ids
	}
	if len(ids) == 0 {
		return nil
	}
	near := map[string]uint16{}
	t.named(file, near, map[string]bool{}, 0)
	named := func(name string) (uint16, bool) {
		if n, ok := near[name]; ok {
			return n, true
		}
		n, ok := t.numbers[name]
		return n, ok
	}
	var out []string
	for _, id := range ids {
		v, d, _ := strings.Cut(id, ":")
		vn, ok1 := number(v, named)
		dn, ok2 := number(d, named)
		if ok1 && ok2 {
			out = append(out, vn+":"+dn)
		}
	}
	return out
}

// named collects the numbers that a file and what it includes give names, as deep
// as the headers of a driver are nested.
func (t *tree) named(file string, to map[string]uint16, seen map[string]bool, depth int) {
	for name, n := range t.sources[file].defines {
		if _, ok := to[name]; !ok {
			to[name] = n
		}
	}
	if depth > 3 {
		return
	}
	for _, inc := range t.sources[file].includes {
		p := t.header(file, inc)
		if p == "" || seen[p] || depth > 0 && strings.HasPrefix(p, "include/linux/") {
			continue
		}
		seen[p] = true
		t.named(p, to, seen, depth+1)
	}
}

// header finds the file that an include names, "" for one outside of the tree.
func (t *tree) header(file, inc string) string {
	name := inc[1:]
	if inc[0] == '"' {
		if p := path.Join(path.Dir(file), name); t.sources[p] != nil {
			return p
		}
	}
	for _, at := range []string{"include", "include/uapi", path.Dir(path.Dir(file)), path.Join(path.Dir(file), "include"), path.Join(path.Dir(path.Dir(file)), "include")} {
		if p := path.Join(at, name); t.sources[p] != nil {
			return p
		}
	}
	return ""
}

// Bounds of what is judged by its exports. A kind of link that users make
// exports little; the library of its drivers, such as can-dev, more. A module
// that exports much and drives only the bus of its own folder is that bus.
const maxLinkExports, busExports = 10, 20

// role decides what a module is to hardware. Tables and drivers of a bus decide
// first; then what it exports, touches and makes.
func (t *tree) role(u *unit) {
	f := &u.facts
	var registers []string
	for _, b := range f.drivers {
		if t.buses[b] && !softBuses[b] && !has(f.offers, b) {
			registers = append(registers, b)
		}
	}
	slices.Sort(registers)
	for bus := range sorted(u.ids) {
		if t.buses[bus] && !softBuses[bus] && (!needsDriver[bus] || strings.HasPrefix(u.Folder, "arch/") || has(registers, bus) || has(f.module, bus)) {
			u.Buses = append(u.Buses, bus)
		}
	}
	if f.own {
		f.makes = cmp.Or(f.makes, f.makesOwn)
	}
	// What makes the platform device that it drives has no hardware behind it, whatever
	// headers it shares with a driver that has.
	alone := f.own && f.init && slices.Equal(registers, []string{"platform"})
	virtual := f.own && !f.io && !slices.ContainsFunc(registers, func(b string) bool { return b != "platform" })
	switch {
	case f.tests && testName(u): // whatever it makes up to be tested
		u.Role, u.Buses = silicon.Library, nil
	case f.exports >= busExports && isBus(u.Folder, append(slices.Clone(u.Buses), registers...)):
		u.Role, u.Buses = silicon.Library, nil
	case f.makes != "" && f.own && len(u.Buses) == 1 && u.Buses[0] == "virtio": // a simulator that can be reached from a guest
		u.Role, u.Makes, u.Buses = silicon.Software, f.makes, nil
	case len(u.Buses) > 0:
		u.Role = silicon.Hardware
	case f.exports >= busExports && slices.Equal(registers, []string{"scsi"}): // the library of host drivers, with a driver for its own logical units
		u.Role = silicon.Library
	case !f.io && f.fakes != "" && slices.Equal(registers, []string{f.fakes}):
		u.Role, u.Makes = silicon.Software, f.fakeCall
	case len(registers) > 0 && !virtual && (f.exports <= 0 || f.init):
		u.Role, u.NoTable = silicon.Hardware, registers
	case f.exports <= maxLinkExports && (f.links && !f.io && !f.serves || virtual && f.init && f.makes != "" && (alone || !t.shares(u))):
		u.Role, u.Makes = silicon.Software, f.makes
	case f.exports > 0 || f.serves || !u.alone() && t.extends(u):
		u.Role = silicon.Library
	case f.makes != "" && !f.io && !t.shares(u):
		u.Role, u.Makes = silicon.Software, f.makes
	case f.io && ioCounts(u.Folder):
		u.Role, u.NoTable = silicon.Hardware, []string{"io"}
	default:
		u.Role = silicon.Library
	}
	if u.Role == silicon.Software && silicon.HardwareNet(u.Folder) { // what it makes works over the devices of these drivers alone
		u.Role, u.Makes = silicon.Library, ""
	}
}

// alone: it starts by itself and touches registers, in a folder below the subsystem's, so
// that a header which it has in common with a driver makes it no part of that.
func (u *unit) alone() bool {
	return u.facts.io && u.facts.init && strings.Count(u.Folder, "/") >= 2
}

// testName: a module of KUnit tests, not a driver that holds its own.
func testName(u *unit) bool {
	return strings.Contains(u.Symbol, "KUNIT") || strings.Contains(u.Name, "kunit") || strings.HasSuffix(u.Name, "test") || strings.HasSuffix(u.Name, "tests")
}

// needsDriver: of these buses a table alone, without a driver, is a list that
// something else is looked up in.
var needsDriver = words("pci usb hid hdaudio i2c spi platform")

// extends: it includes the header that a driver of its folder with a table is
// named for, as em28xx-v4l includes em28xx.h.
func (t *tree) extends(u *unit) bool {
	for _, file := range u.sources {
		s := t.sources[file]
		for _, inc := range s.includes {
			if inc[0] == '"' && t.private[path.Join(path.Dir(file), inc[1:])] {
				return true
			}
		}
	}
	return false
}

// privates notes the headers beside drivers with tables that these include.
func (t *tree) privates(units []*unit) {
	t.private, t.tables = map[string]bool{}, map[string]string{}
	for _, u := range units {
		for bus := range u.ids {
			if t.buses[bus] && !softBuses[bus] && has(u.facts.module, bus) {
				t.tables[u.key] = u.Symbol
			}
		}
		if _, ok := t.tables[u.key]; !ok {
			continue
		}
		for _, file := range u.sources {
			for _, inc := range t.sources[file].includes {
				h := path.Join(path.Dir(file), inc[1:])
				if inc[0] == '"' && t.sources[h] != nil && namedFor(strings.TrimSuffix(h, ".h"), u.Name) {
					t.private[h] = true
				}
			}
		}
	}
}

// shares: it makes its device on the hardware of another module, a driver with a
// table: they have a header of its folder, or of one above, in common, as iwlmvm has
// with iwlwifi. What is chosen together with it may be a part of its own.
func (t *tree) shares(u *unit) bool {
	for h, users := range t.users {
		dir := path.Dir(h)
		if !users[u.key] || strings.Count(dir, "/") < 2 || dir != u.Folder && !strings.HasPrefix(u.Folder, dir+"/") {
			continue
		}
		for key := range users {
			if symbol, ok := t.tables[key]; ok && symbol != u.Symbol {
				return true
			}
		}
	}
	return false
}

// serving: what makes links, exports, and has drivers of hardware beside it in a folder
// of its own makes them on theirs: wwan is the modems' library.
func serving(units []*unit) {
	driven := map[string]bool{}
	for _, u := range units {
		if u.Role == silicon.Hardware && strings.Count(u.Folder, "/") >= 2 {
			driven[u.Folder] = true
		}
	}
	for _, u := range units {
		if u.Role == silicon.Software && u.facts.links && u.facts.exports > 0 && driven[u.Folder] {
			u.Role, u.Makes = silicon.Library, ""
		}
	}
}

// parts: the chips that a device in software makes up for itself, chosen with it, and
// a module that is named for it and goes with it, are as little hardware as it is.
func parts(units []*unit) {
	serving(units)
	made := map[string]string{} // folder and symbol, folder and name → the call
	for _, u := range units {
		if u.Role != silicon.Software {
			continue
		}
		made[u.Folder+"/"+u.Name] = u.Makes
		if u.Symbol != "" {
			made[u.Folder+" "+u.Symbol] = u.Makes
		}
	}
	for _, u := range units {
		if i := strings.LastIndexByte(u.Name, '_'); i > 0 && u.Role == silicon.Library && u.facts.exports == 0 {
			if call := made[u.Folder+"/"+u.Name[:i]]; call != "" {
				u.Role, u.Makes = silicon.Software, call
				continue
			}
		}
		if call := made[u.Folder+" "+u.Symbol]; call != "" && u.Role == silicon.Hardware && slices.Equal(u.Buses, []string{"i2c"}) {
			u.Role, u.Makes, u.Buses = silicon.Software, call, nil
		}
	}
}

// ioCounts: registers are touched all over an architecture; there only the code
// of machines and processors is hardware of its own.
func ioCounts(folder string) bool {
	if !strings.HasPrefix(folder, "arch/") {
		return true
	}
	for _, part := range []string{"/mach-", "/plat-", "/platforms/", "/platform", "/boards", "/pci", "/events/", "/kernel/cpu"} {
		if strings.Contains(folder, part) {
			return true
		}
	}
	return false
}

// isBus: all that a module drives is the bus that its folder is named for.
func isBus(folder string, buses []string) bool {
	parts := strings.Split(folder, "/")
	return len(parts) >= 2 && !slices.ContainsFunc(buses, func(b string) bool { return b != parts[1] && (parts[1] != "mmc" || b != "sdio") })
}

// maxUsers: a header that more modules include belongs to none of them.
const maxUsers = 2

// headers gives each module the headers that it alone, or with one other, includes.
func (t *tree) headers(units []*unit) {
	byKey := map[string]*unit{}
	for _, u := range units {
		byKey[u.key] = u
		seen := map[string]bool{}
		for _, s := range u.sources {
			t.follow(u.key, s, seen, 0)
		}
	}
	for h := range sorted(t.users) {
		users := t.users[h]
		if len(users) > maxUsers {
			continue
		}
		for key := range sorted(users) {
			byKey[key].Files = append(byKey[key].Files, h)
		}
	}
	for _, u := range units {
		u.Files = append(u.Files, u.sources...)
		slices.Sort(u.Files)
		u.Files = slices.Compact(u.Files)
		u.Maintainers = t.maint.of(u.sources[0])
	}
}

func (t *tree) follow(key, file string, seen map[string]bool, depth int) {
	s := t.sources[file]
	if s == nil || depth > 6 {
		return
	}
	for _, inc := range s.includes {
		h := t.header(file, inc)
		if h == "" || seen[h] || strings.HasPrefix(h, "include/dt-bindings/") {
			continue
		}
		seen[h] = true
		if t.users[h] == nil {
			t.users[h] = map[string]bool{}
		}
		t.users[h][key] = true
		if !strings.HasPrefix(h, "include/") {
			t.follow(key, h, seen, depth+1)
		}
	}
}

// whole gives a module the highest folder that it has for itself, instead of the
// files in it: what is added there is its own too.
func (t *tree) whole(units []*unit) {
	owners := map[string]map[*unit]int{} // folder → modules with files of code below it
	for _, u := range units {
		for _, s := range u.sources {
			for dir := path.Dir(s); dir != "."; dir = path.Dir(dir) {
				if owners[dir] == nil {
					owners[dir] = map[*unit]int{}
				}
				owners[dir][u]++
			}
		}
	}
	for _, u := range units {
		top := ""
		for dir := path.Dir(u.sources[0]); strings.Count(dir, "/") >= 2; dir = path.Dir(dir) {
			if n := owners[dir]; len(n) == 1 && (n[u] > 1 || namedFor(dir, u.Name)) && !catchAll(dir) {
				top = dir
			}
		}
		// Its other folders too, for instance parts of it that stand beside.
		var dirs []string
		if top != "" {
			dirs = append(dirs, top)
		}
		for _, s := range u.sources {
			dir := path.Dir(s)
			if n := owners[dir]; len(n) == 1 && n[u] > 1 && !within(dir, dirs) && strings.Count(dir, "/") >= 2 && !catchAll(dir) {
				dirs = append(dirs, dir)
			}
		}
		u.Files = slices.DeleteFunc(u.Files, func(f string) bool { return within(path.Dir(f), dirs) })
		for _, d := range dirs {
			u.Files = append(u.Files, d+"/")
		}
		if top != "" && !strings.HasPrefix(u.Folder, top+"/") && u.Folder != top {
			continue
		}
		if top != "" {
			u.Folder = top
		}
	}
}

// catchAll: folders that gather what is not related, whatever stands in them today.
func catchAll(dir string) bool {
	b := path.Base(dir)
	return b == "misc" || b == "host" || b == "core" || b == "common" || b == "lib" || b == "sw"
}

func namedFor(dir, name string) bool {
	a, b := strings.ReplaceAll(path.Base(dir), "_", "-"), strings.ReplaceAll(name, "_", "-")
	return a == b || strings.HasSuffix(b, "-"+a) || strings.HasPrefix(b, a+"-")
}

func within(dir string, dirs []string) bool {
	for _, d := range dirs {
		if dir == d || strings.HasPrefix(dir, d+"/") {
			return true
		}
	}
	return false
}
