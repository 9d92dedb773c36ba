package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// api is a server whose answers are functions, by path; it notes the requests.
type api struct {
	*httptest.Server
	mu    sync.Mutex
	seen  []string
	paths map[string]http.HandlerFunc
}

func newAPI(t *testing.T, paths map[string]http.HandlerFunc) *api {
	t.Helper()
	a := &api{paths: paths}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.seen = append(a.seen, r.Method+" "+r.URL.RequestURI())
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if f := a.paths[r.URL.Path]; f != nil {
			f(w, r)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"Not Found"}`))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) count(request string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.seen {
		if strings.HasPrefix(s, request) {
			n++
		}
	}
	return n
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

var (
	oneKey  sync.Once
	keyText []byte
)

func appKey(t *testing.T) []byte {
	t.Helper()
	oneKey.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		keyText = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	})
	return keyText
}

func newClient(t *testing.T, cfg github.Config) *github.Client {
	t.Helper()
	c, err := github.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func token(cfg github.Config) github.Config {
	cfg.Token = func() (string, error) { return "t", nil }
	return cfg
}

// paged answers with n pages of what item makes of a page's number, linked as
// GitHub links them.
func paged(n int, item func(page int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 1
		if p := r.URL.Query().Get("page"); p != "" {
			_, _ = fmt.Sscan(p, &page)
		}
		if page < n {
			u := *r.URL
			q := u.Query()
			q.Set("page", fmt.Sprint(page+1))
			u.RawQuery = q.Encode()
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="next"`, r.Host, u.RequestURI()))
		}
		_, _ = w.Write([]byte(item(page)))
	}
}

// TestRepos: every page of every installation; suspended ones, archived
// repositories and installations that are gone are left out.
func TestRepos(t *testing.T) {
	ends := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	tokens := func(id int) http.HandlerFunc {
		return say(fmt.Sprintf(`{"token":"t-%d","expires_at":%q}`, id, ends))
	}
	a := newAPI(t, map[string]http.HandlerFunc{
		"/app/installations": paged(2, func(page int) string {
			if page == 1 {
				return `[{"id":1},{"id":2,"suspended_at":"2026-01-01T00:00:00Z"}]`
			}
			return `[{"id":3},{"id":4}]`
		}),
		"/app/installations/1/access_tokens": tokens(1),
		"/app/installations/3/access_tokens": tokens(3),
		"/installation/repositories": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer t-3" {
				say(`{"total_count":1,"repositories":[{"full_name":"c/d"}]}`)(w, r)
				return
			}
			paged(3, func(page int) string {
				return fmt.Sprintf(`{"total_count":6,"repositories":[{"full_name":"a/r%d"},{"full_name":"a/old%d","archived":true}]}`, page, page)
			})(w, r)
		},
	})
	c := newClient(t, github.Config{URL: a.URL, App: &github.App{ID: 7, Key: func() ([]byte, error) { return appKey(t), nil }}})
	got, err := c.Repos(t.Context())
	if err != nil || !slices.Equal(got, []string{"a/r1", "a/r2", "a/r3", "c/d"}) {
		t.Errorf("repositories %v, %v", got, err)
	}
	if n := a.count("POST /app/installations/2/"); n != 0 {
		t.Error("a suspended installation was asked")
	}
	if n := a.count("POST /app/installations/1/access_tokens"); n != 1 {
		t.Errorf("%d tokens of one installation", n)
	}
	plain := newClient(t, token(github.Config{URL: a.URL}))
	if got, err := plain.Repos(t.Context()); got != nil || err != nil {
		t.Errorf("of a token: %v, %v", got, err)
	}
}

// TestEndlessPages: a server that names the same page again ends the list.
func TestEndlessPages(t *testing.T) {
	var a *api
	a = newAPI(t, map[string]http.HandlerFunc{"/app/installations": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", fmt.Sprintf(`<%s/app/installations?page=2>; rel="next"`, a.URL))
		_, _ = w.Write([]byte(`[]`))
	}})
	c := newClient(t, github.Config{URL: a.URL, App: &github.App{ID: 7, Key: func() ([]byte, error) { return appKey(t), nil }}})
	if _, err := c.Repos(t.Context()); err != nil || a.count("GET /app/installations") != 2 {
		t.Errorf("%d requests, %v", a.count("GET /app/installations"), err)
	}
}

