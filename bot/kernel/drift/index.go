package drift

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/progress"
)

// Tree is a kernel's, or a driver's, files.
type Tree interface {
	// List is the paths of all files below a folder, in order; none where it is not there.
	List(ctx context.Context, folder string) ([]string, error)
	// Read is called by several at once.
	Read(ctx context.Context, path string) ([]byte, error)
}

// header is one of a kernel.
type header struct {
	includes []string // as they stand there, and those in quotes as paths
	decls    []decl
}

// index is what a kernel's headers declare.
type index struct {
	version int
	said    string // "6.1.177"
	arch    bool   // it has headers of the architecture
	headers map[string]*header
	names   map[string][]*decl // but for tags of structures and enumerations
	tags    map[string][]*decl
}

// roots are the folders of headers, in the order in which the compiler looks.
func roots(arch string) []string {
	return []string{"arch/" + arch + "/include", "arch/" + arch + "/include/generated", "include", "arch/" + arch + "/include/uapi", "arch/" + arch + "/include/generated/uapi",
		"include/uapi", "include/generated/uapi"}
}

// read indexes the headers of a kernel.
func read(ctx context.Context, t Tree, arch string) (*index, error) {
	x := &index{headers: map[string]*header{}, names: map[string][]*decl{}, tags: map[string][]*decl{}}
	if err := x.release(ctx, t); err != nil {
		return nil, err
	}
	var paths []string
	for _, folder := range []string{"include", "arch/" + arch + "/include"} {
		in, err := t.List(ctx, folder)
		if err != nil {
			return nil, err
		}
		for _, p := range in {
			// What configures a kernel, and what devicetree reads, declares nothing.
			if strings.HasSuffix(p, ".h") && !strings.HasPrefix(p, "include/dt-bindings/") && !strings.HasPrefix(p, "include/config/") {
				paths = append(paths, p)
			}
		}
		x.arch = len(in) > 0 // at last, those of the architecture
	}
	if !x.arch {
		if err := architecture(ctx, t, arch); err != nil {
			return nil, err
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("it has no headers below include/; is it a kernel's tree, or its headers?")
	}
	slices.Sort(paths)
	bar := progress.Begin(ctx, "reading the headers of "+x.said, len(paths))
	defer bar.End()
	var lock sync.Mutex
	err := each(ctx, paths, func(p string) error {
		defer bar.Add(1)
		bar.At(p)
		data, err := t.Read(ctx, p)
		if err != nil {
			return err
		}
		s := scan(data, [2]int{})
		h := &header{decls: declarations(p, s)}
		for _, i := range s.includes {
			name := i.path
			if i.local {
				name = path.Join(path.Dir(p), name)
			}
			h.includes = append(h.includes, name)
		}
		lock.Lock()
		x.headers[p] = h
		lock.Unlock()
		return nil
	})
	for _, p := range paths {
		if err != nil || x.headers[p] == nil {
			continue
		}
		for i := range x.headers[p].decls {
			d := &x.headers[p].decls[i]
			if d.kind == Struct || d.kind == Enum {
				x.tags[d.name] = append(x.tags[d.name], d)
				continue
			}
			x.names[d.name] = append(x.names[d.name], d)
		}
	}
	return x, err
}

// each does something with every path, as many at once as there are processors.
func each(ctx context.Context, paths []string, do func(path string) error) error {
	work := make(chan string)
	fails := make(chan error, runtime.GOMAXPROCS(0))
	for range cap(fails) {
		go func() {
			var fail error
			for p := range work {
				if fail == nil {
					fail = do(p)
				}
			}
			fails <- fail
		}()
	}
	var first error
	for _, p := range paths {
		if first = context.Cause(ctx); first != nil {
			break
		}
		work <- p
	}
	close(work)
	for range cap(fails) {
		if err := <-fails; first == nil {
			first = err
		}
	}
	return first
}

// release reads the version from the makefile.
func (x *index) release(ctx context.Context, t Tree) error {
	data, err := t.Read(ctx, "Makefile")
	if err != nil {
		x.said = "of unknown version"
		return context.Cause(ctx)
	}
	var parts [3]int
	for line := range strings.Lines(string(data)) {
		for i, key := range [...]string{"VERSION = ", "PATCHLEVEL = ", "SUBLEVEL = "} {
			if rest, ok := strings.CutPrefix(line, key); ok {
				_, _ = fmt.Sscan(rest, &parts[i])
			}
		}
	}
	x.said = "of unknown version"
	if parts[0] > 0 {
		x.version, x.said = Version(parts[0], parts[1], parts[2]), fmt.Sprintf("%d.%d.%d", parts[0], parts[1], parts[2])
	}
	return nil
}

// find is the file that an include means, "" for none.
func (x *index) find(name, arch string) string {
	if x.headers[name] != nil {
		return name
	}
	for _, root := range roots(arch) {
		if p := root + "/" + name; x.headers[p] != nil {
			return p
		}
	}
	if rest, ok := strings.CutPrefix(name, "asm/"); ok {
		for _, p := range []string{"include/asm-generic/" + rest, "include/uapi/asm-generic/" + rest} {
			if x.headers[p] != nil {
				return p
			}
		}
	}
	return ""
}

// reach is the headers that some includes lead to.
func (x *index) reach(includes []string, arch string) map[string]bool {
	seen := map[string]bool{}
	todo := append([]string{"linux/kconfig.h", "linux/compiler_types.h", "linux/compiler-version.h"}, includes...)
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		p := x.find(name, arch)
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		todo = append(todo, x.headers[p].includes...)
	}
	return seen
}

// within are the declarations that stand in reached headers.
func within(all []*decl, reached map[string]bool) (out []*decl) {
	for _, d := range all {
		if reached[d.file] {
			out = append(out, d)
		}
	}
	return out
}
