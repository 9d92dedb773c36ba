package github_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/sink/dryrun"
	sink "github.com/stablebot/stablebot/bot/sink/github"
	source "github.com/stablebot/stablebot/bot/source/github"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

const secret = "a secret for tests"

// commitOf makes a commit with a small diff; judge knows it by its title.
func commitOf(sha, title string) hub.Commit {
	return hub.Commit{
		SHA:     strings.Repeat(sha, 40/len(sha)),
		Message: title + "\n\nThe ring hangs after a reset.\n\nSigned-off-by: Ada <ada@example.org>\n",
		Diff: `diff --git a/drivers/gpu/drm/x/ring.c b/drivers/gpu/drm/x/ring.c
--- a/drivers/gpu/drm/x/ring.c
+++ b/drivers/gpu/drm/x/ring.c
@@ -10,3 +10,4 @@ static int ring_resume(struct ring *r)
 	int err;
 
+	ring_reset(r);
 	err = ring_start(r);
`,
	}
}

// judge is a policy of three titles: these tests are about what becomes of a
// verdict, not about verdicts.
func judge(c *change.Change, series *rules.Series, tree *rules.Tree) verdict.Judgement {
	j := verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Verdict: verdict.OutOfScope, Size: c.Size, When: verdict.Now,
		Reason: "it is no fix", Rules: []verdict.Weighed{{Weight: 1.5, Finding: rules.Finding{ID: "size", Outcome: rules.Met,
			Reason: "7 lines with context"}}}}
	switch c.Subject {
	case eligible:
		j.Verdict, j.Score, j.Reason = verdict.StableEligible, 0.87, "it fixes a hang"
	case dkms:
		j.Verdict, j.ReasonClass, j.Score, j.Reason = verdict.DKMSOnly, verdict.TooBig, 0.04, "it has 190 lines"
	}
	if c.Size.Added != 1 {
		panic("the diff was not read")
	}
	return j
}

func open(t testing.TB, h *hub.Hub, n int, commits ...hub.Commit) {
	h.Do(func(now time.Time) {
		h.Pulls[n] = &hub.Pull{Number: n, Title: "drm/amdgpu: mend it", Author: "ada", State: "open", Commits: commits, Updated: now}
	})
}

// rig is a bot on a hub.
type rig struct {
	t      testing.TB
	hub    *hub.Hub
	store  *store.Store
	bot    *run.Bot
	source *source.Source
	hook   http.Handler
	now    time.Time
	sent   int
}

type setup struct {
	app, dry, unasked bool
	path              string
	repos             []string // nil: o/r
	trees             run.Trees
	audit             func(context.Context, flow.Proposal) (*report.Audit, error)
	judge             func(*change.Change, *rules.Series, *rules.Tree) verdict.Judgement // nil: judge
	layout            func(string, func(bool) ([]string, error)) (change.Layout, string, error)
}

