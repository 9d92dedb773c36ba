// Package github is the source that brings pull requests.
//
// Keys and invariants:
//
//   - A webhook only notes which pull request may have something new, and that
//     is stored before GitHub gets its answer. Poll fetches what is noted. So a
//     burst is answered at once and worked off one by one, and a crash repeats a
//     fetch at most.
//   - Polling finds what webhooks missed. Its cursor, under
//     "github:NAME/OWNER/REPO", holds the list's ETag and the time of the newest
//     change that was noted; a list that did not change costs no rate limit.
//   - An App polls the repositories that it is installed on and that have asked.
//     Which those are is looked up once an hour; a webhook brings a new one sooner.
//   - A repository that has not asked, by the configuration or by a policy file
//     on its default branch, is not read beyond that file.
package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/rules/change"
)

// Config is one GitHub.
type Config struct {
	Name   string
	Repos  []string         // those that the configuration names: they have asked
	Labels []flow.LabelName // what the labels are called
	Every  time.Duration    // between two polls; 5 minutes when 0
	Since  time.Time        // first poll: what changed from then on; zero: from now on
	Now    func() time.Time // nil: the real clock
	// Layout says how a repository's paths stand to the kernel's, and in a sentence
	// where they are not the kernel's own. list gives the names in its root, or all its
	// files. Nil: as the kernel's.
	Layout func(repo string, list func(deep bool) ([]string, error)) (change.Layout, string, error)
	// Secret is the webhooks' secret, nil when none are received.
	Secret func() (string, error)
}

const defaultEvery = 5 * time.Minute

// Queue is the journal as the source needs it.
type Queue interface {
	NotePulls(ctx context.Context, notes []flow.PullNote) (fresh int, err error)
	DuePulls(ctx context.Context, source string, now time.Time, n int) ([]flow.PullState, error)
	Obeyed(ctx context.Context, key string) (map[int64]bool, error)
	DeferPull(ctx context.Context, p flow.PullState, problem string, until time.Time) error
	PulledRepos(ctx context.Context, source string) ([]string, error)
}

// Source brings the pull requests of one GitHub.
type Source struct {
	cfg    Config
	name   string
	client *github.Client
	queue  Queue
	log    *zap.Logger
	noter  noter
	noted  chan struct{}

	polled   time.Time
	listed   time.Time // when the App was last asked where it is installed
	found    []string  // the repositories that it named and that have asked
	policies policies
	changes  changes
	layouts  layouts

	strangers strangers
	rests     rests
}

var _ flow.Source = (*Source)(nil)

// New checks the configuration; it does not connect.
func New(cfg Config, client *github.Client, queue Queue, log *zap.Logger) (*Source, error) {
	var bad []error
	if cfg.Name == "" || strings.ContainsAny(cfg.Name, "/ ") {
		bad = append(bad, errors.New("name: a short word without slashes is needed"))
	}
	for _, r := range cfg.Repos {
		if _, _, err := github.Split(r); err != nil {
			bad = append(bad, err)
		}
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("GitHub source %q: %w", cfg.Name, errors.Join(bad...))
	}
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Labels == nil {
		cfg.Labels = github.DefaultLabels()
	}
	s := &Source{cfg: cfg, name: "github:" + cfg.Name, client: client, queue: queue, noter: noter{queue: queue}, noted: make(chan struct{}, 1)}
	s.log = log.With(zap.String(flow.KeySource, s.name))
	return s, nil
}

// Name is "github:NAME".
func (s *Source) Name() string { return s.name }

// Close implements flow.Source.
func (s *Source) Close() error { return nil }

// lookEvery is how often the queue is looked at without a wake-up: for what
// was put off.
const lookEvery = 30 * time.Second

