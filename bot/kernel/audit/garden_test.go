//go:build measure

package audit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// garden is a branch whose commits are written anew.
type garden struct {
	*picker
	set     *trees.Set
	line    *trees.Line
	commits []*git.Commit // by number; the first is nil
	changes []*change.Change
	up      []trees.Known
	number  map[string]int // by mainline commit
	modes   map[string]string
}

func newGarden(t *testing.T, path, name string) *garden {
	g := &garden{picker: newPicker(t, path), set: real(t, path, name+"-lts"), number: map[string]int{}}
	a, err := audit.Range(t.Context(), g.set, path, name+"-lts")
	if err != nil {
		t.Fatal(err)
	}
	g.line = a.Line
	var ids []string
	for n := 1; n <= g.line.Len(); n++ {
		ids = append(ids, g.line.ID(n))
	}
	g.commits, g.changes, g.up = []*git.Commit{nil}, []*change.Change{nil}, []trees.Known{{}}
	for c, err := range g.line.Repo().Named(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		ch, _ := c.Change()
		k, ok := g.set.Known(ch)
		if ok && len(ch.Origin) > 0 {
			g.number[k.ID] = len(g.commits)
		}
		g.commits, g.changes, g.up = append(g.commits, c), append(g.changes, ch), append(g.up, k)
	}
	return g
}

// found audits a branch.
func (g *garden) found(path, ref string) map[string][]audit.Finding {
	set := g.set
	if path == g.dir {
		set = real(g.T, path, ref)
	}
	a, err := audit.Range(g.Context(), set, path, ref)
	if err != nil {
		g.Fatal(err)
	}
	r, err := a.Run(g.Context())
	if err != nil {
		g.Fatal(err)
	}
	out := map[string][]audit.Finding{}
	for _, it := range r.Items {
		out[it.Title] = append(out[it.Title], it.Findings...)
	}
	return out
}

func (g *garden) file(id, path string) []byte {
	t, err := g.line.At(g.Context(), id)
	if err != nil {
		return nil
	}
	e, err := t.Entry(g.Context(), path)
	if err != nil || !e.Exists() {
		return nil
	}
	img, err := t.Image(g.Context(), e)
	if err != nil {
		return nil
	}
	return img.Data
}

// plain reports whether a commit only changes the text of files that stay where they are.
func (g *garden) plain(n int) bool {
	c := g.changes[n]
	for _, f := range c.Files {
		if f.IsNew || f.IsDelete || f.IsRename || f.IsBinary || f.IsCopy {
			return false
		}
	}
	return len(c.Files) > 0 && len(g.commits[n].Parents) == 1 && len(c.Origin) > 0 && g.up[n].ID != ""
}

// paths are the files that a commit touches.
func (g *garden) paths(n int) (out []string) {
	for _, f := range g.changes[n].Files {
		for _, p := range []string{f.OldName, f.NewName} {
			if p != "" && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// mode is what a file has on the branch: another one would be a change that nobody planted.
func (g *garden) mode(path string) string {
	if g.modes == nil {
		list, err := g.git("ls-tree", "-r", g.commits[len(g.commits)-1].ID)
		if err != nil {
			g.Fatal(err, list)
		}
		g.modes = map[string]string{}
		for l := range strings.Lines(list) {
			if mode, name, ok := strings.Cut(strings.TrimSpace(l), "\t"); ok {
				g.modes[name], _, _ = strings.Cut(mode, " ")
			}
		}
	}
	if mode := g.modes[path]; mode != "" {
		return mode
	}
	return "100644"
}

func (g *garden) main(id, path string) []byte {
	t, err := g.set.At(g.Context(), id)
	if err != nil {
		return nil
	}
	e, err := t.Entry(g.Context(), path)
	if err != nil || !e.Exists() {
		return nil
	}
	img, err := t.Image(g.Context(), e)
	if err != nil {
		return nil
	}
	return img.Data
}

// merge is git's merge of a file.
func (g *garden) merge(base, ours, theirs []byte) ([]byte, bool) {
	if base == nil || ours == nil || theirs == nil {
		return nil, false
	}
	dir := g.TempDir()
	var names []string
	for i, data := range [][]byte{ours, base, theirs} {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			g.Fatal(err)
		}
		names = append(names, name)
	}
	out, err := exec.Command("git", append([]string{"merge-file", "-p", "-q"}, names...)...).Output()
	return out, err == nil
}
