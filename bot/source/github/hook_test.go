package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/bot/internal/peers"
	source "github.com/stablebot/stablebot/bot/source/github"
	"go.uber.org/zap"
)

// TestRefused: what is not signed, not whole or not believed has no effect.
func TestRefused(t *testing.T) {
	r := start(t, newHub(t), setup{})
	good := []byte(`{"action":"opened","number":1,"repository":{"full_name":"o/r"}}`)
	for _, c := range []struct {
		name, event, id, sign string
		payload               []byte
		want                  int
	}{
		{"not signed", "pull_request", "1", "", good, 401},
		{"another secret", "pull_request", "1", "other", good, 401},
		{"no id", "pull_request", "", secret, good, 400},
		{"no JSON", "pull_request", "1", secret, []byte("{"), 400},
		{"no repository", "pull_request", "1", secret, []byte(`{"action":"opened","number":1}`), 400},
		{"a repository that is a path", "pull_request", "1", secret, []byte(`{"action":"opened","number":1,"repository":{"full_name":"../../x/y"}}`), 400},
		{"no number", "pull_request", "1", secret, []byte(`{"action":"opened","repository":{"full_name":"o/r"}}`), 400},
		{"too large", "pull_request", "1", secret, []byte(strings.Repeat(" ", 5<<20) + string(good)), 413},
		{"of no use", "star", "2", secret, good, 202},
	} {
		if got := r.send(c.event, c.id, c.payload, c.sign); got != c.want {
			t.Errorf("%s: answered %d, want %d", c.name, got, c.want)
		}
	}
	w := httptest.NewRecorder()
	r.hook.ServeHTTP(w, httptest.NewRequest("GET", "/github", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: answered %d", w.Code)
	}
	if due, err := r.store.DuePulls(t.Context(), "github:test", time.Now(), 10); err != nil || len(due) > 0 {
		t.Errorf("due: %v, %v", due, err)
	}
}

// TestNoSecret: the receiver does not start without one.
func TestNoSecret(t *testing.T) {
	for _, f := range []func() (string, error){nil, func() (string, error) { return " \n", nil }} {
		s, err := source.New(source.Config{Name: "x", Secret: f}, nil, nil, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if h, err := s.Receiver(); h != nil || err == nil || !strings.Contains(err.Error(), "openssl rand") {
			t.Errorf("started without a secret: %v", err)
		}
	}
}

// used are the events that the receiver reads.
var used = []string{"pull_request", "issue_comment", "push", "check_run", "check_suite", "installation", "installation_repositories",
	"ping"}

// TestRealDeliveries: every example that GitHub publishes of a used event is
// taken when it is signed right, and refused when it is not.
func TestRealDeliveries(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(peers.GitHubParts(t), "@octokit/webhooks-examples/api.github.com/index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.Unmarshal(b, &events); err != nil {
		t.Fatal(err)
	}
	r := start(t, newHub(t), setup{})
	n := map[string]int{}
	for _, e := range events {
		for i, p := range e.Examples {
			id := fmt.Sprintf("%s-%d", e.Name, i)
			for _, sign := range []string{"", "other"} {
				if got := r.send(e.Name, id, p, sign); got != http.StatusUnauthorized {
					t.Errorf("%s signed with %q: answered %d", id, sign, got)
				}
			}
			got := r.send(e.Name, id, p, secret)
			old := strings.HasPrefix(e.Name, "check_") && got == http.StatusBadRequest // two with dates of another form
			if got != http.StatusAccepted && !old && slices.Contains(used, e.Name) {
				t.Errorf("%s: answered %d", id, got)
			}
			if got == http.StatusAccepted {
				n[e.Name]++
			}
		}
	}
	if n["pull_request"] < 20 || n["issue_comment"] < 5 || n["push"] < 5 {
		t.Errorf("taken: %v", n)
	}
	t.Logf("taken: %v", n)
	due, err := r.store.DuePulls(t.Context(), "github:test", r.now, 100)
	if err != nil || len(due) == 0 {
		t.Errorf("nothing became due: %v", err)
	}
}

// burst sends n signed deliveries of n pull requests at once and returns how
// long each was waited for.
func burst(t testing.TB, r *rig, n int) []time.Duration {
	srv := httptest.NewServer(r.hook)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, MaxConnsPerHost: 0}}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, n)
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = signed(t, srv.URL, fmt.Sprint("burst", i),
			fmt.Appendf(nil, `{"action":"opened","number":%d,"repository":{"full_name":"o/r"},"padding":%q}`, i+1, strings.Repeat("x", 30_000)))
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 32) // deliveries come over a handful of connections
	for i, q := range requests {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			begin := time.Now()
			res, err := client.Do(q)
			took[i] = time.Since(begin)
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusAccepted {
				t.Errorf("answered %d", res.StatusCode)
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took
}

// BenchmarkBurst: a thousand deliveries at once, then all of it worked off.
// p99-ms is how long GitHub waited for its answer.
func BenchmarkBurst(b *testing.B) {
	const n = 1000
	for b.Loop() {
		h := hub.New()
		for i := 1; i <= n; i++ {
			open(b, h, i, commitOf(fmt.Sprintf("%04x", i), eligible))
		}
		r := start(b, h, setup{app: true})
		took := burst(b, r, n)
		b.ReportMetric(float64(took[n*99/100].Microseconds())/1000, "p99-ms")
		begin := time.Now()
		r.run()
		b.ReportMetric(n/time.Since(begin).Seconds(), "pulls/s")
		for i := 1; i <= n; i++ {
			if p := h.Pulls[i]; len(p.Events) != 1 || len(p.Comments) != 1 {
				b.Fatalf("pull request %d was processed %d times", i, len(p.Events))
			}
		}
		if len(h.Checks) != n {
			b.Fatalf("%d checks", len(h.Checks))
		}
		h.Close()
	}
}

// TestBurst is a smaller one that fails when answering waits for work.
func TestBurst(t *testing.T) {
	h := newHub(t)
	r := start(t, h, setup{})
	took := burst(t, r, 200)
	// what is promised is measured by BenchmarkBurst; tests share their machine, with the race detector on
	if p99 := took[len(took)*99/100]; p99 > 5*time.Second {
		t.Errorf("the 99th percentile is %s", p99)
	}
	if h.Reads > 0 {
		t.Errorf("answering asked GitHub %d times", h.Reads)
	}
	due, err := r.store.DuePulls(t.Context(), "github:test", r.now, 1000)
	if err != nil || len(due) != 200 {
		t.Errorf("%d are due, %v", len(due), err)
	}
}
