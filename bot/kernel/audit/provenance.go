package audit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// provenance asks where a commit comes from and who answers for it.
func provenance(_ context.Context, a *auditor, it *Item) error {
	c := it.own
	switch {
	case it.Upstream != "" && it.up.How == "subject" && it.Named == "":
		it.add(Finding{Kind: NoUpstream, Commit: it.Upstream, Title: it.upstream.Subject, Text: fmt.Sprintf("it names no upstream commit; by its title it is %.12s", it.Upstream)})
	case it.Upstream != "":
		if c.Author.Address != "" && !samePerson(c.Author, it.upstream.Author) {
			it.add(Finding{Kind: OtherAuthor, Commit: it.Upstream, Title: it.upstream.Subject,
				Text: fmt.Sprintf("its author is %s, that of %.12s is %s", c.Author, it.Upstream, it.upstream.Author)})
		}
		if it.up.How != "subject" && !a.alike(it) {
			it.add(Finding{Kind: OtherUpstream, Commit: it.Upstream, Title: it.upstream.Subject,
				Text: fmt.Sprintf("it names %.12s, which is another change: %q", it.Upstream, it.upstream.Subject)})
			it.Upstream, it.Release, it.upstream = "", "", nil // what it says of its bug is not about this
			return nil
		}
		a.signed(it)
	case it.Named != "" && a.Set.Rewritten() && len(it.Unchecked) == 0:
		it.unchecked("its upstream commit %.12s is not in this copy of mainline, under no title", it.Named)
	case it.Named != "" && a.Set.Rewritten():
	case it.Named != "":
		it.add(Finding{Kind: OtherUpstream, Commit: it.Named, Text: fmt.Sprintf("it names %.12s, which mainline does not have", it.Named)})
	case a.ownRevert(it):
	case c.NotUpstream != "":
	default:
		it.add(Finding{Kind: NoUpstream, Commit: it.ID, Text: "it names no upstream commit, and mainline has none of its title"})
	}
	return nil
}

// samePerson compares people as trees write them: by address, else by name.
func samePerson(x, y change.Person) bool {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return x.Address == y.Address || x.Name != "" && fold(x.Name) == fold(y.Name)
}

// alike reports whether a commit and its upstream commit are one change: by their titles,
// else as they touch the same lines.
func (a *auditor) alike(it *Item) bool {
	if change.TitleKey(it.own.Subject) == change.TitleKey(it.upstream.Subject) || it.own.Date.Equal(it.upstream.Date) {
		return true
	}
	return shares(it)
}

// shares reports whether half of the lines that a commit changes are those of its upstream
// commit.
func shares(it *Item) bool {
	lines := map[string]bool{}
	for _, l := range changed(it.upstream) {
		lines[l] = true
	}
	mine := changed(it.own)
	shared := 0
	for _, l := range mine {
		if lines[l] {
			shared++
		}
	}
	return 2*shared >= len(mine)
}

// changed are the lines that a change takes away and puts in.
func changed(c *change.Change) (out []string) {
	for _, f := range c.Files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if s := strings.TrimSpace(l.Line); l.Op != 0 && s != "" {
					out = append(out, l.Op.String()+s)
				}
			}
		}
	}
	return out
}

// signed asks whether somebody signed off the backport: a sign-off that the upstream commit
// has not, or one more of the same person.
func (a *auditor) signed(it *Item) {
	had := map[string]int{}
	for _, t := range it.upstream.Trailers {
		if t.Key == "Signed-off-by" {
			had[change.ParsePerson(t.Value).Address]++
		}
	}
	for _, t := range it.own.Trailers {
		if t.Key == "Signed-off-by" {
			if had[change.ParsePerson(t.Value).Address]--; had[change.ParsePerson(t.Value).Address] < 0 {
				return
			}
		}
	}
	it.add(Finding{Kind: NoSignOff, Commit: it.ID, Text: "nobody signed it off as a backport: its sign-offs are those of the upstream commit"})
}

var takesBack = regexp.MustCompile(`(?i)this reverts commit ([0-9a-f]{7,40})`)

// ownRevert reports whether it takes back what the branch has: that needs no upstream
// commit.
func (a *auditor) ownRevert(it *Item) bool {
	title, ok := strings.CutPrefix(it.own.Subject, `Revert "`)
	if !ok {
		return false
	}
	if m := takesBack.FindStringSubmatch(it.own.Body); m != nil {
		if n := a.Line.Number(strings.ToLower(m[1])); n != 0 && n < it.Number {
			return true
		}
	}
	return a.Line.Titled(strings.TrimSuffix(title, `"`), it.Number-1) != 0 ||
		slices.ContainsFunc(it.own.Origin, func(o change.Origin) bool { return o.SHA != "" })
}
