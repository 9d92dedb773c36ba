package git

import (
	"context"
	"fmt"
	"iter"
)

// Named streams the commits of these full names, in their order, one git
// process for all of them. A commit that is not there is an error and ends the
// sequence, as in Commits.
func (r *Repo) Named(ctx context.Context, ids []string) iter.Seq2[*Commit, error] {
	return func(yield func(*Commit, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		d := &differ{r: r, ctx: ctx}
		defer d.close()
		for next := 0; next < len(ids) || len(d.asked) > 0; {
			for next < len(ids) && len(d.asked) < ahead {
				id := ids[next]
				if _, err := r.Stat(ctx, id+"^{commit}"); err != nil || !r.isName(id) {
					if err == nil {
						err = &Error{Doing: "reading " + id, Repo: r.Path, Err: ErrNoRevision,
							Advice: fmt.Sprintf("give the full name of a commit, %d digits", r.hexLen)}
					}
					yield(nil, err)
					return
				}
				if err := d.ask(id); err != nil {
					yield(nil, err)
					return
				}
				next++
			}
			for len(d.asked) > 0 && (next == len(ids) || len(d.asked) > ahead/2) {
				c, err := d.next()
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}
