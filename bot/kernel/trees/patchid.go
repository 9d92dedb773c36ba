package trees

import (
	"context"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/change"
)

// samePatch looks for an own commit of the branch that is the change under
// another title: of the same author date, which a cherry-pick keeps, and with the
// same patch. Only commits of that very second are read, so it costs nothing for
// nearly every change.
func (s *Set) samePatch(ctx context.Context, c *change.Change, v view, date int64) (id, title string) {
	want := change.PatchID(c.Files)
	if want == "" {
		return "", "" // a renamed file, or nothing: too little to know it by
	}
	for _, p := range v.writtenAt(date) {
		if p > v.last {
			continue
		}
		own, err := v.Change(ctx, v.own.ID(p))
		if err != nil || len(own.Files) == 0 {
			continue // an object is missing: nothing can be said
		}
		if change.PatchID(own.Files) == want && s.revertOf(v, own.ID, change.TitleKey(own.Subject), 0, p) == "" {
			return own.ID, own.Subject
		}
	}
	return "", ""
}

// writtenAt are the own commits with an author date.
func (b *branch) writtenAt(date int64) []history.Position {
	b.writing.Do(func() {
		b.written = make(map[int64][]history.Position, b.own.Len())
		for p := history.Position(1); int(p) <= b.own.Len(); p++ {
			at := b.own.AuthorDate(p)
			b.written[at] = append(b.written[at], p)
		}
	})
	return b.written[date]
}
