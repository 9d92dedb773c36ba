package audit

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/rules/change"
)

// refused asks whether a person had said no to a commit.
func refused(_ context.Context, a *auditor, it *Item) error {
	if x := a.refusalOf(it); x != nil {
		f := Finding{Kind: Refused, Commit: it.Upstream, Text: "it was refused: " + x.Says()}
		if x.Glob != "" {
			f.File, f.Text = x.Glob, "all that it changes was refused: "+x.Says()
		}
		it.add(f)
	}
	if it.upstream != nil {
		for i := range it.upstream.Stable {
			switch t := &it.upstream.Stable[i]; {
			case t.RefusesStable():
				it.add(Finding{Kind: Refused, Commit: it.Upstream, Title: it.upstream.Subject, Text: "its tags refuse it for stable: " + t.Comment})
			case t.NoAutosel:
				it.add(Finding{Kind: Refused, Commit: it.Upstream, Title: it.upstream.Subject, Text: "its tags say that nobody should pick it by machine: " + t.Comment})
			}
		}
	}
	for _, other := range a.items {
		if other.own == nil || other == it {
			continue
		}
		for _, o := range refusal.Trailers(other.own, other.upstream) {
			if k, ok := a.named(change.Origin{SHA: o.Commit, Subject: o.Title}); ok && k.ID == it.Upstream || strings.HasPrefix(it.Named, o.Commit) {
				it.add(Finding{Kind: Refused, Commit: other.ID, Title: other.Title, Text: fmt.Sprintf("%.12s (%q) says that it was left out on purpose", other.ID, other.Title)})
			}
		}
	}
	return nil
}

// refusalOf is a person's no to what a commit carries, nil without one.
func (a *auditor) refusalOf(it *Item) *refusal.Refusal {
	var title string
	var files []string
	if it.own != nil {
		title = it.own.Subject
		for _, f := range it.own.Files {
			files = append(files, cmp.Or(f.NewName, f.OldName))
		}
	}
	for _, id := range []string{it.Upstream, it.Named} {
		if x := a.No.Of(id, title, files); x != nil {
			return x
		}
	}
	return nil
}

// omitted reports whether a person said that a later fix of a commit is not wanted.
func (a *auditor) omitted(it *Item, sha, title string) bool {
	if a.No.Of(sha, title, nil) != nil {
		return true
	}
	for _, o := range refusal.Trailers(it.own, it.upstream) {
		if strings.HasPrefix(sha, o.Commit) || o.Title != "" && change.TitleKey(o.Title) == change.TitleKey(title) {
			return true
		}
	}
	return false
}
