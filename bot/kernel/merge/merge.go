// Package merge asks git whether three versions merge, so that the answer is
// git's own: `git merge-tree`, one process a question. Its --stdin does not help:
// it keeps its answers back until its buffer is full.
//
// The merge base that merge-tree takes is the parent that two commits share; it
// is made up for each question: three commits that exist only in a scratch
// folder of objects, as do the results. The repository is never written to.
package merge

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1" //nolint:gosec // git's names of objects
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
)

// Blob is one version of a file: an object of the repository or content.
type Blob struct {
	ID   string // "" when there is only Data
	Data []byte // nil without an ID: no such file
}

// File is one file in its three versions.
type File struct {
	Path               string
	New                string // where the change renames or copies it to; Path or "" when it does neither
	Copy               bool
	Base, Ours, Theirs Blob
	// Moved are files that only our side has, to one of which it may have moved
	// this one: git finds out.
	Moved []Blob
}

// Result is git's answer.
type Result struct {
	Clean     bool
	Same      bool     // clean, and ours already has everything
	Tree      string   // of the merge, in the scratch folder; "" without trees
	Conflicts []string // paths
	Odd       string   // what whoever looked at a clean merge says of it
}

// Merger asks. It is safe for concurrent use.
type Merger struct {
	repo *git.Repo

	mu     sync.Mutex
	dir    string // of scratch objects
	remove func()
	asked  int               // since dir is there
	known  map[string]Result // by the three trees
	// chains are by the first tree and all that go onto it.
	chains map[string]chain
}

// fresh is after how many questions the scratch folder is thrown away: each
// leaves up to a dozen small files there.
const fresh = 2000

// maxKnown bounds the answers kept.
const maxKnown = 20000

// New makes a merger for a repository. Close it after use.
func New(r *git.Repo) *Merger { return &Merger{repo: r, known: map[string]Result{}} }

// Close removes the scratch folder.
func (m *Merger) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dir == "" {
		return nil
	}
	m.remove()
	m.dir, m.asked = "", 0
	return nil
}

// Files merges files: each version of the tree has just these, so that git looks
// for renames among few.
func (m *Merger) Files(ctx context.Context, files []File) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(); err != nil {
		return Result{}, err
	}
	return m.files(ctx, files)
}

func (m *Merger) files(ctx context.Context, files []File) (Result, error) {
	var trees [3]string
	for side := range trees {
		var entries, moved []string
		for i, f := range files {
			blob := [...]Blob{f.Base, f.Ours, f.Theirs}[side]
			if side == 2 && f.New != "" && f.New != f.Path {
				e, err := m.entry(f.New, fmt.Sprintf("renamed%06d", i), blob)
				if err != nil {
					return Result{}, err
				}
				if moved = append(moved, e); !f.Copy {
					continue
				}
				blob = f.Base
			}
			e, err := m.entry(f.Path, fmt.Sprintf("%06d", i), blob)
			if err != nil {
				return Result{}, err
			}
			entries = append(entries, e)
			for k, b := range f.Moved {
				if side == 1 {
					if e, err = m.entry(f.Path, fmt.Sprintf("moved%06d.%d", i, k), b); err != nil {
						return Result{}, err
					}
					moved = append(moved, e)
				}
			}
		}
		entries = append(entries, moved...) // sorted, as a tree has to be
		var err error
		if trees[side], err = m.write("tree", []byte(strings.Join(entries, ""))); err != nil {
			return Result{}, err
		}
	}
	r, err := m.merge(ctx, trees)
	for i, c := range r.Conflicts {
		c, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(c, "moved"), "renamed"), ".")
		if n, err := strconv.Atoi(c); err == nil && n < len(files) {
			r.Conflicts[i] = files[n].Path
		}
	}
	r.Tree = ""
	return r, err
}

