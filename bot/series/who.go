package series

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Who says so. What a reply says counts by who is proven to have sent it:
//
//   - the patch's author and those who may decide about its files decline it, and
//     give it what others decide by: a culprit, a stable tag;
//   - whoever is proven gives reviews, tests, reports and links. Of people whom
//     the author did not address and who maintain nothing here, one for each
//     domain: who owns a domain owns all the names in it;
//   - what anybody else says is shown as claimed and counts for nothing.

// decides reports whether the sender of a reply may decide about a patch.
func (x *Index) decides(m *mail.Message, r *entry) bool {
	if r.proven == "" {
		return false
	}
	if sameAddress(r.proven, m.From.Address) || m.Change != nil && sameAddress(r.proven, m.Change.Author.Address) {
		return true
	}
	return x.May != nil && m.Change != nil && x.May(r.proven, filesOf(m.Change))
}

func sameAddress(a, b string) bool {
	return a != "" && strings.EqualFold(plainAddress(a), plainAddress(b))
}

func filesOf(c *change.Change) (files []string) {
	for _, f := range c.Files {
		for _, name := range []string{f.OldName, f.NewName} {
			if name != "" && !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	return files
}

// refusals sorts what declines a patch, or its cover letter, by who says it.
func (x *Index) refusals(m *mail.Message, to int32, f *rules.Series) {
	x.replies(to, func(r *entry) {
		for _, d := range r.declined {
			if x.decides(m, r) {
				decline(f, r, d)
				continue
			}
			said := d.Evidence
			said.Text = r.claimed() + ": " + said.Text
			if len(f.Objections) < maxShown && !slices.Contains(f.Objections, said) {
				f.Objections = append(f.Objections, said)
			}
		}
	})
}

// decline notes what one says who may decide.
func decline(f *rules.Series, r *entry, d Refusal) {
	said := d.Evidence
	said.Text = r.proven + ": " + said.Text
	if len(d.Only) > 0 {
		f.KeepOut(rules.NotFor{Evidence: said, Branches: d.Only})
		return
	}
	if !slices.Contains(f.Declined, said) {
		f.Declined = append(f.Declined, said)
	}
	f.Rejected = f.Rejected || !d.Stable
}

// maxShown bounds what is shown of what strangers say.
const maxShown = 5

// claimed names a sender whose word decides nothing.
func (e *entry) claimed() string {
	switch {
	case e.proven != "":
		return e.proven + " (proven; no author or maintainer of these files)"
	case e.from == "":
		return "somebody without an address"
	}
	return e.from + " (claimed, not proven)"
}

// tags sorts the trailers that replies give to a patch into those that count and
// those that are shown as claimed.
func (x *Index) tags(m *mail.Message, at int32, e *entry) (counts []change.Trailer, claimed []rules.Evidence) {
	strangers := map[string]string{} // registered domain and key → who
	x.gifts(at, e, func(g Given, r *entry) {
		if g.Mismatch {
			return
		}
		t, ok := x.counts(m, g, r, strangers)
		if !ok {
			said := rules.Evidence{Text: fmt.Sprintf("%s: %s: %.*s", r.claimed(), g.Key, maxSaid, g.Value)}
			if len(claimed) < maxShown && !slices.Contains(claimed, said) {
				claimed = append(claimed, said)
			}
			return
		}
		if !slices.ContainsFunc(counts, func(have change.Trailer) bool { return sameTrailer(have, t) }) {
			counts = append(counts, t)
		}
	})
	return counts, claimed
}

// counts reports whether a trailer counts, and as what.
func (x *Index) counts(m *mail.Message, g Given, r *entry, strangers map[string]string) (change.Trailer, bool) {
	t := g.Trailer
	switch {
	case r.proven == "":
		return t, false
	case x.Trust:
		return t, true
	case x.decides(m, r):
	case g.Key == "Fixes" || g.Key == "Cc":
		return t, false
	case !addressed(m, r.proven):
		key := mail.Organisation(r.proven) + " " + g.Key
		if who, ok := strangers[key]; ok && who != r.proven {
			return t, false
		}
		strangers[key] = r.proven
	}
	// The name in a tag is what its sender calls himself; the address is proven.
	if p := change.ParsePerson(t.Value); vouches(g.Key) && !sameAddress(p.Address, r.proven) {
		_, comment, _ := strings.Cut(t.Value, ">")
		t.Value = change.Person{Name: p.Name, Address: r.proven}.String() + comment
	}
	return t, true
}

// addressed reports whether the patch was sent to an address: its author has
// chosen who is to look at it.
func addressed(m *mail.Message, address string) bool {
	same := func(p change.Person) bool { return sameAddress(p.Address, address) }
	return slices.ContainsFunc(m.To, same) || slices.ContainsFunc(m.Cc, same)
}
