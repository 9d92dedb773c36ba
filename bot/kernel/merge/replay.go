package merge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Replay is a merge beside the tree that somebody made.
type Replay struct {
	Result
	// Differs are the paths at which the trees differ; of a merge that is not clean only
	// those that have no conflict tell anything.
	Differs []string
	// Made are the files of a clean merge at these paths; one that it has not is left out.
	// They are not read where more than maxMade differ.
	Made map[string][]byte
}

// maxMade bounds the files of a merge that are read: of 2,400 backports none differed in
// more than a dozen.
const maxMade = 64

// Replay merges whole trees and compares what comes out with the tree want.
func (m *Merger) Replay(ctx context.Context, base, ours, theirs, want string) (Replay, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(); err != nil {
		return Replay{}, err
	}
	// Not from what is known: the trees of old answers may be swept away.
	r, err := m.merged(ctx, [3]string{base, ours, theirs})
	if err != nil || r.Tree == want {
		return Replay{Result: r}, err
	}
	x := Replay{Result: r}
	if x.Differs, err = m.changed(ctx, r.Tree, want); err != nil {
		return Replay{}, err
	}
	if r.Clean && len(x.Differs) <= maxMade {
		x.Made, err = m.made(ctx, r.Tree, x.Differs)
	}
	return x, err
}

// Commits merges two commits as git does, with the merge base that they share, and names the
// paths at which what comes out differs from the commit made of them.
func (m *Merger) Commits(ctx context.Context, ours, theirs, made string) (Replay, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(); err != nil {
		return Replay{}, err
	}
	m.asked++
	r, err := m.ask(ctx, ours, theirs)
	if err != nil {
		return Replay{}, err
	}
	x := Replay{Result: r}
	x.Differs, err = m.changed(ctx, r.Tree, made+"^{tree}")
	return x, err
}

// changed are the paths at which two trees differ.
func (m *Merger) changed(ctx context.Context, a, b string) ([]string, error) {
	out, err := m.scratch(ctx, "comparing trees", "", "diff-tree", "-r", "-z", "--no-renames", "--name-only", a, b)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// scratch runs a git command that sees the scratch folder.
func (m *Merger) scratch(ctx context.Context, doing, in string, args ...string) ([]byte, error) {
	p, err := m.repo.StartScratch(ctx, doing, m.dir, args...)
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.WriteString(p.In, in) // git has died when it fails; Wait says why
		_ = p.In.Close()
	}()
	out, err := io.ReadAll(p.Out)
	if err = errors.Join(err, p.Wait()); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return out, nil
}

// made reads files of a tree of the scratch folder.
func (m *Merger) made(ctx context.Context, tree string, paths []string) (map[string][]byte, error) {
	var in strings.Builder
	for _, p := range paths {
		if !strings.Contains(p, "\n") {
			in.WriteString(tree + ":" + p + "\n")
		}
	}
	out, err := m.scratch(ctx, "reading a merge", in.String(), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	r := bufio.NewReader(strings.NewReader(string(out)))
	for _, p := range paths {
		if strings.Contains(p, "\n") {
			continue
		}
		head, err := r.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("reading a merge: %w", err)
		}
		w := strings.Fields(head) // id, type, size; of none: name, "missing"
		if len(w) != 3 || w[1] != "blob" {
			continue
		}
		n, err := strconv.Atoi(w[2])
		if err != nil {
			return nil, fmt.Errorf("reading a merge: git answered %q", head)
		}
		data := make([]byte, n+1)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, fmt.Errorf("reading a merge: %w", err)
		}
		files[p] = data[:n]
	}
	return files, nil
}
