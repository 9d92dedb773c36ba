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
	"github.com/stablebot/stablebot/rules/verdict"
)

// still are trees that never move.
type still struct{ state string }

func (s *still) Refresh(context.Context, bool) (string, error) { return s.state, nil }
func (*still) Facts(context.Context, *change.Change, []*change.Change) (*rules.Tree, error) {
	return nil, errors.New("not asked for")
}
func (*still) Merged(context.Context, string) (*change.Change, error) {
	return nil, errors.New("not asked for")
}
func (*still) Branches() []string { return nil }

// quietJournal remembers one cursor and what was revived.
type quietJournal struct {
	flow.Journal
	cursor string
	did    *[]string
}

func (j *quietJournal) Cursor(context.Context, string) (string, error) { return j.cursor, nil }
func (j *quietJournal) Revive(_ context.Context, _ flow.Revival, c flow.Cursor) (int, error) {
	j.cursor = c.Value
	*j.did = append(*j.did, "revive")
	return 0, nil
}
func (j *quietJournal) OpenCommits(context.Context, time.Time, []verdict.Verdict) ([]flow.Judged, error) {
	return nil, nil
}
func (*quietJournal) Healthy(context.Context, string, time.Time, error) error { return nil }

// Outcomes are looked for before anything is judged by a branch that moved, and
// once an hour when none does; a failure is tried again.
func TestFollow(t *testing.T) {
	var did []string
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	trees, fails := &still{"1"}, false
	b := assemble(Options{Trees: trees, Journal: &quietJournal{did: &did}, Log: zap.NewNop()})
	b.Clock.Now = func() time.Time { return now }
	b.Follow = func(context.Context) error {
		did = append(did, "follow")
		if fails {
			return flow.ErrTemporary
		}
		return nil
	}
	look := func(want ...string) {
		t.Helper()
		did = nil
		b.watcher.look(t.Context())
		if len(did) != len(want) {
			t.Fatalf("did %v, want %v", did, want)
		}
		for i := range did {
			if did[i] != want[i] {
				t.Fatalf("did %v, want %v", did, want)
			}
		}
	}
	b.leads.Store(true)
	b.watcher.followed = now
	look("follow", "revive")
	look()
	trees.state = "2"
	look("follow", "revive")
	now = now.Add(followEvery)
	fails = true
	look("follow")
	fails = false
	look("follow")
	look()
}
