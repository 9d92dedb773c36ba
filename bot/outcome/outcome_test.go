package outcome

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// memory is a store that counts what is written.
type memory struct {
	changes []flow.Followed
	kept    map[string][]flow.Outcome
	written int
}

func (m *memory) Followed(_ context.Context, after string, n int) ([]flow.Followed, error) {
	i, _ := slices.BinarySearchFunc(m.changes, after, func(f flow.Followed, id string) int {
		if f.ID <= id {
			return -1
		}
		return cmp.Compare(f.ID, id)
	})
	return m.changes[i:min(i+n, len(m.changes))], nil
}

func (m *memory) OutcomesOf(_ context.Context, ids []string) (map[string][]flow.Outcome, error) {
	out := map[string][]flow.Outcome{}
	for _, id := range ids {
		if o, ok := m.kept[id]; ok {
			out[id] = o
		}
	}
	return out, nil
}

func (m *memory) SetOutcomes(_ context.Context, _ time.Time, of map[string][]flow.Outcome) error {
	m.written += len(of)
	maps.Copy(m.kept, of)
	return nil
}

// branches tell fates by title.
type branches map[string][]trees.Fate

func (b branches) Fates(_ context.Context, c *change.Change) []trees.Fate { return b[c.Subject] }

var now = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// Every change is followed, also beyond a page, and only news is written.
func TestUpdate(t *testing.T) {
	m := &memory{kept: map[string][]flow.Outcome{}}
	for i := range 2*page + 7 {
		m.changes = append(m.changes, flow.Followed{ID: string(rune('a'+i/676%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)),
			Subject: "quiet"})
	}
	m.changes[3].Subject, m.changes[2*page].Subject, m.changes[2*page+1].Subject = "merged", "picked", "begun"
	b := branches{
		"merged": {{Commit: "1", At: now}},
		"picked": {{Commit: "2", At: now}, {Branch: "6.6", Commit: "3", At: now, Reverted: "4"}},
		"begun":  {{Commit: "5", At: now}, {Branch: "6.12", Commit: "5", Begun: true}},
	}
	sum, err := Update(t.Context(), m, b, now)
	if want := (Summary{Followed: 2*page + 7, Mainline: 3, Taken: 1, Changed: 3}); err != nil || sum != want {
		t.Fatalf("%+v, %v; want %+v", sum, err, want)
	}
	if o := m.kept[m.changes[2*page].ID]; len(o) != 2 || o[1].Reverted != "4" || o[1].Change != m.changes[2*page].ID {
		t.Errorf("stored %+v", o)
	}
	if sum, err = Update(t.Context(), m, b, now); err != nil || sum.Changed != 0 || m.written != 3 {
		t.Errorf("nothing is new, and %d were written again: %+v, %v", m.written-3, sum, err)
	}
	delete(b, "merged") // mainline was rewritten
	if sum, err = Update(t.Context(), m, b, now); err != nil || sum.Changed != 1 || len(m.kept[m.changes[3].ID]) != 0 {
		t.Errorf("an outcome that is gone stays: %+v, %v", sum, err)
	}
}

func TestLabelOf(t *testing.T) {
	old := now.Add(-Patience)
	for _, c := range []struct {
		name string
		os   []flow.Outcome
		want Label
	}{
		{"nowhere", nil, Unmerged},
		{"merged lately", []flow.Outcome{{At: now.AddDate(0, 0, -30)}}, Open},
		{"merged long ago", []flow.Outcome{{At: old}}, NotTaken},
		{"a new branch began with it", []flow.Outcome{{At: old}, {Branch: "6.12", Begun: true}}, NotTaken},
		{"picked", []flow.Outcome{{At: old}, {Branch: "6.6"}}, Taken},
		{"picked, and taken out again", []flow.Outcome{{At: old}, {Branch: "6.6", Reverted: "1"}}, Taken},
		{"picked by its title, not in our mainline", []flow.Outcome{{Branch: "6.6"}}, Taken},
	} {
		if got := LabelOf(c.os, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
