package live

import (
	"context"
	"sync"

	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/silicon"
)

// enablers remembers which mainline commits enable hardware.
type enablers struct {
	mu    sync.Mutex
	known map[string]bool
}

// of reports whether a mainline commit enables hardware or adds an interface, as
// far as its title and diff say so.
func (e *enablers) of(ctx context.Context, set *trees.Set, id string) bool {
	e.mu.Lock()
	yes, ok := e.known[id]
	e.mu.Unlock()
	if ok {
		return yes
	}
	ch, err := set.Commit(ctx, id)
	if err != nil {
		return false
	}
	for _, f := range rules.Check([]*rules.Rule{rules.NoEnablement, rules.NoNewDriver, rules.NoNewUAPI, rules.NoNewKconfig},
		&rules.Facts{Change: ch, Silicon: silicon.Default().Match(ch)}) {
		yes = yes || f.Outcome == rules.Unmet
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil || len(e.known) > maxKnown {
		e.known = map[string]bool{}
	}
	e.known[id] = yes
	return yes
}
