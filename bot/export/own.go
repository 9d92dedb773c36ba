package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
)

// What a vendor's package has of its own.
const (
	OwnCommit = "commit"
	OwnPatch  = "patch" // a file that the package applies
	OwnFiles  = "files" // of a folder, that mainline does not have
)

// Own is one of them, compared with mainline by content.
type Own struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"` // commit id or path
	Title string `json:"title,omitempty"`
	In    int    `json:"in_mainline"` // hunks that mainline has
	All   int    `json:"hunks"`
	// Other are hunks that mainline cannot have: code for other kernels, by its conditions.
	Other int `json:"for_other_kernels,omitempty"`
}

// InMainline reports whether mainline has all of it: the package need not carry it on.
func (o Own) InMainline() bool { return o.In == o.All && o.All > 0 }

// Alone reports whether mainline has nothing of it, and could.
func (o Own) Alone() bool { return o.In == 0 && o.Other == 0 }

// Compat reports whether all that mainline has not is for other kernels.
func (o Own) Compat() bool { return o.Other > 0 && o.In+o.Other == o.All }

// Own compares what the package has of its own with a commit of mainline, hunk by hunk,
// since a vendor's release may be one commit: the commits after since, where one is named,
// the patches that it ships, and the files that mainline does not have.
func (p *Package) Own(ctx context.Context, tip, since string) (out []Own, err error) {
	w := &owned{p: p, tip: tip, texts: map[string][]byte{}, ours: map[string][]byte{}}
	if since != "" {
		if out, err = w.commits(ctx, since); err != nil {
			return nil, err
		}
	}
	var alone tally
	listed, err := p.Vendor.Output(ctx, "listing the vendor's files", "ls-tree", "-r", "-z", "--name-only", at(p.Tag, p.VendorFolder))
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		var o *Own
		switch path.Ext(name) {
		case ".patch", ".diff":
			o, err = w.patch(ctx, name)
		case ".c", ".h":
			var text []byte
			text, err = w.text(ctx, name)
			alone.add(name, text == nil)
		}
		if err != nil {
			return nil, err
		}
		if o != nil {
			out = append(out, *o)
		}
	}
	return append(out, alone.rows()...), nil
}

// patched is the packaged file that a patch names: as it stands there, or behind the first
// folder, which patch -p1 takes off.
func (w *owned) patched(ctx context.Context, name string) (string, error) {
	folder := strings.Trim(w.p.MainlineFolder, "/") + "/"
	_, rest, _ := strings.Cut(name, "/")
	for _, n := range []string{name, rest} {
		if n = strings.TrimPrefix(n, folder); n == "" {
			continue // a file at the root has no first folder
		}
		if text, err := w.text(ctx, n); err != nil || text != nil {
			return n, err
		}
	}
	return strings.TrimPrefix(name, folder), nil
}

// tally counts the files that mainline does not have: by folder, or as one where it has
// nothing of the whole folder at the top.
type tally struct{ missing, under, all map[string]int }

func (t *tally) add(name string, missing bool) {
	if t.all == nil {
		*t = tally{map[string]int{}, map[string]int{}, map[string]int{}}
	}
	top, _, _ := strings.Cut(path.Dir(name), "/")
	t.all[top]++
	if missing {
		t.missing[path.Dir(name)]++
		t.under[top]++
	}
}

func (t *tally) rows() (out []Own) {
	done := map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(t.missing)) {
		top, _, _ := strings.Cut(folder, "/")
		switch {
		case t.under[top] < t.all[top]:
			out = append(out, Own{Kind: OwnFiles, Name: folder, All: t.missing[folder]})
		case !done[top]:
			done[top] = true
			out = append(out, Own{Kind: OwnFiles, Name: top, All: t.under[top]})
		}
	}
	return out
}

// owned is the comparison at work.
type owned struct {
	p     *Package
	tip   string
	texts map[string][]byte // of mainline's files; nil for one that is not there
	ours  map[string][]byte // of the release
}

func (w *owned) commits(ctx context.Context, since string) (out []Own, err error) {
	for c, err := range w.p.Vendor.Commits(ctx, git.Query{Revs: []string{since + ".." + w.p.Tag}, NoMerges: true, OldestFirst: true}) {
		if err != nil {
			return nil, fmt.Errorf("reading the vendor's commits since %s: %w", since, err)
		}
		files, _, err := gitdiff.Parse(strings.NewReader(c.Diff))
		if err != nil {
			return nil, fmt.Errorf("reading the diff of %.12s: %w", c.ID, err)
		}
		o := Own{Kind: OwnCommit, Name: c.ID, Title: c.Title()}
		folder := strings.Trim(w.p.VendorFolder, "/")
		for _, f := range files {
			name, inside := strings.CutPrefix(nameOf(f), folder+"/")
			if folder == "" {
				name, inside = nameOf(f), true
			}
			if inside {
				if err := w.count(ctx, &o, name, f); err != nil {
					return nil, err
				}
			}
		}
		if o.All > 0 {
			out = append(out, o)
		}
	}
	return out, nil
}