// TestLimits: what is short is waited for within the request, what is long or
// primary is a temporary failure and holds back the next request.
func TestLimits(t *testing.T) {
	reset := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name, after string
		status      int
		primary     bool
		body        string
		temporary   bool
		asked       int // requests that reached the server by two calls
	}{
		{name: "secondary 403, a second", status: 403, after: "1", body: `{"message":"You have exceeded a secondary rate limit"}`, asked: 3},
		{name: "secondary 429, a second", status: 429, after: "1", body: `{"message":"You have exceeded a secondary rate limit"}`, asked: 3},
		{name: "secondary 403, an hour", status: 403, after: "3600", body: `{"message":"You have exceeded a secondary rate limit"}`, temporary: true, asked: 1},
		{name: "secondary 429, an hour", status: 429, after: "3600", body: `{"message":"no"}`, temporary: true, asked: 1},
		{name: "primary 403", status: 403, primary: true, body: `{"message":"API rate limit exceeded"}`, temporary: true, asked: 1},
		{name: "primary 429", status: 429, primary: true, body: `{"message":"API rate limit exceeded"}`, temporary: true, asked: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			first := true
			var mu sync.Mutex
			a := newAPI(t, map[string]http.HandlerFunc{"/repos/o/r": func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if !first && !c.primary && c.after == "1" {
					_, _ = w.Write([]byte(`{"full_name":"o/r"}`))
					return
				}
				first = false
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				if c.primary {
					w.Header().Set("X-RateLimit-Limit", "5000")
					w.Header().Set("X-RateLimit-Remaining", "0")
					w.Header().Set("X-RateLimit-Reset", fmt.Sprint(reset.Unix()))
					w.Header().Set("X-RateLimit-Resource", "core")
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}})
			client := newClient(t, token(github.Config{URL: a.URL, MaxSleep: 3 * time.Second}))
			for range 2 {
				gh, err := client.For(t.Context(), "o/r")
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = gh.Repositories.Get(t.Context(), "o", "r")
				err = github.Temporary("asking", err)
				if errors.Is(err, flow.ErrTemporary) != c.temporary || (err != nil) != c.temporary {
					t.Errorf("%v, want temporary %v", err, c.temporary)
				}
				if c.temporary && err != nil && !regexp.MustCompile(`until \d{4}-\d\d-\d\dT`).MatchString(err.Error()) {
					t.Errorf("it does not say until when: %v", err)
				}
			}
			if n := a.count("GET /repos/o/r"); n != c.asked {
				t.Errorf("%d requests, want %d", n, c.asked)
			}
		})
	}
}

// TestTemporary: what repeating may mend, and what not.
func TestTemporary(t *testing.T) {
	for status, want := range map[int]bool{401: true, 403: false, 404: false, 422: false, 500: true, 502: true, 503: true} {
		a := newAPI(t, map[string]http.HandlerFunc{"/repos/o/r": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"message":"no"}`))
		}})
		gh, err := newClient(t, token(github.Config{URL: a.URL})).For(t.Context(), "o/r")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = gh.Repositories.Get(t.Context(), "o", "r")
		if got := errors.Is(github.Temporary("asking", err), flow.ErrTemporary); got != want {
			t.Errorf("%d: temporary %v, want %v", status, got, want)
		}
	}
	if err := github.Temporary("asking", context.Canceled); errors.Is(err, flow.ErrTemporary) {
		t.Error("an end is no failure to repeat")
	}
}

// TestAddresses: an Enterprise Server has its API under a path, which is kept,
// and no token crosses the network in the clear.
func TestAddresses(t *testing.T) {
	a := newAPI(t, map[string]http.HandlerFunc{
		"/api/v3/user":       say(`{"login":"bot"}`),
		"/api/v3/repos/o/r":  say(`{"full_name":"o/r"}`),
		"/api/v3/app":        say(`{"slug":"bot"}`),
		"/api/v3/repos/x/no": nil,
	})
	for _, u := range []string{a.URL + "/api/v3", a.URL + "/api/v3/", a.URL + "/api/v3//"} {
		c := newClient(t, token(github.Config{URL: u}))
		if login, err := c.Login(t.Context()); err != nil || login != "bot" {
			t.Errorf("%s: %q, %v", u, login, err)
		}
		gh, err := c.For(t.Context(), "o/r")
		if err != nil {
			t.Fatal(err)
		}
		if r, _, err := gh.Repositories.Get(t.Context(), "o", "r"); err != nil || r.GetFullName() != "o/r" {
			t.Errorf("%s: %v", u, err)
		}
	}
	app := newClient(t, github.Config{URL: a.URL + "/api/v3/", App: &github.App{ID: 7, Key: func() ([]byte, error) { return appKey(t), nil }}})
	if login, err := app.Login(t.Context()); err != nil || login != "bot[bot]" {
		t.Errorf("an App there: %q, %v", login, err)
	}
	if _, err := app.For(t.Context(), "x/no"); !errors.Is(err, github.ErrNotInstalled) {
		t.Errorf("where it is not installed: %v", err)
	}
	for _, bad := range []string{"http://github.example.org/api/v3/", "github.example.org", "ftp://x/", "http://10.0.0.1/"} {
		if _, err := github.New(token(github.Config{URL: bad})); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, err := github.New(github.Config{}); err == nil {
		t.Error("neither a token nor an App")
	}
}

// TestTokens: an installation's token is renewed before it ends and after GitHub
// refused it, and asked for once between.
func TestTokens(t *testing.T) {
	now := time.Now()
	refuse := false
	var mu sync.Mutex
	a := newAPI(t, map[string]http.HandlerFunc{
		"/repos/o/r/installation": say(`{"id":9}`),
		"/app/installations/9/access_tokens": func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"token":"t","expires_at":%q}`, now.Add(time.Hour).UTC().Format(time.RFC3339))
		},
		"/repos/o/r": func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if refuse {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = w.Write([]byte(`{}`))
		},
	})
	c := newClient(t, github.Config{URL: a.URL, App: &github.App{ID: 7, Key: func() ([]byte, error) { return appKey(t), nil }},
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	ask := func() {
		t.Helper()
		gh, err := c.For(t.Context(), "o/r")
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = gh.Repositories.Get(t.Context(), "o", "r") // refused once, which is what is looked at
	}
	tokens := func(want int, why string) {
		t.Helper()
		if n := a.count("POST /app/installations/9/access_tokens"); n != want {
			t.Errorf("%s: %d tokens, want %d", why, n, want)
		}
	}
	set := func(f func()) { mu.Lock(); defer mu.Unlock(); f() }
	ask()
	ask()
	tokens(1, "kept")
	set(func() { now = now.Add(56 * time.Minute) })
	ask()
	tokens(2, "before its end")
	set(func() { refuse = true })
	ask()
	set(func() { refuse = false })
	ask()
	tokens(3, "refused")
}
