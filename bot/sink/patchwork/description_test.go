package patchwork_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/sink/patchwork"
)

// TestDescription sends every request that the sink makes to Prism, which holds
// it against Patchwork's own description of its API; without the description to
// the stand-in, which has the same in a table of ours.
func TestDescription(t *testing.T) {
	if testing.Short() {
		t.Skip("starting Prism takes some seconds")
	}
	own := newStandIn(t)
	base, violations, seen := own.URL, func() []peers.Violation { return nil }, own.requests
	own.any = true
	if p := peers.StartPatchwork(t); p != nil {
		base, violations, seen = p.URL, p.Violations, p.Seen
	}
	x, err := patchwork.New(patchwork.Config{Name: "patchwork:t", URL: base, Project: "drm", Context: "stablebot",
		Token: func() (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for _, c := range []report.Check{
		{ID: "20261102095500.4711-1-ada@example.org", Status: report.Warn, Summary: "dkms-only (too big for stable) (score 0.08)",
			URL: "https://bot.example.org/changes/one"},
		{ID: "a+b=c/d@example.org", Status: report.Pass, Summary: "stable-eligible (score 0.90)"},
		{ID: "one@example.org", Status: report.Pending, Summary: strings.Repeat("long ", 100), URL: "https://bot.example.org/" +
			strings.Repeat("x", 300)},
	} {
		if err := x.Deliver(t.Context(), action(t, c)); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
	for _, v := range violations() {
		t.Errorf("%s: %s", v.Request, v.What)
	}
	asked := strings.Join(seen(), "\n")
	for _, want := range []string{"GET /api/1.2/projects/drm/", "GET /api/1.2/patches/", "GET /api/1.2/patches/7/checks/",
		"POST /api/1.2/patches/7/checks/"} {
		if !strings.Contains(asked, want) {
			t.Errorf("never asked %s:\n%s", want, asked)
		}
	}
	// A peer that lets everything pass would prove nothing.
	for _, bad := range []string{`{"context":"stablebot"}`, `{"state":"great"}`, `{"state":"success","context":"two words"}`, `{"state":"success","target_url":"` + strings.Repeat("x", 201) + `"}`} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/1.2/patches/7/checks/", strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Token "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("%s was let through: %s", bad, resp.Status)
		}
	}
}