// patch compares one that the package ships; one that cannot be read is none of code.
func (w *owned) patch(ctx context.Context, name string) (*Own, error) {
	o, err := w.p.Vendor.Object(ctx, w.p.Tag+":"+path.Join(strings.Trim(w.p.VendorFolder, "/"), name))
	if err != nil {
		return nil, err
	}
	files, preamble, err := gitdiff.Parse(bytes.NewReader(o.Data))
	if err != nil {
		return nil, nil //nolint:nilerr // a quilt's series may have other things in it
	}
	out := &Own{Kind: OwnPatch, Name: name}
	if h, err := gitdiff.ParsePatchHeader(preamble); err == nil {
		out.Title = h.Title
	}
	for _, f := range files {
		inside, err := w.patched(ctx, nameOf(f))
		if err != nil {
			return nil, err
		}
		if err := w.count(ctx, out, inside, f); err != nil {
			return nil, err
		}
	}
	if out.All == 0 {
		return nil, nil // no code is in it
	}
	return out, nil
}

// count adds the hunks of one file.
func (w *owned) count(ctx context.Context, o *Own, name string, f *gitdiff.File) error {
	switch path.Ext(name) {
	case ".c", ".h", ".S":
	default:
		return nil // makefiles and documents of a package are its own
	}
	text, err := w.text(ctx, name)
	if err != nil {
		return err
	}
	if o.Kind == OwnCommit && f.IsNew && text == nil {
		return nil // told with the files that mainline does not have
	}
	own, err := w.release(ctx, name)
	if err != nil {
		return err
	}
	for _, h := range f.TextFragments {
		if o.Kind == OwnCommit && (own == nil) != f.IsDelete || o.Kind == OwnCommit && own != nil && !held(own, h) {
			continue // the vendor has gone on: nothing of it is in the release
		}
		o.All++
		switch {
		case f.IsDelete && text == nil || text != nil && held(text, h):
			o.In++
		case forOthers(h):
			o.Other++
		}
	}
	return nil
}

// forOthers reports whether a hunk is about conditions on the kernel's version.
func forOthers(h *gitdiff.TextFragment) bool {
	for _, l := range h.Lines {
		if l.Op != gitdiff.OpContext && (strings.Contains(l.Line, "LINUX_VERSION_CODE") || strings.Contains(l.Line, "KERNEL_VERSION(") || strings.Contains(l.Line, "RHEL_RELEASE_")) {
			return true
		}
	}
	return false
}

// text is a file of mainline after a line end, nil for one that is not there.
func (w *owned) text(ctx context.Context, name string) ([]byte, error) {
	return read(ctx, w.texts, w.p.Mainline, w.tip, path.Join(strings.Trim(w.p.MainlineFolder, "/"), name))
}

// release is the same of the vendor's release.
func (w *owned) release(ctx context.Context, name string) ([]byte, error) {
	return read(ctx, w.ours, w.p.Vendor, w.p.Tag, path.Join(strings.Trim(w.p.VendorFolder, "/"), name))
}

func read(ctx context.Context, known map[string][]byte, r *git.Repo, rev, name string) ([]byte, error) {
	if text, ok := known[name]; ok {
		return text, nil
	}
	known[name] = nil
	o, err := r.Object(ctx, rev+":"+name)
	switch {
	case errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision):
		return nil, nil
	case err != nil:
		return nil, err
	}
	known[name] = append([]byte{'\n'}, o.Data...)
	return known[name], nil
}

// distinct is how many characters a run of lines has that stands for itself: what is
// shorter, as a return or a brace, stands in any file.
const distinct = 24

// held reports whether a file has what a hunk leads to: with the lines around it, or, where
// these went on, by runs of added lines that are distinct enough.
func held(text []byte, h *gitdiff.TextFragment) bool {
	if bytes.Contains(text, side(h, gitdiff.OpAdd)) && (h.LinesDeleted == 0 || !bytes.Contains(text, side(h, gitdiff.OpDelete))) {
		return true
	}
	var run []byte
	clear := false
	flush := func() bool {
		defer func() { run = nil }()
		if len(run) == 0 {
			return true
		}
		clear = clear || len(bytes.Join(bytes.Fields(run), nil)) >= distinct
		return bytes.Contains(text, append([]byte{'\n'}, run...))
	}
	for _, l := range h.Lines {
		if l.Op == gitdiff.OpAdd {
			run = append(run, l.Line...)
		} else if !flush() {
			return false
		}
	}
	return flush() && clear
}
