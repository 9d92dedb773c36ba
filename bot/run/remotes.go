package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// Several processes on one journal have a copy of the remotes each, and fetch
// them at times of their own. Everything is judged again by the one that leads;
// the digest of the trees that it did so by stands in the journal. The others
// measure theirs by it, so that nothing is judged by what a branch was before.

// treeState is which trees this process has.
type treeState struct {
	judged  string    // the state that it last had everything judged by
	unasked time.Time // since when the remotes cannot be asked

	mu    sync.Mutex
	at    string // the digest of its trees
	tried string // the digest for which the remotes were asked, whatever came of it
}

func (s *treeState) set(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = digestOf(state)
}

func digestOf(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:16])
}

// newest is a state that is no older than the one that everything was last
// judged by: when another process has put that, whose copies may be newer than
// ours, the remotes are asked first. It is "" when that cannot be known yet.
func (w *watcher) newest(ctx context.Context, state string) string {
	last, err := w.Journal.Cursor(ctx, treesCursor)
	if err != nil {
		_ = w.failed(err)
		return ""
	}
	if last == "" || last == w.remotes.state.judged || last == digestOf(state) {
		return state
	}
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err = guarded(func() (err error) { state, err = w.Trees.Refresh(limited, true); return err })
	w.remotes.state.set(state)
	now := w.Clock.Now()
	switch {
	case err == nil:
		w.remotes.state.unasked = time.Time{}
		return state
	case w.remotes.state.unasked.IsZero():
		w.remotes.state.unasked = now
		w.log.Warn("not every remote can be asked, and another process may have seen a newer branch; nothing is judged again until they can",
			zap.Duration(flow.KeyWait, treesPatience), zap.Error(err))
	case now.Sub(w.remotes.state.unasked) >= treesPatience:
		return state // one of them is gone for long: what the others have counts
	}
	return ""
}

// refresh looks at the trees anew when everything is judged by another state of
// them than this process has: another one leads, and has seen a branch move. A
// judgement by what was before would stand until the next move. Remotes are
// asked once for each state.
func (r *remotes) refresh(ctx context.Context) {
	if r.Trees == nil || r.leads.Load() {
		return
	}
	want, err := r.Journal.Cursor(ctx, treesCursor)
	if err != nil || want == "" {
		return // the judging itself will tell
	}
	s := &r.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if want == s.at || want == s.tried {
		return
	}
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	for _, ask := range []bool{false, true} {
		var state string
		err := guarded(func() (err error) { state, err = r.Trees.Refresh(limited, ask); return err })
		if ask && err != nil {
			r.log.Warn("the remotes could not be asked, though another process has seen a branch move", zap.Error(err))
		}
		if s.at = digestOf(state); s.at == want {
			return
		}
	}
	s.tried = want
}
