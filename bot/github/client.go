// Package github is what the GitHub source and sink share: the client with its
// authentication and patience, the labels, and the policy file.
//
// Promises:
//
//   - A token or key is read anew when it is needed, never kept in a log, and
//     never sent in the clear except to this machine.
//   - Rate limits are waited for: a short secondary limit within the request, a
//     longer or primary one as a temporary failure, while no further request is
//     sent.
package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofri/go-github-ratelimit/v2/github_ratelimit"
	"github.com/gofri/go-github-ratelimit/v2/github_ratelimit/github_primary_ratelimit"
	"github.com/gofri/go-github-ratelimit/v2/github_ratelimit/github_secondary_ratelimit"
	gh "github.com/google/go-github/v58/github"

	"github.com/stablebot/stablebot/bot/flow"
)

// DefaultURL is the API of github.com.
const DefaultURL = "https://api.github.com/"

// maxSleep is the longest secondary limit that is waited for within a request:
// GitHub asks for at least a minute when it names no time. A longer one ends
// the request as a temporary failure, so that the bot stays responsive.
const maxSleep = time.Minute

// requestTimeout bounds one request beside its waiting.
const requestTimeout = 30 * time.Second

// Config is one GitHub, and who the bot is there.
type Config struct {
	URL   string                 // of the REST API; an Enterprise Server has it under /api/v3/. "": DefaultURL
	Token func() (string, error) // a token; nil for an App
	App   *App
	// Base carries the requests; nil: http.DefaultTransport.
	Base http.RoundTripper
	// MaxSleep instead of a minute.
	MaxSleep time.Duration
	// Login is the name that a token acts under which may not ask for it, as a
	// workflow's own; "": it is asked for.
	Login   string
	Version string // for the User-Agent
	Now     func() time.Time
}

// App is a GitHub App.
type App struct {
	ID  int64
	Key func() ([]byte, error) // its private key, PEM
}

// Client makes clients for repositories. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base *url.URL
	jwt  *gh.Client // speaks as the App itself

	mu            sync.Mutex
	login         string
	clients       map[int64]*gh.Client // by installation; 0: the token's
	installations map[string]int64     // by owner
}

// ErrNotInstalled says that the App has no access to a repository.
var ErrNotInstalled = errors.New("the App is not installed there")

// New checks the configuration; it does not connect.
func New(cfg Config) (*Client, error) {
	if cfg.URL == "" {
		cfg.URL = DefaultURL
	}
	if cfg.MaxSleep == 0 {
		cfg.MaxSleep = maxSleep
	}
	if cfg.Base == nil {
		cfg.Base = http.DefaultTransport
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/") + "/")
	switch {
	case err != nil || u.Host == "":
		return nil, fmt.Errorf("url %q is no address; write %s, or https://HOST/api/v3/ of an Enterprise Server", cfg.URL, DefaultURL)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("url %q: https is needed, as a token would cross the network in the clear", cfg.URL)
	case (cfg.Token == nil) == (cfg.App == nil):
		return nil, errors.New("exactly one of a token and an App is needed")
	}
	c := &Client{cfg: cfg, base: u, login: cfg.Login, clients: map[int64]*gh.Client{}, installations: map[string]int64{}}
	if cfg.App != nil {
		c.jwt = c.client(&appTransport{cfg: cfg})
	}
	return c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// IsApp reports whether the bot is an App, which may create check runs.
func (c *Client) IsApp() bool { return c.cfg.App != nil }

// AppID is the App's id, 0 for a token.
func (c *Client) AppID() int64 {
	if c.cfg.App == nil {
		return 0
	}
	return c.cfg.App.ID
}

// client stacks patience on authentication.
func (c *Client) client(auth http.RoundTripper) *gh.Client {
	limited := github_ratelimit.NewClient(prompt{rewind{bounded{auth}}, requestTimeout},
		github_primary_ratelimit.WithUnknownCategoryCallback(func(*github_primary_ratelimit.CallbackContext) {}), // else it prints
		github_secondary_ratelimit.WithSingleSleepLimit(c.cfg.MaxSleep, nil))
	limited.Transport = &rest{base: limited.Transport, max: c.cfg.MaxSleep, now: c.cfg.Now}
	limited.Timeout = c.cfg.MaxSleep + requestTimeout
	out := gh.NewClient(limited)
	out.BaseURL = c.base
	out.UserAgent = strings.TrimRight("stablebot/"+c.cfg.Version, "/")
	return out
}

// prompt ends an attempt that takes longer than it may, with the reading of its answer:
// the time-out of the client has all the waiting for limits in it as well.
type prompt struct {
	base  http.RoundTripper
	limit time.Duration
}

func (t prompt) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.limit)
	resp, err := t.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = ended{resp.Body, cancel}
	return resp, nil
}

