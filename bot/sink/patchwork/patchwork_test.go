package patchwork_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/sink/dryrun"
	"github.com/stablebot/stablebot/bot/sink/patchwork"
)

// standIn is a Patchwork as its API description has it: what a request must
// look like, what is refused and how.
type standIn struct {
	*httptest.Server
	t       *testing.T
	patches map[string]int // Message-ID → number
	checks  []map[string]any
	broken  int // answers that fail first
	lost    int // checks that are written and whose answer is lost
	posts   int
	any     bool // every patch is there, as number 7
	mu      sync.Mutex
	asked   []string
}

func (s *standIn) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

const token = "0123456789abcdef"

func newStandIn(t *testing.T) *standIn {
	s := &standIn{t: t, patches: map[string]int{"one@example.org": 7}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

var (
	checksPath = regexp.MustCompile(`^/api/1\.2/patches/7/checks/$`)
	contextOK  = regexp.MustCompile(`^[-a-zA-Z0-9_]{1,255}$`)
)

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	say := func(code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v)
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if s.broken > 0 {
		s.broken--
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	switch path, q := r.URL.Path, r.URL.Query(); {
	case path == "/api/1.2/projects/drm/":
		say(200, map[string]any{"id": 1, "link_name": "drm"})
	case path == "/api/1.2/patches/" && r.Method == http.MethodGet:
		found := []any{}
		n := s.patches[q.Get("msgid")]
		if s.any {
			n = 7
		}
		if n > 0 && q.Get("project") == "drm" {
			found = append(found, map[string]any{"id": n, "msgid": "<" + q.Get("msgid") + ">"})
		}
		say(200, found)
	case checksPath.MatchString(path) && r.Method == http.MethodGet:
		found := []any{}
		for _, c := range slices.Backward(s.checks) {
			if want := q.Get("context"); want == "" || c["context"] == want {
				found = append(found, c)
			}
		}
		say(200, found)
	case checksPath.MatchString(path) && r.Method == http.MethodPost:
		s.post(w, r, say)
	default:
		say(404, map[string]any{"detail": "Not found."})
	}
}

func (s *standIn) post(w http.ResponseWriter, r *http.Request, say func(int, any)) {
	if r.Header.Get("Authorization") != "Token "+token {
		say(403, map[string]any{"detail": "Invalid token."})
		return
	}
	raw, err := io.ReadAll(r.Body)
	var c map[string]any
	if err != nil || json.Unmarshal(raw, &c) != nil || r.Header.Get("Content-Type") != "application/json" {
		say(400, map[string]any{"detail": "JSON parse error"})
		return
	}
	wrong := map[string][]string{}
	for k, v := range c {
		text, _ := v.(string)
		switch {
		case k == "state" && !slices.Contains([]string{"pending", "success", "warning", "fail"}, text),
			k == "context" && !contextOK.MatchString(text),
			k == "target_url" && v != nil && (len(text) > 200 || !strings.Contains(text, "://")),
			!slices.Contains([]string{"state", "context", "target_url", "description"}, k):
			wrong[k] = []string{"This is not valid."}
		}
	}
	if c["state"] == nil {
		wrong["state"] = []string{"A check must have a state."}
	}
	if len(wrong) > 0 {
		say(400, wrong)
		return
	}
	s.posts++
	c["id"] = len(s.checks) + 1
	s.checks = append(s.checks, c)
	if s.lost > 0 {
		s.lost--
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			s.t.Error(err)
			return
		}
		_ = conn.Close()
		return
	}
	say(201, c)
}

func (s *standIn) sink(with string) *patchwork.Sink {
	s.t.Helper()
	x, err := patchwork.New(patchwork.Config{Name: "patchwork:t", URL: s.URL, Project: "drm", Context: "stablebot",
		Token: func() (string, error) { return with, nil }})
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

func action(t *testing.T, c report.Check) flow.Action {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return flow.Action{Key: "k", Kind: flow.ActionPatchCheck, Message: raw}
}

// TestDeliver: a check is written once however often the action is carried out,
// again when the verdict has turned, and once more when it turns back.
func TestDeliver(t *testing.T) {
	s := newStandIn(t)
	x := s.sink(token)
	warn := report.Check{ID: "one@example.org", Status: report.Warn, Summary: "dkms-only (too big for stable) (score 0.08)",
		URL: "https://bot.example.org/changes/one"}
	pass := report.Check{ID: "one@example.org", Status: report.Pass, Summary: "stable-eligible (score 0.90)", URL: "https://bot.example.org/" +
		strings.Repeat("x", 300)}
	s.checks = append(s.checks, map[string]any{"id": 1, "context": "other-ci", "state": "fail"})
	for i, step := range []struct {
		c     report.Check
		posts int
	}{{warn, 1}, {warn, 1}, {pass, 2}, {pass, 2}, {warn, 3}} {
		if err := x.Deliver(t.Context(), action(t, step.c)); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if s.posts != step.posts {
			t.Fatalf("step %d: %d checks were written, want %d", i, s.posts, step.posts)
		}
	}
	if c := s.checks[1]; c["state"] != "warning" || c["context"] != "stablebot" || c["target_url"] != warn.URL ||
		c["description"] != warn.Summary {
		t.Errorf("written: %v", c)
	}
	if c := s.checks[2]; c["state"] != "success" || c["target_url"] != nil {
		t.Errorf("an address that is too long for Patchwork: %v", c)
	}
	if err := x.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFailures: what repeating mends is told apart from what it does not.
func TestFailures(t *testing.T) {
	s := newStandIn(t)
	one := action(t, report.Check{ID: "one@example.org", Status: report.Pending, Summary: "wait"})
	s.lost = 1
	if err := s.sink(token).Deliver(t.Context(), one); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("an answer that was lost: %v", err)
	}
	if err := s.sink(token).Deliver(t.Context(), one); err != nil || s.posts != 1 {
		t.Errorf("after it: %v, %d written", err, s.posts)
	}
	s.broken = 1
	if err := s.sink(token).Deliver(t.Context(), one); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("a gateway error: %v", err)
	}
	two := action(t, report.Check{ID: "two@example.org", Status: report.Warn, Summary: "x"})
	if err := s.sink(token).Deliver(t.Context(), two); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("a patch that is not there yet: %v", err)
	}
	turned := action(t, report.Check{ID: "one@example.org", Status: report.Warn, Summary: "x"})
	if err := s.sink("wrong").Deliver(t.Context(), turned); err == nil || errors.Is(err, flow.ErrTemporary) ||
		!strings.Contains(err.Error(), "maintainer") {
		t.Errorf("a wrong token: %v", err)
	}
	if err := s.sink(token).Deliver(t.Context(), action(t, report.Check{ID: "one@example.org", Status: "great"})); err == nil {
		t.Error("a status that is none was taken")
	}
	s.Close()
	if err := s.sink(token).Deliver(t.Context(), turned); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := patchwork.New(patchwork.Config{URL: "patchwork"}); err == nil {
		t.Error("no URL, and no error")
	}
}

func TestPreview(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checks")
	p := dryrun.New("patchwork:t", dir, patchwork.Shown)
	for range 2 {
		if err := p.Deliver(t.Context(), action(t, report.Check{ID: "one@example.org", Status: report.Warn, Summary: "x"})); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatal(len(files), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil || string(text) != fmt.Sprintln(`{"id":"one@example.org","status":"warn","summary":"x","url":""}`) {
		t.Errorf("%s, %v", text, err)
	}
}
