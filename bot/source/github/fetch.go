package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v58/github"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/rules/change"
)

// maxCommits is the longest pull request that is judged. GitHub lists 250
// commits at most; beyond a hundred it is a tree to be merged, not a fix.
const maxCommits = 100

// maxDiff bounds one commit's patch, as mails are bounded: a hostile one costs
// fifty times its size.
const maxDiff = 5 << 20

// maxDiffs bounds the diffs of all commits of a pull request.
const maxDiffs = 12 << 20

// fetch reads all that judging a pull request needs.
func (s *Source) fetch(ctx context.Context, p flow.PullState) (*flow.Pull, error) {
	out := &flow.Pull{State: p}
	owner, name, err := github.Split(p.Repo)
	if err != nil {
		return nil, err
	}
	c, err := s.client.For(ctx, p.Repo)
	if errors.Is(err, github.ErrNotInstalled) {
		out.Gone = true
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	policy, unreadable, err := s.policy(ctx, c, p.Repo)
	if err != nil {
		return nil, err
	}
	out.Policy = policy
	if !out.Policy.Asked {
		return out, nil
	}
	pr, _, err := c.PullRequests.Get(ctx, owner, name, p.Number)
	if github.Status(err) == http.StatusNotFound {
		out.Gone = true
		return out, nil
	}
	if err != nil {
		return nil, github.Temporary("reading "+p.Key, err)
	}
	out.Head, out.Title, out.Author = pr.GetHead().GetSHA(), change.Clip(pr.GetTitle(), change.MaxSubject), pr.GetUser().GetLogin()
	out.Private, out.Base = pr.GetBase().GetRepo().GetPrivate(), github.BaseOf(pr.GetBase().GetRef(), policy)
	out.Base.Tip = pr.GetBase().GetSHA()
	if out.Closed = pr.GetState() == "closed"; out.Closed {
		return out, nil
	}
	if unreadable != "" {
		out.Problem = unreadable
		return out, nil
	}
	if out.Commands, err = s.commands(ctx, c, p); err != nil {
		return nil, err
	}
	place, err := s.layout(ctx, c, p.Repo, pr.GetBase().GetSHA())
	if err != nil {
		return nil, err
	}
	return out, s.commits(ctx, c, out, place)
}

// commits reads the commits of a pull request, merges left out, and those that are to be
// squashed with the commits that they are for.
func (s *Source) commits(ctx context.Context, c *gh.Client, p *flow.Pull, place change.Layout) error {
	owner, name, err := github.Split(p.State.Repo)
	if err != nil {
		return err
	}
	o := &gh.ListOptions{PerPage: 100}
	size := 0
	var commits []*read
	for {
		list, resp, err := c.PullRequests.ListCommits(ctx, owner, name, p.State.Number, o)
		if err != nil {
			return github.Temporary("listing the commits of "+p.State.Key, err)
		}
		for _, rc := range list {
			if len(rc.Parents) > 1 {
				continue
			}
			if len(commits) == maxCommits {
				p.Problem = fmt.Sprintf("it has more than %d commits", maxCommits)
				return nil
			}
			one, err := s.change(ctx, c, p.State.Repo, rc)
			if err != nil {
				return err
			}
			if size += len(one.in.Diff); size > maxDiffs {
				p.Problem = fmt.Sprintf("its diffs have more than the %d MiB that are judged", maxDiffs>>20)
				return nil
			}
			commits = append(commits, one)
		}
		if !github.More(resp, &o.Page) {
			break
		}
	}
	for _, one := range fold(commits) {
		one.change.Place(place)
		one.change.Proposed = !p.Base.Backport()
		p.Commits = append(p.Commits, one.commit())
	}
	return nil
}

// change reads one commit.
func (s *Source) change(ctx context.Context, c *gh.Client, repo string, rc *gh.RepositoryCommit) (*read, error) {
	sha := rc.GetSHA()
	diff, known := s.changes.get(sha)
	var partly error
	if !known {
		owner, name, err := github.Split(repo)
		if err != nil {
			return nil, err
		}
		diff, _, err = c.Repositories.GetCommitRaw(ctx, owner, name, sha, gh.RawOptions{Type: gh.Diff})
		switch status := github.Status(err); {
		case status == http.StatusNotAcceptable, status == http.StatusUnprocessableEntity:
			// GitHub makes no diff of what is too large for it.
			diff, partly = "", fmt.Errorf("GitHub gives no diff of it: %w", err)
		case errors.Is(err, github.ErrTooLong):
			diff, partly = "", fmt.Errorf("its diff is not read: %w", err)
		case err != nil:
			return nil, github.Temporary("reading commit "+sha, err)
		case len(diff) > maxDiff:
			partly = fmt.Errorf("its diff has %d bytes; at most %d are read", len(diff), maxDiff)
			diff = ""
		default:
			s.changes.put(sha, diff)
		}
	}
	title, body := splitMessage(rc.GetCommit().GetMessage())
	author := rc.GetCommit().GetAuthor()
	in := change.Input{
		ID: sha, Kind: change.Commit, Subject: title, Text: body, Diff: diff,
		Author: change.Person{Name: author.GetName(), Address: strings.ToLower(author.GetEmail())},
		Date:   author.GetDate().Time,
	}
	ch, err := change.Parse(in)
	if partly == nil {
		partly = err
	} else if len(ch.Files) == 0 && ch.Damage == nil {
		ch.Damage = partly
	}
	return &read{in: in, change: ch, err: partly}, nil
}

// splitMessage cuts a commit message as git does: the title is the first
// paragraph, on one line.
func splitMessage(m string) (title, body string) {
	m = strings.TrimLeft(strings.ReplaceAll(m, "\r\n", "\n"), "\n")
	title, body, _ = strings.Cut(m, "\n\n")
	return strings.Join(strings.Fields(change.Plain(title)), " "), body
}

// changes keeps the diffs of commits, which never change: a second push
// usually brings most of the first one's commits again.
type changes struct {
	mu   sync.Mutex
	diff map[string]string
	size int
}

// maxKept bounds the diffs that are kept.
const maxKept = 16 << 20

func (k *changes) get(sha string) (string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.diff[sha]
	return d, ok
}

func (k *changes) put(sha, diff string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.diff == nil || k.size+len(diff) > maxKept {
		k.diff, k.size = map[string]string{}, 0
	}
	k.diff[sha] = diff
	k.size += len(diff)
}

// policies keeps the policy files, with what is needed to ask whether they
// changed.
type policies struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	etag   string
	policy flow.PullPolicy
	bad    string // what is wrong with the file
	at     time.Time
}

