package git

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// IncompleteError stands beside a change that was read, but not all of it: the
// change is there, its Files and Size lack what Left names. Err is set when the
// patch that could be read did not parse.
type IncompleteError struct {
	ID   string
	Left []Left
	Err  error
}

func (e *IncompleteError) Error() string {
	var parts []string
	for i, l := range e.Left {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(e.Left)-i))
			break
		}
		parts = append(parts, l.String())
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return fmt.Sprintf("commit %.12s was read in part: %s", e.ID, strings.Join(parts, "; "))
}

func (e *IncompleteError) Unwrap() error { return e.Err }

// Change parses the commit for the rules. The change is never nil; an error is
// an *IncompleteError.
func (c *Commit) Change() (*change.Change, error) {
	title, body := splitMessage(c.Message)
	ch, err := change.Parse(change.Input{
		ID:      c.ID,
		Kind:    change.Commit,
		Subject: title,
		Author:  change.Person{Name: c.Author.Name, Address: strings.ToLower(c.Author.Email)},
		Date:    c.Author.Date,
		Text:    body,
		Diff:    c.Diff,
	})
	if err != nil || len(c.Left) > 0 {
		unread := &IncompleteError{ID: c.ID, Left: c.Left, Err: err}
		if len(ch.Files) == 0 && ch.Damage == nil && len(c.Left) > 0 {
			ch.Damage = unread
			for _, l := range c.Left {
				if l.Path != "" {
					ch.Paths = append(ch.Paths, l.Path)
				}
			}
		}
		return ch, unread
	}
	return ch, nil
}

// Change reads and parses one commit. With an *IncompleteError the change is
// there too; with any other error it is nil.
func (r *Repo) Change(ctx context.Context, rev string) (*change.Change, error) {
	c, err := r.Commit(ctx, rev)
	if err != nil {
		return nil, err
	}
	return c.Change()
}

// Changes streams the commits of q, parsed. An *IncompleteError stands beside
// its change and the sequence goes on; any other error comes with a nil change
// and ends it. Merges have no files, as git shows no diff of them.
func (r *Repo) Changes(ctx context.Context, q Query) iter.Seq2[*change.Change, error] {
	return func(yield func(*change.Change, error) bool) {
		for c, err := range r.Commits(ctx, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(c.Change()) {
				return
			}
		}
	}
}

// Incomplete reports whether err only says that a change was read in part.
func Incomplete(err error) bool {
	var e *IncompleteError
	return errors.As(err, &e)
}
