package verdict

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// A commit of a pull request is no commit of mainline until a tree says so: a comment
// would say that it is there under its own name.
func TestWhen(t *testing.T) {
	in := &rules.Tree{Mainline: rules.Presence{Known: true, Has: true}}
	out := &rules.Tree{Mainline: rules.Presence{Known: true}}
	for name, tt := range map[string]struct {
		change change.Change
		tree   *rules.Tree
		want   When
	}{
		"a mail":                      {change.Change{Kind: change.Mail}, nil, AfterMainline},
		"a commit":                    {change.Change{Kind: change.Commit}, nil, Now},
		"a commit that a tree lacks":  {change.Change{Kind: change.Commit}, out, AfterMainline},
		"proposed":                    {change.Change{Kind: change.Commit, Proposed: true}, nil, AfterMainline},
		"proposed, and merged since":  {change.Change{Kind: change.Commit, Proposed: true}, in, Now},
		"a commit that is not for it": {change.Change{Kind: change.Commit, NotUpstream: "SAUCE"}, nil, AfterMainline},
	} {
		if got := whenOf(&rules.Facts{Change: &tt.change, Tree: tt.tree}); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