// policyFresh is how long a policy is believed without asking: long enough for
// a burst, short enough for a person who waits for a change to work.
const policyFresh = 30 * time.Second

func (s *Source) forgetPolicy(repo string) {
	s.policies.mu.Lock()
	defer s.policies.mu.Unlock()
	delete(s.policies.kept, strings.ToLower(repo))
}

// policy is what a repository asked for. bad says what is wrong with its
// policy file; nothing but that is then told.
func (s *Source) policy(ctx context.Context, c *gh.Client, repo string) (p flow.PullPolicy, bad string, err error) {
	key := strings.ToLower(repo)
	s.policies.mu.Lock()
	have, ok := s.policies.kept[key]
	s.policies.mu.Unlock()
	now := s.cfg.Now()
	if ok && now.Sub(have.at) < policyFresh {
		return have.policy, have.bad, nil
	}
	var file gh.RepositoryContent
	tag, changed, _, err := github.Get(ctx, c, fmt.Sprintf("repos/%s/contents/%s", repo, github.PolicyFile), have.etag, &file)
	switch {
	case github.Status(err) == http.StatusNotFound:
		have = kept{}
		if slices.ContainsFunc(s.cfg.Repos, func(r string) bool { return strings.EqualFold(r, repo) }) {
			have.policy = github.Everything(s.cfg.Labels)
		}
	case err != nil:
		return p, "", github.Temporary("reading the policy file of "+repo, err)
	case changed:
		have = kept{etag: tag}
		var unreadable error
		if have.policy, unreadable = s.parsePolicy(file); unreadable != nil {
			// The repository has asked, in words that cannot be followed: it is
			// told so in the check and nowhere else.
			have.policy, have.bad = flow.PullPolicy{Asked: true, Check: true}, "its policy cannot be read: "+unreadable.Error()
		}
	}
	have.at = now
	s.policies.mu.Lock()
	if s.policies.kept == nil {
		s.policies.kept = map[string]kept{}
	}
	s.policies.kept[key] = have
	s.policies.mu.Unlock()
	return have.policy, have.bad, nil
}

func (s *Source) parsePolicy(file gh.RepositoryContent) (flow.PullPolicy, error) {
	switch {
	case file.Content == nil:
		return flow.PullPolicy{}, errors.New("it is no file")
	case file.GetEncoding() == "base64":
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(*file.Content, "\n", ""))
		if err != nil {
			return flow.PullPolicy{}, err
		}
		return github.ParsePolicy(b, s.cfg.Labels)
	}
	return github.ParsePolicy([]byte(*file.Content), s.cfg.Labels)
}
