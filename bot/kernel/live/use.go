package live

import (
	"sync"

	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// inUse is a set with what it shares with those that it follows.
type inUse struct {
	set *trees.Set
	of  *opened
}

// opened counts who asks a set, or one that followed it: they have the same processes,
// which end when a newer opening has taken their place and the last of them is done. An
// audit takes minutes.
type opened struct {
	mu    sync.Mutex
	users int
	last  *trees.Set // to be closed; nil while it is in its place
	over  bool
}

// enter counts one more, or reports that another opening has taken the place.
func (o *opened) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return false
	}
	o.users++
	return true
}

func (o *opened) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users--; o.users == 0 && o.last != nil {
		_ = o.last.Close() // nobody is left whom it could be told
	}
}

// retire closes the sets when nobody asks them, which may be now.
func (o *opened) retire(last *trees.Set) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	if o.users == 0 {
		return last.Close()
	}
	o.last = last
	return nil
}

// use is the newest set, which stays open until done is called; nil before the first Refresh.
func (t *Trees) use() (set *trees.Set, done func()) {
	for {
		u := t.set.Load()
		if u == nil {
			return nil, func() {}
		}
		if u.of.enter() {
			return u.set, u.of.leave
		}
	}
}
