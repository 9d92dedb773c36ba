//go:build measure

package audit_test

import (
	"bytes"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// plant writes the branch anew with faults; it returns its ref and those that could be
// planted. One that fails at its user has left its commit out by then, so the branch is
// written again without it.
func (g *garden) plant(faults []*fault) (ref string, planted []*fault) {
	for {
		ref, planted = g.sow(faults)
		if len(planted) == len(faults) {
			return ref, planted
		}
		faults = planted
	}
}

// sower writes a branch anew once.
type sower struct {
	*garden
	ref    string
	faults []*fault
	failed map[*fault]bool
	over   map[string][]byte // the files that differ from the real branch
	in     bytes.Buffer      // for git fast-import
	mark   int
}

func (g *garden) sow(faults []*fault) (ref string, planted []*fault) {
	s := &sower{
		garden: g, ref: "refs/heads/planted-" + g.line.Name(), faults: faults,
		failed: map[*fault]bool{}, over: map[string][]byte{},
	}
	for n := 1; n < len(g.commits); n++ {
		s.commit(n)
	}
	cmd := exec.Command("git", "fast-import", "--quiet", "--force")
	cmd.Dir, cmd.Stdin = g.dir, &s.in
	if out, err := cmd.CombinedOutput(); err != nil {
		g.Fatalf("git fast-import: %v %s", err, out)
	}
	for _, f := range faults {
		if s.failed[f] {
			g.Logf("%s: could not be planted: %s at %q", g.line.Name(), f.class, f.at)
			continue
		}
		planted = append(planted, f)
	}
	return s.ref, planted
}

// commit writes one of the branch's commits, with the faults that are planted at it.
func (s *sower) commit(n int) {
	if s.drops(n) {
		for _, p := range s.paths(n) {
			if _, other := s.over[p]; !other {
				s.over[p] = s.file(s.commits[n].ID+"^", p)
			}
		}
		return
	}
	files := s.carried(n)
	for _, f := range s.faults {
		if f.number != n || f.take != "" {
			continue
		}
		for p, data := range f.edit {
			if _, other := s.over[p]; other {
				s.failed[f] = true
				continue
			}
			files[p], s.over[p] = data, data
		}
	}
	s.emit(s.commits[n], s.commits[n].Message, files)
	for _, f := range s.faults {
		switch {
		case f.behind == n && !s.failed[f]:
			s.behind(f, n)
		case f.take != "" && f.number == n:
			s.take(f, n)
		}
	}
}

// drops reports whether a fault leaves a commit out.
func (s *sower) drops(n int) bool {
	return slices.ContainsFunc(s.faults, func(f *fault) bool { return f.drop == n && !s.failed[f] })
}

// carried are the files that a commit makes where others before it differ. What does not
// merge is again as in the branch, and the faults that this takes out have failed.
func (s *sower) carried(n int) map[string][]byte {
	files := map[string][]byte{}
	for _, p := range s.paths(n) {
		real := s.file(s.commits[n].ID, p)
		now, other := s.over[p]
		if !other {
			files[p] = real
			continue
		}
		m, ok := s.merge(s.file(s.commits[n].ID+"^", p), now, real)
		if !ok {
			for _, f := range s.faults {
				if f.user == n || s.heals(f, n, p) {
					s.failed[f] = true
				}
			}
			m = real
		}
		files[p] = m
		if s.over[p] = m; bytes.Equal(m, real) {
			delete(s.over, p)
		}
	}
	return files
}

// emit writes a commit behind the last one; a file without content is deleted.
func (s *sower) emit(c *git.Commit, message string, files map[string][]byte) {
	s.mark++
	fmt.Fprintf(&s.in, "commit %s\nmark :%d\n", s.ref, s.mark)
	fmt.Fprintf(&s.in, "author %s <%s> %d +0000\n", clean(c.Author.Name), clean(c.Author.Email), c.Author.Date.Unix())
	fmt.Fprintf(&s.in, "committer x <x> %d +0000\ndata %d\n%s\n", c.Committer.Date.Unix(), len(message), message)
	if s.mark == 1 {
		fmt.Fprintf(&s.in, "from %s\n", s.commits[1].Parents[0])
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		if files[p] == nil {
			fmt.Fprintf(&s.in, "D %s\n", p)
			continue
		}
		fmt.Fprintf(&s.in, "M %s inline %s\ndata %d\n%s\n", s.mode(p), p, len(files[p]), files[p])
	}
}

func clean(s string) string { return strings.NewReplacer("<", "", ">", "", "\n", "").Replace(s) }

// heals reports whether a file that is again what the branch has takes a fault out: what
// was left out is there again.
func (g *garden) heals(f *fault, n int, path string) bool {
	return f.drop != 0 && f.drop < n && (f.behind == 0 || n <= f.behind) && slices.Contains(g.paths(f.drop), path)
}

// leaves reports whether the commits up to one go on without p.
func (g *garden) leaves(p, last int) bool {
	over := map[string][]byte{}
	for _, path := range g.paths(p) {
		over[path] = g.file(g.commits[p].ID+"^", path)
	}
	for n := p + 1; n <= last; n++ {
		for _, path := range g.paths(n) {
			now, other := over[path]
			if !other {
				continue
			}
			m, ok := g.merge(g.file(g.commits[n].ID+"^", path), now, g.file(g.commits[n].ID, path))
			if !ok {
				return false
			}
			over[path] = m
		}
	}
	return true
}

// behind puts a commit that was left out in again.
func (s *sower) behind(f *fault, n int) {
	p := s.commits[f.drop]
	files := map[string][]byte{}
	for _, path := range s.paths(f.drop) {
		now, other := s.over[path]
		if !other {
			now = s.file(s.commits[n].ID, path)
		}
		m, ok := s.merge(s.file(p.ID+"^", path), now, s.file(p.ID, path))
		if !ok {
			s.failed[f] = true
			return
		}
		files[path] = m
	}
	for path, m := range files {
		if s.over[path] = m; bytes.Equal(m, s.file(s.commits[n].ID, path)) {
			delete(s.over, path)
		}
	}
	s.emit(p, p.Message, files)
}

// take takes a mainline commit that the branch has not.
func (s *sower) take(f *fault, n int) {
	c, err := s.set.Mainline().Repo.Commit(s.Context(), f.take)
	if err != nil {
		s.failed[f] = true
		return
	}
	ch, _ := c.Change()
	files := map[string][]byte{}
	for _, x := range ch.Files {
		now, other := s.over[x.NewName]
		if !other {
			now = s.file(s.commits[n].ID, x.NewName)
		}
		m, ok := s.merge(s.main(f.take+"^", x.NewName), now, s.main(f.take, x.NewName))
		if !ok || now == nil || bytes.Equal(m, now) {
			s.failed[f] = true
			return
		}
		files[x.NewName] = m
	}
	maps.Copy(s.over, files)
	_, body, _ := strings.Cut(strings.TrimRight(c.Message, "\n"), "\n")
	const form = "%s\n\ncommit %s upstream.\n%s\nSigned-off-by: Carl Committer <carl@example.org>\n"
	s.emit(c, fmt.Sprintf(form, c.Title(), f.take, body), files)
}
