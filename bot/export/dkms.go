package export

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/release"
)

// Fix is a mainline commit that stays dkms-only somewhere.
type Fix struct {
	ID       string
	Class    string   // the reason class
	Why      string   // one sentence
	Branches []string // where it is dkms-only
	// Lacking are the branches whose kernel has not the interface that the fix
	// uses (class abi): it is not built there, nor on older kernels.
	Lacking []string
	// Eligible are the branches that may still take it: until they do, it goes along.
	Eligible []string
	Since    string // the first release of mainline that has it; "" when there is none yet
	// Until are the point releases that have it: "6.12.40".
	Until []string
}

// Module is one module that the package builds.
type Module struct {
	Name  string
	Built string // folder below the package's root, "" for the root
	Dest  string // "/kernel/drivers/gpu/drm/i915"
	// Needs are symbols that the kernel has to be built with, "CONFIG_USB", or without,
	// "!CONFIG_USB".
	Needs []string
}

// Make is a command that builds the modules, for kernels that match ("" for all).
type Make struct{ Command, Match string }

// Package is what a DKMS source package is made of.
type Package struct {
	Name, Version string
	Vendor        *git.Repo
	Tag           string // the vendor's release
	VendorFolder  string // of the vendor's tree that is packaged, "" for all
	Mainline      *git.Repo
	// MainlineFolder is what the packaged folder is in mainline: "drivers/gpu/drm"
	// for a vendor that ships "amd/" at the top; "" when the layouts are the same.
	MainlineFolder string
	Fixes          []Fix // oldest first
	Modules        []Module
	Make, Clean    string // commands; "" for those of the vendor's dkms.conf, or the usual ones
	// Kernels is the range that is built for; nil for that of the branches of the fixes.
	Kernels *Range
	DKMS    Generation // "" for 3.0
	Needs   []string   // of the kernel, by all modules
}

// Built is a package that was made.
type Built struct {
	Name, Version, Tag, Base string
	Range                    Range
	Kernels                  Match
	Graphics                 bool // it replaces graphics drivers
	DKMS                     Generation
	Needs                    []string
	Modules                  []Module
	Make                     []Make
	Clean                    string
	Arrived                  []Arrived
	Queue                    []Queued
	Has                      []Fixed // the vendor has it
	Unfit                    []Fixed // it does not fit the vendor's tree, and why
	RedHat                   []enterprise
	Fallbacks                []string // what is done in another way than with the current dkms
	Refused                  []string // of the vendor's dkms.conf, and what to do

	tree []file
}

// Queued is a fix with its patch.
type Queued struct {
	Fix
	Title, File string
	Author      string // name and address
	Match       Match
	Deviates    []string
}

// Fixed is a fix without one.
type Fixed struct {
	Fix
	Title, Reason string
}

var (
	packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*$`)
	packageVer  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+~_-]*$`)
	moduleName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	folderName  = regexp.MustCompile(`^[A-Za-z0-9_./+-]*$`)
	symbolName  = regexp.MustCompile(`^!?CONFIG_[A-Za-z0-9_]+$`)
)

