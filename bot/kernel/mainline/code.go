package mainline

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// keep bounds the files of releases that are in memory. The changes of a
// release touch the same files again and again.
const keep = 40 << 20

// base looks the old lines of each hunk up in the files of a release.
func (m *Mainline) base(ctx context.Context, c *change.Change, commit string) (rules.Base, error) {
	b := rules.Base{Known: true}
	for _, f := range c.Files {
		if f.IsNew || f.IsBinary || f.OldName == "" {
			continue
		}
		b.Files++
		text, err := m.file(ctx, commit+":"+f.OldName)
		if err != nil {
			return b, err
		}
		if text != nil {
			b.Have++
		}
		for _, h := range f.TextFragments {
			b.Hunks++
			if text == nil {
				continue
			}
			if bytes.Contains(text, before(h, 3)) {
				b.Exact++
			}
			if bytes.Contains(text, before(h, 1)) {
				b.Near++
			}
		}
	}
	return b, nil
}

// before is what stood where the hunk is, with so many lines of context, behind
// a line end, so that it is found where lines begin.
func before(h *gitdiff.TextFragment, context int64) []byte {
	b := []byte{'\n'}
	lead, trail := max(0, h.LeadingContext-context), max(0, h.TrailingContext-context)
	for i, l := range h.Lines {
		if int64(i) >= lead && int64(i) < int64(len(h.Lines))-trail && l.Op != gitdiff.OpAdd {
			b = append(b, l.Line...)
		}
	}
	return b
}

// file is a file of a release behind a line end, nil when it has none such.
func (m *Mainline) file(ctx context.Context, name string) ([]byte, error) {
	if strings.ContainsAny(name, "\n\x00") {
		return nil, nil
	}
	m.mu.Lock()
	text, ok := m.files[name]
	m.mu.Unlock()
	if ok {
		return text, nil
	}
	o, err := m.repo.Object(ctx, name)
	switch {
	case err == nil && o.Type == "blob":
		text = append([]byte{'\n'}, o.Data...)
	case err != nil && !errors.Is(err, git.ErrMissing):
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes > keep {
		clear(m.files)
		m.bytes = 0
	}
	m.files[name] = text
	m.bytes += len(text) + len(name)
	return text, nil
}

// tally counts the claimed fixes of a folder.
type tally struct{ claims, tagged, stable int }

const (
	habitReleases = 4  // how many releases before the change's are counted
	habitFixes    = 40 // and how many fixes a folder needs to have a habit
)

// habit counts the claimed fixes of the deepest folder of the first file that
// has enough of them.
func (m *Mainline) habit(ctx context.Context, c *change.Change, at int) (rules.Habit, error) {
	if len(c.Files) == 0 {
		return rules.Habit{}, nil
	}
	path := c.Files[0].OldName
	if path == "" || c.Files[0].IsNew {
		path = c.Files[0].NewName
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return rules.Habit{}, nil
		}
		path = path[:i]
		var sum tally
		for r := max(at-habitReleases, 0); r < at; r++ {
			t, err := m.tallies(ctx, r)
			if err != nil {
				return rules.Habit{}, err
			}
			sum.claims += t[path].claims
			sum.tagged += t[path].tagged
			sum.stable += t[path].stable
		}
		if sum.claims >= habitFixes {
			return rules.Habit{Claims: sum.claims, Tagged: sum.tagged, Stable: sum.stable}, nil
		}
	}
}

// tallies counts the claimed fixes of one release in every folder, once.
func (m *Mainline) tallies(ctx context.Context, at int) (map[string]tally, error) {
	if t, ok := m.habits[at]; ok {
		return t, nil
	}
	out := map[string]tally{}
	var ps []history.Position
	for i, of := range m.of {
		p := history.Position(i + 1)
		if int(of) == at && (m.h.Has(p, history.AsksStable) || m.h.Has(p, history.IsFix) || m.h.Has(p, history.SaysFix)) {
			ps = append(ps, p)
		}
	}
	err := m.names(ctx, ps, func(p history.Position, files []string) {
		seen := map[string]bool{}
		for _, f := range files {
			for {
				i := strings.LastIndexByte(f, '/')
				if i < 0 {
					break
				}
				if f = f[:i]; seen[f] {
					break
				}
				seen[f] = true
				t := out[f]
				t.claims++
				if m.h.Has(p, history.AsksStable) || m.h.Has(p, history.IsFix) {
					t.tagged++
				}
				if m.h.Has(p, history.AsksStable) {
					t.stable++
				}
				out[f] = t
			}
		}
	})
	if err != nil {
		return nil, err
	}
	m.habits[at] = out
	return out, nil
}

// maxNames is as much as is read of the names of the files of one commit.
const maxNames = 4 << 20

// names lists the files that commits touch, by one git for all of them.
func (m *Mainline) names(ctx context.Context, ps []history.Position, each func(history.Position, []string)) error {
	if len(ps) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := m.repo.StartFed(ctx, "listing files of commits", "diff-tree", "--stdin", "--root", "-r", "--no-renames", "--name-only",
		"--always", "--format=%x00%H")
	if err != nil {
		return err
	}
	defer p.Close()
	go func() {
		for _, q := range ps {
			if _, err := fmt.Fprintln(p.In, m.h.ID(q)); err != nil {
				break // git has died; the reader says why
			}
		}
		_ = p.In.Close()
	}()
	in := bufio.NewReaderSize(p.Out, 64<<10)
	for i := -1; ; i++ {
		record, _, err := git.ReadUntil(in, 0, maxNames)
		if i >= 0 && i < len(ps) {
			_, files, _ := strings.Cut(strings.Trim(record, "\n"), "\n") // the id stands first
			each(ps[i], strings.Split(strings.Trim(files, "\n"), "\n"))
		}
		if err != nil {
			break
		}
	}
	return p.Wait()
}
