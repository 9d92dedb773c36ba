package plan

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
)

// Omitted are the commits that people said are no fixes of this one.
func Omitted(orders []flow.Order) (shas []string) {
	for _, o := range orders {
		if o.Verb == command.OmitFix && o.Refused == "" && o.Wrong == "" {
			shas = append(shas, o.Arg)
		}
	}
	return shas
}

// Without leaves those commits out of what is known to follow.
func Without(t *rules.Tree, shas []string) *rules.Tree {
	if t == nil || len(shas) == 0 {
		return t
	}
	out := *t
	left := func(in []rules.Followup) []rules.Followup {
		return slices.DeleteFunc(slices.Clone(in), func(f rules.Followup) bool {
			return slices.ContainsFunc(shas, func(sha string) bool { return strings.HasPrefix(f.SHA, strings.ToLower(sha)) })
		})
	}
	out.Followups, out.Branches = left(t.Followups), slices.Clone(t.Branches)
	for i := range out.Branches {
		out.Branches[i].Followups = left(out.Branches[i].Followups)
	}
	return &out
}
