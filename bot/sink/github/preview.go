package github

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/github"
)

// Preview is the dry run: what would be written to GitHub becomes files, and
// nothing leaves the machine. A pull request has a folder, DIR/owner/name/12,
// with labels.md, check.md and comment.md as they would be now.
type Preview struct{ name, dir string }

var _ bot.Sink = (*Preview)(nil)

// NewPreview returns a preview sink of this name that writes below dir.
func NewPreview(name, dir string) *Preview { return &Preview{name, dir} }

// Name implements bot.Sink.
func (p *Preview) Name() string { return p.name }

// Idempotent implements bot.Sink.
func (p *Preview) Idempotent() bool { return true }

// Deliver implements bot.Sink.
func (p *Preview) Deliver(_ context.Context, a bot.Action) error {
	var w bot.PullWish
	if err := json.Unmarshal(a.Message, &w); err != nil {
		return fmt.Errorf("reading the action %s: %w", a.Key, err)
	}
	owner, name, err := github.Split(w.Repo)
	if err != nil {
		return err
	}
	var file, text string
	switch {
	case w.Labels != nil:
		file, text = "labels.md", w.Labels.Want+"\n"
		if w.Labels.Want == "" {
			text = "(none)\n"
		}
	case w.Check != nil:
		file, text = "check.md", w.Check.Title+"\n\n"+w.Check.Summary
	case w.Comment != nil:
		file, text = "comment.md", w.Comment.Body
		if !w.Comment.Create {
			file, text = "comment.md", "(no comment, unless there is one already)\n"
		}
	default:
		return nil // a reaction is of no use without a comment to see it at
	}
	dir := filepath.Join(p.dir, safe(owner), safe(name), fmt.Sprint(w.Number))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("showing what would be done to %s: %w", w.Key, err)
	}
	tmp := filepath.Join(dir, "."+file)
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return fmt.Errorf("showing what would be done to %s: %w", w.Key, err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, file)); err != nil {
		return fmt.Errorf("showing what would be done to %s: %w", w.Key, err)
	}
	return nil
}

// safe keeps a stranger's name inside its folder.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == 0 {
			return '_'
		}
		return r
	}, s)
	if strings.HasPrefix(s, ".") {
		s = "_" + s
	}
	return s
}
