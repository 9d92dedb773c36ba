package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/rules/change"
)

// What is said where there is nothing to judge: nothing is empty without a word.

const leftOutside = "outside --since and --as-of"

var errNoMail = errors.New("neither a mail nor a patch; git format-patch writes one, and a mail has to come with its header")

// without says why nothing of what came was judged.
func (o *Options) without(left map[string]int) string {
	var parts []string
	n := 0
	for _, why := range slices.SortedFunc(maps.Keys(left), func(a, b string) int {
		return cmp.Or(cmp.Compare(left[b], left[a]), cmp.Compare(a, b))
	}) {
		n += left[why]
		parts = append(parts, fmt.Sprintf("%d %s", left[why], why))
	}
	said := fmt.Sprintf("no patch among %s (%s)", change.Count(n, "mail"), strings.Join(parts, ", "))
	if n == 1 {
		for why := range left {
			said = "the mail is no patch: " + why
		}
	}
	if left[leftOutside] < n {
		said += "; --all shows each with its reason"
	}
	return said
}

// clocks is how far before --since a commit may have been committed: an author's clock
// may be ahead of the committer's.
const clocks = 7 * 24 * time.Hour

// committed is --since as a day of committing, which ends a walk. A commit is made
// after it was written.
func (o *Options) committed() time.Time {
	if o.Since.IsZero() {
		return time.Time{}
	}
	return o.Since.Add(-clocks)
}

func (o *Options) emptyRange(repo *git.Repo, revs, paths []string) string {
	said := "no commit in " + cmp.Or(strings.Join(revs, " "), "HEAD")
	if len(paths) > 0 {
		said += " touches " + strings.Join(paths, ", ")
	}
	if !o.Since.IsZero() {
		said += " since " + o.Since.String()
	}
	if !o.AsOf.IsZero() {
		said += " up to " + o.AsOf.String()
	}
	if repo.Shallow {
		said += "; the repository is shallow: git fetch --unshallow brings the rest"
	}
	return said
}

// emptyArchive says when the newest mail of an archive came.
func (o *Options) emptyArchive(ctx context.Context, a *archive.Archive) string {
	if len(a.Epochs) == 0 {
		return "the archive has no mail"
	}
	newest := a.Epochs[len(a.Epochs)-1]
	tip, err := newest.Repo.Commit(ctx, newest.Tip)
	if err != nil {
		return err.Error()
	}
	return "no mail of that time; the archive's newest came on " + tip.Committer.Date.Format(time.DateOnly)
}
