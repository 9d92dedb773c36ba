package wire

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/stablebot/stablebot/bot/store"
)

// Outage says once that the store does not answer, and once that it does again.
// In between everything that needs it fails every second or so, and says so:
// those lines are left out of the log.
type Outage struct {
	log  *zap.Logger // as it was, without the leaving out
	Ping func(context.Context) error

	mu    sync.Mutex
	since time.Time // when it began; zero while the store answers
	asked time.Time
}

// outageEvery is how often a store that does not answer is asked whether it
// does again.
const outageEvery = time.Second

// Quiet returns a logger without the lines that only repeat that the store does
// not answer.
func (o *Outage) Quiet(log *zap.Logger) *zap.Logger {
	o.log = log
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return &outageCore{Core: c, of: func(fields []zapcore.Field) bool {
			for _, f := range fields {
				if err, ok := f.Interface.(error); ok && errors.Is(err, store.ErrAway) {
					o.begin(err)
					return true
				}
			}
			return false
		}}
	}))
}

// queue returns a logger for the queue, whose errors come as texts: what it says
// is left out while the store does not answer.
func (o *Outage) queue(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return &outageCore{Core: c, of: func([]zapcore.Field) bool { return o.away() }}
	}))
}

func (o *Outage) begin(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since, o.asked = time.Now(), time.Now()
		o.log.Error("the store does not answer; it is waited for, and what fails meanwhile is not told again", zap.Error(err))
	}
}

// away asks the store, not more often than every outageEvery.
func (o *Outage) away() bool {
	o.mu.Lock()
	fresh := time.Since(o.asked) < outageEvery
	away := !o.since.IsZero()
	if !fresh {
		o.asked = time.Now()
	}
	o.mu.Unlock()
	if fresh {
		return away
	}
	ctx, done := context.WithTimeout(context.Background(), 2*outageEvery)
	defer done()
	if err := o.Ping(ctx); err != nil {
		o.begin(err)
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.since.IsZero() {
		o.log.Info("the store answers again", zap.Duration("after", time.Since(o.since).Round(time.Millisecond)))
		o.since = time.Time{}
	}
	return false
}

// Watch notices when the store answers again, until ctx ends.
func (o *Outage) Watch(ctx context.Context) {
	for every := time.NewTicker(outageEvery); ; {
		select {
		case <-ctx.Done():
			every.Stop()
			return
		case <-every.C:
		}
		o.mu.Lock()
		away := !o.since.IsZero()
		o.mu.Unlock()
		if away {
			o.away()
		}
	}
}

// outageCore leaves warnings and errors out that are of the outage.
type outageCore struct {
	zapcore.Core
	of func([]zapcore.Field) bool
}

// With implements zapcore.Core.
func (c *outageCore) With(fields []zapcore.Field) zapcore.Core {
	return &outageCore{c.Core.With(fields), c.of}
}

// Check implements zapcore.Core.
func (c *outageCore) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

// Write implements zapcore.Core.
func (c *outageCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if e.Level >= zapcore.WarnLevel && c.of(fields) {
		return nil
	}
	return c.Core.Write(e, fields)
}
