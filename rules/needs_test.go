package rules

import (
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// TestNeeds: what is known not to be merged is waited for, what is not at hand is
// named, and what mainline has is neither.
func TestNeeds(t *testing.T) {
	posted := change.Need{Form: "Depends-on", Value: "<1@example.org>", MessageID: "1@example.org", Title: "foo: split bar", Fresh: true}
	old := posted
	old.Fresh = false
	strange := change.Need{Form: "prerequisite-patch-id", Value: "0123", PatchID: "0123"}
	tree := func(p ...Presence) *Tree { return &Tree{Mainline: Presence{Known: true}, Needs: p} }
	lacks, has := Presence{Known: true}, Presence{Known: true, Has: true}
	for _, c := range []struct {
		name   string
		kind   change.Kind
		needs  []change.Need
		tree   *Tree
		waits  int
		out    Outcome
		reason string
	}{
		{"lately posted", change.Mail, []change.Need{posted}, nil, 1, Unmet, `needs "foo: split bar" first, which was posted too late to be in a release`},
		{"posted long ago", change.Mail, []change.Need{old}, nil, 0, Unknown, `Depends-on names "foo: split bar"; whether that is merged is not known`},
		{"not at hand", change.Mail, []change.Need{strange}, nil, 0, Unknown, "prerequisite-patch-id names 0123, which is not at hand"},
		{"mainline lacks it", change.Mail, []change.Need{old}, tree(lacks), 1, Unmet, `needs "foo: split bar" first, which is not merged`},
		{"mainline has it", change.Mail, []change.Need{posted}, tree(has), 0, NotApplicable, "no configured branch is known to need it"},
		{"a commit", change.Commit, []change.Need{posted}, nil, 0, Unknown, "no trees are configured: whether a branch lacks code that it builds on is not known"},
	} {
		f := &Facts{Change: &change.Change{Kind: c.kind, Needs: c.needs}, Tree: c.tree}
		out, err := Prerequisites.Run(f)
		if err != nil || out.Outcome != c.out || out.Reason != c.reason {
			t.Errorf("%s: %v: %s: %s\nwant %s: %s", c.name, err, out.Outcome, out.Reason, c.out, c.reason)
		}
		if n := len(f.Unmerged()); n != c.waits {
			t.Errorf("%s: waits for %d, want %d", c.name, n, c.waits)
		}
	}
}
