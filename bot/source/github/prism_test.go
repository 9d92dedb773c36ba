package github_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/internal/peers"
	sink "github.com/stablebot/stablebot/bot/sink/github"
	source "github.com/stablebot/stablebot/bot/source/github"
	"github.com/stablebot/stablebot/bot/store"
)

// TestDescription sends every request that the bot makes to Prism, which holds
// it against GitHub's own description of its API. What Prism answers are
// examples, so this says nothing of flows.
func TestDescription(t *testing.T) {
	if testing.Short() {
		t.Skip("starting Prism takes nine seconds")
	}
	p := peers.StartPrism(t)
	s, err := store.Open(t.Context(), t.TempDir()+"/s.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, app := range []bool{false, true} {
		cfg := github.Config{URL: p.URL, Token: func() (string, error) { return "t", nil }}
		if app {
			cfg.Token, cfg.App = nil, &github.App{ID: 7, Key: func() ([]byte, error) { return key(t), nil }}
		}
		client, err := github.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		src, err := source.New(source.Config{Name: "p", Repos: []string{"octocat/hello-world"}, Since: time.Unix(1, 0)}, client, s, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := src.Check(t.Context()); err != nil {
			t.Errorf("check: %v", err)
		}
		in := &notebook{store: s}
		if _, err := s.NotePulls(t.Context(), []flow.PullNote{{Source: "github:p", Repo: "octocat/hello-world", Number: 42,
			At: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		if err := src.Poll(t.Context(), in); err != nil {
			t.Errorf("poll: %v", err)
		}
		to := sink.New("p", client, s, "https://bot.example.org/c", zap.NewNop())
		for _, w := range wishes() {
			w.Key, w.Repo, w.Number, w.Head = flow.PullKey("github:p", "octocat/hello-world", 42), "octocat/hello-world", 42, strings.Repeat("c", 40)
			b, err := json.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			if err := to.Deliver(t.Context(), flow.Action{Key: "k", Message: b}); err != nil {
				t.Errorf("app=%v: %v", app, err)
			}
		}
	}
	for _, v := range p.Violations() {
		t.Errorf("%s: %s", v.Request, v.What)
	}
	seen := strings.Join(p.Seen(), "\n")
	for _, want := range []string{"GET /app/installations", "GET /installation/repositories", "GET /user", "GET /app",
		"POST /app/installations/", "/installation", "/pulls/42/commits", "GET /repos/octocat/hello-world/contents/.stablebot.yml",
		"POST /repos/octocat/hello-world/issues/42/labels", "GET /repos/octocat/hello-world/issues/42/events",
		"POST /repos/octocat/hello-world/check-runs",
		"POST /repos/octocat/hello-world/statuses/", "POST /repos/octocat/hello-world/issues/42/comments", "/reactions"} {
		if !strings.Contains(seen, want) {
			t.Errorf("never asked %s:\n%s", want, seen)
		}
	}
	// A peer that lets everything pass would prove nothing.
	client, err := github.New(github.Config{URL: p.URL, Token: func() (string, error) { return "t", nil }})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.For(t.Context(), "o/r")
	if err != nil {
		t.Fatal(err)
	}
	// What the examples do not lead to: the calls as the sink and source make them.
	run := gh.UpdateCheckRunOptions{Name: sink.CheckName(1), Status: gh.String("completed"), Conclusion: gh.String("neutral"),
		Output: &gh.CheckRunOutput{Title: gh.String("t"), Summary: gh.String("s")}}
	if _, _, err := c.Checks.UpdateCheckRun(t.Context(), "o", "r", 1, run); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Issues.EditComment(t.Context(), "o", "r", 1, &gh.IssueComment{Body: gh.String("b")}); err != nil {
		t.Error(err)
	}
	if _, err := c.Issues.RemoveLabelForIssue(t.Context(), "o", "r", 1, "dkms-only"); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Repositories.GetPermissionLevel(t.Context(), "o", "r", "mary"); err != nil {
		t.Error(err)
	}
	l := github.DefaultLabels()[0]
	if _, _, err := c.Issues.CreateLabel(t.Context(), "o", "r", &gh.Label{Name: &l.Name, Color: &l.Color,
		Description: &l.Description}); err != nil {
		t.Error(err)
	}
	if v := p.Violations(); len(v) > 0 {
		t.Errorf("not allowed: %v", v)
	}
	if _, _, err := c.Issues.CreateComment(t.Context(), "o", "r", 1, nil); github.Status(err) != 422 {
		t.Errorf("a comment without a body was let through: %v", err)
	}
}

func wishes() []flow.Desired {
	return []flow.Desired{
		{Labels: &flow.DesiredLabels{Want: "stable-eligible", Ours: github.DefaultLabels()}},
		{Check: &flow.DesiredCheck{Title: "stable-eligible", Summary: "it fixes a hang"}},
		{Check: &flow.DesiredCheck{Title: "failed", Summary: "a defect", Failed: true}},
		{Comment: &flow.DesiredComment{Body: "<!-- m -->\nwords", Create: true}},
		{Reaction: &flow.DesiredReaction{Comment: 1, Content: "+1"}},
		{Reaction: &flow.DesiredReaction{Comment: 1, Content: "confused"}},
	}
}

// TestDescriptionOfLabels: what GitHub would refuse in a label is none of ours.
func TestDescriptionOfLabels(t *testing.T) {
	var names []string
	for _, l := range github.DefaultLabels() {
		if len(l.Name) > 50 || len(l.Description) > 100 || len(l.Color) != 6 || slices.Contains(names, l.Name) {
			t.Errorf("%+v", l)
		}
		names = append(names, l.Name)
	}
}
