package silicon

import (
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// sourceFolders are those that an out-of-tree driver has its sources in, beside its
// root and the folders that the kernel's has too.
var sourceFolders = []string{"", "src", "driver"}

// SourceFolder reports whether out-of-tree drivers have their sources in a folder of
// that name.
func SourceFolder(name string) bool { return slices.Contains(sourceFolders, name) }

// minName: a shorter name of a driver begins too many names of files.
const minName = 3

// PatchLayout finds how the paths of one patch stand to the kernel's when they are
// those of an out-of-tree driver. A few names prove less than a whole tree, so that
// one driver must be the only one that has them, and must be named by its files
// (rtw8822b.c) or by the title ("wifi: rtw88: …"), or have most of three. ok is false
// where that leaves a doubt, and where a path is one of the kernel's.
func (t *DriverTable) PatchLayout(paths []string, title string) (l change.Layout, ok bool) {
	if slices.ContainsFunc(paths, change.KernelFolder) {
		return change.Layout{}, false
	}
	folders := sourcesByFolder(paths)
	if len(folders) == 0 {
		return change.Layout{}, false
	}
	at, named := t.sourcesOnce(), titleNames(title)
	var found *change.Move
	known, all := 0, 0
	for from, files := range folders {
		m, n, ok := at.patchHome(from, files, named)
		known, all = known+n, all+len(files)
		if n == 0 { // headers that several drivers share are nobody's
			continue
		}
		if !ok || found != nil && *found != m {
			return change.Layout{}, false
		}
		found = &m
	}
	if found == nil || 2*known < all {
		return change.Layout{}, false
	}
	return change.Layout{Moves: []change.Move{*found}}, true
}

// titleNames are the words before the colons of a title: "wifi", "rtw88".
func titleNames(title string) map[string]bool {
	out := map[string]bool{}
	for {
		word, rest, ok := strings.Cut(title, ": ")
		if !ok {
			return out
		}
		title = rest
		for part := range strings.SplitSeq(word, "/") {
			if len(part) >= minName && !strings.Contains(part, " ") {
				out[sameForm(part)] = true
			}
		}
	}
}

func sameForm(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "_")) }

// claimed counts the files that the table knows, and by folder those that stand there;
// code apart, as a header of a driver that several of its modules include is nobody's.
type claimed struct {
	known, code int
	in, codeIn  map[string]int
}

func (x sourceIndex) claimed(files []string) claimed {
	c := claimed{in: map[string]int{}, codeIn: map[string]int{}}
	for _, f := range files {
		dirs := x.claims(f)
		if len(dirs) == 0 {
			continue
		}
		code := path.Ext(f) != ".h"
		c.known++
		if code {
			c.code++
		}
		for dir := range dirs {
			c.in[dir]++
			if code {
				c.codeIn[dir]++
			}
		}
	}
	return c
}

// patchHome is the move of one folder of a patch, where there is no doubt, and how
// many of its files the table knows.
func (x sourceIndex) patchHome(from string, files []string, named map[string]bool) (m change.Move, known int, ok bool) {
	c := x.claimed(files)
	most := x.home(files)
	var all, told []change.Move // told: named, which says more than names that several have
	for dir, n := range c.in {
		m := raised(from, dir)
		if !SourceFolder(m.From) {
			continue
		}
		tells := x.tells(dir, m.To, files, named)
		if whole := n == c.known || c.code > 0 && c.codeIn[dir] == c.code && tells; !whole {
			continue
		}
		if tells && !slices.Contains(told, m) {
			told = append(told, m)
		}
		if (tells || dir == most) && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	if len(told) > 0 {
		all = told
	}
	if len(all) != 1 {
		return change.Move{}, c.known, false
	}
	return all[0], c.known, true
}

// raised is the move of the highest folder that both sides name alike: of hal and
// drivers/x/hal it is that of the root and drivers/x.
func raised(from, to string) change.Move {
	for from != "" && path.Base(from) == path.Base(to) {
		from, to = strings.TrimSuffix(path.Dir(from), "."), path.Dir(to)
	}
	return change.Move{From: from, To: to}
}

// tells: the files or the title name the driver of a folder, or the folder that the
// repository's root is.
func (x sourceIndex) tells(dir, root string, files []string, named map[string]bool) bool {
	for _, folder := range []string{dir, root} {
		name := sameForm(path.Base(folder))
		if named[name] {
			return true
		}
		for _, f := range files {
			if stem, _, _ := strings.Cut(sameForm(f), "."); len(name) >= minName && len(stem) > len(name) && strings.HasPrefix(stem, name) {
				return true
			}
		}
	}
	return false
}
