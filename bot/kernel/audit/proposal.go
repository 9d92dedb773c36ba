package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/change"
)

// Proposed audits commits that are to go into a branch, such as those of a pull request,
// on top of what the branch is here.
func Proposed(ctx context.Context, set *trees.Set, p flow.Proposal, numbers *cve.List, o git.Options) (*report.Audit, error) {
	place, ok := set.Place(p.Branch)
	if !ok {
		return nil, fmt.Errorf("%w: %s", trees.ErrNoBranch, p.Branch)
	}
	var patches []*Patch
	partly := map[string]string{}
	for _, c := range p.Commits {
		text, why := patchText(c)
		if partly[c.ID] = why; why == "" {
			patches = append(patches, &Patch{Name: brief(c.ID), id: c.ID, change: c, text: text})
		}
	}
	// A branch that is older here than for who proposes them, and a commit that cannot be put
	// on, may be why another one does not go on.
	doubt := ""
	if _, err := place.Repo.Stat(ctx, cmp.Or(p.Tip, place.Tip)); err != nil {
		doubt = fmt.Sprintf("the branch stands at %.12s there, which is not known here", p.Tip)
	} else if len(patches) < len(p.Commits) {
		doubt = "a commit before it could not be read whole"
	}
	of := map[string]*Item{}
	if len(patches) > 0 {
		b, err := Put(ctx, set, p.Branch, patches, o)
		if err != nil {
			return nil, err
		}
		defer func() { _ = b.Close() }()
		if b.Audit != nil {
			b.No, b.CVE = saidNo(p.Said), numbers
		}
		r, err := b.Run(ctx)
		if err != nil {
			return nil, err
		}
		for _, it := range r.Items {
			of[cmp.Or(b.from[it.ID], it.ID)] = it
		}
		for copied, id := range b.from {
			rename(r, copied, brief(id))
		}
	}
	out := &report.Audit{Branch: p.Branch}
	for _, c := range p.Commits {
		out.Commits = append(out.Commits, shown(c, of[c.ID], partly[c.ID], doubt))
	}
	return out, nil
}

func brief(id string) string { return id[:min(12, len(id))] }

// patchText is the diff of a commit; why says what is missing of it.
func patchText(c *change.Change) (text, why string) {
	if c.Damage != nil {
		return "", c.Damage.Error()
	}
	var b strings.Builder
	for _, f := range c.Files {
		if f.IsBinary && f.BinaryFragment == nil {
			return "", fmt.Sprintf("the content of the binary file %s is not in its diff", cmp.Or(f.NewName, f.OldName))
		}
		b.WriteString(f.String())
	}
	if b.Len() == 0 {
		return "", "it has no diff"
	}
	return b.String(), ""
}

// lacks are the kinds that rest on what the branch does not have: a branch that is newer
// than here, or a commit before that could not be read, may bring it.
var lacks = []Kind{Unapplied, Missing, NameMissing, BugAbsent, Newer}

// shown is an item as a pull request shows it.
func shown(c *change.Change, it *Item, partly, doubt string) report.Audited {
	out := report.Audited{ID: c.ID, Title: c.Subject}
	if partly != "" {
		out.Unread, out.Unchecked = true, []string{"it was not read: " + partly}
	}
	if it == nil {
		if partly == "" {
			out.Unread, out.Unchecked = true, []string{"it was passed over: it gives a release its number"}
		}
		return out
	}
	out.Upstream, out.Content, out.Unchecked = it.Upstream, string(it.Class), append(out.Unchecked, it.Unchecked...)
	for _, f := range it.Findings {
		if doubt != "" && slices.Contains(lacks, f.Kind) {
			out.Unread = out.Unread || f.Kind == Unapplied
			out.Unchecked = append(out.Unchecked, fmt.Sprintf("%s, and %s", f.Text, doubt))
			continue
		}
		out.Findings = append(out.Findings, report.Found{Kind: string(f.Kind), Text: f.Text})
	}
	return out
}

// rename puts the name of a commit where findings have that of its copy.
func rename(r *Report, copied, name string) {
	old := brief(copied)
	for _, it := range r.Items {
		for i := range it.Findings {
			it.Findings[i].Text = strings.ReplaceAll(it.Findings[i].Text, old, name)
		}
		for i := range it.Unchecked {
			it.Unchecked[i] = strings.ReplaceAll(it.Unchecked[i], old, name)
		}
	}
}

// saidNo are the fixes that people do not want in a branch, by the last that they said.
func saidNo(said []flow.Standing) *refusal.List {
	last := map[string]flow.Standing{}
	for _, s := range said {
		if s.Voice == flow.VoiceWord && len(s.Commit) >= refusal.Digits {
			last[s.Commit] = s
		}
	}
	out := refusal.New()
	for _, s := range last {
		if s.Stand == flow.StandDeclined {
			out.Add(refusal.Refusal{Commit: s.Commit, Title: s.Title, Reason: s.Why, From: "said here", Who: s.Who, At: s.At})
		}
	}
	return out
}
