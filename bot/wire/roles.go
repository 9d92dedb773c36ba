package wire

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/queue"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
)

var allRoles = []string{string(run.RoleSource), string(run.RoleWorker), string(run.RoleWeb)}

func CheckRoles(roles []string) ([]string, error) {
	for _, r := range roles {
		if !slices.Contains(allRoles, r) {
			return nil, usage.Errorf("--roles: %q is none of %s", r, strings.Join(allRoles, ", "))
		}
	}
	return roles, nil
}

func rolesOrAll(roles []string) []string {
	if len(roles) == 0 {
		return allRoles
	}
	return roles
}

func rolesOf(roles []string) (out []run.Role) {
	for _, r := range roles {
		out = append(out, run.Role(r))
	}
	return out
}

// workQueue is the one that all processes on the store share; a file has
// workers in its own process only.
func workQueue(ctx context.Context, s *store.Store, workers int, log *zap.Logger) (flow.Queue, error) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0) + 1 // one may have a large series in hand for long
	}
	if s.Pool() == nil {
		return run.NewLocal(workers), nil
	}
	if err := s.Exclusive(ctx, func(ctx context.Context) error { return queue.Migrate(ctx, s.Pool()) }); err != nil {
		return nil, err
	}
	return queue.New(s.Pool(), workers, log)
}
