package export

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// Series is one branch's backport, ready to be mailed.
type Series struct {
	Branch  Branch
	Patches []Patch
	// Left are prerequisites that turned out to be in the branch by content.
	Left []string
	// Tree is what the branch holds after `git am`.
	Tree string
	// Files are those of the branch that the series changes, as it leaves them: what is
	// compiled to see whether it builds.
	Files []AdaptedFile
	// RangeDiff compares the adapted patch with mainline's; "" where none was adapted.
	RangeDiff string
}

// Patch is one mail.
type Patch struct {
	ID, Title string
	File      string // its name
	Mail      []byte
	Deviates  []string // from mainline; empty when it is mainline's patch
	Needed    bool     // a prerequisite
}

// Wanted is what is asked for.
type Wanted struct {
	Mainline      *git.Repo
	ID            string   // full id of the mainline commit
	Prerequisites []string // full ids, first things first
	Branch        Branch
	Who           Identity
	// Adapted is the change as it goes into the branch where it conflicts; nil: it has
	// to merge.
	Adapted *Adapted
}

// Adapted is what a change is in a branch where it does not merge.
type Adapted struct {
	Files []AdaptedFile
	// Differs says what is other than in mainline, and what a person has to check.
	Differs []string
}

// AdaptedFile is one file with the change.
type AdaptedFile struct {
	Path, From string // From: it was called so before
	Data       []byte // nil: it is deleted
	Mode       uint32 // of git
}

// Backport makes a series that applies, or says what does not.
func Backport(ctx context.Context, w Wanted, o git.Options) (*Series, error) {
	clone, err := git.NewClone(ctx, o, w.Mainline, w.Branch.Repo)
	if err != nil {
		return nil, err
	}
	defer func() { _ = clone.Close() }()
	b := &bench{clone}
	s := &Series{Branch: w.Branch}
	change, err := w.Mainline.Commit(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	tip, base := w.Branch.Tip, w.Branch.Tip
	paths := map[string]bool{}
	for _, id := range append(slices.Clone(w.Prerequisites), w.ID) {
		commit := change
		if id != w.ID {
			if commit, err = w.Mainline.Commit(ctx, id); err != nil {
				return nil, err
			}
		}
		if err := fit(commit); err != nil {
			return nil, err
		}
		var c carried
		if id == w.ID && w.Adapted != nil {
			c, err = b.adapt(ctx, commit, tip, w)
		} else {
			c, err = b.carry(ctx, commit, tip)
		}
		if present(err) && id != w.ID {
			s.Left = append(s.Left, id)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("backporting to %s: %w", w.Branch.Tree(), err)
		}
		needed := change
		if id == w.ID {
			needed = nil
		}
		message := message(commit, needed, c.notes, w.Who)
		out, err := b.Do(ctx, git.Call{Doing: "recording a backport", In: []byte(message), Env: author(commit.Author),
			Args: []string{"commit-tree", c.tree, "-p", tip, "-F", "-"}})
		if err != nil {
			return nil, err
		}
		tip = strings.TrimSpace(string(out))
		for _, p := range c.paths {
			paths[p] = true
		}
		s.Patches = append(s.Patches, Patch{ID: id, Title: commit.Title(), Deviates: c.notes, Needed: id != w.ID})
	}
	mails, err := b.format(ctx, base, tip, w)
	if err != nil {
		return nil, err
	}
	if len(mails) != len(s.Patches) {
		return nil, fmt.Errorf("git made %d mails of %d patches", len(mails), len(s.Patches))
	}
	for i, m := range mails {
		s.Patches[i].File, s.Patches[i].Mail = m.name, m.data
	}
	if w.Adapted != nil {
		if s.RangeDiff, err = b.compare(ctx, w.ID, tip); err != nil {
			return nil, err
		}
	}
	if s.Tree, err = b.verify(ctx, base, tip, mails, paths); err != nil {
		return nil, fmt.Errorf("%w; nothing is written", err)
	}
	s.Files, err = b.leaves(ctx, tip, paths)
	return s, err
}

// leaves are the files that the series leaves.
func (b *bench) leaves(ctx context.Context, tip string, paths map[string]bool) (out []AdaptedFile, err error) {
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		o, err := b.Object(ctx, tip+":"+p)
		switch {
		case errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision):
			out = append(out, AdaptedFile{Path: p})
		case err != nil:
			return nil, fmt.Errorf("reading what the series leaves: %w", err)
		default:
			// An empty file is there all the same.
			out = append(out, AdaptedFile{Path: p, Data: append([]byte{}, o.Data...)})
		}
	}
	return out, nil
}

