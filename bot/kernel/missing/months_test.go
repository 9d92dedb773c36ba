//go:build measure

package missing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/bot/kernel/prereq"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/verdict"
)

// follow is how long after a month what a branch took is looked at.
const follow = 6

// sampled: of so many commits that are judged for the rows alone, one is.
const sampled = 4

// inSample picks by the last digit of the id, so that each run picks the same.
func inSample(id string) bool {
	return strings.IndexByte("0123456789abcdef", id[len(id)-1])%sampled == 0
}

// openReal opens the real branches, with what they lack first.
func openReal(ctx context.Context, t *testing.T, branch string) *trees.Set {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	state := os.Getenv("STABLEBOT_PEER_DIR")
	cfg := trees.Config{Git: git.Options{Trust: true}, State: state, TitleMarks: "Reduce diff with Linux %s", Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: path, Ref: "master"}, {Role: trees.Stable, Path: path, Ref: branch + "-lts"}}}
	set, err := trees.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	m := set.Mainline()
	f, err := prereq.New(ctx, m.Repo, m.Tip, set.Base(), prereq.Options{Cache: state, Folders: []string{"include", "drivers/gpu/drm", "drivers/dma-buf"}})
	if err != nil {
		t.Fatal(err)
	}
	set.Use(&first{f, set.Base()})
	return set
}

// first finds what has to go in first, as the program does.
type first struct {
	*prereq.Finder
	base string
}

func (p *first) Find(ctx context.Context, w trees.Wanted) (trees.Pile, error) {
	got, err := p.Pile(ctx, w.Mainline, prereq.Target{Tree: p.base, Version: w.Branch, Has: w.Has, Fits: w.Fits})
	if err != nil {
		return trees.Pile{}, err
	}
	out := trees.Pile{Lines: got.Lines, More: !got.Complete(), Beyond: len(got.Beyond), Missing: got.Missing()}
	if got.Complete() || got.More {
		for _, c := range got.Commits {
			out.Commits = append(out.Commits, c.ID)
		}
	}
	return out, nil
}

// shown is a row as it was judged in the first month in which it was one.
type shown struct {
	missing.Row
	On time.Time `json:"on"`
}

// TestMonths asks of 6.1 and 5.15, as of the first day of each month of 2023, what they
// lack. Of what a branch took in the six months that follow, was in mainline on that day
// and had its culprit there on that day: how much is a row of the table. And of the rows that are open
// in some month, and were in mainline for 90 days when the branch ended: how many did it
// take. A row is judged in the first month in which it is one. STABLEBOT_MONTHS_OUT takes
// the rows as JSON.
func TestMonths(t *testing.T) {
	ctx := context.Background()
	var pool tally
	for _, branch := range []string{"6.1", "5.15"} {
		own := measure(ctx, t, openReal(ctx, t, branch), branch)
		t.Logf("%s: %s", branch, own)
		pool.add(own)
	}
	t.Logf("pooled: %s", pool)
}

// tally counts.
type tally struct {
	taken, row, table, open int // of what was taken in the months that follow, one for each month
	opened, later           int // rows that were open, those that the branch took
	missed                  map[string]int
}

func (c *tally) add(o tally) {
	c.taken, c.row, c.table, c.open = c.taken+o.taken, c.row+o.row, c.table+o.table, c.open+o.open
	c.opened, c.later = c.opened+o.opened, c.later+o.later
	if c.missed == nil {
		c.missed = map[string]int{}
	}
	for k, n := range o.missed {
		c.missed[k] += n
	}
}

func (c tally) String() string {
	share := func(n, of int) string {
		return fmt.Sprintf("%d of %d (%.1f %%)", n, of, 100*float64(n)/float64(max(1, of)))
	}
	return fmt.Sprintf("taken later, a row: %s; in the table: %s; open, or open with work: %s; rows open and taken: %s; not in the table: %v",
		share(c.row, c.taken), share(c.table, c.taken), share(c.open, c.taken), share(c.later, c.opened), c.missed)
}

