// Package github is the sink that brings pull requests to what they should
// look like.
//
// Promises:
//
//   - It reads before it writes, and writes only what differs: the same desired state
//     twice, or again after a crash half-way, has the effect of one.
//   - It touches its own labels, check and comment only. The label set is never
//     replaced. A label that a person set is not taken off; one that a person
//     took off is not set again until a recheck. Who did what is asked of
//     GitHub's own record, so nothing that this machine forgets changes it.
//   - A desired state that a newer one has replaced, or that is for a commit that is not
//     the head any more, does nothing.
package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// CheckName names the check run and the status' context of a pull request. Two pull
// requests may have one head, for two branches; what one is told is not the other's.
func CheckName(number int) string { return fmt.Sprintf("stablebot #%d", number) }

// States tells which desired state is the newest.
type States interface {
	PullOf(ctx context.Context, key string) (*flow.PullState, error)
}

// Sink writes to one GitHub.
type Sink struct {
	name    string
	client  *github.Client
	states  States
	details string // URL prefix of the details page, "" for none
	log     *zap.Logger

	mu    sync.Mutex
	known map[string]bool // labels that a repository has
}

var _ flow.Sink = (*Sink)(nil)

// New returns a sink of this name.
func New(name string, client *github.Client, states States, details string, log *zap.Logger) *Sink {
	return &Sink{name: name, client: client, states: states, details: details, log: log.Named("github"), known: map[string]bool{}}
}

// Name implements flow.Sink.
func (s *Sink) Name() string { return s.name }

// Idempotent implements flow.Sink.
func (s *Sink) Idempotent() bool { return true }

// job is one desired state being carried out.
type job struct {
	*Sink
	flow.Desired
	c           *gh.Client
	owner, repo string
	me          string
}

// Deliver implements flow.Sink.
func (s *Sink) Deliver(ctx context.Context, a flow.Action) error {
	j := job{Sink: s}
	err := json.Unmarshal(a.Message, &j.Desired)
	if err != nil {
		return fmt.Errorf("reading the action %s: %w", a.Key, err)
	}
	if j.owner, j.repo, err = github.Split(j.Repo); err != nil {
		return err
	}
	if j.Reaction == nil {
		now, err := s.states.PullOf(ctx, j.Key)
		if err != nil {
			return err
		}
		if now == nil || now.Plans > j.Plan {
			s.log.Info("a newer state is wanted", zap.String(flow.KeyAction, a.Key))
			return nil
		}
	}
	if j.c, err = s.client.For(ctx, j.Repo); err != nil {
		return err
	}
	if j.me, err = s.client.Login(ctx); err != nil {
		return err
	}
	switch {
	case j.Reaction != nil:
		return j.react(ctx)
	case j.Labels != nil:
		return j.labels(ctx)
	case j.Check != nil && s.client.IsApp():
		return j.checkRun(ctx)
	case j.Check != nil:
		return j.status(ctx)
	case j.Comment != nil:
		return j.comment(ctx)
	}
	return fmt.Errorf("the action %s has nothing in it", a.Key)
}

// about is what is being done, for errors.
func (j *job) about(what string) string { return fmt.Sprintf("%s %s#%d", what, j.Repo, j.Number) }

// react answers a command; GitHub keeps one reaction of a kind by a user.
func (j *job) react(ctx context.Context) error {
	_, _, err := j.c.Reactions.CreateIssueCommentReaction(ctx, j.owner, j.repo, j.Reaction.Comment, j.Reaction.Content)
	if github.Status(err) == http.StatusNotFound {
		return nil // its author took the comment back
	}
	return github.Temporary(j.about("answering a command on"), err)
}

// comment edits the one comment in place, or writes it.
func (j *job) comment(ctx context.Context) error {
	o := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	for {
		list, resp, err := j.c.Issues.ListComments(ctx, j.owner, j.repo, j.Number, o)
		if err != nil {
			return github.Temporary(j.about("reading the comments of"), err)
		}
		for _, c := range list {
			if !strings.HasPrefix(c.GetBody(), marker(j.Comment.Body)) || !j.mine(c.GetUser()) {
				continue
			}
			if same(c.GetBody(), j.Comment.Body) {
				return nil
			}
			_, _, err := j.c.Issues.EditComment(ctx, j.owner, j.repo, c.GetID(), &gh.IssueComment{Body: &j.Comment.Body})
			return github.Temporary(j.about("editing the comment of"), err)
		}
		if !github.More(resp, &o.Page) {
			break
		}
	}
	if !j.Comment.Create {
		return nil
	}
	_, _, err := j.c.Issues.CreateComment(ctx, j.owner, j.repo, j.Number, &gh.IssueComment{Body: &j.Comment.Body})
	return github.Temporary(j.about("commenting on"), err)
}

// marker is the first line of the body.
func marker(body string) string {
	line, _, _ := strings.Cut(body, "\n")
	return line
}

// same compares texts as GitHub stores them.
func same(a, b string) bool {
	norm := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return norm(a) == norm(b)
}

func (j *job) mine(u *gh.User) bool { return strings.EqualFold(u.GetLogin(), j.me) }
