// Package chips says which hardware of the catalogue a kernel tree knows, and
// which of it the tree keeps behind a switch.
//
// It looks where drivers say so: at the names of their files, and into those
// with their tables of devices, by the catalogue's own patterns. What it does
// not find there may still be driven by code that serves several chips, so that
// "not there" is only said of hardware whose first mainline release is newer
// than the branch: both have to agree.
package chips

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Tree is what is looked into.
type Tree interface {
	apply.Tree
	Names(ctx context.Context, folder string) ([]string, error)
}

// Index looks into trees and remembers what it saw by the ids of folders and
// files, so that branches and days share it. It is safe for concurrent use.
type Index struct {
	catalogue *silicon.Catalogue
	roots     map[string][]string // driver → its folders and files
	parent    map[string]string   // "driver/name" → name

	mu   sync.Mutex
	seen map[string]*found // what an object says, see keyed
}

// found is what a folder or a file says.
type found struct {
	has   map[string]bool
	gated map[string]string // name → how
	open  map[string]bool   // named by a table without a gate
}

// maxSeen bounds what is remembered: amdgpu has 300 folders, of which a branch
// changes a few in a week.
const maxSeen = 20000

// New makes an index of what the catalogue knows.
func New(c *silicon.Catalogue) *Index {
	x := &Index{catalogue: c, roots: map[string][]string{}, parent: map[string]string{}, seen: map[string]*found{}}
	for _, e := range c.Entries() {
		for _, d := range e.Drivers {
			x.parent[d+"/"+e.Name] = e.Parent
		}
		if e.Kind == silicon.KindDriver {
			for _, p := range e.Patterns {
				if p.How == "path" {
					x.roots[e.Drivers[0]] = append(x.roots[e.Drivers[0]], p.What)
				}
			}
		}
	}
	return x
}

// Known is what a tree knows of one driver's hardware.
type Known struct {
	has   map[string]bool
	gated map[string]string
}

// Has reports whether the tree knows a chip, a block, or one of its family.
func (k *Known) Has(name string) bool { return k.has[name] }

// Empty: the tree names no hardware of the driver at all, so that nothing can be
// concluded from what it lacks.
func (k *Known) Empty() bool { return len(k.has) == 0 }

// Gate says what keeps the tree from driving a chip unless its user asks for it,
// "" for nothing.
func (k *Known) Gate(name string) string { return k.gated[name] }

// In says what a tree knows of a driver's hardware.
func (x *Index) In(ctx context.Context, t Tree, driver string) (*Known, error) {
	sum := newFound()
	for _, root := range x.roots[driver] {
		path, folder := strings.CutSuffix(root, "/")
		e, err := t.Entry(ctx, path)
		if err != nil {
			return nil, err
		}
		if !e.Exists() || folder != (e.Mode == apply.Folder) {
			continue
		}
		if folder {
			err = x.folder(ctx, t, driver, path, e.ID, sum)
		} else {
			err = x.file(ctx, t, driver, path, e, sum)
		}
		if err != nil {
			return nil, err
		}
	}
	k := &Known{has: map[string]bool{}, gated: sum.gated}
	for name := range sum.has {
		for name != "" && !k.has[name] {
			k.has[name] = true
			name = x.parent[driver+"/"+name]
		}
	}
	for name := range sum.open {
		delete(k.gated, name)
	}
	return k, nil
}

func newFound() *found {
	return &found{has: map[string]bool{}, gated: map[string]string{}, open: map[string]bool{}}
}

func (f *found) add(g *found) {
	for n := range g.has {
		f.has[n] = true
	}
	for n, how := range g.gated {
		f.gated[n] = how
	}
	for n := range g.open {
		f.open[n] = true
	}
}

// keyed remembers what make makes of an object that stands at a path.
func (x *Index) keyed(driver, path, id string, make func(*found) error) (*found, error) {
	key := driver + "\x00" + path + "\x00" + id
	x.mu.Lock()
	f, ok := x.seen[key]
	x.mu.Unlock()
	if ok {
		return f, nil
	}
	f = newFound()
	if err := make(f); err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.seen) >= maxSeen {
		clear(x.seen)
	}
	x.seen[key] = f
	return f, nil
}

func (x *Index) folder(ctx context.Context, t Tree, driver, path, id string, to *found) error {
	f, err := x.keyed(driver, path, id, func(f *found) error {
		names, err := t.Names(ctx, path)
		if err != nil {
			return err
		}
		for _, name := range names {
			full := path + "/" + name
			e, err := t.Entry(ctx, full)
			if err != nil {
				return err
			}
			if e.Mode == apply.Folder {
				err = x.folder(ctx, t, driver, full, e.ID, f)
			} else {
				err = x.file(ctx, t, driver, full, e, f)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		to.add(f)
	}
	return err
}

func (x *Index) file(ctx context.Context, t Tree, driver, path string, e apply.Entry, to *found) error {
	for _, name := range x.match(driver, &gitdiff.File{NewName: path}) {
		to.has[name] = true
	}
	if !tells(path) || e.Mode == apply.Gitlink || e.Mode == apply.Symlink {
		return nil
	}
	f, err := x.keyed(driver, path, e.ID, func(f *found) error {
		img, err := t.Image(ctx, e)
		if err != nil {
			return err
		}
		x.read(driver, path, img, f)
		return nil
	})
	if err == nil {
		to.add(f)
	}
	return err
}

// match is the driver's hardware that the catalogue finds in a patch of a file.
func (x *Index) match(driver string, f *gitdiff.File) []string {
	var out []string
	for _, m := range x.catalogue.Match(&change.Change{Files: []*gitdiff.File{f}}) {
		if m.Specific() && m.Driver == driver {
			out = append(out, m.Name)
		}
	}
	return out
}

// tables end the names of the files in which drivers list what they drive.
var tables = []string{
	"_discovery.c", "_pci.c", "/pci.c", "pciids.h", "_asic_type.h", "_asic_id.h", "_family.h", "_device_info.h",
	"_display_device.c", "_drv.c", "_drv.h", "_devids.h", "_device.c", "dal_types.h", "_catalog.c",
}

func tells(path string) bool {
	return slices.ContainsFunc(tables, func(end string) bool { return strings.HasSuffix(path, end) })
}