func measure(ctx context.Context, t *testing.T, set *trees.Set, branch string) (sum tally) {
	sum.missed = map[string]int{}
	rows := map[string]*shown{}
	asked := map[string]bool{}
	end, err := set.Takings(branch, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	took := map[string]trees.Took{}
	var last time.Time
	for _, x := range end {
		took[x.Commit] = x
		if x.At.After(last) {
			last = x.At
		}
	}
	t.Logf("%s took %d commits, the last on %s", branch, len(end), last.Format(time.DateOnly))
	for month := time.January; month <= time.December; month++ {
		day := time.Date(2023, month, 1, 0, 0, 0, 0, time.UTC)
		cs, err := set.Candidates(branch, day)
		if err != nil {
			t.Fatal(err)
		}
		now := map[string]bool{}
		var fresh []trees.Candidate
		for _, c := range cs {
			now[c.Commit] = true
			if _, later := took[c.Commit]; !asked[c.Commit] && (later || inSample(c.Commit)) {
				fresh = append(fresh, c)
				asked[c.Commit] = true
			}
		}
		began := time.Now()
		s := &missing.Sweep{Set: set, Judge: verdict.Default(), AsOf: day, Jobs: 2}
		j := *s.Judge
		j.AsOf = day
		s.Judge = &j
		out, err := s.Rows(ctx, branch, fresh, func(id string, err error) { t.Logf("%.12s: %v", id, err) })
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out {
			rows[r.Commit] = &shown{r, day}
		}
		n := 0
		for _, x := range end {
			if x.At.After(day) && !x.At.After(day.AddDate(0, follow, 0)) && !x.Landed.After(day) && len(x.Origins) > 0 {
				if !x.HadBug(day) {
					sum.missed["its culprit was not there that day"]++
					continue
				}
				sum.count(t, branch, day, x, rows[x.Commit], now[x.Commit])
				n++
			}
		}
		t.Logf("%s %s: %d candidates, %d new, %d rows, in %s; %d taken in the six months that follow", branch, day.Format(time.DateOnly), len(cs), len(fresh), len(out), time.Since(began).Round(time.Second), n)
	}
	for id, r := range rows {
		if r.State != flow.StandOpen || !inSample(id) {
			continue
		}
		if at, err := time.Parse(time.DateOnly, r.Date); err != nil || last.Sub(at) < 90*24*time.Hour {
			continue
		}
		sum.opened++
		if x, ok := took[id]; ok && x.At.After(r.On) {
			sum.later++
		}
	}
	if dir := os.Getenv("STABLEBOT_MONTHS_OUT"); dir != "" {
		if err := write(filepath.Join(dir, branch+".json"), rows, took); err != nil {
			t.Error(err)
		}
	}
	return sum
}

func (c *tally) count(t *testing.T, branch string, day time.Time, x trees.Took, r *shown, candidate bool) {
	c.taken++
	switch {
	case r == nil && !candidate:
		c.missed["no candidate"]++
		t.Logf("missed in %s on %s: %.12s, taken as %.12s: no candidate", branch, day.Format(time.DateOnly), x.Commit, x.As)
	case r == nil:
		c.missed["no row"]++
		t.Logf("missed in %s on %s: %.12s, taken as %.12s: no row", branch, day.Format(time.DateOnly), x.Commit, x.As)
	case !r.Shown():
		c.row++
		c.missed[string(r.State)]++
	default:
		c.row++
		c.table++
		if slices.Contains([]flow.Stand{flow.StandOpen, flow.StandPrerequisites, flow.StandBackport}, r.State) {
			c.open++
		}
	}
}

// write keeps the rows for reading.
func write(file string, rows map[string]*shown, took map[string]trees.Took) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for id, r := range rows {
		x, ok := took[id]
		err = errors.Join(err, enc.Encode(map[string]any{"row": r, "taken": ok, "took": x}))
	}
	return errors.Join(err, f.Close())
}