func (p *Package) check() error {
	switch {
	case !packageName.MatchString(p.Name):
		return fmt.Errorf("%q is no package name: only lower-case letters, digits, +, - and . are taken", p.Name)
	case !packageVer.MatchString(p.Version):
		return fmt.Errorf("%q is no package version: only letters, digits and .+~_- are taken", p.Version)
	case len(p.Fixes) == 0:
		return errors.New("no fix is dkms-only in the branches asked for: there is nothing to package")
	case strings.ContainsAny(p.Make+p.Clean, "\"`\n"), strings.HasSuffix(p.Make, `\`), strings.HasSuffix(p.Clean, `\`):
		return errors.New("the command of --make or --clean has a quote or a line end in it, or ends in a backslash; put it into a makefile of the vendor tree")
	}
	needs := slices.Clone(p.Needs)
	for _, m := range p.Modules {
		needs = append(needs, m.Needs...)
		if err := m.check(); err != nil {
			return fmt.Errorf("--module: %w", err)
		}
	}
	for _, s := range needs {
		if !symbolName.MatchString(s) {
			return fmt.Errorf("%q is no symbol of a kernel's configuration; write CONFIG_USB, or !CONFIG_USB where it must not be there", s)
		}
	}
	return nil
}

// Compare rebases the fixes onto the vendor's release and makes nothing of them: Worklist
// says what it found. The release need not be one that a package can be made of.
func (p *Package) Compare(ctx context.Context, o git.Options) (*Built, error) {
	own := *p
	own.Version = cmp.Or(own.Version, "0") // said nowhere
	return own.work(ctx, o, func(*bench, string, *Built) error { return nil })
}

// Build rebases the fixes onto the vendor's release and makes the package.
func (p *Package) Build(ctx context.Context, o git.Options) (*Built, error) {
	return p.work(ctx, o, func(b *bench, base string, out *Built) error {
		if err := p.source(ctx, b, base, out); err != nil {
			return err
		}
		return p.describe(out)
	})
}

// work rebases the fixes, and ends with what is made of them.
func (p *Package) work(ctx context.Context, o git.Options, end func(b *bench, base string, out *Built) error) (*Built, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	span, err := p.span()
	if err != nil {
		return nil, err
	}
	base, err := p.Vendor.Resolve(ctx, p.Tag)
	if err != nil {
		return nil, err
	}
	clone, err := git.NewClone(ctx, o, p.Vendor, p.Mainline)
	if err != nil {
		return nil, err
	}
	defer func() { _ = clone.Close() }()
	b := &bench{clone}
	out := &Built{Name: p.Name, Version: p.Version, Tag: p.Tag, Base: base, Range: span, DKMS: cmp.Or(p.DKMS, DKMS30), Needs: p.Needs, RedHat: redHat}
	out.Graphics = graphics(p.MainlineFolder)
	if err := p.queue(ctx, b, base, out); err != nil {
		return nil, err
	}
	out.Kernels = MatchOf(span, out.Graphics)
	for i := range out.Queue {
		out.Queue[i].Match = out.Queue[i].match(span, out.Graphics)
	}
	out.Arrived = arrivals(out.Queue)
	if err := end(b, base, out); err != nil {
		return nil, err
	}
	return out, nil
}

// span is the kernels that are built for.
func (p *Package) span() (Range, error) {
	if p.Kernels != nil {
		return *p.Kernels, nil
	}
	var branches []string
	for _, f := range p.Fixes {
		branches = append(append(branches, f.Branches...), f.Eligible...)
		for _, u := range f.Until {
			if series, _, ok := release.Point(u); ok {
				branches = append(branches, series)
			}
		}
	}
	return Spans(branches)
}

// graphics reports whether a file or folder of mainline is of graphics drivers.
func graphics(path string) bool {
	return strings.HasPrefix(strings.Trim(path, "/")+"/", "drivers/gpu/")
}

// at names the tree of a folder of a commit.
func at(commit, folder string) string {
	if folder = strings.Trim(folder, "/"); folder != "" {
		return commit + ":" + folder
	}
	return commit + "^{tree}"
}

// queue puts the fixes onto the vendor's tree, one on the other.
func (p *Package) queue(ctx context.Context, b *bench, base string, out *Built) error {
	start, err := b.record(ctx, at(base, p.VendorFolder), "", "base", git.Signature{Name: "x", Email: "x"})
	if err != nil {
		return fmt.Errorf("the vendor tree %s at %s: %w", p.Vendor.Path, p.Tag, err)
	}
	tip := start
	var tips []string
	for _, f := range p.Fixes {
		commit, err := p.Mainline.Commit(ctx, f.ID)
		if err != nil {
			return err
		}
		if err := fit(commit); err != nil {
			out.Unfit = append(out.Unfit, Fixed{f, commit.Title(), err.Error()})
			continue
		}
		c, err := p.rebase(ctx, b, commit, tip)
		var how *Fixed
		switch {
		case errors.Is(err, ErrUnfit):
			out.Unfit = append(out.Unfit, Fixed{f, commit.Title(), err.Error()})
			continue
		case present(err):
			out.Has = append(out.Has, Fixed{f, commit.Title(), "its result is the vendor's file already"})
			continue
		case errors.Is(err, ErrConflict):
			how = &Fixed{f, commit.Title(), err.Error()}
		case err != nil:
			return err
		}
		if how != nil {
			has, err := p.contains(ctx, b, commit, tip)
			if err != nil {
				return err
			}
			if has {
				how.Reason = "all its lines are there, in code that differs otherwise"
				out.Has = append(out.Has, *how)
			} else {
				out.Unfit = append(out.Unfit, *how)
			}
			continue
		}
		for _, path := range c.paths {
			out.Graphics = out.Graphics || p.MainlineFolder == "" && graphics(path)
		}
		if tip, err = b.record(ctx, c.tree, tip, commit.Title(), commit.Author); err != nil {
			return err
		}
		beyond, err := p.beyond(commit)
		if err != nil {
			return err
		}
		tips = append(tips, tip)
		out.Queue = append(out.Queue, Queued{Fix: f, Title: commit.Title(), Author: commit.Author.Name + " <" + commit.Author.Email + ">", Deviates: append(c.notes, beyond...)})
	}
	if len(out.Queue) == 0 {
		return nil
	}
	patches, err := b.patches(ctx, start, out.Queue, tips)
	if err != nil {
		return err
	}
	for i, m := range patches {
		out.Queue[i].File = m.name
		out.tree = append(out.tree, file{name: "patches/" + m.name, data: m.data})
	}
	return nil
}

// match is the kernels that a fix is built into. The vendor's source is one for
// all kernels, so a fix that it lacks is missing on each of them, also where the
// kernel's own driver has it; only an interface that a kernel lacks keeps a fix
// out.
func (f Fix) match(r Range, graphics bool) Match {
	for _, b := range f.Lacking {
		if k, err := ParseKernel(b); err == nil {
			r = r.after(k)
		}
	}
	return MatchOf(r, graphics)
}

// rebase is carry between trees of different folders, without looking for
// renames: two layouts have too many.
func (p *Package) rebase(ctx context.Context, b *bench, c *git.Commit, tip string) (carried, error) {
	out := carried{commit: c}
	from, err := b.record(ctx, at(c.Parents[0], p.MainlineFolder), "", "from", git.Signature{Name: "x", Email: "x"})
	if err != nil {
		return out, fmt.Errorf("mainline's folder %q: %w", p.MainlineFolder, err)
	}
	to, err := b.record(ctx, at(c.ID, p.MainlineFolder), "", "to", git.Signature{Name: "x", Email: "x"})
	if err != nil {
		return out, fmt.Errorf("mainline's folder %q: %w", p.MainlineFolder, err)
	}
	if same, err := b.sameTree(ctx, from, to); err != nil || same {
		return out, errors.Join(err, fmt.Errorf("%w: it changes nothing below %s, which the package is of", ErrUnfit, p.MainlineFolder))
	}
	tree, conflicts, err := b.merge(ctx, from, tip, to, false)
	if err != nil {
		return out, err
	}
	if len(conflicts) > 0 {
		return p.climb(ctx, b, out, sides{from, to, tip, conflicts})
	}
	if same, err := b.sameTree(ctx, tree, tip); err != nil || same {
		return out, errors.Join(err, ErrPresent)
	}
	out.tree = tree
	here, err := b.diff(ctx, tip, tree)
	if err != nil {
		return out, err
	}
	there, err := b.diff(ctx, from, to)
	if err != nil {
		return out, err
	}
	out.notes, out.paths = deviations(there, here)
	return out, nil
}

// beyond notes what a commit changes outside the packaged folder: it is left out.
func (p *Package) beyond(c *git.Commit) (notes []string, err error) {
	folder := strings.Trim(p.MainlineFolder, "/")
	if folder == "" {
		return nil, nil
	}
	files, _, err := gitdiff.Parse(strings.NewReader(c.Diff))
	if err != nil {
		return nil, fmt.Errorf("reading the diff of %.12s: %w", c.ID, err)
	}
	for _, f := range files {
		if name := nameOf(f); !strings.HasPrefix(name, folder+"/") {
			notes = append(notes, name+": left out, it is not below "+folder+"; the rest builds only where the kernel has that part")
		}
	}
	return notes, nil
}

// contains reports whether a tree has what a commit leads to, hunk by hunk: a
// vendor's release is one commit, so only the content can tell.
func (p *Package) contains(ctx context.Context, b *bench, c *git.Commit, tip string) (bool, error) {
	files, _, err := gitdiff.Parse(strings.NewReader(c.Diff))
	if err != nil {
		return false, fmt.Errorf("reading the diff of %.12s: %w", c.ID, err)
	}
	folder := strings.Trim(p.MainlineFolder, "/")
	for _, f := range files {
		name, inside := strings.CutPrefix(nameOf(f), folder+"/")
		if folder != "" && !inside {
			continue
		}
		blob, err := b.Object(ctx, tip+":"+name)
		if errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision) {
			if f.IsDelete {
				continue
			}
			return false, nil
		}
		if err != nil {
			return false, err
		}
		text := append([]byte{'\n'}, blob.Data...)
		for _, h := range f.TextFragments {
			if !bytes.Contains(text, side(h, gitdiff.OpAdd)) || h.LinesDeleted > 0 && bytes.Contains(text, side(h, gitdiff.OpDelete)) {
				return false, nil
			}
		}
	}
	return true, nil
}

// side is one side of a hunk with one line of context around it, after a line
// end.
func side(h *gitdiff.TextFragment, op gitdiff.LineOp) []byte {
	out := []byte{'\n'}
	lead, trail := max(0, h.LeadingContext-1), max(0, h.TrailingContext-1)
	for i, l := range h.Lines {
		if n := int64(i); n >= lead && n < int64(len(h.Lines))-trail && (l.Op == gitdiff.OpContext || l.Op == op) {
			out = append(out, l.Line...)
		}
	}
	return out
}

// record makes a commit of a tree.
func (b *bench) record(ctx context.Context, tree, parent, message string, by git.Signature) (string, error) {
	args := []string{"commit-tree", tree, "-F", "-"}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	out, err := b.Do(ctx, git.Call{Doing: "recording a patch", In: []byte(message), Env: author(by), Args: args})
	return strings.TrimSpace(string(out)), err
}

// source takes the vendor's files.
func (p *Package) source(ctx context.Context, b *bench, base string, out *Built) error {
	data, err := b.Do(ctx, git.Call{Doing: "reading the vendor tree", Args: []string{"archive", "--format=tar", at(base, p.VendorFolder)}})
	if err != nil {
		return err
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the vendor tree: %w", err)
		}
		name := strings.TrimSuffix(h.Name, "/")
		switch {
		case h.Typeflag == tar.TypeDir, h.Typeflag == tar.TypeXGlobalHeader:
			continue
		case h.Typeflag != tar.TypeReg:
			return fmt.Errorf("the vendor tree %w: %s is neither file nor folder", ErrUnfit, name)
		case strings.HasPrefix(name, "patches/"):
			return fmt.Errorf("the vendor tree %w: it has a folder patches, which DKMS keeps for itself", ErrUnfit)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("reading the vendor tree: %w", err)
		}
		out.tree = append(out.tree, file{name: name, data: content, mode: os.FileMode(h.Mode).Perm()})
	}
}

// usual is what dkms does where nothing else is said.
const usual = "make -C ${kernel_source_dir} M=${dkms_tree}/${PACKAGE_NAME}/${PACKAGE_VERSION}/build "

// describe adds what tells DKMS and people about the package.
func (p *Package) describe(out *Built) error {
	out.Modules, out.Clean = slices.Clone(p.Modules), p.Clean
	if p.Make != "" {
		out.Make = []Make{{Command: p.Make}}
	}
	for i, f := range out.tree {
		if f.name == "dkms.conf" {
			out.take(readVendorConf(string(f.data)))
			out.tree = slices.Delete(out.tree, i, i+1)
			break
		}
	}
	if len(out.Modules) == 0 {
		return errors.New(strings.Join(append([]string{
			"which modules are built is not known: the vendor tree has no dkms.conf that says so; name them with --module"}, out.Refused...), "; "))
	}
	if len(out.Make) == 0 {
		out.Make = []Make{{Command: usual + "modules"}}
	}
	out.Clean = cmp.Or(out.Clean, usual+"clean")
	for i := range out.Modules {
		// Where it does not matter DKMS asks for it all the same.
		out.Modules[i].Dest = cmp.Or(out.Modules[i].Dest, "/kernel/drivers/extra")
	}
	slices.SortStableFunc(out.Modules, func(a, b Module) int { return min(len(a.Needs), 1) - min(len(b.Needs), 1) })
	out.Fallbacks = out.fallbacks()
	conf, readme, err := out.texts()
	if err != nil {
		return err
	}
	for i, f := range out.tree {
		if f.name == "README.md" {
			out.tree[i].name = "README.vendor.md" // the vendor's own stays readable
		}
	}
	out.tree = append(out.tree, file{name: "dkms.conf", data: conf}, file{name: "README.md", data: readme})
	return nil
}

// Write puts the package into a folder, as DKMS wants it in /usr/src.
func (b *Built) Write(dir string) error { return writeFiles(dir, b.tree) }