func start(t testing.TB, h *hub.Hub, o setup) *rig {
	t.Helper()
	if o.path == "" {
		o.path = filepath.Join(t.TempDir(), "s.db")
	}
	s, err := store.Open(context.Background(), o.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	cfg := github.Config{URL: h.URL, Token: func() (string, error) { return "t", nil }}
	if o.app {
		cfg.Token, cfg.App = nil, &github.App{ID: 7, Key: func() ([]byte, error) { return key(t), nil }}
	}
	client, err := github.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, hub: h, store: s, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	sc := source.Config{Name: "test", Every: time.Minute, Since: r.now.Add(-time.Hour), Now: func() time.Time { return r.now },
		Secret: func() (string, error) { return secret, nil }, Layout: o.layout}
	if !o.unasked {
		if sc.Repos = o.repos; sc.Repos == nil {
			sc.Repos = []string{"o/r"}
		}
	}
	if r.source, err = source.New(sc, client, s, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	if r.hook, err = r.source.Receiver(); err != nil {
		t.Fatal(err)
	}
	var to flow.Sink = sink.New("hub", client, s, "", zap.NewNop())
	if o.dry {
		to = dryrun.New("hub", filepath.Join(filepath.Dir(o.path), "pulls"), sink.Shown)
	}
	if o.judge == nil {
		o.judge = judge
	}
	r.bot, err = run.New(run.Options{Trees: o.trees, Audit: o.audit, Sources: []flow.Source{r.source}, Sinks: []flow.Sink{to},
		PullSinks: map[string]string{"github:test": "hub"},
		Journal:   s, Judge: o.judge, Bot: report.Bot{Name: "stablebot", Address: "b@example.org", Contact: "m@example.org"},
		Clock: run.Clock{Now: func() time.Time { return r.now }, After: func(time.Duration) <-chan time.Time {
			c := make(chan time.Time, 1)
			c <- time.Time{}
			return c
		}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run polls, judges and delivers once; each time is an hour later.
func (r *rig) run() {
	r.t.Helper()
	r.now = r.now.Add(time.Hour)
	if err := r.bot.Run(context.Background(), true); err != nil {
		r.t.Fatal(err)
	}
}

// send posts a delivery and returns the status of the answer.
func (r *rig) send(event, id string, payload []byte, sign string) int {
	q := signed(r.t, "http://bot/github", id, payload)
	q.Header.Set("X-GitHub-Event", event)
	q.Header.Set("X-Hub-Signature-256", signature(payload, sign))
	if sign == "" {
		q.Header.Del("X-Hub-Signature-256")
	}
	w := httptest.NewRecorder()
	r.hook.ServeHTTP(w, q)
	return w.Code
}

func signature(payload []byte, sign string) string {
	m := hmac.New(sha256.New, []byte(sign))
	m.Write(payload)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// signed is a delivery of a pull request's event.
func signed(t testing.TB, url, id string, payload []byte) *http.Request {
	q, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("X-GitHub-Event", "pull_request")
	q.Header.Set("X-GitHub-Delivery", id)
	q.Header.Set("X-Hub-Signature-256", signature(payload, secret))
	return q
}

func (r *rig) delivery(event, action string, n int) {
	r.t.Helper()
	r.sent++
	p := fmt.Sprintf(`{"action":%q,"number":%d,"repository":{"full_name":"o/r"},"issue":{"number":%d,"pull_request":{}},"comment":{"body":"/stablebot"},"sender":{"type":"User"}}`, action, n, n)
	if code := r.send(event, fmt.Sprint("d", r.sent), []byte(p), secret); code != 202 {
		r.t.Fatalf("%s: answered %d", event, code)
	}
}

func (r *rig) shows(n int, want ...string) {
	r.t.Helper()
	got := r.hub.Shown(n)
	for _, w := range want {
		not, neg := strings.CutPrefix(w, "!")
		if strings.Contains(got, not) == neg {
			r.t.Errorf("want %q in\n%s", w, got)
		}
	}
}

func newHub(t testing.TB) *hub.Hub {
	h := hub.New()
	t.Cleanup(h.Close)
	return h
}

const (
	eligible = "drm/x: fix a hang after a reset"
	dkms     = "drm/x: rework the ring"
)

// TestOpenedPushedRechecked is the life of a pull request, for an App and for
// a token.
func TestOpenedPushedRechecked(t *testing.T) {
	for _, app := range []bool{true, false} {
		t.Run(fmt.Sprintf("app=%v", app), func(t *testing.T) {
			check := map[bool]string{true: "neutral", false: "success"}[app]
			h := newHub(t)
			h.Writers["mary"] = true
			open(t, h, 1, commitOf("a1", eligible))
			r := start(t, h, setup{app: app})
			r.delivery("pull_request", "opened", 1)
			r.run()
			r.shows(1, "labels [stable-eligible]", "check stablebot #1 "+check+": stable-eligible",
				"comment stablebot[bot] []: This commit is **stable-eligible")

			t.Run("a second push moves it", func(t *testing.T) {
				h.Label(1, "mary", "needs-review", false)
				h.Do(func(now time.Time) {
					p := h.Pulls[1]
					p.Commits, p.Updated = append(p.Commits, commitOf("b2", dkms)), now
				})
				r.run() // found by polling
				r.shows(1, "labels [dkms-only needs-review]", "check stablebot #1 "+check+": dkms-only", "weakest fix, commit 2")
				if n := len(h.Pulls[1].Comments); n != 1 {
					t.Errorf("%d comments", n)
				}
			})
			t.Run("nothing new writes nothing", func(t *testing.T) {
				before := len(h.Log)
				h.Do(func(now time.Time) { h.Pulls[1].Updated = now })
				r.run()
				r.run()
				for _, l := range h.Log[before:] {
					if !strings.Contains(l, "access_tokens") {
						t.Errorf("wrote %s", l)
					}
				}
				if h.Unchanged == 0 {
					t.Error("an unchanged list was read whole")
				}
			})
			t.Run("a person's removal is respected until a recheck", func(t *testing.T) {
				h.Label(1, "mary", "dkms-only", true)
				h.Do(func(now time.Time) {
					p := h.Pulls[1]
					p.Commits, p.Updated = append(p.Commits, commitOf("c3", eligible)), now
				})
				r.run()
				r.shows(1, "labels [needs-review]")
				h.Say(1, "eve", "/stablebot recheck")
				r.run()
				r.shows(1, "labels [needs-review]", "comment eve [confused]")
				h.Say(1, "mary", "thanks\r\n/stablebot recheck\r\n")
				r.run()
				r.shows(1, "labels [dkms-only needs-review]", "comment mary [+1]")
			})
			t.Run("override", func(t *testing.T) {
				h.Say(1, "eve", "/stablebot override stable-eligible because I say so")
				r.run()
				r.shows(1, "labels [dkms-only needs-review]", "comment eve [confused]: /stablebot override")
				h.Say(1, "mary", "> /stablebot override wait\n```\n/stablebot override wait\n```\n")
				r.run()
				r.shows(1, "labels [dkms-only needs-review]")
				h.Say(1, "mary", "/stablebot override stable-wait next cycle @all")
				r.run()
				r.shows(1, "labels [needs-review stable-wait]", "wait says mary; the bot says dkms-only")
				if b := h.Pulls[1].Comments[0].Body; !strings.Contains(b, "**mary says wait**: next cycle @&#8203;all") {
					t.Errorf("the comment does not show the override:\n%s", b)
				}
				h.Do(func(now time.Time) {
					p := h.Pulls[1]
					p.Commits, p.Updated = []hub.Commit{commitOf("d4", eligible)}, now
				})
				r.run()
				r.shows(1, "labels [needs-review stable-wait]", "wait says mary; the bot says stable-eligible")
				h.Say(1, "mary", "/stablebot override none")
				r.run()
				r.shows(1, "labels [needs-review stable-eligible]")
			})
			t.Run("explain", func(t *testing.T) {
				h.Say(1, "mary", "/stablebot explain")
				r.run()
				if b := h.Pulls[1].Comments[0].Body; !strings.Contains(b, "<details open>") {
					t.Errorf("not explained:\n%s", b)
				}
			})
		})
	}
}

// TestPersonsLabel: one of our names, set by a person, is theirs.
func TestPersonsLabel(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", eligible))
	h.Label(1, "mary", "dkms-only", false)
	r := start(t, h, setup{app: true})
	r.run()
	r.shows(1, "labels [dkms-only stable-eligible]")
}

// TestNotAsked: nothing at all where nobody asked; the default branch's file
// asks, and can refuse what the configuration names.
func TestNotAsked(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		unasked      bool
		want         []string
	}{
		{"not asked", "", true, []string{"labels []", "!check", "!comment"}},
		{"asked by file", "labels: true\ncomment: false\n", true, []string{"labels [stable-eligible]", "check", "!comment"}},
		{"refused by file", "enabled: false\n", false, []string{"labels []", "!check", "!comment"}},
		{"own names", "names:\n  stable-eligible:\n    name: for-stable\n", true, []string{"labels [for-stable]"}},
		{"misspelt", "lables: true\n", false, []string{"labels []", "check stablebot #1 neutral: not judged", "!comment"}},
		{"no verdict of interest", "verdicts: [dkms-only]\n", false, []string{"labels [stable-eligible]", "check", "!comment"}},
		{"ignored author", "ignore: [ada]\n", false, []string{"labels []", "!check", "!comment"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			h.Policy = c.policy
			open(t, h, 1, commitOf("a1", eligible))
			r := start(t, h, setup{app: true, unasked: c.unasked})
			r.delivery("pull_request", "opened", 1)
			r.run()
			r.shows(1, c.want...)
		})
	}
}

func TestSilent(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", "docs: a word"))
	r := start(t, h, setup{app: true})
	r.run()
	r.shows(1, "labels []", "!check", "!comment")
}

// TestDryRun: everything is computed and shown, nothing is written.
func TestDryRun(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", eligible))
	dir := t.TempDir()
	r := start(t, h, setup{dry: true, path: filepath.Join(dir, "s.db")})
	r.run()
	if len(h.Log) > 0 {
		t.Errorf("wrote %v", h.Log)
	}
	for file, want := range map[string]string{"labels.md": "stable-eligible", "check.md": "stable-eligible",
		"comment.md": "/stablebot recheck"} {
		b, err := os.ReadFile(filepath.Join(dir, "pulls/o/r/1", file))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v\n%s", file, err, b)
		}
	}
}

// TestSameDeliveryTwice has one effect.
func TestSameDeliveryTwice(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", eligible))
	r := start(t, h, setup{app: true})
	r.delivery("pull_request", "opened", 1)
	r.run()
	before := slices.Clone(h.Log)
	r.sent--
	r.delivery("pull_request", "opened", 1)
	due, err := r.store.DuePulls(t.Context(), "github:test", r.now, 10)
	if err != nil || len(due) > 0 {
		t.Errorf("due again: %v, %v", due, err)
	}
	r.run()
	if len(h.Log) != len(before) {
		t.Errorf("wrote %v", h.Log[len(before):])
	}
}

// TestStopped stops the bot at each request in turn, in the middle of it and
// after it, and starts it anew: it ends in the same state, with each thing once.
func TestStopped(t *testing.T) {
	want := ""
	for at := 0; ; at++ {
		h := newHub(t)
		open(t, h, 1, commitOf("a1", eligible), commitOf("b2", dkms))
		path := filepath.Join(t.TempDir(), "s.db")
		n, stopped := 0, false
		ctx, stop := context.WithCancelCause(t.Context())
		h.Before = func(w http.ResponseWriter, r *http.Request) bool {
			n++
			if want == "" || stopped || n != at {
				return false
			}
			stopped = true
			stop(errors.New("killed"))
			if at%2 == 0 {
				panic(http.ErrAbortHandler) // before its effect; odd ones are answered
			}
			return false
		}
		r := start(t, h, setup{app: true, path: path})
		r.now = r.now.Add(time.Hour)
		err := r.bot.Run(ctx, true)
		if want == "" {
			if err != nil {
				t.Fatal(err)
			}
			want = h.Shown(1)
			if !strings.Contains(want, "labels [dkms-only]") || strings.Count(want, "check ") != 1 || strings.Count(want, "comment ") != 1 {
				t.Fatalf("undisturbed:\n%s", want)
			}
			continue
		}
		if !stopped {
			if at < 10 {
				t.Fatalf("only %d requests", at)
			}
			return
		}
		_ = r.store.Close()
		again := start(t, h, setup{app: true, path: path})
		again.now = r.now
		again.run()
		again.run() // an action that failed for a while has its time later
		if got := h.Shown(1); got != want {
			t.Errorf("stopped at request %d:\n%swant\n%s", at, got, want)
		}
	}
}

// TestLimits: both kinds of limit, as 403 and as 429, are waited for, and the
// request that is sent again has its body.
func TestLimits(t *testing.T) {
	for _, code := range []int{403, 429} {
		t.Run(fmt.Sprint("secondary ", code), func(t *testing.T) {
			h := newHub(t)
			open(t, h, 1, commitOf("a1", eligible))
			refused := false
			h.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if refused || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/labels") {
					return false
				}
				refused = true
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(code)
				_, _ = w.Write([]byte(`{"message":"You have exceeded a secondary rate limit"}`))
				return true
			}
			r := start(t, h, setup{})
			r.run()
			r.shows(1, "labels [stable-eligible]")
			if !h.Labels["stable-eligible"] {
				t.Error("the label that was refused first was not created")
			}
		})
		t.Run(fmt.Sprint("primary ", code), func(t *testing.T) {
			h := newHub(t)
			open(t, h, 1, commitOf("a1", eligible))
			n := 0
			h.Before = func(w http.ResponseWriter, r *http.Request) bool {
				n++
				w.Header().Set("X-RateLimit-Remaining", "0")
				w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
				w.WriteHeader(code)
				return true
			}
			r := start(t, h, setup{})
			r.now = r.now.Add(time.Hour)
			err := r.bot.Run(t.Context(), true)
			if !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "used up until") {
				t.Errorf("error is %v", err)
			}
			if n != 1 {
				t.Errorf("%d requests reached a server that had refused", n)
			}
		})
	}
}

// TestAppFinds: an App polls what it is installed on without being told, and of
// a repository that has not asked it reads no pull request.
func TestAppFinds(t *testing.T) {
	for _, policy := range []string{"", "comment: false\n"} {
		h := hub.New()
		t.Cleanup(h.Close)
		h.Policy = policy
		open(t, h, 1, commitOf("a", eligible))
		listed := 0
		h.Before = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/pulls") {
				listed++
			}
			return false
		}
		r := start(t, h, setup{app: true, unasked: true})
		r.run()
		switch got := h.Shown(1); {
		case policy == "" && listed > 0:
			t.Errorf("pull requests were read %d times", listed)
		case policy != "" && !strings.Contains(got, "labels [stable-eligible]"):
			t.Errorf("it looks like this:\n%s", got)
		}
	}
}
