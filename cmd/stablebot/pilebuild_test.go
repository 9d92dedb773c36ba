//go:build measure

package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	kbuild "github.com/stablebot/stablebot/bot/kernel/build"
	"github.com/stablebot/stablebot/bot/kernel/build/ksource"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/kernel/prereq"
)

// TestPileBuild asks whether prerequisites that are said to be complete are enough. The
// changes are those of mainline that 6.1-lts of freebsd/drm-kmod has not, and that need
// others first; both go onto the branch's tip in order. Where the branch's files are those
// of Debian's 6.1, what comes out is compiled there, STABLEBOT_PILES of them (40); for each
// of the rest every name that is put in has to be there in the same shape:
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_BUILD_DIR=folder \
//	    go test -tags measure ./cmd/stablebot -run TestPileBuild -v -timeout 120m
func TestPileBuild(t *testing.T) {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	most := 40
	if n, err := strconv.Atoi(os.Getenv("STABLEBOT_PILES")); err == nil {
		most = n
	}
	d := &yard{workshop: &workshop{T: t, kmod: path, Repo: ksource.Debian(t, "drivers/gpu/drm", "drivers/acpi", "drivers/video", "net/core", "block", "drivers/base")}}
	d.Write(".git/objects/info/alternates", filepath.Join(path, "objects")+"\n")
	d.open()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(graphics), 0o600); err != nil {
		t.Fatal(err)
	}
	o := kbuild.Options{Config: config, Dir: cmp.Or(os.Getenv("STABLEBOT_BUILD_DIR"), t.TempDir())}
	said := map[string]int{}
	for fix := range strings.FieldsSeq(d.theirs("rev-list", "--reverse", "--no-merges", d.base+"..master", "--", "drivers/gpu/drm")) {
		d.read(fix)
		if d.wanted == nil {
			continue
		}
		switch {
		case !d.same():
			if lacks := d.lacks(fix); len(lacks) > 0 {
				said["names: lacking"]++
				t.Logf("%.12s %s: after %d commits it lacks %v", fix, d.title, len(d.wanted), lacks)
			} else {
				said["names: all there"]++
			}
		case said["compiled"]+said["not compiled"] < most:
			res, err := kbuild.Objects(t.Context(), d.repo, d.debian, d.changed(), o)
			if err != nil {
				t.Fatal(err)
			}
			switch res.Builds {
			case kbuild.Yes:
				said["compiled"]++
			case kbuild.No:
				said["not compiled"]++
			default:
				said["not tried"]++
			}
			t.Logf("%.12s %s, after %d commits: %s %s", fix, d.title, len(d.wanted), res.Builds, res.Why)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(said)) {
		t.Logf("%s: %d", what, said[what])
	}
	if built := said["compiled"]; said["not compiled"]*49 > built || built == 0 {
		t.Errorf("%d compiled and %d did not: 98 %% are wanted", built, said["not compiled"])
	}
	if said["names: lacking"]*49 > said["names: all there"] {
		t.Errorf("%d lack a name and %d do not: 98 %% are wanted", said["names: lacking"], said["names: all there"])
	}
}

// yard is where fixes are put onto the branch.
type yard struct {
	*workshop
	repo      *git.Repo
	finder    *prereq.Finder
	store     *objects.Store
	words     *backport.Words
	base, tip string            // where the branch began, and it
	debian    string            // the commit of Debian's source
	has       map[string]bool   // titles of the branch
	titles    map[string]string // of mainline, by commit
	// Of the fix that was read last:
	title  string
	wanted []string // what goes in first, then it; nil: it is no case
	after  string   // the branch's tree with all of it
	files  []string
}

func (d *yard) open() {
	ctx := d.Context()
	var err error
	if d.repo, err = git.Open(ctx, d.Dir, git.Options{Trust: true}); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = d.repo.Close() })
	kmod, err := git.Open(ctx, d.kmod, git.Options{Trust: true})
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = kmod.Close() })
	d.debian, d.tip = d.Git("rev-parse", "main"), d.theirs("rev-parse", "6.1-lts")
	master := d.theirs("rev-parse", "master")
	d.base = d.theirs("merge-base", "master", "6.1-lts")
	if d.finder, err = prereq.New(ctx, kmod, master, d.base, prereq.Options{Cache: cmp.Or(os.Getenv("STABLEBOT_PREREQ_CACHE"), d.TempDir())}); err != nil {
		d.Fatal(err)
	}
	d.store, d.words = objects.New(d.repo, 300<<20), backport.NewWords()
	d.has, d.titles = map[string]bool{}, map[string]string{}
	for line := range strings.Lines(d.theirs("log", "--format=%H %s", d.base+"..master")) {
		id, title, _ := strings.Cut(strings.TrimSpace(line), " ")
		d.titles[id] = title
	}
	for title := range strings.Lines(d.theirs("log", "--format=%s", d.base+"..6.1-lts")) {
		d.has[strings.TrimSpace(title)] = true
	}
}

