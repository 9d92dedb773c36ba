// Package drivers reads a kernel tree into the table of its drivers: which
// modules there are, of which files, chosen by which symbol, for the devices of
// which buses, and who maintains them.
//
// It believes the tree's own files: Makefiles say what a module is linked from,
// tables of devices and registrations say what it drives, MAINTAINERS who cares
// for it. Nothing is configured and nothing is compiled: both arms of every
// condition count. The same trees give the same table, byte for byte.
package drivers

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
)

// wanted are the parts of a tree that hold drivers or name them.
var wanted = []string{"drivers", "sound", "arch", "net", "include", "MAINTAINERS", "Makefile"}

// feed hands out the files of a tree, one after the other.
type feed func(yield func(name string, text []byte) error) error

// reader takes the files of one tree in.
type reader struct {
	t     *tree
	make  map[string]string
	top   string // Makefile of the root
	maint string

	mu   sync.Mutex
	wg   sync.WaitGroup
	jobs chan job
}

type job struct {
	name string
	text []byte
}

func read(from feed) (*tree, error) {
	r := &reader{t: &tree{sources: map[string]*source{}}, make: map[string]string{}, jobs: make(chan job, 64)}
	for range runtime.GOMAXPROCS(0) {
		r.wg.Go(r.work)
	}
	err := from(r.file)
	close(r.jobs)
	r.wg.Wait()
	if err != nil {
		return nil, err
	}
	if len(r.make) == 0 || r.top == "" {
		return nil, errors.New("this is no kernel tree: it has no Makefile, or no drivers folder with one")
	}
	r.t.release = releaseOf(r.top)
	r.t.build = readKbuild(r.make)
	r.t.maint = readMaintainers(r.maint)
	if ids := r.t.sources["include/linux/pci_ids.h"]; ids != nil {
		r.t.numbers = ids.defines
	}
	r.t.buses = knownBuses(r.t.sources)
	return r.t, nil
}

// bare are buses of hardware that work without tables of devices.
var bare = words("scsi serdev xen mmc gameport maple ps3_system_bus scm isa w1 nd")

// knownBuses are those that the tree has a type or a use of device tables for,
// and those that work without.
func knownBuses(sources map[string]*source) map[string]bool {
	out := maps.Clone(bare)
	if s := sources["include/linux/mod_devicetable.h"]; s != nil {
		for _, b := range s.types {
			out[b] = true
		}
	}
	for _, s := range sources {
		for _, b := range s.module {
			out[busName(b)] = true
		}
	}
	delete(out, "")
	return out
}

var typeOf = regexp.MustCompile(`(?m)^struct (\w+?)(?:_device|_cl)?_id \{`)

var releaseLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)$`)

// releaseOf reads the mainline release of the Makefile: "6.12", "2.6.39".
func releaseOf(makefile string) string {
	n := map[string]string{}
	for _, m := range releaseLine.FindAllStringSubmatch(makefile, 3) {
		n[m[1]] = m[2]
	}
	if n["VERSION"] == "2" {
		return "2." + n["PATCHLEVEL"] + "." + n["SUBLEVEL"]
	}
	if n["VERSION"] == "" || n["PATCHLEVEL"] == "" {
		return ""
	}
	return n["VERSION"] + "." + n["PATCHLEVEL"]
}

// file takes one file in; C files are read by all processors.
func (r *reader) file(name string, text []byte) error {
	switch {
	case name == "Makefile":
		r.top = string(text)
	case name == "MAINTAINERS":
		r.maint = string(text)
	case kbuildFile(name):
		r.make[name] = string(text)
	case strings.HasSuffix(name, ".c"), strings.HasSuffix(name, ".h"), strings.HasSuffix(name, ".rs"):
		r.jobs <- job{name, text}
	case strings.HasSuffix(name, ".S"):
		r.mu.Lock()
		r.t.sources[name] = &source{}
		r.mu.Unlock()
	}
	return nil
}

func (r *reader) work() {
	for j := range r.jobs {
		s := scanFile(j.name, j.text)
		if j.name == "include/linux/mod_devicetable.h" {
			for _, m := range typeOf.FindAllSubmatch(j.text, -1) {
				s.types = append(s.types, busName(string(m[1])))
			}
		}
		r.mu.Lock()
		r.t.sources[j.name] = s
		r.mu.Unlock()
	}
}

func scanFile(name string, text []byte) *source {
	if strings.HasSuffix(name, ".rs") {
		return scanRust(name, text)
	}
	return scan(text)
}

// useful leaves out what names no driver, before it is read.
func useful(name string) bool {
	switch path.Ext(name) {
	case ".c", ".S", ".rs":
		return true
	case ".h":
		return !strings.Contains(name, "/include/asic_reg/")
	}
	return kbuildFile(name) || name == "MAINTAINERS"
}

// Folder reads the tree in a plain folder.
func Folder(dir string) (*Tree, error) {
	return open(func(yield func(string, []byte) error) error {
		for _, w := range wanted {
			err := filepath.WalkDir(filepath.Join(dir, w), func(p string, e fs.DirEntry, err error) error {
				if err != nil {
					if errors.Is(err, fs.ErrNotExist) {
						return nil
					}
					return err
				}
				rel, err := filepath.Rel(dir, p)
				if err != nil || e.IsDir() || !e.Type().IsRegular() || !useful(filepath.ToSlash(rel)) {
					return err
				}
				text, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				return yield(filepath.ToSlash(rel), text)
			})
			if err != nil {
				return fmt.Errorf("reading the tree: %w", err)
			}
		}
		return nil
	}, "the folder "+dir)
}

// Revision reads the tree of a revision of a git repository.
func Revision(ctx context.Context, repo *git.Repo, rev string) (*Tree, error) {
	id, err := repo.Resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	return open(func(yield func(string, []byte) error) error {
		names, err := repo.Output(ctx, "list the tree", "ls-tree", "--name-only", id)
		if err != nil {
			return err
		}
		have := strings.Fields(string(names))
		args := []string{"archive", "--format=tar", id, "--"}
		for _, w := range wanted {
			if slices.Contains(have, w) {
				args = append(args, w)
			}
		}
		p, err := repo.Start(ctx, "read the tree", args...)
		if err != nil {
			return err
		}
		defer p.Close()
		in := tar.NewReader(p.Out)
		for {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading the tree: %w", err)
			}
			if h.Typeflag != tar.TypeReg || h.Size > maxSource || !useful(h.Name) {
				continue
			}
			text := make([]byte, h.Size)
			if _, err := io.ReadFull(in, text); err != nil {
				return fmt.Errorf("reading %s: %w", h.Name, err)
			}
			if err := yield(h.Name, text); err != nil {
				return err
			}
		}
	}, rev)
}

// Tree is one kernel tree, read.
type Tree struct {
	Release string // "6.12"; "" when its Makefile does not say
	From    string
	units   []*unit
	tree    *tree
}

// Len is the number of drivers, libraries and other objects of the tree.
func (t *Tree) Len() int { return len(t.units) }

func open(from feed, where string) (*Tree, error) {
	t, err := read(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return &Tree{Release: t.release, From: where, units: t.units(), tree: t}, nil
}