// message puts what stable asks for around a commit's own words.
func message(c, needed *git.Commit, notes []string, who Identity) string {
	title := c.Title()
	body := strings.TrimRight(strings.TrimLeft(c.Body(), "\n"), "\n \t")
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\ncommit %s upstream.\n", title, c.ID)
	if body != "" {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	var tail []string
	if needed != nil {
		tail = append(tail, fmt.Sprintf("Stable-dep-of: %.12s (%q)", needed.ID, needed.Title()))
	}
	for i, n := range notes {
		open, end := "  ", ""
		if i == 0 {
			open = "[ "
		}
		if i == len(notes)-1 {
			end = " ]"
		}
		tail = append(tail, open+n+end)
	}
	if who.Known() {
		tail = append(tail, "Signed-off-by: "+who.String())
	}
	if len(tail) > 0 {
		if !endsInTags(body) {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Join(tail, "\n") + "\n")
	}
	return b.String()
}

// endsInTags reports whether the last paragraph is tags, which more may join.
func endsInTags(body string) bool {
	last := body[strings.LastIndex(body, "\n\n")+1:]
	last = strings.TrimSpace(last)
	if last == "" {
		return false
	}
	for line := range strings.Lines(last) {
		key, _, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, "[") || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			continue
		}
		if !ok || key == "" || strings.ContainsAny(key, " \t") {
			return false
		}
	}
	return true
}

// format has git write the mails.
func (b *bench) format(ctx context.Context, base, tip string, w Wanted) ([]file, error) {
	dir := filepath.Join(b.Tree, ".git", "mails")
	args := []string{"format-patch", "-q", "-o", dir, "--subject-prefix=PATCH " + w.Branch.Tree(), "--no-base", "--no-attach", "--no-cover-letter",
		"--zero-commit", "--signature=stablebot", "--stat=72", "--summary", "--no-renames", "--no-ext-diff", "--no-textconv", "--full-index", "--to=" + StableList}
	if w.Who.Known() {
		// Git writes the author into the mail where that is somebody else.
		args = append(args, "--from="+w.Who.String(), "--force-in-body-from")
	}
	if _, err := b.Do(ctx, git.Call{Doing: "writing mails", Args: append(args, base+".."+tip)}); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the mails that git wrote: %w", err)
	}
	var out []file
	for _, n := range names {
		data, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the mails that git wrote: %w", err)
		}
		out = append(out, file{name: n.Name(), data: data})
	}
	return out, nil
}

// verify applies mails with git am to a checkout of the branch.
func (b *bench) verify(ctx context.Context, base, want string, mails []file, paths map[string]bool) (tree string, err error) {
	if err := b.Sparse(ctx, base, slices.Sorted(maps.Keys(paths))); err != nil {
		return "", err
	}
	args := []string{"-c", "core.sparseCheckout=true", "am", "-q", "--no-3way", "--keep-cr"}
	for _, m := range mails {
		to := filepath.Join(b.Tree, ".git", "try-"+m.name)
		if err := os.WriteFile(to, m.data, 0o644); err != nil {
			return "", fmt.Errorf("trying the mails: %w", err)
		}
		args = append(args, to)
	}
	if out, err := b.Do(ctx, git.Call{Doing: "applying the mails with git am", Args: args}); err != nil {
		return "", fmt.Errorf("%w: git am says %s: %w", ErrConflict, firstLine(out), err)
	}
	out, err := b.Do(ctx, git.Call{Doing: "comparing trees", Args: []string{"rev-parse", "HEAD^{tree}"}})
	if err != nil {
		return "", err
	}
	tree = strings.TrimSpace(string(out))
	if want != "" {
		same, err := b.sameTree(ctx, tree, want)
		if err != nil {
			return "", err
		}
		if !same {
			return "", fmt.Errorf("%w as meant: git am leaves another tree than the merge did", ErrConflict)
		}
	}
	return tree, nil
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}

// Write puts the mails into a folder.
func (s *Series) Write(dir string) error {
	var files []file
	for _, p := range s.Patches {
		files = append(files, file{name: p.File, data: p.Mail})
	}
	if s.RangeDiff != "" {
		files = append(files, file{name: RangeDiff, data: []byte(s.RangeDiff)})
	}
	return writeFiles(dir, files)
}
