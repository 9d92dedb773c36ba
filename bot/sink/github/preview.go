package github

import (
	"encoding/json"
	"fmt"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// Shown is what an action looks like in a dry run. A pull request has a folder,
// owner/name/12, with labels.md, check.md and comment.md as they would be now.
func Shown(a flow.Action) (name []string, text []byte, err error) {
	var w flow.Desired
	if err := json.Unmarshal(a.Message, &w); err != nil {
		return nil, nil, fmt.Errorf("reading the action %s: %w", a.Key, err)
	}
	owner, repo, err := github.Split(w.Repo)
	if err != nil {
		return nil, nil, err
	}
	var file, shown string
	switch {
	case w.Labels != nil:
		file, shown = "labels.md", w.Labels.Want+"\n"
		if w.Labels.Want == "" {
			shown = "(none)\n"
		}
	case w.Check != nil:
		file, shown = "check.md", w.Check.Title+"\n\n"+w.Check.Summary
	case w.Comment != nil:
		file, shown = "comment.md", w.Comment.Body
		if !w.Comment.Create {
			shown = "(no comment, unless there is one already)\n"
		}
	default:
		return nil, nil, nil // a reaction is of no use without a comment to see it at
	}
	return []string{owner, repo, fmt.Sprint(w.Number), file}, []byte(shown), nil
}
