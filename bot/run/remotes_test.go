package run

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// copied are trees that are a copy of remotes: asked, they are as those.
type copied struct {
	still
	remote string
	away   error
	asked  int
}

func (c *copied) Refresh(_ context.Context, ask bool) (string, error) {
	if ask {
		c.asked++
		if c.away != nil {
			return c.state, c.away
		}
		c.state = c.remote
	}
	return c.state, nil
}

func standing(j flow.Journal, c *copied, now *time.Time) *Bot {
	b := assemble(Options{Trees: c, Journal: j, Log: zap.NewNop()})
	b.Clock.Now = func() time.Time { return *now }
	b.watcher.followed = *now
	return b
}

// TestOlderCopy: a process takes over whose copies of the remotes are older than
// those that everything was judged by. It asks before it has anything judged
// again; where it cannot ask, it waits, and not for ever.
func TestOlderCopy(t *testing.T) {
	var did []string
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	j := &quietJournal{did: &did}
	first := standing(j, &copied{still: still{"2"}}, &now)
	first.leads.Store(true)
	first.watcher.look(t.Context())
	two := j.cursor
	if len(did) != 1 || two == "" {
		t.Fatalf("the first one did %v, cursor %q", did, two)
	}
	c := &copied{still: still{"1"}, remote: "2", away: errors.New("no route")}
	second := standing(j, c, &now)
	second.leads.Store(true)
	did = nil
	second.watcher.look(t.Context())
	if len(did) != 0 || j.cursor != two || c.asked != 1 {
		t.Errorf("with older copies and no route it did %v, asked %d times", did, c.asked)
	}
	c.away = nil
	second.watcher.look(t.Context())
	if len(did) != 0 || j.cursor != two || c.asked != 2 {
		t.Errorf("with copies as new as those before it did %v, asked %d times", did, c.asked)
	}
	// What it has put itself it need not ask for.
	c.state, c.remote = "3", "3"
	second.watcher.look(t.Context())
	c.state = "4"
	second.watcher.look(t.Context())
	if len(did) != 2 || c.asked != 2 {
		t.Errorf("for two moves it did %v, asked %d times", did, c.asked)
	}
	// A remote that is gone for long holds nobody up.
	gone := &copied{still: still{"5"}, away: errors.New("no route")}
	third := standing(j, gone, &now)
	third.leads.Store(true)
	did = nil
	third.watcher.look(t.Context())
	now = now.Add(treesPatience)
	third.watcher.followed = now
	third.watcher.look(t.Context())
	if len(did) != 1 {
		t.Errorf("with a remote that is gone it did %v", did)
	}
}

// TestCatchUp: a worker whose trees are not those that everything is judged by
// looks at them anew, and asks the remotes once for each state.
func TestCatchUp(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	j := &quietJournal{cursor: digestOf("2")}
	c := &copied{still: still{"1"}, remote: "2"}
	b := standing(j, c, &now)
	b.watcher.look(t.Context())
	for range 3 {
		b.remotes.refresh(t.Context())
	}
	if c.asked != 1 || c.state != "2" {
		t.Errorf("asked %d times, state %s", c.asked, c.state)
	}
	j.cursor = digestOf("3") // of which the remotes know nothing here
	for range 3 {
		b.remotes.refresh(t.Context())
	}
	if c.asked != 2 {
		t.Errorf("asked %d times", c.asked)
	}
	b.leads.Store(true)
	j.cursor = digestOf("4")
	b.remotes.refresh(t.Context())
	if c.asked != 2 {
		t.Error("the one who leads asked another one's state")
	}
}

// cursors is a journal of cursors, as far as intakes use it.
type cursors struct {
	flow.Journal
	at   map[string]string
	kept []string
}

func (c *cursors) Cursor(_ context.Context, key string) (string, error) { return c.at[key], nil }

func (c *cursors) KeepCommit(_ context.Context, w flow.Waiting, to flow.Cursor) error {
	if to.From != nil && *to.From != c.at[to.Key] && to.Value != c.at[to.Key] {
		return flow.ErrMoved
	}
	c.at[to.Key], c.kept = to.Value, append(c.kept, w.ID)
	return nil
}

// TestTwoReaders: two processes read one source, since the one that lost it does
// not know yet. It cannot take the cursor back, and goes on from where it stands
// when it reads it again.
func TestTwoReaders(t *testing.T) {
	j := &cursors{at: map[string]string{}}
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	old, fresh := newIntake(standing(j, &copied{}, &now), "git:x", zap.NewNop()),
		newIntake(standing(j, &copied{}, &now), "git:x", zap.NewNop())
	bring := func(in *intake, id string) error {
		return in.Accept(t.Context(), flow.Item{Source: "git:x/main", Cursor: id, Commit: &change.Change{ID: id}})
	}
	begin := func(in *intake, want string) {
		t.Helper()
		if got, err := in.Cursor(t.Context(), "git:x/main"); err != nil || got != want {
			t.Fatalf("the cursor is %q, %v; want %q", got, err, want)
		}
	}
	begin(old, "")
	for _, step := range []struct {
		in   *intake
		id   string
		want error
	}{{old, "a", nil}, {old, "b", nil}, {fresh, "c", nil}, {fresh, "d", nil}, {old, "c", flow.ErrMoved}, {old, "d", nil}, {fresh, "e", nil},
		{old, "e", nil}} {
		if step.in == fresh && step.id == "c" {
			begin(fresh, "b")
		}
		if err := bring(step.in, step.id); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.id, err, step.want)
		}
	}
	begin(old, "e")
	if err := bring(old, "f"); err != nil {
		t.Error(err)
	}
	if j.at["git:x/main"] != "f" {
		t.Errorf("the cursor is %q", j.at["git:x/main"])
	}
}

// TestReaderWithoutTrees: a process that only reads sources needs no trees, also where
// they bring pull requests: whoever works judges them.
func TestReaderWithoutTrees(t *testing.T) {
	read := make(chan struct{}, 1)
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	var did []string
	b := standing(&quietJournal{did: &did}, &copied{}, &now)
	b.Trees = reading{read: read}
	b.Roles, b.PullSinks = []Role{RoleSource}, map[string]string{"github:x": "github:x"}
	b.Clock.After = time.After
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := b.Run(ctx, false); err != nil {
		t.Error(err)
	}
	if len(read) != 0 || len(did) != 0 {
		t.Errorf("it read the trees %d times, and did %v, which is for those who work", len(read), did)
	}
}

// reading says when it is read.
type reading struct {
	*still
	read chan struct{}
}

func (r reading) Refresh(context.Context, bool) (string, error) {
	wake(r.read)
	return "1", nil
}

func (reading) Facts(context.Context, *change.Change, []*change.Change) (*rules.Tree, error) {
	return nil, nil
}
