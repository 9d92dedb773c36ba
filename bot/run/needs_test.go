package run_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestNeeds: what a patch says it needs first is found in other threads of the store.
func TestNeeds(t *testing.T) {
	b := newBench(t, t.TempDir())
	var mu sync.Mutex
	told := map[string][]string{}
	b.opts.Judge = func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		mu.Lock()
		defer mu.Unlock()
		told[c.ID] = nil
		for _, n := range c.Needs {
			if n.Fresh != (n.Title != "") {
				t.Errorf("fresh %v: %+v", n.Fresh, n)
			}
			told[c.ID] = append(told[c.ID], n.What())
		}
		return judge(c, s, tree)
	}
	one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: split foo"}
	both := series("100000.1", 1, 2, "drm/amdgpu: fix one", "drm/amdgpu: fix two")
	secret := post{id: "3@example.org", subject: "[PATCH] drm/amdgpu: fix a hole", to: "drm@lists.example.org, security@kernel.org"}
	b.once(append([]post{one, secret}, both...)...)
	b.once(post{id: "4@example.org", subject: "[PATCH] drm/amdgpu: fix a hang in foo", body: "The card hangs.\n\n" +
		"Depends-on: <1@example.org>\nDepends-on: <" + both[0].id + ">\nDepends-on: <3@example.org>\nDepends-on: <5@example.org>\n" +
		"Signed-off-by: Ada Example <ada@example.org>\n"})
	want := []string{"drm/amdgpu: split foo", "drm/amdgpu: fix one", "drm/amdgpu: fix two", "<3@example.org>", "<5@example.org>"}
	got := slices.Clone(told["4@example.org"])
	if !slices.Equal(got, want) {
		t.Errorf("needs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
