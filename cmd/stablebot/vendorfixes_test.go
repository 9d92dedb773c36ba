//go:build measure

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestVendorFixes judges, as of today and with trees, the fixes that a vendor's
// tree and mainline have and no stable branch took. A vendor releases squashed, so
// its files tell: a fix is in its tree when the patch can be taken back there, or
// when each run of changed lines stands there as the patch leaves it.
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_I915_BACKPORTS=path \
//	    go test -tags measure ./cmd/stablebot -run TestVendorFixes -v -timeout 60m
//
// Only branches that lack the fix are asked, as somebody is who is frozen on one:
// that 6.6 began with a fix says nothing of what was taken. README.md in bot/kernel/trees
// has the figures and what reading the rows said. STABLEBOT_ROWS=file writes a line for each.
func TestVendorFixes(t *testing.T) {
	ctx := context.Background()
	path := os.Getenv("STABLEBOT_I915_BACKPORTS")
	if path == "" {
		t.Skip("STABLEBOT_I915_BACKPORTS names no clone of intel-gpu/intel-gpu-i915-backports")
	}
	p := realPlanner(t, "5.10-lts", "5.15-lts", "6.1-lts", "6.6-lts")
	r, err := git.Open(ctx, path, trusted)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	store := objects.New(r, 0)
	var vendor []apply.Tree
	for _, tip := range vendorReleases {
		at, err := store.At(ctx, tip)
		if err != nil {
			t.Fatal(err)
		}
		vendor = append(vendor, at)
	}
	out, err := p.Set.Mainline().Repo.Output(ctx, "listing commits", "rev-list", "--no-merges", "--reverse", p.Set.Mainline().Tip,
		"^"+p.Set.Base(), "--", "drivers/gpu/drm/i915")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	count := map[string]int{}
	seen := map[string]bool{}
	for _, id := range strings.Fields(string(out)) {
		c, err := p.Change(ctx, nil, id)
		if err != nil || !saysFix(c) || seen[c.Subject] || !slices.ContainsFunc(vendor, func(v apply.Tree) bool { return stands(ctx, v, c) }) {
			continue
		}
		seen[c.Subject] = true
		facts, err := p.Set.Facts(ctx, c, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		taken := false
		facts.Branches = slices.DeleteFunc(facts.Branches, func(b rules.Branch) bool {
			taken = taken || b.State == "present" && b.As != facts.Mainline.SHA
			return b.State == "present"
		})
		if taken || len(facts.Branches) == 0 {
			continue
		}
		j := p.Judge.Change(c, nil, facts)
		bug := "no culprit named"
		for _, x := range facts.Culprits {
			switch {
			case x.Resolved && x.Release != "":
				bug = "culprit released"
			case x.Resolved && bug == "no culprit named":
				bug = "culprit never released"
			}
		}
		say := pile.Label(j.Verdict, j.ReasonClass)
		count[bug+": "+say]++
		var on []string
		for _, b := range j.Branches {
			says := "-"
			if b.Verdict != nil {
				says = pile.Label(*b.Verdict, b.ReasonClass)
			}
			on = append(on, fmt.Sprintf("%s %s %s %s", b.Name, b.State, b.Applies, says))
			if j.Verdict != verdict.OutOfScope && bug != "culprit never released" {
				count["on "+b.Name+", "+string(b.State)+": "+says]++
			}
		}
		rows = append(rows, fmt.Sprintf("%.12s\t%s\t%s\t%s\t%.2f\t%.2f\t%d\t%s\t%s\t%s", id, facts.Mainline.Release, bug, say, j.Fix, j.Score,
			j.Size.LinesWithContext, strings.Join(on, ", "), c.Subject, j.Reason))
	}
	t.Logf("%d fixes that the vendor and mainline have, and none of the branches that were there took", len(rows))
	for _, k := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%4d %s", count[k], k)
	}
	if name := os.Getenv("STABLEBOT_ROWS"); name != "" {
		if err := os.WriteFile(name, []byte(strings.Join(rows, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// vendorReleases are heads of the vendor's repository, for two and a half years of
// releases and four distributions.
var vendorReleases = []string{"backport/main", "backport/RELEASE_2405_23.10", "backport/RELEASE_2335_23.6", "redhat/main", "suse/main",
	"ubuntu/main"}

// saysFix: by a tag or a word; or a workaround for hardware.
func saysFix(c *change.Change) bool {
	if len(c.Fixes) > 0 || len(c.Stable) > 0 {
		return true
	}
	for w := range strings.FieldsSeq(c.LowerSubject()) {
		if strings.HasPrefix(w, "fix") || strings.HasPrefix(w, "wa_") || strings.HasPrefix(w, "workaround") {
			return true
		}
	}
	return false
}

// stands reports whether every run of lines that a patch changes is in the tree as
// the patch leaves it, with a line before and behind, and not as it was.
func stands(ctx context.Context, tree apply.Tree, c *change.Change) bool {
	if apply.Check(ctx, tree, apply.Reverse(c.Files)) <= apply.Offset {
		return true
	}
	runs := 0
	for _, f := range c.Files {
		if f.IsNew || f.IsDelete || f.IsBinary || !strings.HasPrefix(f.NewName, "drivers/gpu/drm/i915/") {
			return false
		}
		e, err := tree.Entry(ctx, f.NewName)
		if err != nil || !e.Exists() {
			return false
		}
		img, err := tree.Image(ctx, e)
		if err != nil {
			return false
		}
		for _, h := range f.TextFragments {
			for i := 0; i < len(h.Lines); i++ {
				if h.Lines[i].Op == gitdiff.OpContext {
					continue
				}
				j := i
				for j < len(h.Lines) && h.Lines[j].Op != gitdiff.OpContext {
					j++
				}
				var old, new []byte
				for _, l := range h.Lines[max(0, i-1):min(len(h.Lines), j+1)] {
					if l.Op != gitdiff.OpAdd {
						old = append(old, l.Line...)
					}
					if l.Op != gitdiff.OpDelete {
						new = append(new, l.Line...)
					}
				}
				if !bytes.Contains(img.Data, new) || bytes.Contains(img.Data, old) {
					return false
				}
				runs++
				i = j
			}
		}
	}
	return runs > 0
}
