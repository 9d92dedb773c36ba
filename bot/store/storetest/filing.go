package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
)

// put keeps and files a patch.
func (s *suite) put(t *testing.T, id string, ser flow.Series, n int) {
	t.Helper()
	_, err := s.Keep(s.ctx, Mail(id), flow.Cursor{Key: "a", Value: id})
	must(t, err)
	m := &flow.Member{ID: id, N: n, Title: fmt.Sprintf("drm/x: part %d", n)}
	must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Series: &ser, Adds: m, Reports: []string{"report"}}))
}

func one(key string) flow.Series {
	return flow.Series{Key: key, Sender: "ada@example.org", Title: "drm/x: t", Version: 1, Of: 2, List: "drm.example.org", First: T0, Due: T0.Add(time.Minute)}
}

func file(t *testing.T, s *suite) {
	s.put(t, "2@x", one("k"), 2)
	s.put(t, "1@x", one("k"), 1)
	if left, err := s.Unfiled(s.ctx, 10); len(left) != 0 || err != nil {
		t.Errorf("%d unfiled, %v", len(left), err)
	}
	again := one("k")
	again.Due = T0.Add(time.Hour)
	must(t, s.File(s.ctx, flow.Filing{ID: "1@x", Kind: flow.KindPatch, Series: &again}))
	got, err := s.Series(s.ctx, "k")
	must(t, err)
	want := one("k")
	want.Revision, want.Members = 2, []flow.Member{{ID: "1@x", N: 1, Title: "drm/x: part 1"}, {ID: "2@x", N: 2, Title: "drm/x: part 2"}}
	if d := cmp.Diff(&want, got); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
	if none, err := s.Series(s.ctx, "nope"); none != nil || err != nil {
		t.Errorf("an unknown series is %v, %v", none, err)
	}
	mails, err := s.Mails(s.ctx, "k", 10)
	must(t, err)
	if len(mails) != 2 || mails[0].ID != "2@x" || !slices.Equal(mails[0].Lists, []string{"drm.example.org"}) {
		t.Errorf("mails of the series: %+v", mails)
	}
	for _, c := range []struct {
		ids  []string
		want int
	}{{nil, 0}, {[]string{"9@x"}, 0}, {[]string{"9@x", "2@x"}, 1}} {
		if got, err := s.Threads(s.ctx, c.ids); len(got) != c.want || err != nil {
			t.Errorf("Threads(%q): %d, %v", c.ids, len(got), err)
		}
	}
	if got, err := s.Posted(s.ctx, flow.Postings{Sender: "ada@example.org", Titles: []string{"drm/x: part 2", "other"}, Since: T0}); len(got) != 1 || err != nil {
		t.Errorf("Posted with title: %d, %v", len(got), err)
	}
	for title, want := range map[string]int{"drm/x: part 2": 1, "nobody's": 0} {
		if got, err := s.Posted(s.ctx, flow.Postings{Titles: []string{title}, Since: T0}); len(got) != want || err != nil {
			t.Errorf("Posted of anybody with %q: %d, %v", title, len(got), err)
		}
	}
	for key, want := range map[string]int{"report": 1, "another": 0} {
		if got, err := s.Posted(s.ctx, flow.Postings{Reports: []string{key, "none"}, Since: T0}); len(got) != want || err != nil {
			t.Errorf("Posted for %q: %d, %v", key, len(got), err)
		}
	}
	if got, err := s.Posted(s.ctx, flow.Postings{Sender: "ada@example.org", Since: T0.Add(time.Second)}); len(got) != 0 || err != nil {
		t.Errorf("Posted since later: %d, %v", len(got), err)
	}
}

// orphans: a reply that came before the patch it answers belongs to its series
// all the same.
func orphans(t *testing.T, s *suite) {
	r := Mail("r@x")
	r.InReplyTo = "1@x"
	_, err := s.Keep(s.ctx, r, flow.Cursor{})
	must(t, err)
	must(t, s.File(s.ctx, flow.Filing{ID: "r@x", Kind: flow.KindReply}))
	s.put(t, "1@x", one("k"), 1)
	mails, err := s.Mails(s.ctx, "k", 10)
	must(t, err)
	if len(mails) != 2 {
		t.Errorf("the series has %d mails, want the patch and the reply", len(mails))
	}
}

// also: what counts for other postings of a title makes those due that everybody sees and
// that no version follows; one that was read before it is not settled by that.
func also(t *testing.T, s *suite) {
	add := map[string]flow.Series{"said": {}, "settled": {}, "read": {}, "private": {Private: true}, "followed": {Next: "said"}}
	for _, key := range slices.Sorted(maps.Keys(add)) {
		ser := one(key)
		ser.Private, ser.Next = add[key].Private, add[key].Next
		s.put(t, key+"@x", ser, 1)
		if key == "read" {
			continue
		}
		got, err := s.Series(s.ctx, key)
		must(t, err)
		_, err = s.Settle(s.ctx, flow.Settlement{Series: *got, At: T0})
		must(t, err)
	}
	read, err := s.Series(s.ctx, "read")
	must(t, err)
	for n, by := range []func(id string) error{
		func(id string) error {
			ser, err := s.Series(s.ctx, "said")
			must(t, err)
			ser.Due = T0.Add(time.Hour)
			return s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindReply, Series: ser, Proven: "mo@example.org", Also: []string{"drm/x: part 1"}})
		},
		func(id string) error {
			ser, err := s.Series(s.ctx, "said")
			must(t, err)
			must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindReply, Series: ser, Prove: T0}))
			_, err = s.Prove(s.ctx, flow.Proving{ID: id, SeriesKey: "said", Proven: "mo@example.org", Due: T0.Add(time.Hour), At: T0,
				Also: []string{"drm/x: part 1"}})
			return err
		},
	} {
		id := fmt.Sprintf("no%d@x", n)
		_, err := s.Keep(s.ctx, Mail(id), flow.Cursor{})
		must(t, err)
		must(t, by(id))
		for key, want := range map[string]time.Time{"settled": T0.Add(time.Hour), "read": one("").Due, "private": {}, "followed": {}} {
			if got, err := s.Series(s.ctx, key); err != nil || !got.Due.Equal(want) {
				t.Errorf("%s: %s is due %v, want %v; %v", id, key, got.Due, want, err)
			}
		}
		if settled, err := s.Settle(s.ctx, flow.Settlement{Series: *read, At: T0}); settled || err != nil {
			t.Errorf("%s: what was read before is settled: %v, %v", id, settled, err)
		}
		if read, err = s.Series(s.ctx, "read"); err != nil {
			t.Fatal(err)
		}
		got, err := s.Series(s.ctx, "settled")
		must(t, err)
		_, err = s.Settle(s.ctx, flow.Settlement{Series: *got, At: T0})
		must(t, err)
	}
}