// ended is a body with whose closing something ends.
type ended struct {
	io.ReadCloser
	end func()
}

func (b ended) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// rewind gives a request that is sent again its body again.
type rewind struct{ base http.RoundTripper }

func (t rewind) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil {
		return t.base.RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = body
	return t.base.RoundTrip(r)
}

type tokenTransport struct{ cfg Config }

func (t *tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := t.cfg.Token()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, errors.New("the GitHub token is empty")
	}
	return t.cfg.Base.RoundTrip(t.cfg.bearing(r, token))
}

// bearing gives a request the credentials, unless a redirect has led it elsewhere:
// whoever serves what GitHub redirects to is not to have them.
func (c Config) bearing(r *http.Request, token string) *http.Request {
	own, err := url.Parse(c.URL)
	r = r.Clone(r.Context())
	r.Header.Del("Authorization")
	if err == nil && r.URL.Scheme == own.Scheme && strings.EqualFold(r.URL.Host, own.Host) {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// maxAnswer bounds what is read of one answer: GitHub's largest lists have some
// hundred kilobytes, a diff that is judged has five megabytes at most.
const maxAnswer = 16 << 20

// bounded ends an answer that is longer.
type bounded struct{ base http.RoundTripper }

func (t bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(r)
	if err == nil && res.Body != nil {
		res.Body = &boundedBody{ReadCloser: res.Body, left: maxAnswer}
	}
	return res, err
}

// ErrTooLong: an answer is longer than what is read of one.
var ErrTooLong = fmt.Errorf("the answer is longer than the %d MiB that are read", maxAnswer>>20)

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// For returns the client that may act on a repository ("owner/name").
func (c *Client) For(ctx context.Context, repo string) (*gh.Client, error) {
	if c.cfg.App == nil {
		return c.of(0, func() http.RoundTripper { return &tokenTransport{c.cfg} }), nil
	}
	owner, name, err := Split(repo)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	id, ok := c.installations[owner]
	c.mu.Unlock()
	if !ok {
		in, _, err := c.jwt.Apps.FindRepositoryInstallation(ctx, owner, name)
		if Status(err) == http.StatusNotFound {
			return nil, fmt.Errorf("%s: %w", repo, ErrNotInstalled)
		}
		if err != nil {
			return nil, Temporary("finding the App's installation for "+repo, err)
		}
		id = in.GetID()
		c.mu.Lock()
		c.installations[owner] = id
		c.mu.Unlock()
	}
	return c.of(id, func() http.RoundTripper {
		return &installationTransport{client: c, id: id}
	}), nil
}

func (c *Client) of(id int64, auth func() http.RoundTripper) *gh.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clients[id] == nil {
		c.clients[id] = c.client(auth())
	}
	return c.clients[id]
}

// forget drops what is known of an installation that does not work any more.
func (c *Client) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for owner, have := range c.installations {
		if have == id {
			delete(c.installations, owner)
		}
	}
	delete(c.clients, id)
}

// Login is the name under which the bot acts: by it the bot knows its own
// comments and labels.
func (c *Client) Login(ctx context.Context) (string, error) {
	c.mu.Lock()
	login := c.login
	c.mu.Unlock()
	if login != "" {
		return login, nil
	}
	if c.IsApp() {
		app, _, err := c.jwt.Apps.Get(ctx, "")
		if err != nil {
			return "", Temporary("asking GitHub for the App's name", err)
		}
		login = app.GetSlug() + "[bot]"
	} else {
		client, err := c.For(ctx, "")
		if err != nil {
			return "", err
		}
		user, _, err := client.Users.Get(ctx, "")
		if err != nil {
			return "", Temporary("asking GitHub whose token this is", err)
		}
		login = user.GetLogin()
	}
	c.mu.Lock()
	c.login = login
	c.mu.Unlock()
	return login, nil
}

