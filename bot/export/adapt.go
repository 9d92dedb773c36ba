package export

import (
	"context"
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// RangeDiff is the file beside an adapted series that compares it with mainline.
const RangeDiff = "range-diff.txt"

// adapt puts the adapted files onto a tree. What is other than in mainline stands in the
// message under the name of who sends it, as stable has it: "[ Name: what differs ]".
func (b *bench) adapt(ctx context.Context, c *git.Commit, onto string, w Wanted) (carried, error) {
	out := carried{commit: c}
	var err error
	if out.tree, err = b.put(ctx, onto, w.Adapted.Files); err != nil {
		return out, err
	}
	if same, err := b.sameTree(ctx, out.tree, onto); err != nil || same {
		if err == nil {
			err = fmt.Errorf("%.12s (%q): %w", c.ID, c.Title(), ErrPresent)
		}
		return out, err
	}
	here, err := b.diff(ctx, onto, out.tree)
	if err != nil {
		return out, err
	}
	there, err := b.diff(ctx, c.Parents[0], c.ID)
	if err != nil {
		return out, err
	}
	var notes []string
	notes, out.paths = deviations(there, here)
	out.notes = append([]string{"adapted to " + w.Branch.Tree()}, append(w.Adapted.Differs, notes...)...)
	if w.Who.Known() {
		out.notes[0] = w.Who.Name + ": " + out.notes[0]
	}
	return out, nil
}

// put writes files into a tree.
func (b *bench) put(ctx context.Context, onto string, files []AdaptedFile) (tree string, err error) {
	do := func(in []byte, args ...string) (string, error) {
		answer, err := b.Do(ctx, git.Call{Doing: "putting an adapted patch in", In: in, Args: args})
		return strings.TrimSpace(string(answer)), err
	}
	if _, err := do(nil, "read-tree", "--reset", onto); err != nil {
		return "", err
	}
	for _, f := range files {
		for _, gone := range []string{f.From, map[bool]string{true: f.Path}[f.Data == nil]} {
			if gone == "" {
				continue
			}
			if _, err := do(nil, "update-index", "--force-remove", "--", gone); err != nil {
				return "", err
			}
		}
		if f.Data == nil {
			continue
		}
		id, err := do(f.Data, "hash-object", "-w", "--no-filters", "--stdin")
		if err != nil {
			return "", err
		}
		mode := f.Mode
		if mode == 0 {
			mode = 0o100644
		}
		if _, err := do(nil, "update-index", "--add", "--cacheinfo", fmt.Sprintf("%o,%s,%s", mode, id, f.Path)); err != nil {
			return "", err
		}
	}
	return do(nil, "write-tree")
}

// compare is git's own comparison of the patch with mainline's.
func (b *bench) compare(ctx context.Context, upstream, tip string) (string, error) {
	out, err := b.Do(ctx, git.Call{Doing: "comparing with mainline", Args: []string{"range-diff", "--no-color", "--creation-factor=100", upstream + "^!", tip + "^!"}})
	return string(out), err
}
