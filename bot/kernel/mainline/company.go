package mainline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

const (
	// apart is how many days the commits of one pull of fixes differ at most; the
	// merge window is one pull of everything before it.
	apart = 7
	// rc1 is the day after a release on which the merge window is over.
	rc1 = 14
	// telling is how long a line must be to say that one commit stands on another:
	// a brace or a return stands in every function.
	telling = 12
	// maxCompany bounds the commits that one change is compared with.
	maxCompany = 100
	// readAtOnce is how many of them one git reads: the first few often tell.
	readAtOnce = 16
)

// touched is what one commit edits of a file.
type touched struct {
	functions map[string]bool
	old       map[string]bool // lines before the change, context included
}

// companion is one commit that asks for stable; files is filled when needed.
type companion struct {
	at      history.Position
	arrived int
	files   map[string]touched
}

// company says how closely a commit that asks for stable follows p in the same
// pull. What went in together was known on that day, whatever its order.
func (m *Mainline) company(ctx context.Context, c *change.Change, l *rules.Landing, p history.Position, at int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	with, err := m.askers(ctx, at)
	if err != nil {
		return err
	}
	var near []*companion
	seen := map[history.Position]bool{}
	for _, f := range c.Files {
		for _, o := range with[f.NewName] {
			if o.at <= p || seen[o.at] || m.h.Title(o.at) == m.h.Title(p) || !together(o.arrived, l.ArrivedDays) {
				continue
			}
			if len(near) == maxCompany {
				break
			}
			seen[o.at] = true
			near = append(near, o)
		}
	}
	for some := range slices.Chunk(near, readAtOnce) {
		if err := m.read(ctx, some); err != nil {
			return err
		}
		for _, o := range some {
			if l.Company = max(l.Company, o.stands(c)); l.Company == rules.CompanyLines {
				return nil
			}
		}
	}
	return nil
}

// together reports whether two days of arrival, counted from the release before,
// are those of one pull.
func together(a, b int) bool {
	if a <= rc1 || b <= rc1 {
		return a <= rc1 && b <= rc1
	}
	return max(a-b, b-a) < apart
}

// askers are the commits of a release that ask for stable, by file.
func (m *Mainline) askers(ctx context.Context, at int) (map[string][]*companion, error) {
	if with, ok := m.asking[at]; ok {
		return with, nil
	}
	var ps []history.Position
	for i, of := range m.of {
		if p := history.Position(i + 1); int(of) == at && m.h.Has(p, history.AsksStable) {
			ps = append(ps, p)
		}
	}
	with := map[string][]*companion{}
	err := m.names(ctx, ps, func(p history.Position, files []string) {
		var l rules.Landing
		m.arrival(&l, p, at)
		o := &companion{at: p, arrived: l.ArrivedDays}
		for _, f := range files {
			with[f] = append(with[f], o)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listing what asks for stable in %s: %w", m.releases[at].name, err)
	}
	m.asking[at] = with
	return with, nil
}

// read fills the files of companions, of each once, by one git for all.
func (m *Mainline) read(ctx context.Context, some []*companion) error {
	var ids []string
	todo := map[string]*companion{}
	for _, o := range some {
		if o.files == nil {
			id := m.h.ID(o.at)
			ids, todo[id] = append(ids, id), o
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for commit, err := range m.repo.Named(ctx, ids) {
		if err != nil {
			return err
		}
		todo[commit.ID].fill(commit)
	}
	return nil
}

// fill takes what a commit edits; what cannot be read of it tells nothing.
func (o *companion) fill(commit *git.Commit) {
	o.files = map[string]touched{}
	c, _ := commit.Change()
	if c == nil {
		return
	}
	for _, f := range c.Files {
		if f.IsNew || f.OldName == "" {
			continue
		}
		t := touched{map[string]bool{}, map[string]bool{}}
		for _, h := range f.TextFragments {
			if n := function(h); n != "" {
				t.functions[n] = true
			}
			for _, l := range h.Lines {
				if s := strings.TrimSpace(l.Line); l.Op != gitdiff.OpAdd && len(s) >= telling {
					t.old[s] = true
				}
			}
		}
		o.files[f.OldName] = t
	}
}

// stands says how much of the companion stands on c.
func (o *companion) stands(c *change.Change) int {
	level := rules.CompanyNone
	for _, f := range c.Files {
		t, ok := o.files[f.NewName]
		if !ok {
			continue
		}
		level = max(level, rules.CompanyFile)
		for _, h := range f.TextFragments {
			if n := function(h); n != "" && t.functions[n] {
				level = max(level, rules.CompanyFunction)
			}
			for _, l := range h.Lines {
				if s := strings.TrimSpace(l.Line); l.Op == gitdiff.OpAdd && len(s) >= telling && t.old[s] {
					return rules.CompanyLines
				}
			}
		}
	}
	return level
}

// function is the name in the line that git writes behind @@, "" without one.
func function(h *gitdiff.TextFragment) string {
	s, _, _ := strings.Cut(h.Comment, "(")
	s = strings.TrimSpace(s)
	return s[strings.LastIndexAny(s, " *")+1:]
}
