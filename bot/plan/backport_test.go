package plan

import (
	"slices"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// A backport is judged with what is known of its own branch, and of no other.
func TestTarget(t *testing.T) {
	configured := []string{"6.12", "6.6", "noble"}
	tree := &rules.Tree{Branches: []rules.Branch{{Name: "6.12"}, {Name: "6.6"}, {Name: "noble"}}}
	for _, c := range []struct {
		base      flow.Base
		branch    string
		addressed []string
		known     int
	}{
		{flow.Base{Branch: "main", Kind: flow.BaseMainline}, "", nil, 3},
		{flow.Base{}, "", nil, 3},
		{flow.Base{Branch: "linux-6.6.y", Kind: flow.BaseStable, Release: "6.6"}, "6.6", []string{"6.6"}, 1},
		{flow.Base{Branch: "linux-5.4.y", Kind: flow.BaseStable, Release: "5.4"}, "", []string{"linux-5.4.y"}, 0},
		{flow.Base{Branch: "ubuntu/noble", Kind: flow.BaseDistro}, "noble", nil, 1},
		{flow.Base{Branch: "rpi-6.6.y", Kind: flow.BaseDistro, Release: "6.6"}, "", nil, 0}, // 6.6 is another branch
	} {
		to := TargetOf(c.base, configured)
		if to.Branch != c.branch {
			t.Errorf("%s is %q, not %q", c.base.Branch, to.Branch, c.branch)
		}
		if got := to.Addressed(&change.Change{}).Prefix.Trees; !slices.Equal(got, c.addressed) {
			t.Errorf("%s is addressed to %v", c.base.Branch, got)
		}
		if got := to.Only(tree).Branches; len(got) != c.known || c.known == 1 && got[0].Name != c.branch {
			t.Errorf("for %s is known %v", c.base.Branch, got)
		}
	}
	if len(tree.Branches) != 3 {
		t.Error("what the trees know was changed")
	}
}
