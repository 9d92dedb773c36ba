package store

import (
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
)

// kinds is the condition that an action is of a kind that something holds for. The
// names are the program's own.
func kinds(holds func(flow.Kind) bool) string {
	var names []string
	for _, n := range flow.KindsThat(holds) {
		names = append(names, string(n))
	}
	return "kind in ('" + strings.Join(names, "', '") + "')"
}

// The conditions on an action's kind.
var (
	isMail    = kinds(func(k flow.Kind) bool { return k.Mail })
	isCapped  = kinds(func(k flow.Kind) bool { return k.Capped })
	byVersion = kinds(func(k flow.Kind) bool { return k.Retire == flow.RetireVersion })
	byJudging = kinds(func(k flow.Kind) bool { return k.Retire == flow.RetireJudged })
	byPlan    = kinds(func(k flow.Kind) bool { return k.Retire == flow.RetirePlan })
)

// isBegun is the condition that an action was done, or may have been.
const isBegun = "state in ('doing', 'done', 'unknown')"
