package github

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v58/github"

	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/rules/change"
)

// layoutFresh is how long a repository's layout is believed: drivers move seldom.
const layoutFresh = 24 * time.Hour

// layouts keeps how repositories are laid out.
type layouts struct {
	mu   sync.Mutex
	kept map[string]keptLayout
}

type keptLayout struct {
	change.Layout
	at time.Time
}

// layout is how a repository's paths stand to the kernel's, looked at in the tree that
// a pull request goes into. What GitHub does not list is taken for the kernel's own.
func (s *Source) layout(ctx context.Context, c *gh.Client, repo, rev string) (change.Layout, error) {
	if s.cfg.Layout == nil || rev == "" {
		return change.Layout{}, nil
	}
	key := strings.ToLower(repo)
	now := s.cfg.Now()
	s.layouts.mu.Lock()
	have, ok := s.layouts.kept[key]
	s.layouts.mu.Unlock()
	if ok && now.Sub(have.at) < layoutFresh {
		return have.Layout, nil
	}
	list := func(deep bool) ([]string, error) { return s.files(ctx, c, repo, rev, deep) }
	l, say, err := s.cfg.Layout(repo, list)
	if err != nil {
		return l, err
	}
	if say != "" {
		s.log.Info("layout of " + repo + ": " + say)
	}
	s.layouts.mu.Lock()
	defer s.layouts.mu.Unlock()
	if s.layouts.kept == nil {
		s.layouts.kept = map[string]keptLayout{}
	}
	s.layouts.kept[key] = keptLayout{l, now}
	return l, nil
}

// files lists the root of a tree, or all its files.
func (s *Source) files(ctx context.Context, c *gh.Client, repo, rev string, deep bool) ([]string, error) {
	owner, name, err := github.Split(repo)
	if err != nil {
		return nil, err
	}
	t, _, err := c.Git.GetTree(ctx, owner, name, rev, deep)
	switch status := github.Status(err); {
	case status == http.StatusNotFound, status == http.StatusConflict, status == http.StatusUnprocessableEntity,
		errors.Is(err, github.ErrTooLong):
		return nil, nil
	case err != nil:
		return nil, github.Temporary("listing the files of "+repo, err)
	}
	var out []string
	for _, e := range t.Entries {
		if !deep || e.GetType() == "blob" {
			out = append(out, e.GetPath())
		}
	}
	return out, nil
}
