package audit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// bug asks whether what a commit mends is there.
func bug(ctx context.Context, a *auditor, it *Item) error {
	if it.Upstream == "" || dependency(it.own) {
		return nil // what is taken for another commit mends nothing here
	}
	c := it.upstream
	if len(c.Fixes) == 0 {
		c = it.own
	}
	var lost []string
	var first *Finding
	there := false
	for _, b := range a.Set.Bugs(c, it.up) {
		title := b.Subject
		if b.ID == "" {
			if title == "" || a.Line.Titled(title, it.Number-1) == 0 {
				lost = append(lost, strings.TrimSpace(b.SHA+" "+title))
			} else {
				there = true
			}
			continue
		}
		s := a.Line.Standing(b.Known, it.Number-1)
		if there = there || s.In(); s.In() || first != nil {
			continue
		}
		first = &Finding{Kind: BugAbsent, Commit: b.ID, Title: title, Text: fmt.Sprintf("%.12s (%q), which it fixes, is not in %s", b.ID, title, a.Line.Name())}
		if s.Commit != "" {
			first.Text = fmt.Sprintf("%.12s (%q), which it fixes, was taken out of %s by %.12s", b.ID, title, a.Line.Name(), s.Revert)
		} else if x := a.Line.Standing(b.Known, a.Line.Len()); x.Commit != "" { // whatever became of it then
			*first = Finding{Kind: BeforeCulprit, Commit: x.Commit, Title: title, Text: fmt.Sprintf("%.12s (%q), which it fixes, comes later, as %.12s", b.ID, title, x.Commit)}
		}
	}
	switch {
	case there:
	case len(lost) > 0:
		it.unchecked("whether its bug is there: the culprit %s is not found in mainline", lost[0])
	case first != nil:
		it.add(*first)
		return nil
	}
	if lacks := a.Line.Hardware(ctx, it.upstream, it.ID+"^"); lacks != "" {
		it.add(Finding{Kind: Newer, Commit: it.Upstream, Title: it.upstream.Subject, Text: "hardware that the branch does not have: " + lacks})
		return nil
	}
	return version(ctx, a, it)
}

// versions is how drivers name the version of a block of hardware.
var versions = regexp.MustCompile(`\bIP_VERSION\(\d+, ?\d+, ?\d+\)`)

// version asks for versions of blocks that the catalogue does not know: one that a commit
// adds to a list, and that no file of the driver has, is of hardware that is not driven.
func version(ctx context.Context, a *auditor, it *Item) error {
	for _, f := range it.own.Files {
		if f.IsNew || !strings.HasSuffix(f.NewName, ".c") {
			continue
		}
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				name := ""
				if l.Op == gitdiff.OpAdd {
					name = versions.FindString(l.Line)
				}
				if name == "" {
					continue
				}
				folders := strings.Split(f.NewName, "/")
				there, err := a.has(ctx, it.ID+"^", name, strings.Join(folders[:min(5, len(folders)-1)], "/")+"/*.c")
				if err != nil || there {
					if err != nil {
						it.unchecked("whether the tree drives %s: %v", name, err)
					}
					return ctx.Err()
				}
				it.add(Finding{Kind: Newer, Commit: it.Upstream, Title: it.upstream.Subject, File: f.NewName, Name: name,
					Text: fmt.Sprintf("%s: hardware that the branch does not have: no other line of the driver has %s", f.NewName, name)})
				return nil
			}
		}
	}
	return nil
}

// dependency reports whether a commit was taken for another one.
func dependency(c *change.Change) bool {
	return slices.ContainsFunc(c.DependsOn, func(o change.Origin) bool { return o.Form == "dep-of" })
}
