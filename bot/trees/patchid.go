package trees

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/trees/history"
	"github.com/stablebot/stablebot/rules/change"
)

// samePatch looks for an own commit of the branch that is the change under
// another title: of the same author date, which a cherry-pick keeps, and with the
// same patch. Only commits of that very second are read, so it costs nothing for
// nearly every change.
func (s *Set) samePatch(ctx context.Context, c *change.Change, v view, date int64) (id, title string) {
	want := uint64(0)
	for _, p := range v.writtenAt(date) {
		if p > v.last {
			continue
		}
		own, err := v.Change(ctx, v.own.ID(p))
		if err != nil || len(own.Files) == 0 {
			continue // an object is missing: nothing can be said
		}
		if want == 0 {
			want = patchID(c.Files)
		}
		if patchID(own.Files) == want && s.revertOf(v, own.ID, history.TitleKey(own.Subject), 0, p) == "" {
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

// patchID is what is left of a patch without positions and spaces, as git
// patch-id sees it.
func patchID(files []*gitdiff.File) uint64 {
	h := fnv.New64a()
	for _, f := range files {
		_, _ = fmt.Fprintf(h, "%s\x00%s\x00", f.OldName, f.NewName)
		if f.IsBinary {
			_, _ = fmt.Fprintf(h, "%s\x00", f.NewOIDPrefix)
		}
		for _, t := range f.TextFragments {
			for _, l := range t.Lines {
				_, _ = h.Write([]byte(l.Op.String()))
				_, _ = h.Write([]byte(strings.Join(strings.Fields(l.Line), "")))
				_, _ = h.Write([]byte{0})
			}
		}
	}
	return max(h.Sum64(), 1)
}
