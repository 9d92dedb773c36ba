package run_test

import (
	"slices"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestPlace: a patch is judged by the kernel's paths that its list's root stands for.
func TestPlace(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.opts.Place = func(list string, c *change.Change) {
		if list == drm {
			c.Place(change.Layout{Moves: []change.Move{{To: "drivers/net/wireless/example"}}})
		}
	}
	var got []string
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		got = append(got, c.Files[0].NewName)
		return judge(c, s, tree)
	}
	b.once(post{id: "1@example.org", subject: "[PATCH] wifi: example: fix a hang"})
	if want := "drivers/net/wireless/example/drivers/gpu/drm/amd/amdgpu/x.c"; len(got) == 0 ||
		slices.ContainsFunc(got, func(p string) bool { return p != want }) {
		t.Errorf("judged %q, want %s", got, want)
	}
}
