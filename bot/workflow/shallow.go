package workflow

import (
	"context"
	"fmt"

	"github.com/stablebot/stablebot/bot/git"
)

// Shallow says what a checkout that is cut off hides of the pull request, "" where it is
// whole. Where not even the place is there at which the pull request begins, the commits
// up to the cut would all be taken for its own, so that is an error.
func Shallow(ctx context.Context, r *git.Repo, e *Event) (string, error) {
	if !r.Shallow {
		return "", nil
	}
	const how = "check out with fetch-depth: 0, or run git fetch --unshallow before"
	base, err := r.MergeBase(ctx, e.Pull.Base.SHA, e.Pull.Head.SHA)
	switch {
	case err != nil:
		return "", fmt.Errorf("looking for what the pull request adds, in a shallow checkout: %w; %s", err, how)
	case base == "":
		return "", fmt.Errorf("the checkout is shallow and ends before the place where the pull request begins, so its commits are not known; %s",
			how)
	}
	return "The checkout is shallow: commits before its cut, such as those that Fixes: tags name, are unknown. To have them, " + how + ".", nil
}