// entry is one line of a tree, "" for no file.
func (m *Merger) entry(path, name string, b Blob) (string, error) {
	if b.ID == "" && b.Data == nil {
		return "", nil
	}
	if b.ID == "" {
		id, err := m.write("blob", b.Data)
		if err != nil {
			return "", err
		}
		b.ID = id
	}
	raw, err := hex.DecodeString(b.ID)
	if err != nil || 2*len(raw) != m.repo.Digits() {
		return "", fmt.Errorf("merging %s: %q is no object", path, b.ID)
	}
	return "100644 " + name + "\x00" + string(raw), nil
}

// Trees merges whole trees, with renames found as git finds them.
func (m *Merger) Trees(ctx context.Context, base, ours, theirs string) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(); err != nil {
		return Result{}, err
	}
	return m.merge(ctx, [3]string{base, ours, theirs})
}

func (m *Merger) ready() error {
	if m.asked >= fresh {
		m.remove()
		m.dir, m.asked = "", 0
	}
	if m.dir != "" {
		return nil
	}
	dir, remove, err := git.Scratch("merge-")
	if err != nil {
		return fmt.Errorf("merging: %w", err)
	}
	m.dir, m.remove = dir, remove
	return nil
}

func (m *Merger) merge(ctx context.Context, trees [3]string) (Result, error) {
	key := strings.Join(trees[:], " ")
	if r, ok := m.known[key]; ok {
		r.Conflicts = append([]string(nil), r.Conflicts...)
		return r, nil
	}
	r, err := m.merged(ctx, trees)
	if err != nil {
		return Result{}, err
	}
	if len(m.known) >= maxKnown {
		clear(m.known)
	}
	m.known[key] = r
	r.Conflicts = append([]string(nil), r.Conflicts...)
	return r, nil
}

// merged asks, whatever was asked before.
func (m *Merger) merged(ctx context.Context, trees [3]string) (Result, error) {
	base, err := m.commit(trees[0], "")
	if err != nil {
		return Result{}, err
	}
	ours, err := m.commit(trees[1], base)
	if err != nil {
		return Result{}, err
	}
	theirs, err := m.commit(trees[2], base)
	if err != nil {
		return Result{}, err
	}
	m.asked++
	r, err := m.ask(ctx, ours, theirs)
	r.Same = err == nil && r.Clean && r.Tree == trees[1]
	return r, err
}

// Chain merges one change after another, each onto the result of the last, as
// picking them in order would: trees has the base and the tree of each, and top
// are the files of one more that is in no tree, its Ours left out. fits is how many
// went in; last is the answer for the one that did not, or the last. look, when it is not
// nil, sees the files that the trees left where all went in; what it says is last.Odd.
func (m *Merger) Chain(ctx context.Context, ours string, trees [][2]string, top []File, look Look) (fits int, last Result, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, first := ours+fmt.Sprint(trees), ours
	if a, ok := m.chains[key]; ok && len(top) == 0 {
		return a.fits, a.last, nil
	}
	if err := m.ready(); err != nil {
		return 0, Result{}, err
	}
	// Not from what is known: the trees of old answers may be swept away.
	for _, t := range trees {
		if last, err = m.merged(ctx, [3]string{t[0], ours, t[1]}); err != nil {
			return 0, Result{}, err
		}
		if !last.Clean {
			break
		}
		fits, ours = fits+1, last.Tree
	}
	if look != nil && fits > 0 && fits == len(trees) {
		if last.Odd, err = m.look(ctx, first, ours, look); err != nil {
			return 0, Result{}, err
		}
	}
	last.Tree = ""
	if len(top) > 0 {
		if fits < len(trees) {
			return fits, last, nil
		}
		odd := last.Odd
		if top, err = m.put(ctx, ours, top); err != nil {
			return 0, Result{}, err
		}
		if last, err = m.files(ctx, top); err != nil {
			return 0, Result{}, err
		}
		if last.Clean {
			fits++
		}
		if last.Odd == "" {
			last.Odd = odd
		}
		return fits, last, nil
	}
	if m.chains == nil || len(m.chains) >= maxKnown {
		m.chains = map[string]chain{}
	}
	m.chains[key] = chain{fits, last}
	return fits, last, nil
}

