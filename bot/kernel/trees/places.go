package trees

import (
	"slices"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
)

// Place is where a branch stands.
type Place struct {
	Repo *git.Repo // belongs to the Set
	Tip  string
}

// Place finds a stable or distribution branch by its name, also one that is known as it
// was released.
func (s *Set) Place(name string) (Place, bool) {
	for _, b := range s.branches {
		if b.name == name {
			return Place{b.Repo, b.tip}, true
		}
	}
	s.releasing.Lock()
	defer s.releasing.Unlock()
	if b := s.byRelease[name]; b != nil {
		return Place{b.Repo, b.tip}, true
	}
	return Place{}, false
}

// Mainline is where the development branch stands.
func (s *Set) Mainline() Place { return Place{s.main.Repo, s.main.tip} }

// Base is the newest mainline commit that all branches have: what any of them
// may lack came after it. It is "" when a branch shares nothing with mainline.
func (s *Set) Base() string {
	var base history.Position
	for _, b := range s.branches {
		if base == 0 || b.fork < base {
			base = b.fork
		}
	}
	if base == 0 {
		return ""
	}
	return s.main.ID(base)
}

// Release is the commit that a mainline release ends with.
func (s *Set) Release(name string) (id string, ok bool) {
	for _, r := range s.main.releases {
		if r.name == name && r.tip != 0 {
			return s.main.ID(r.tip), true
		}
	}
	return "", false
}

// LastRelease is the newest mainline release that the history marks, "" for none.
func (s *Set) LastRelease() string {
	for _, r := range slices.Backward(s.main.releases) {
		if r.tip != 0 {
			return r.name
		}
	}
	return ""
}

// Use has the set ask p for what a branch lacks. It is called before the first
// question.
func (s *Set) Use(p Prerequisites) { s.cfg.Prerequisites = p }

// Climb has the set try the ladder where a patch does not apply. It is called before the
// first question.
func (s *Set) Climb() { s.cfg.Adapt = true }
