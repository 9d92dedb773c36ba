package live

import (
	"context"
	"maps"

	"github.com/stablebot/stablebot/bot/git"
)

// missing is a remote that the set was opened without.
type missing struct {
	path string
	err  error
}

func (t *Trees) problems() (out []error) {
	for _, m := range t.missing {
		out = append(out, m.err)
	}
	return out
}

// appeared reports whether a remote that is missing has other refs than when it was looked
// for: the trees are opened anew for that alone, as it takes as long as the first time.
func (t *Trees) appeared(ctx context.Context) bool {
	for _, m := range t.missing {
		if !maps.Equal(t.refsOf(ctx, m.path), t.stood[m.path]) {
			return true
		}
	}
	return false
}

// standing is where the refs of all copies are.
func (t *Trees) standing(ctx context.Context) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, r := range t.remotes {
		out[r.Dir()] = t.refsOf(ctx, r.Dir())
	}
	return out
}

// refsOf is where the refs of a copy are; nil where they cannot be read.
func (t *Trees) refsOf(ctx context.Context, dir string) map[string]string {
	g, err := git.Open(ctx, dir, t.cfg.Git)
	if err != nil {
		return nil
	}
	defer func() { _ = g.Close() }() // it was only asked
	refs, err := g.Refs(ctx)
	if err != nil {
		return nil
	}
	return refs
}