// Look reads what a merge left, by path, and says what is wrong with it.
type Look func(files map[string][]byte) (odd string, err error)

func (m *Merger) look(ctx context.Context, before, after string, look Look) (string, error) {
	paths, err := m.changed(ctx, before, after)
	if err != nil || len(paths) > maxMade {
		return "", err
	}
	files, err := m.made(ctx, after, paths)
	if err != nil {
		return "", err
	}
	return look(files)
}

// put gives files the versions that a tree of the scratch folder has of them.
func (m *Merger) put(ctx context.Context, tree string, files []File) ([]File, error) {
	args := []string{"--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", tree, "--"}
	for _, f := range files {
		args = append(args, f.Path)
	}
	p, err := m.repo.StartScratch(ctx, "merging", m.dir, args...)
	if err != nil {
		return nil, err
	}
	_ = p.In.Close() // it asks for nothing
	out, err := io.ReadAll(p.Out)
	if err = errors.Join(err, p.Wait()); err != nil {
		return nil, fmt.Errorf("merging: %w", err)
	}
	ids := map[string]string{}
	for line := range strings.SplitSeq(string(out), "\x00") {
		head, path, _ := strings.Cut(line, "\t") // mode, type, id
		ids[path] = head[strings.LastIndexByte(head, ' ')+1:]
	}
	put := make([]File, len(files))
	for i, f := range files {
		f.Ours = Blob{ID: ids[f.Path]}
		put[i] = f
	}
	return put, nil
}

// chain is what was answered for one.
type chain struct {
	fits int
	last Result
}

// ask reads "tree NUL (path NUL)…"; the exit status says whether it is clean.
func (m *Merger) ask(ctx context.Context, ours, theirs string) (Result, error) {
	p, err := m.repo.StartScratch(ctx, "merging", m.dir, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs)
	if err != nil {
		return Result{}, err
	}
	_ = p.In.Close() // it asks for nothing
	out, err := io.ReadAll(p.Out)
	if waited := p.Wait(); waited != nil {
		var e *git.Error
		if !errors.As(waited, &e) || e.ExitCode() != 1 {
			return Result{}, waited
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("merging: %w", err)
	}
	words := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	r := Result{Tree: words[0], Conflicts: words[1:]}
	if len(r.Tree) != m.repo.Digits() {
		return Result{}, fmt.Errorf("merging: git answered %q", out)
	}
	r.Clean = len(r.Conflicts) == 0
	sort.Strings(r.Conflicts)
	return r, nil
}

func (m *Merger) commit(tree, parent string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	if parent != "" {
		fmt.Fprintf(&b, "parent %s\n", parent)
	}
	b.WriteString("author stablebot <stablebot> 0 +0000\ncommitter stablebot <stablebot> 0 +0000\n\nscratch\n")
	return m.write("commit", []byte(b.String()))
}

// write makes a loose object, as git itself would.
func (m *Merger) write(kind string, data []byte) (string, error) {
	head := fmt.Sprintf("%s %d\x00", kind, len(data))
	h := sha1.New() // git's
	if m.repo.Digits() == 64 {
		h = sha256.New()
	}
	h.Write([]byte(head))
	h.Write(data)
	id := hex.EncodeToString(h.Sum(nil))
	dir := filepath.Join(m.dir, id[:2])
	file := filepath.Join(dir, id[2:])
	if _, err := os.Stat(file); err == nil {
		return id, nil
	}
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err == nil {
		_, err = z.Write([]byte(head))
	}
	if err == nil {
		_, err = z.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, b.Bytes(), 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("merging: writing a scratch object: %w", err)
	}
	return id, nil
}
