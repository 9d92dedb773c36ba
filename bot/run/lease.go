package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// Several processes may work on one journal. What only one of them may do at a
// time is done under a name that the journal gives to one holder: reading a
// source, filing and giving out tasks, delivering through a sink. A holder that
// dies loses the name at once, one that is cut off within seconds. In the
// moment where two believe they hold it, nothing is lost or done twice: every
// step of the journal is a transaction that can be repeated.

// Role is a part of the work that a process takes.
type Role string

// The roles.
const (
	RoleSource Role = "source" // reads the sources
	RoleWorker Role = "worker" // files, judges, plans and delivers
	RoleWeb    Role = "web"    // answers people and webhooks
)

// leaseAgain is how often a name is asked for that another process has: the
// time in which its work is taken over, and far below the half minute promised.
const leaseAgain = 2 * time.Second

// dispatcherName is the name of filing and giving out.
const dispatcherName = "desk"

// take asks for a name; held is nil when another process has it.
func (l *leases) take(ctx context.Context, name string) (held context.Context, release func(), err error) {
	return l.Journal.Hold(ctx, name)
}

// holding does f under name, over and over until ctx ends. f ends when the
// name is lost.
func (l *leases) holding(ctx context.Context, name string, f func(context.Context)) {
	log := l.log.With(zap.String(flow.KeyHeld, name))
	for failed, waits := 0, false; ctx.Err() == nil; {
		held, release, err := l.take(ctx, name)
		switch {
		case err != nil && ctx.Err() == nil:
			failed++
			log.Warn("it cannot be found out who does this; it is tried again", zap.Error(l.failed(err)))
			l.sleep(ctx, l.backoff(failed))
		case err != nil:
		case held == nil:
			if !waits {
				log.Info("another process does this; it is taken over when that one ends")
			}
			failed, waits = 0, true
			l.sleep(ctx, leaseAgain)
		default:
			if waits {
				log.Info("taken over from another process")
			}
			failed, waits = 0, false
			f(held)
			release()
			if ctx.Err() == nil {
				log.Warn("no longer known to be held by this process; it is asked for again")
				l.sleep(ctx, leaseAgain)
			}
		}
	}
}

// alone does f once under name. When another process has it, that one does the
// same, and f is left out.
func (l *leases) alone(ctx context.Context, name string, f func(context.Context) error) error {
	held, release, err := l.take(ctx, name)
	if err != nil {
		return l.failed(err)
	}
	if held == nil {
		l.log.Info("another process does this; it is left to it", zap.String(flow.KeyHeld, name))
		return nil
	}
	defer release()
	return f(held)
}
