//go:build measure

package audit_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/audit"
)

// mainlineFaults tries mainline commits that the branch lacks, one for each place.
func (g *garden) mainlineFaults(max int, ids []string, f fault) (out []*fault) {
	tip := g.commits[len(g.commits)-1].ID
	for _, id := range ids {
		if len(out) == max {
			break
		}
		k, ok := g.set.KnownAs(id)
		if !ok || g.line.Standing(k, g.line.Len()).Commit != "" {
			continue
		}
		c, err := g.set.Commit(g.Context(), id)
		if err != nil || len(c.Files) == 0 {
			continue
		}
		fits := true
		for _, x := range c.Files {
			now := g.file(tip, x.NewName)
			m, ok := g.merge(g.main(id+"^", x.NewName), now, g.main(id, x.NewName))
			fits = fits && ok && now != nil && !bytes.Equal(m, now)
		}
		if fits {
			x := f
			x.at, x.take, x.number = c.Subject, id, len(g.commits)-1-len(out)
			out = append(out, &x)
		}
	}
	return out
}

func (g *garden) reverted(max int, _ map[int]bool) []*fault {
	list, err := g.set.Mainline().Repo.Output(g.Context(), "listing reverts", "log", "--no-merges", "--format=%H",
		"--grep=^This reverts commit", g.set.Mainline().Tip, "^"+g.line.Fork())
	if err != nil {
		g.Fatal(err)
	}
	var ids []string
	for id := range strings.Lines(string(list)) {
		c, err := g.set.Commit(g.Context(), strings.TrimSpace(id))
		if err != nil {
			continue
		}
		k, _ := g.set.KnownAs(c.ID)
		title := strings.TrimSuffix(strings.TrimPrefix(c.Subject, `Revert "`), `"`)
		if u, ok := g.set.Undoes(c, k); ok && !g.set.PutBack(title, c.ID) && u.Before(k) {
			ids = append(ids, u.ID)
		}
	}
	return g.mainlineFaults(max, ids, fault{class: "reverted taken", want: []audit.Kind{audit.Reverted}})
}

// chip takes IDs of hardware that the branch does not drive.
func (g *garden) chip(max int, _ map[int]bool) []*fault {
	chips := regexp.MustCompile(`IP_VERSION\(\d+, \d+, \d+\)|CHIP_[A-Z0-9_]+`)
	list, err := g.set.Mainline().Repo.Output(g.Context(), "listing IDs", "log", "--no-merges", "--format=%H",
		"-G"+`IP_VERSION\(|CHIP_[A-Z]|INTEL_VGA_DEVICE`,
		g.set.Mainline().Tip, "^"+g.line.Fork(), "--", "drivers/gpu/drm/amd/amdgpu", "include/drm")
	if err != nil {
		g.Fatal(err)
	}
	var ids []string
	for id := range strings.Lines(string(list)) {
		c, err := g.set.Commit(g.Context(), strings.TrimSpace(id))
		if err != nil || c.Size.Added > 6 || c.Size.Removed > 2 || len(c.Files) != 1 || len(ids) > 20 {
			continue
		}
		absent := true
		found := 0
		for _, f := range c.Files {
			for _, h := range f.TextFragments {
				for _, l := range h.Lines {
					for _, chip := range chips.FindAllString(l.Line, -1) {
						if l.Op == gitdiff.OpAdd {
							found++
							_, err := g.git("grep", "-q", "-F", "-e", chip, g.commits[len(g.commits)-1].ID, "--", "*.c", "*_type.h")
							absent = absent && err != nil
						}
					}
				}
			}
		}
		if found > 0 && absent {
			ids = append(ids, c.ID)
		}
	}
	slices.Reverse(ids)
	return g.mainlineFaults(max, ids, fault{class: "ID without its chip", want: []audit.Kind{audit.Newer}})
}
