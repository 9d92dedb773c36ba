package export

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// maxPatchName is how long a patch's file name is, as git has it for mails.
const maxPatchName = 64

// patches writes the commits between two, oldest first, as what dkms puts on with patch -p1.
// That program applies whatever looks like a patch, in a message too: indented, as a context
// diff, as a script of ed. So no word of the commit stands at the beginning of a line; what
// is put on is git's own diff, which was seen to lead from the one tree to the other.
func (b *bench) patches(ctx context.Context, base string, queue []Queued, tips []string) ([]file, error) {
	if _, err := b.Do(ctx, git.Call{Doing: "trying the patches", Args: []string{"read-tree", base}}); err != nil {
		return nil, err
	}
	var out []file
	from := base
	for i, tip := range tips {
		diff, err := b.Do(ctx, git.Call{Doing: "writing a patch", Args: []string{"diff-tree", "-r", "-p", "--full-index", "--no-renames",
			"--no-ext-diff", "--no-textconv", from, tip}})
		if err != nil {
			return nil, err
		}
		name, err := b.Do(ctx, git.Call{Doing: "naming a patch", Args: []string{"show", "-s", "--format=%f", tip}})
		if err != nil {
			return nil, err
		}
		q := queue[i]
		var text bytes.Buffer
		cited(&text, q.Title)
		cited(&text, "commit "+q.ID+" upstream, by "+q.Author)
		for _, d := range q.Deviates {
			cited(&text, "differs: "+d)
		}
		text.WriteByte('\n')
		text.Write(diff)
		if _, err := b.Do(ctx, git.Call{Doing: "applying a patch", In: text.Bytes(), Args: []string{"apply", "--cached", "-"}}); err != nil {
			return nil, fmt.Errorf("%.12s (%q) %w: %w", q.ID, q.Title, ErrConflict, err)
		}
		full := fmt.Sprintf("%04d-%s", i+1, strings.TrimSpace(string(name)))
		out = append(out, file{name: full[:min(len(full), maxPatchName-len(".patch"))] + ".patch", data: text.Bytes()})
		from = tip
	}
	tree, err := b.Do(ctx, git.Call{Doing: "trying the patches", Args: []string{"write-tree"}})
	if err != nil {
		return nil, err
	}
	same, err := b.sameTree(ctx, strings.TrimSpace(string(tree)), from)
	if err == nil && !same {
		err = fmt.Errorf("%w as meant: the patches leave another tree than the merge did", ErrConflict)
	}
	return out, err
}

// cited writes a line that no program takes for a part of a patch.
func cited(b *bytes.Buffer, s string) { b.WriteString("# " + change.Plain(s) + "\n") }
