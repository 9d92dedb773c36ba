package drift

import (
	"path"
	"slices"
	"strings"
)

// sees is the driver's files that one of them includes, with itself: what is declared in
// others is nothing to it. A header is looked for beside the file, and then by its name
// anywhere in the driver, as -I would find it.
func (d *driver) sees(file string) map[string]bool {
	if s := d.seen[file]; s != nil {
		return s
	}
	s := map[string]bool{file: true}
	d.seen[file] = s
	for todo := []string{file}; len(todo) > 0; {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, name := range d.files[f] {
			for _, p := range d.resolve(f, name) {
				if !s[p] {
					s[p] = true
					todo = append(todo, p)
				}
			}
		}
	}
	return s
}

func (d *driver) resolve(file, name string) (out []string) {
	beside := path.Join(path.Dir(file), name)
	if _, ok := d.files[beside]; ok {
		return []string{beside}
	}
	for _, p := range d.headers[path.Base(name)] {
		if strings.HasSuffix("/"+p, "/"+name) {
			out = append(out, p)
		}
	}
	return out
}

// kernels are the uses of a name that mean the kernel's: where the file sees none of the
// driver's own, or one that only some kernels get.
func (d *driver) kernels(name string, uses []use) []use {
	own := map[string]bool{} // files with one that all kernels get
	for _, o := range d.own[name] {
		if o.region.state[0] == yes || o.region.probe == "" {
			own[o.File] = true
		}
	}
	file, hidden := "", false
	return slices.DeleteFunc(counts(uses), func(u use) bool { // in the order of their files
		if u.File != file {
			file, hidden = u.File, d.any(u.File, own)
		}
		return hidden
	})
}

// any reports whether a file sees one of some files.
func (d *driver) any(file string, of map[string]bool) bool {
	if len(of) == 0 {
		return false
	}
	for p := range d.sees(file) {
		if of[p] {
			return true
		}
	}
	return false
}

// seenBy reports whether a file is seen where one of some uses is, which stand in the order
// of their files.
func (d *driver) seenBy(file string, uses []use) bool {
	last := ""
	for _, u := range uses {
		if u.File != last && d.sees(u.File)[file] {
			return true
		}
		last = u.File
	}
	return false
}
