package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/release"
)

// sums keeps what costs a pass over the store. Pages get what was last summed
// up, at once; when that is old, it is summed up anew behind them.
type sums struct {
	reader Reader
	fates  Fates
	now    func() time.Time
	log    *zap.Logger

	mu      sync.Mutex
	have    *summed
	running chan struct{} // closed when the pass under way ends, nil when none is
}

// summed is one pass.
type summed struct {
	*store.Totals
	At       time.Time
	Cost     time.Duration
	Branches []branchSum // newest first
	Fated    []Fated
	Err      error
}

// branchSum is what one stable branch says, summed up.
type branchSum struct {
	Name     string
	Cells    map[launch.Cell]store.CellTotal
	NewerHas int  // changes that it lacks and that a newer branch has
	Many     bool // NewerHas is too many to count
}

// Lacks counts what the branch needs and does not have.
func (b branchSum) Lacks() int {
	n := 0
	for _, c := range lacking {
		n += b.Cells[c].N
	}
	return n
}

// lacking are the cells that a branch is to be mended in.
var lacking = []launch.Cell{launch.Eligible, launch.Prerequisites, launch.Backport, launch.Open, launch.DKMS}

// A pass is repeated when it is this old, and never takes more than a
// twentieth of the time.
const (
	sumsAge  = 5 * time.Second
	sumsRest = 20
	sumsWait = 5 * time.Second // for the first one, which nothing stands in for
)

// get returns the last pass, never nil.
func (s *sums) get(ctx context.Context) *summed {
	s.mu.Lock()
	have, age := s.have, time.Duration(0)
	if have != nil {
		age = s.now().Sub(have.At)
	}
	if have == nil || age > max(sumsAge, sumsRest*have.Cost) {
		if s.running == nil {
			s.running = make(chan struct{})
			go s.pass(context.WithoutCancel(ctx), s.running)
		}
	}
	running := s.running
	s.mu.Unlock()
	if have != nil && have.Err == nil {
		return have
	}
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
		case <-time.After(sumsWait):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have == nil {
		return &summed{Totals: &store.Totals{}, At: s.now()}
	}
	return s.have
}

func (s *sums) pass(ctx context.Context, done chan struct{}) {
	began := s.now()
	n := &summed{At: began}
	n.Totals, n.Err = s.reader.Totals(ctx)
	if n.Err == nil {
		n.Err = s.branches(ctx, n)
	}
	if n.Err == nil && s.fates != nil {
		n.Fated, n.Err = s.fates.Fates(ctx)
	}
	if n.Totals == nil {
		n.Totals = &store.Totals{}
	}
	n.At, n.Cost = s.now(), s.now().Sub(began)
	if n.Err != nil {
		s.log.Error("summing up failed", zap.Error(n.Err))
	}
	s.mu.Lock()
	if n.Err != nil && s.have != nil { // old sums are better than none
		old := *s.have
		old.At = n.At
		n = &old
	}
	s.have, s.running = n, nil
	s.mu.Unlock()
	close(done)
}

func (s *sums) branches(ctx context.Context, n *summed) error {
	at := map[string]int{}
	for _, c := range n.Cells {
		i, ok := at[c.Branch]
		if !ok {
			i = len(n.Branches)
			at[c.Branch] = i
			n.Branches = append(n.Branches, branchSum{Name: c.Branch, Cells: map[launch.Cell]store.CellTotal{}})
		}
		n.Branches[i].Cells[launch.Cell(c.Cell)] = c
	}
	slices.SortFunc(n.Branches, func(a, b branchSum) int { return release.NewestFirst(a.Name, b.Name) })
	for i := range n.Branches {
		newer := n.newer(n.Branches[i].Name)
		if len(newer) == 0 {
			continue
		}
		p, err := s.reader.Search(ctx, store.Query{Branch: n.Branches[i].Name, Cells: cellNames(lacking), InAny: newer, Limit: 1})
		if err != nil {
			return err
		}
		n.Branches[i].NewerHas, n.Branches[i].Many = max(p.Total, 0), p.Total < 0
	}
	return nil
}

// newer names the branches before this one.
func (n *summed) newer(branch string) (out []string) {
	for _, b := range n.Branches {
		if release.NewestFirst(b.Name, branch) < 0 {
			out = append(out, b.Name)
		}
	}
	return out
}

func cellNames(cs []launch.Cell) (out []string) {
	for _, c := range cs {
		out = append(out, string(c))
	}
	return out
}