// read puts a fix and what it needs onto the branch's tip, where it is a case.
func (d *yard) read(fix string) {
	d.wanted, d.title = nil, d.titles[fix]
	if d.has[d.title] {
		return
	}
	has := func(id string) bool { return d.has[d.titles[id]] }
	p, err := d.finder.Pile(d.Context(), fix, prereq.Target{Tree: d.tip, Version: "6.1", Has: has})
	if err != nil || !p.Complete() || len(p.Commits) == 0 {
		return
	}
	for _, f := range p.Files {
		if !onlyCode.MatchString(f) {
			return
		}
	}
	d.Git("read-tree", d.tip)
	var ids []string
	for _, c := range p.Commits {
		ids = append(ids, c.ID)
	}
	for _, id := range append(ids, fix) {
		patch := d.theirs("diff-tree", "-p", "--full-index", "--no-commit-id", id) + "\n"
		if _, err := d.Try(patch, "apply", "--cached", "--3way", "-"); err != nil {
			return // the bot tries it and does not say that it is enough
		}
	}
	d.after = d.Feed("what goes in\n", "commit-tree", d.Git("write-tree"), "-p", d.tip)
	d.files = strings.Fields(d.Git("diff-tree", "-r", "--name-only", "--no-commit-id", d.after))
	if d.strays(fix) {
		return // nor then
	}
	d.wanted = append(ids, fix)
}

// strays reports whether a variable is missing of what goes in, as the bot sees it.
func (d *yard) strays(fix string) bool {
	at := func(rev string) *objects.Snapshot {
		s, err := d.store.At(d.Context(), rev)
		if err != nil {
			d.Fatal(err)
		}
		return s
	}
	merged := map[string][]byte{}
	for _, f := range d.changed() {
		if f.Data != nil {
			merged[f.Path] = f.Data
		}
	}
	found, err := backport.StraysIn(d.Context(), at(d.tip), at(fix), merged)
	if err != nil {
		d.Fatal(err)
	}
	if len(found) > 0 {
		d.Logf("%.12s %s: not enough, %v", fix, d.title, found)
	}
	return len(found) > 0
}

// same reports whether the branch's files are Debian's.
func (d *yard) same() bool {
	return !slices.ContainsFunc(d.files, func(f string) bool {
		ours, _ := d.Try("", "rev-parse", "-q", "--verify", d.tip+":"+f)
		debians, _ := d.Try("", "rev-parse", "-q", "--verify", d.debian+":"+f)
		return ours != debians
	})
}

func (d *yard) changed() (out []kbuild.File) {
	for _, f := range d.files {
		data, err := d.Try("", "show", d.after+":"+f)
		if err != nil {
			out = append(out, kbuild.File{Path: f})
			continue
		}
		out = append(out, kbuild.File{Path: f, Data: []byte(data)})
	}
	return out
}

// lacks are the names that are put in and that the branch has not, or otherwise.
func (d *yard) lacks(fix string) (out []string) {
	at := func(rev string) *objects.Snapshot {
		s, err := d.store.At(d.Context(), rev)
		if err != nil {
			d.Fatal(err)
		}
		return s
	}
	before, after, mainline := at(d.tip), at(d.after), at(fix+"^")
	for _, f := range d.files {
		was, _ := d.Try("", "show", d.tip+":"+f)
		is, _ := d.Try("", "show", d.after+":"+f)
		lacks, err := d.words.Lacking(d.Context(), backport.Used{Path: f, From: f, Before: before, After: after, Mainline: mainline,
			Edits: backport.Edits([]byte(was), []byte(is)), Others: d.files})
		if err != nil {
			d.Fatal(err)
		}
		for _, l := range lacks {
			out = append(out, fmt.Sprintf("%s in %s", l.Name, l.In))
		}
	}
	return out
}
