package github_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestLayout: a pull request to a repository that is a driver is judged by the
// kernel's paths, found by the files of its tree or told; its tree is listed once.
func TestLayout(t *testing.T) {
	for name, c := range map[string]struct {
		root string
		want string
	}{
		"found":      {"", "drivers/net/ethernet/intel/ice/ice_main.c"},
		"configured": {"src=drivers/net/ethernet/example", "drivers/net/ethernet/example/ice_main.c"},
	} {
		t.Run(name, func(t *testing.T) {
			h := hub.New()
			t.Cleanup(h.Close)
			h.Files = strings.Fields("README src/ice.h src/ice_main.c src/ice_common.c src/ice_sched.c src/ice_type.h src/kcompat.h")
			one, two := commitOf("a1", eligible), commitOf("a2", eligible)
			one.Diff = strings.ReplaceAll(one.Diff, "drivers/gpu/drm/x/ring.c", "src/ice_main.c")
			two.Diff = one.Diff
			open(t, h, 1, one)
			open(t, h, 2, two)
			var mu sync.Mutex
			var paths []string
			listed := 0
			r := start(t, h, setup{app: true, judge: func(ch *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
				mu.Lock()
				defer mu.Unlock()
				paths = append(paths, ch.Files[0].NewName)
				return judge(ch, s, tree)
			}, layout: func(_ string, list func(bool) ([]string, error)) (change.Layout, string, error) {
				listed++
				found, err := layout.Listed(c.root, list)
				return found.Layout, found.Say(), err
			}})
			r.run()
			slices.Sort(paths)
			if paths = slices.Compact(paths); !slices.Equal(paths, []string{c.want}) || listed != 1 {
				t.Errorf("judged %q, want %q; looked at %d times, want once", paths, c.want, listed)
			}
		})
	}
}
