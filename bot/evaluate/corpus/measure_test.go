//go:build measure

package corpus

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules"
)

// TestCounts counts, for each list, what the archives tell of merging and what the
// table sees of it:
//
//	STABLEBOT_LISTS='ice=PATH mmc=PATH' STABLEBOT_TRUTH=stable-subjects.tsv.gz \
//	    go test -tags measure ./bot/evaluate/corpus -run TestCounts -v
//
// STABLEBOT_ROWS=file writes a line for each patch.
func TestCounts(t *testing.T) {
	o := Options{Since: time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC), Truth: []string{os.Getenv("STABLEBOT_TRUTH")}, Jobs: 2}
	for _, l := range strings.Fields(os.Getenv("STABLEBOT_LISTS")) {
		name, path, _ := strings.Cut(l, "=")
		o.Lists = append(o.Lists, List{Name: name, Path: path})
	}
	if len(o.Lists) == 0 {
		t.Skip("set STABLEBOT_LISTS and STABLEBOT_TRUTH")
	}
	began := time.Now()
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("%d posts, %d notices, %d titles merged, %d commits, %d titles renamed: %v, %d MB", len(c.mails.x.posts), len(c.mails.x.notices),
		len(c.mails.x.merged), len(c.mails.x.ids), len(c.mails.x.next), time.Since(began).Round(time.Second), mem.HeapAlloc>>20)
	t.Logf("covered: %v to %s", c.coverage.Series(), c.coverage.End().Format(time.DateOnly))
	type row struct {
		all, fixes, merged, independent, counts, taken, takenIndep, takenCounts int
		fixMerged, fixIndep, fixCounts, fixTaken, fixTakenIndep, fixTakenCounts int
		how                                                                     map[truth.Merging]int
		mask                                                                    map[truth.Mask]int
	}
	type got struct {
		s     *Subject
		claim bool
		name  string
	}
	rows := map[string]*row{}
	var out strings.Builder
	err = Each(t.Context(), c, func(s *Subject) *got {
		if Foreign(s.Change) {
			return nil
		}
		g := &got{&Subject{Label: s.Label, Group: s.Group, AsOf: s.AsOf}, (&rules.Facts{Change: s.Change}).Claims(), s.Change.Subject}
		if os.Getenv("STABLEBOT_ROWS") != "" {
			g.name = fmt.Sprintf("%s\t%s\t%s", s.Change.ID, s.Change.Author.Name, s.Change.Subject)
		}
		return g
	}, func(g *got) error {
		if g == nil {
			return nil
		}
		r := rows[g.s.Group]
		if r == nil {
			r = &row{how: map[truth.Merging]int{}, mask: map[truth.Mask]int{}}
			rows[g.s.Group] = r
		}
		l := g.s.Label
		add := func(n *int, ok bool) {
			if ok {
				*n++
			}
		}
		r.all++
		add(&r.merged, l.Merged != "")
		add(&r.independent, l.Merged.Independent())
		add(&r.counts, l.Counts())
		add(&r.taken, l.Taken)
		add(&r.takenIndep, l.Taken && l.Merged.Independent())
		add(&r.takenCounts, l.Taken && l.Counts())
		if g.claim {
			r.fixes++
			add(&r.fixMerged, l.Merged != "")
			add(&r.fixIndep, l.Merged.Independent())
			add(&r.fixCounts, l.Counts())
			add(&r.fixTaken, l.Taken)
			add(&r.fixTakenIndep, l.Taken && l.Merged.Independent())
			add(&r.fixTakenCounts, l.Taken && l.Counts())
			r.how[l.Merged]++
			r.mask[l.Mask]++
		}
		if os.Getenv("STABLEBOT_ROWS") != "" {
			fmt.Fprintf(&out, "%s\t%s\t%v\t%v\t%s\t%s\t%s\t%s\t%s\n", g.s.Group, g.s.AsOf.Format(time.DateOnly), g.claim, l.Taken, l.Merged, l.Mask,
				strings.Join(l.In, ","), l.Later, g.name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		t.Logf("%s: %d patches: merged known %d (%d by more than the table), count %d, taken %d (%d with evidence of their own)\n    fixes "+
			"%d: merged known %d (%d), count %d, taken %d (%d): %v %v", name,
			r.all, r.merged, r.independent, r.counts, r.taken, r.takenIndep, r.fixes, r.fixMerged, r.fixIndep, r.fixCounts, r.fixTaken,
			r.fixTakenIndep, r.how, r.mask)
	}
	parts, err := c.Summary()
	t.Log(parts, err, time.Since(began).Round(time.Second))
	if file := os.Getenv("STABLEBOT_ROWS"); file != "" {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