// Wait returns when a webhook noted something, or it is time to poll.
func (s *Source) Wait(ctx context.Context) error {
	t := time.NewTimer(min(s.cfg.Every, lookEvery))
	defer t.Stop()
	select {
	case <-s.noted:
		return nil
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Check asks GitHub who the bot is, and for each configured repository.
func (s *Source) Check(ctx context.Context) error {
	if _, err := s.client.Login(ctx); err != nil {
		return fmt.Errorf("checking %s: %w", s.name, err)
	}
	var errs []error
	for _, r := range s.cfg.Repos {
		c, err := s.client.For(ctx, r)
		if err == nil {
			owner, name, _ := github.Split(r)
			_, _, err = c.Repositories.Get(ctx, owner, name)
		}
		if err != nil {
			errs = append(errs, github.Temporary("checking "+r, err))
		}
	}
	return errors.Join(errs...)
}

// Poll implements flow.Source.
func (s *Source) Poll(ctx context.Context, in flow.Intake) error {
	var missed error
	if now := s.cfg.Now(); now.Sub(s.polled) >= s.cfg.Every {
		if missed = s.pollRepos(ctx, in); missed == nil {
			s.polled = now
		}
	}
	// What webhooks noted is worked off even when a list could not be read.
	return errors.Join(s.workOff(ctx, in), missed)
}

// dueBatch bounds what is read ahead of fetching.
const dueBatch = 20

func (s *Source) workOff(ctx context.Context, in flow.Intake) error {
	for ctx.Err() == nil {
		due, err := s.queue.DuePulls(ctx, s.name, s.cfg.Now(), dueBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		failed := 0 // in a row
		for _, p := range due {
			err := s.one(ctx, in, p)
			if err == nil {
				failed = 0
				continue
			}
			// One that fails is put off, whatever the class of its error. It is all of
			// GitHub where it says so, or where nothing works.
			if failed++; failed == manyFailed || github.Whole(err) || ctx.Err() != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// manyFailed is how many pull requests in a row say that it is not their fault.
const manyFailed = 5

// How a pull request that cannot be fetched is tried again: soon at first,
// hourly later, and not for ever.
const (
	retryFirst = 2 * time.Second
	retryMax   = time.Hour
	retries    = 24
)

// one fetches a pull request. What is wrong with it alone must not hold up the
// others: it is put off, and after a day put aside. Its error is one that all of
// GitHub may have, or the journal.
func (s *Source) one(ctx context.Context, in flow.Intake, p flow.PullState) error {
	pull, err := s.fetch(ctx, p)
	if err == nil {
		err = in.Accept(ctx, flow.Item{Source: s.name, List: p.Repo, Received: p.Due, Pull: pull})
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("reading %s: %w", p.Key, err)
	if ctx.Err() != nil || github.Whole(err) {
		return err
	}
	var until time.Time
	if p.Attempts < retries {
		until = s.cfg.Now().Add(min(retryFirst<<min(p.Attempts, 11), retryMax))
	}
	s.log.Warn("a pull request could not be judged; it is put off", zap.String(flow.KeySeries, p.Key), zap.Error(err),
		zap.Time(flow.KeyWait, until))
	if problem := s.queue.DeferPull(ctx, p, err.Error(), until); problem != nil {
		return problem
	}
	if errors.Is(err, flow.ErrTemporary) {
		return err
	}
	return nil
}

// cursor is where polling a repository stands.
type cursor struct {
	ETag  string    `json:"etag,omitempty"`
	Since time.Time `json:"since"`
}

// pollRepos notes the pull requests that changed.
func (s *Source) pollRepos(ctx context.Context, in flow.Intake) error {
	repos, err := s.queue.PulledRepos(ctx, s.name)
	if err != nil {
		return err
	}
	for _, r := range s.cfg.Repos {
		if !slices.ContainsFunc(repos, func(have string) bool { return strings.EqualFold(have, r) }) {
			repos = append(repos, r)
		}
	}
	unlisted := s.list(ctx) // those that are known are polled all the same
	for _, r := range s.found {
		if !slices.ContainsFunc(repos, func(have string) bool { return strings.EqualFold(have, r) }) {
			repos = append(repos, r)
		}
	}
	errs, works := []error{unlisted}, len(repos) == 0
	for _, r := range repos {
		if resting := s.rests.of(r); resting.until.After(s.cfg.Now()) {
			errs = append(errs, resting.err)
			continue
		}
		err := s.pollRepo(ctx, in, r)
		switch {
		case errors.Is(err, github.ErrNotInstalled):
			s.log.Warn("a repository is not read", zap.String(flow.KeyList, r), zap.Error(err))
			continue
		case err == nil:
			s.rests.end(r)
			works = true
			continue
		case ctx.Err() != nil, github.Whole(err):
			return errors.Join(append(errs, err)...)
		}
		s.log.Warn("a repository could not be polled; it rests", zap.String(flow.KeyList, r), zap.Error(err),
			zap.Time(flow.KeyWait, s.rests.begin(r, err, s.cfg.Now())))
		errs = append(errs, err)
	}
	if works { // what one repository cannot do is not the fault of all
		return unlisted
	}
	s.rests = nil // nothing works: the source itself waits, and tries all of them again
	return errors.Join(errs...)
}

// listEvery is how often an App is asked where it is installed.
const listEvery = time.Hour

// list brings what is known of the App's repositories up to date. Policy files
// that are not there cost a request each, so they too are asked for hourly.
func (s *Source) list(ctx context.Context) error {
	now := s.cfg.Now()
	if !s.listed.IsZero() && now.Sub(s.listed) < listEvery {
		return nil
	}
	all, err := s.client.Repos(ctx)
	if err != nil {
		return err
	}
	var found []string
	for _, r := range all {
		if slices.ContainsFunc(s.cfg.Repos, func(named string) bool { return strings.EqualFold(named, r) }) {
			continue
		}
		asked, err := s.asked(ctx, r)
		if err != nil {
			return err
		}
		if asked {
			found = append(found, r)
		}
	}
	s.found, s.listed = found, now
	return nil
}

// asked reports whether a repository that the configuration does not name has
// asked for the bot, by a policy file on its default branch.
func (s *Source) asked(ctx context.Context, repo string) (bool, error) {
	c, err := s.client.For(ctx, repo)
	if errors.Is(err, github.ErrNotInstalled) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	policy, _, err := s.policy(ctx, c, repo)
	return policy.Asked, err
}

func (s *Source) pollRepo(ctx context.Context, in flow.Intake, repo string) error {
	key, now := s.name+"/"+repo, s.cfg.Now()
	stored, err := in.Cursor(ctx, key)
	if err != nil {
		return err
	}
	var at cursor
	if stored == "" {
		at.Since = s.cfg.Since
		if at.Since.IsZero() {
			at.Since = now
		}
	} else if err := json.Unmarshal([]byte(stored), &at); err != nil {
		return fmt.Errorf("reading the cursor of %s: %w", key, err)
	}
	c, err := s.client.For(ctx, repo)
	if err != nil {
		return err
	}
	next := at
	for page, more := 1, true; more; {
		var pulls []*gh.PullRequest
		path := fmt.Sprintf("repos/%s/pulls?state=open&sort=updated&direction=desc&per_page=100&page=%d", repo, page)
		etag := ""
		if page == 1 {
			etag = at.ETag
		}
		tag, changed, resp, err := github.Get(ctx, c, path, etag, &pulls)
		if github.Status(err) == http.StatusNotFound {
			s.log.Warn("a repository is not there, or the bot may not see it", zap.String(flow.KeyList, repo))
			return nil
		}
		if err != nil {
			return github.Temporary("listing the pull requests of "+repo, err)
		}
		if page == 1 {
			next.ETag = tag
		}
		if !changed {
			break
		}
		more = github.More(resp, &page)
		var notes []flow.PullNote
		for _, p := range pulls {
			updated := p.GetUpdatedAt().Time
			if updated.Before(at.Since) {
				more = false
				break
			}
			if updated.After(next.Since) {
				next.Since = updated
			}
			notes = append(notes, flow.PullNote{Event: "poll", Source: s.name, Repo: repo, Number: p.GetNumber(), At: now})
		}
		if _, err := s.queue.NotePulls(ctx, notes); err != nil {
			return err
		}
	}
	b, err := json.Marshal(next)
	if err != nil || string(b) == stored {
		return err
	}
	return in.Advance(ctx, key, string(b))
}
