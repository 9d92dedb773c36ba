// Package objects reads blobs and trees of a repository through one long-lived
// git, and keeps what was read in bounded memory, keyed by object id, so that a
// file which several branches share is read once.
package objects

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// DefaultBytes bounds what a Store keeps: the sources of amdgpu and i915 of one
// kernel without register headers are about 60 MB, so the touched files of several
// branches fit, and the process stays below 400 MB.
const DefaultBytes = 80 << 20

// Store reads objects. It is safe for concurrent use.
type Store struct {
	repo *git.Repo

	mu    sync.Mutex
	most  int
	size  int
	order *list.List // of *kept, the one used last in front
	kept  map[string]*list.Element
	trees map[string]folder
	names map[string]string // interned: the same names occur in every tree
}

type kept struct {
	id    string
	image *apply.Image
	err   error
}

// folder is a tree object: name → entry.
type folder map[string]apply.Entry

// maxFolders bounds the trees kept; beyond it all are forgotten. The kernel has
// 5,000 folders.
const maxFolders = 12000

// New makes a store that keeps at most so many bytes of blobs; 0 is DefaultBytes.
func New(r *git.Repo, bytes int) *Store {
	if bytes <= 0 {
		bytes = DefaultBytes
	}
	return &Store{repo: r, most: bytes, order: list.New(), kept: map[string]*list.Element{}, trees: map[string]folder{},
		names: map[string]string{}}
}

// Repo is where it reads.
func (s *Store) Repo() *git.Repo { return s.repo }

// Blob reads a file's content.
func (s *Store) Blob(ctx context.Context, id string) (*apply.Image, error) {
	s.mu.Lock()
	if e, ok := s.kept[id]; ok {
		s.order.MoveToFront(e)
		k := e.Value.(*kept)
		s.mu.Unlock()
		return k.image, k.err
	}
	s.mu.Unlock()
	o, err := s.repo.Object(ctx, id)
	if err == nil && o.Type != "blob" {
		err = fmt.Errorf("%s is a %s, not a file", id, o.Type)
	}
	k := &kept{id: id, err: err}
	switch {
	case err == nil:
		k.image = apply.NewImage(o.Data)
	case !errors.Is(err, git.ErrMissing):
		return nil, err // may be better the next time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[id]; !ok {
		s.kept[id] = s.order.PushFront(k)
		s.size += k.bytes()
		for s.size > s.most && s.order.Len() > 1 {
			last := s.order.Back()
			old := s.order.Remove(last).(*kept)
			delete(s.kept, old.id)
			s.size -= old.bytes()
		}
	}
	return k.image, k.err
}

func (k *kept) bytes() int {
	if k.image == nil {
		return 200
	}
	return k.image.Size() + 200
}

// folder reads a tree object.
func (s *Store) folder(ctx context.Context, id string) (folder, error) {
	s.mu.Lock()
	f, ok := s.trees[id]
	s.mu.Unlock()
	if ok {
		return f, nil
	}
	o, err := s.repo.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	if o.Type != "tree" {
		return nil, fmt.Errorf("%s is a %s, not a folder", id, o.Type)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, err = s.parse(o.Data, len(id)/2); err != nil {
		return nil, fmt.Errorf("reading folder %s: %w", id, err)
	}
	if len(s.trees) >= maxFolders {
		clear(s.trees)
		clear(s.names)
	}
	s.trees[id] = f
	return f, nil
}

const hexDigits = "0123456789abcdef"

// parse reads a tree object: "mode name NUL id" without anything between.
func (s *Store) parse(b []byte, idLen int) (folder, error) {
	f := make(folder, len(b)/40)
	hex := make([]byte, 2*idLen)
	for len(b) > 0 {
		var mode apply.Mode
		i := 0
		for i < len(b) && b[i] >= '0' && b[i] <= '7' {
			mode = mode<<3 | apply.Mode(b[i]-'0')
			i++
		}
		n := i + 1
		for n < len(b) && b[n] != 0 {
			n++
		}
		if i == 0 || i >= len(b) || b[i] != ' ' || n+1+idLen > len(b) {
			return nil, errors.New("it is damaged")
		}
		name, ok := s.names[string(b[i+1:n])]
		if !ok {
			name = string(b[i+1 : n])
			s.names[name] = name
		}
		for k, c := range b[n+1 : n+1+idLen] {
			hex[2*k], hex[2*k+1] = hexDigits[c>>4], hexDigits[c&15]
		}
		f[name] = apply.Entry{Mode: mode, ID: string(hex)}
		b = b[n+1+idLen:]
	}
	return f, nil
}

// Snapshot is the tree of one commit. It implements apply.Tree, and is safe for
// concurrent use.
type Snapshot struct {
	Commit string // as it was given
	Root   string // id of the tree
	s      *Store

	mu   sync.Mutex
	dirs map[string]folder // path → its tree; nil for no such folder
}

// At is the tree of a commit or of any name that git knows; of a full id when
// the repository is a partial clone.
func (s *Store) At(ctx context.Context, rev string) (*Snapshot, error) {
	o, err := s.repo.Stat(ctx, rev+"^{tree}")
	if err != nil {
		return nil, err
	}
	return &Snapshot{Commit: rev, Root: o.ID, s: s, dirs: map[string]folder{}}, nil
}

// Entry is what the tree has at a path.
func (t *Snapshot) Entry(ctx context.Context, path string) (apply.Entry, error) {
	dir, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	f, err := t.dir(ctx, dir)
	if err != nil {
		return apply.Entry{}, err
	}
	return f[name], nil
}

func (t *Snapshot) dir(ctx context.Context, path string) (folder, error) {
	t.mu.Lock()
	f, ok := t.dirs[path]
	t.mu.Unlock()
	if ok {
		return f, nil
	}
	id := t.Root
	if path != "" {
		e, err := t.Entry(ctx, path)
		if err != nil {
			return nil, err
		}
		if id = e.ID; e.Mode != apply.Folder {
			id = ""
		}
	}
	var err error
	if id != "" {
		if f, err = t.s.folder(ctx, id); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirs[path] = f
	return f, nil
}

// Names lists what a folder has, in no order; nothing when it is not there.
func (t *Snapshot) Names(ctx context.Context, path string) ([]string, error) {
	f, err := t.dir(ctx, path)
	out := make([]string, 0, len(f))
	for name := range f {
		out = append(out, name)
	}
	return out, err
}

// Image reads a file. A submodule reads as git shows it in a patch.
func (t *Snapshot) Image(ctx context.Context, e apply.Entry) (*apply.Image, error) {
	if e.Mode == apply.Gitlink {
		return apply.NewImage([]byte("Subproject commit " + e.ID + "\n")), nil
	}
	return t.s.Blob(ctx, e.ID)
}
