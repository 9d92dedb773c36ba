package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/internal/hub"
	sink "github.com/stablebot/stablebot/bot/sink/github"
)

// plans says that a wish of plan n is the newest.
type plans struct{ n int }

func (p *plans) PullOf(context.Context, string) (*flow.PullState, error) {
	return &flow.PullState{Plans: p.n}, nil
}

// desk is a sink on a hub with one pull request.
type desk struct {
	t     *testing.T
	hub   *hub.Hub
	sink  *sink.Sink
	plans *plans
	head  string
}

func newDesk(t *testing.T, app bool) *desk {
	t.Helper()
	h := hub.New()
	t.Cleanup(h.Close)
	d := &desk{t: t, hub: h, plans: &plans{n: 1}, head: strings.Repeat("a", 40)}
	h.Do(func(now time.Time) {
		h.Pulls[1] = &hub.Pull{Number: 1, Title: "x", Author: "ada", State: "open", Updated: now, Commits: []hub.Commit{{SHA: d.head}}}
	})
	cfg := github.Config{URL: h.URL, Token: func() (string, error) { return "t", nil }, MaxSleep: time.Second}
	if app {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		cfg.Token, cfg.App = nil, &github.App{ID: 7, Key: func() ([]byte, error) { return text, nil }}
	}
	c, err := github.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.sink = sink.New("hub", c, d.plans, "https://bot.example.org/c", zap.NewNop())
	return d
}

// try carries out a wish and returns what was written for it.
func (d *desk) try(w flow.Desired) (wrote []string, err error) {
	d.t.Helper()
	w.Key, w.Repo, w.Number, w.Plan = "github:test/o/r/1", "o/r", 1, d.plans.n
	if w.Head == "" {
		w.Head = d.head
	}
	b, err := json.Marshal(w)
	if err != nil {
		d.t.Fatal(err)
	}
	var before int
	d.hub.Do(func(time.Time) { before = len(d.hub.Log) })
	err = d.sink.Deliver(d.t.Context(), flow.Action{Key: "k", Message: b})
	d.hub.Do(func(time.Time) {
		for _, l := range d.hub.Log[before:] {
			if !strings.HasSuffix(l, "/access_tokens") {
				wrote = append(wrote, l)
			}
		}
	})
	return wrote, err
}

func (d *desk) want(what string, w flow.Desired, wrote ...string) {
	d.t.Helper()
	got, err := d.try(w)
	if err != nil {
		d.t.Errorf("%s: %v", what, err)
	}
	if fmt.Sprint(got) != fmt.Sprint(wrote) {
		d.t.Errorf("%s: wrote %q, want %q", what, got, wrote)
	}
}

func label(name string, since time.Time) flow.Desired {
	return flow.Desired{Labels: &flow.DesiredLabels{Want: name, Ours: github.DefaultLabels(), Since: since}}
}

const (
	setLabel  = "POST /repos/o/r/issues/1/labels"
	makeLabel = "POST /repos/o/r/labels"
)

// TestLabels: what is there is not written again, what is somebody else's is
// left, and a label that a person took off comes back after a recheck only.
func TestLabels(t *testing.T) {
	d := newDesk(t, false)
	d.hub.Label(1, "mary", "bug", false)
	never := time.Time{}
	d.want("first", label("stable-eligible", never), makeLabel, setLabel)
	d.want("again", label("stable-eligible", never))
	d.want("another verdict", label("dkms-only", never), "DELETE /repos/o/r/issues/1/labels/stable-eligible", makeLabel, setLabel)
	d.hub.Label(1, "mary", "dkms-only", true)
	d.want("taken off by a person", label("dkms-only", never))
	var recheck time.Time
	d.hub.Do(func(now time.Time) { recheck = now })
	d.want("after a recheck", label("dkms-only", recheck), setLabel)
	d.hub.Label(1, "mary", "stable-wait", false)
	d.want("a person's own of our names", label("dkms-only", recheck))
	d.want("none wanted", label("", recheck), "DELETE /repos/o/r/issues/1/labels/dkms-only")
	if got := d.hub.Shown(1); !strings.HasPrefix(got, "labels [bug stable-wait]") {
		t.Errorf("at the end %s", got)
	}
	// The bot's own taking off is no person's.
	d.want("wanted once more", label("dkms-only", never), setLabel)
}