// Split cuts "owner/name", of which GitHub's are made of letters, digits, dots,
// dashes and underscores.
func Split(repo string) (owner, name string, err error) {
	owner, name, ok := strings.Cut(repo, "/")
	if !ok || !named(owner) || !named(name) || name == "." || name == ".." || len(repo) > 200 {
		return "", "", fmt.Errorf("%.200q is no repository; write owner/name", repo)
	}
	return owner, name, nil
}

func named(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}

// Status is the HTTP status of an answer that was an error, 0 for another error.
func Status(err error) int {
	var e *gh.ErrorResponse
	if errors.As(err, &e) && e.Response != nil {
		return e.Response.StatusCode
	}
	return 0
}

// Whole reports whether an error concerns all of a GitHub, and not only what was
// asked for: the limit is used up, or the credentials are not taken.
func Whole(err error) bool {
	var (
		primary *github_primary_ratelimit.RateLimitReachedError
		limit   *gh.RateLimitError
		abuse   *gh.AbuseRateLimitError
		resting *restError
	)
	return errors.As(err, &primary) || errors.As(err, &limit) || errors.As(err, &abuse) || errors.As(err, &resting) ||
		errors.Is(err, errWhole) ||
		Status(err) == http.StatusTooManyRequests
}

// errWhole marks what Temporary has put into words.
var errWhole = errors.New("all of it")

type whole struct{ error }

func (w whole) Is(target error) bool { return target == errWhole }
func (w whole) Unwrap() error        { return w.error }

// Temporary says what was being done and, where repeating may mend the error,
// wraps flow.ErrTemporary.
func Temporary(doing string, err error) error {
	if err == nil {
		return nil
	}
	var (
		primary *github_primary_ratelimit.RateLimitReachedError
		limit   *gh.RateLimitError
		abuse   *gh.AbuseRateLimitError
		network net.Error
		resting *restError
	)
	status := Status(err)
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.As(err, &resting):
		return fmt.Errorf("%s: %w: %w", doing, flow.ErrTemporary, resting)
	case errors.As(err, &primary):
		return whole{fmt.Errorf("%s: %w: GitHub's rate limit is used up until %s", doing, flow.ErrTemporary, at(primary.ResetTime))}
	case errors.As(err, &limit):
		return whole{fmt.Errorf("%s: %w: GitHub's rate limit is used up until %s", doing, flow.ErrTemporary, at(&limit.Rate.Reset.Time))}
	case errors.As(err, &abuse), errors.As(err, &network), status >= 500, status == http.StatusTooManyRequests:
		return fmt.Errorf("%s: %w: %w", doing, flow.ErrTemporary, err)
	case status == http.StatusUnauthorized:
		// A token runs out and is put in its place again by a person.
		return whole{fmt.Errorf("%s: %w: GitHub does not take the credentials; check the token, or the App's id and key (%w)", doing,
			flow.ErrTemporary, err)}
	case status == http.StatusForbidden:
		return fmt.Errorf("%s: the token or App may not do this; it needs write access to issues, pull requests, checks and statuses (%w)", doing,
			err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func at(t *time.Time) string {
	if t == nil {
		return "a time that it did not say"
	}
	return t.UTC().Format(time.RFC3339)
}

// Get reads path into v unless it is what etag says. An answer of 304 costs
// nothing of the rate limit.
func Get(ctx context.Context, c *gh.Client, path, etag string, v any) (tag string, changed bool, resp *gh.Response, err error) {
	req, err := c.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return "", false, nil, err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err = c.Do(ctx, req, v)
	if Status(err) == http.StatusNotModified {
		return etag, false, resp, nil
	}
	if err != nil {
		return "", false, resp, err
	}
	return resp.Header.Get("ETag"), true, resp, nil
}
