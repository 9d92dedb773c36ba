package silicon

import (
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// The share of a folder's sources that must be a driver's, and the share that a
// second driver may have, for the folder to be that driver's without doubt.
const (
	mostOfFolder  = 0.5
	secondDriver  = 0.5
	enoughSources = 3
)

// Layout finds how a repository's paths stand to the kernel's, from its files: a
// folder whose sources are those of one folder of the table is that folder. ok is
// false where the table leaves a doubt, or where the repository is laid out as the
// kernel is.
func (t *DriverTable) Layout(paths []string) (l change.Layout, ok bool) {
	if l, ok := t.packaged(paths); ok {
		return l, !l.Kernel()
	}
	at := t.sourcesOnce()
	for from, files := range sourcesByFolder(paths) {
		if to := at.home(files); to != "" {
			l.Moves = append(l.Moves, change.Move{From: from, To: to})
		}
	}
	if len(l.Moves) == 0 {
		return change.Layout{}, false
	}
	// The folders of a driver go with it: "hal" below "src" where "src" is one.
	slices.SortFunc(l.Moves, func(a, b change.Move) int { return len(a.From) - len(b.From) })
	var tops []change.Move
	for _, m := range l.Moves {
		if !slices.ContainsFunc(tops, func(top change.Move) bool {
			return (top.From == "" || strings.HasPrefix(m.From, top.From+"/")) && (m.To == top.To || strings.HasPrefix(m.To, top.To+"/"))
		}) {
			tops = append(tops, m)
		}
	}
	slices.SortFunc(tops, func(a, b change.Move) int {
		if n := len(b.From) - len(a.From); n != 0 {
			return n
		}
		return strings.Compare(a.From, b.From)
	})
	return change.Layout{Moves: tops}, true
}

// packaged finds a package that has the kernel's folders in it, "drivers/…" at its
// root or below one folder.
func (t *DriverTable) packaged(paths []string) (change.Layout, bool) {
	known := map[string]int{}
	for _, p := range paths {
		if !isSource(p) {
			continue
		}
		for _, top := range []string{"drivers/", "sound/"} {
			i := strings.Index(p, top)
			if i < 0 || i > 0 && p[i-1] != '/' {
				continue
			}
			if len(t.Of(p[i:])) > 0 {
				known[strings.TrimSuffix(p[:i], "/")]++
			}
		}
	}
	best := ""
	for prefix, n := range known {
		if n > known[best] || n == known[best] && len(prefix) < len(best) {
			best = prefix
		}
	}
	if known[best] < enoughSources {
		return change.Layout{}, false
	}
	return change.Layout{Moves: []change.Move{{From: best}}}, true
}

// isSource tells a source or header that is not a package's own for older kernels.
func isSource(p string) bool {
	ext := path.Ext(p)
	return (ext == ".c" || ext == ".h") && !strings.Contains(strings.ToLower(p), "compat") && !strings.HasSuffix(p, ".mod.c")
}

func sourcesByFolder(paths []string) map[string][]string {
	out := map[string][]string{}
	for _, p := range paths {
		if isSource(p) {
			dir, base := path.Split(p)
			dir = strings.TrimSuffix(dir, "/")
			out[dir] = append(out[dir], base)
		}
	}
	return out
}

// sourceIndex knows the folders of each source's name.
type sourceIndex struct {
	named map[string][]string // file name → folders
	alone map[string][]string // name of a driver that holds a folder alone → folders
}

// sourcesOnce is sources, made when it is first asked for.
func (t *DriverTable) sourcesOnce() sourceIndex {
	t.indexOnce.Do(func() { t.index = t.sources() })
	return t.index
}

// sources reads the whole table.
func (t *DriverTable) sources() sourceIndex {
	x := sourceIndex{map[string][]string{}, map[string][]string{}}
	for d := range t.All {
		for _, f := range d.Files {
			if !strings.HasPrefix(f, "drivers/") && !strings.HasPrefix(f, "sound/") {
				continue // no vendor ships these outside a kernel
			}
			if strings.HasSuffix(f, "/") {
				name := strings.ReplaceAll(d.Name, "-", "_")
				x.alone[name] = append(x.alone[name], strings.TrimSuffix(f, "/"))
				continue
			}
			dir, base := path.Split(f)
			if dir = strings.TrimSuffix(dir, "/"); !slices.Contains(x.named[base], dir) {
				x.named[base] = append(x.named[base], dir)
			}
		}
	}
	return x
}

// home is the kernel's folder of a folder's sources, "" where it is in doubt.
func (x sourceIndex) home(files []string) string {
	if len(files) < enoughSources {
		return ""
	}
	score := map[string]int{}
	for _, f := range files {
		for dir := range x.claims(f) {
			score[dir]++
		}
	}
	best, second := "", ""
	for dir, n := range score {
		switch {
		case best == "" || n > score[best] || n == score[best] && dir < best:
			best, second = dir, best
		case second == "" || n > score[second]:
			second = dir
		}
	}
	if best == "" || float64(score[best]) < mostOfFolder*float64(len(files)) || second != "" && float64(score[second]) > secondDriver*float64(score[best]) {
		return ""
	}
	return best
}

// claims are the kernel's folders that a file of this name stands in.
func (x sourceIndex) claims(file string) map[string]bool {
	out := map[string]bool{}
	for _, dir := range x.named[file] {
		out[dir] = true
	}
	// "ice_main.c" and "ice.h" are the driver ice's; "ice.c" may be a program's that knows its registers
	for name := strings.TrimSuffix(strings.TrimSuffix(file, ".c"), ".h"); name != ""; {
		if file != name+".c" {
			for _, dir := range x.alone[name] {
				out[dir] = true
			}
		}
		i := strings.LastIndexByte(name, '_')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	return out
}