// TestLabelGone: to take off what is not there any more is no failure.
func TestLabelGone(t *testing.T) {
	d := newDesk(t, false)
	d.want("first", label("stable-eligible", time.Time{}), makeLabel, setLabel)
	d.hub.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	d.want("gone meanwhile", label("", time.Time{}))
}

// TestCheckOfHead: one check run, or one status, for each head, however often it
// is asked for.
func TestCheckOfHead(t *testing.T) {
	wish := func(title, head string) flow.Desired {
		return flow.Desired{Head: head, Check: &flow.DesiredCheck{Title: title, Summary: "because"}}
	}
	second := strings.Repeat("b", 40)
	for _, app := range []bool{true, false} {
		d := newDesk(t, app)
		create, change := "POST /repos/o/r/statuses/"+d.head, "POST /repos/o/r/statuses/"+d.head
		other := "POST /repos/o/r/statuses/" + second
		if app {
			create, change, other = "POST /repos/o/r/check-runs", "PATCH /repos/o/r/check-runs/1001", "POST /repos/o/r/check-runs"
		}
		d.want("first", wish("stable-eligible", ""), create)
		d.want("again", wish("stable-eligible", ""))
		d.want("changed", wish("dkms-only", ""), change)
		d.want("again", wish("dkms-only", ""))
		d.want("another head", wish("dkms-only", second), other)
		d.want("again", wish("dkms-only", second))
		d.want("the first head still has its own", wish("dkms-only", ""))
		d.hub.Do(func(time.Time) {
			for _, c := range append(d.hub.Checks, d.hub.Statuses...) {
				if c.Conclusion != "neutral" && c.Conclusion != "success" {
					t.Errorf("a verdict is shown as %s", c.Conclusion)
				}
			}
		})
	}
}

// TestComment: the one comment is edited in place, found among many pages, and
// nobody else's is taken for it.
func TestComment(t *testing.T) {
	d := newDesk(t, true)
	wish := func(body string, create bool) flow.Desired {
		return flow.Desired{Comment: &flow.DesiredComment{Body: "<!-- stablebot:comment -->\n" + body, Create: create}}
	}
	d.want("none to edit", wish("one", false))
	d.hub.Say(1, "eve", "<!-- stablebot:comment -->\nmine")
	d.want("first", wish("one", true), "POST /repos/o/r/issues/1/comments")
	d.want("again", wish("one", true))
	var mine int64
	d.hub.Do(func(time.Time) {
		for _, c := range d.hub.Pulls[1].Comments {
			if c.Who == hub.Me {
				mine = c.ID
			}
		}
	})
	d.want("changed", wish("two", false), fmt.Sprintf("PATCH /repos/o/r/issues/comments/%d", mine))
	// The comment stands on the second page now.
	d.hub.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/issues/1/comments") || r.Method != http.MethodGet || r.URL.Query().Get("page") != "" {
			return false
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next"`, d.hub.URL, r.URL.Path))
		_, _ = w.Write([]byte(`[{"id":1,"user":{"login":"mary"},"body":"hello"}]`))
		return true
	}
	d.want("on another page", wish("two", true))
}

// TestOld: a wish that a newer plan replaced writes nothing.
func TestOld(t *testing.T) {
	d := newDesk(t, false)
	w := label("stable-eligible", time.Time{})
	w.Key, w.Repo, w.Number, w.Plan, w.Head = "github:test/o/r/1", "o/r", 1, 0, d.head
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.sink.Deliver(t.Context(), flow.Action{Key: "k", Message: b}); err != nil || len(d.hub.Log) != 0 {
		t.Errorf("wrote %v, %v", d.hub.Log, err)
	}
}

// TestRefused: what GitHub says later or never is told apart, and nothing is
// half done that a repetition would not finish.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		retry     string
		temporary bool
	}{{"down", 502, "", true}, {"a long limit", 429, "3600", true}, {"may not", 403, "", false}} {
		d := newDesk(t, false)
		on := true
		d.hub.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if !on || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/issues/1/labels") {
				return false
			}
			if c.retry != "" {
				w.Header().Set("Retry-After", c.retry)
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(`{"message":"no"}`))
			return true
		}
		if _, err := d.try(label("stable-eligible", time.Time{})); err == nil || errors.Is(err, flow.ErrTemporary) != c.temporary {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.retry != "" {
			continue // nothing is sent before the hour is over
		}
		d.hub.Do(func(time.Time) { on = false })
		d.want(c.name+", later", label("stable-eligible", time.Time{}), setLabel)
	}
}
