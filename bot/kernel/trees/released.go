package trees

import (
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/release"
)

// A stable branch begins with every release, and the newest one is always alive. Where
// it is not among the branches at hand, what mainline had at that release says nearly
// all of it: a bug that came with that release is in a branch that users run, although
// each longterm branch is without it.

// asReleased is the newest release of a day as a branch, nil where a stable branch as
// new is at hand, or none at all.
func (s *Set) asReleased(asOf time.Time) *branch {
	newest := ""
	for _, b := range s.branches {
		if b.role == Stable && (newest == "" && release.Is(b.name) || release.Newer(b.name, newest)) && s.begun(b, asOf) {
			newest = b.name
		}
	}
	if newest == "" {
		return nil
	}
	for _, r := range slices.Backward(s.main.releases) {
		switch {
		case !release.Newer(r.name, newest):
			return nil
		case r.tip == 0 || !asOf.IsZero() && (r.date.IsZero() || asOf.Before(r.date)):
			continue
		}
		return s.released(r)
	}
	return nil
}

// released is a release as a branch, kept: finding what it has is a walk over all of
// mainline.
func (s *Set) released(r mark) *branch {
	s.releasing.Lock()
	defer s.releasing.Unlock()
	if b := s.byRelease[r.name]; b != nil {
		return b
	}
	b := &branch{repo: s.main.repo, name: r.name, role: Stable, tip: s.main.ID(r.tip), own: &history.History{}, base: s.main.Reachable(r.tip),
		fork: r.tip}
	if s.byRelease == nil {
		s.byRelease = map[string]*branch{}
	}
	s.byRelease[r.name] = b
	return b
}
