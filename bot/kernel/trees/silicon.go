package trees

import (
	"context"
	"fmt"

	"github.com/stablebot/stablebot/bot/kernel/chips"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// hardware says which chip keeps a change from having a base on a branch: all
// that it is for is newer than the branch, and the branch's tree knows none of
// it. And it says which of what the change is for the tree has behind a switch.
// A tree that cannot be read lacks nothing.
func (s *Set) hardware(ctx context.Context, v view, t *objects.Snapshot, target *chips.Targets) (lacks string, gates []rules.Gate) {
	began := s.releaseOf(v)
	if began == "" {
		return "", nil
	}
	newer := func(since string) bool { return release.Newer(since, began) }
	known := map[string]*chips.Known{}
	look := func(driver string) *chips.Known {
		k, ok := known[driver]
		if !ok {
			k, _ = s.chips.In(ctx, t, driver)
			known[driver] = k
		}
		return k
	}
	// The catalogue alone turns most away, without a look into the tree.
	if m, ok := target.Lacks(func(m silicon.Match) bool { return newer(m.Since) }); ok {
		if _, ok = target.Lacks(func(m silicon.Match) bool {
			k := look(m.Driver)
			return k != nil && !k.Empty() && !k.Has(m.Name)
		}); ok {
			return fmt.Sprintf("%s came with %s, and %s has no file, ID or version of it", m.Name, m.Since, v.name), nil
		}
	}
	for _, m := range target.All {
		if !newer(m.Enabled) {
			continue
		}
		if k := look(m.Driver); k != nil {
			if how := k.Gate(m.Name); how != "" {
				gates = append(gates, rules.Gate{Chip: m.Name, Branch: v.name, How: how})
			}
		}
	}
	return "", gates
}

// releaseOf is the mainline release that a branch began with, "" when it is not known.
func (s *Set) releaseOf(v view) string {
	if release.Is(v.name) {
		return v.name
	}
	if v.fork > 0 {
		if n := s.main.in[v.fork-1]; n > 0 {
			return s.main.releases[n-1].name
		}
	}
	return ""
}
