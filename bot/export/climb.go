package export

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// sides are the commits of a rebase that conflicts: mainline's folder before and with the
// fix, and the vendor's tree.
type sides struct {
	from, to, tip string
	conflicts     []string
}

// ladderBytes bounds what the ladder keeps of the trees.
const ladderBytes = 64 << 20

// climb puts a fix that does not merge onto the vendor's tree by the ladder of
// bot/kernel/backport. What a person has to look at first does not go into a package,
// which is built on machines where nobody looks.
func (p *Package) climb(ctx context.Context, b *bench, out carried, s sides) (carried, error) {
	refused := func(why string) error {
		return fmt.Errorf("%w to the vendor tree: it conflicts in %s%s", ErrConflict, strings.Join(s.conflicts, ", "), why)
	}
	files, err := b.diff(ctx, s.from, s.to)
	if err != nil {
		return out, err
	}
	store := objects.New(b.Repo, ladderBytes)
	var at [3]*objects.Snapshot
	for i, commit := range []string{s.from, s.to, s.tip} {
		if at[i], err = store.At(ctx, commit); err != nil {
			return out, err
		}
	}
	r, err := backport.Adapt(ctx, backport.Question{Files: files, Base: at[0], Theirs: at[1], Ours: at[2], Words: backport.NewWords()})
	switch {
	case err != nil:
		return out, fmt.Errorf("adapting %.12s to the vendor tree: %w", out.commit.ID, err)
	case !r.Proposed():
		return out, refused("")
	case len(r.Doubts()) > 0:
		return out, refused(", and it would go in so only that a person has to check it: " + strings.Join(r.Doubts(), "; "))
	}
	var made []AdaptedFile
	for _, f := range r.Files {
		made = append(made, AdaptedFile{Path: f.Path, From: f.From, Data: f.After, Mode: uint32(f.Mode)})
	}
	if out.tree, err = b.put(ctx, s.tip, made); err != nil {
		return out, err
	}
	here, err := b.diff(ctx, s.tip, out.tree)
	if err != nil {
		return out, err
	}
	notes, paths := deviations(files, here)
	out.notes, out.paths = append(slices.Clone(r.Proof()), notes...), paths
	return out, nil
}
