package run_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	githubsink "github.com/stablebot/stablebot/bot/sink/github"
	githubsource "github.com/stablebot/stablebot/bot/source/github"
	"github.com/stablebot/stablebot/bot/store"
)

// Kills is how often TestKillAll kills the bot: 20 times when it is not set,
// some seconds' worth. The full run, two minutes:
//
//	STABLEBOT_KILLS=200 go test ./bot/run -run TestKillAll
const (
	killsVar  = "STABLEBOT_KILLS"
	killsFew  = 20
	killsCI   = 60
	killPulls = 12
)

func kills(t *testing.T) int {
	t.Helper()
	if v := os.Getenv(killsVar); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("%s=%q is no number of kills", killsVar, v)
		}
		return n
	}
	return peers.Scale(killsFew, killsCI)
}

// wireHub lets the bot that is killed bring the pull requests of a hub to what
// they should look like.
func wireHub(t *testing.T, url string, o *run.Options, s *store.Store) {
	t.Helper()
	c, err := github.New(github.Config{URL: url, Token: func() (string, error) { return "t", nil }, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	src, err := githubsource.New(githubsource.Config{Name: "hub", Repos: []string{"o/r"}, Every: 20 * time.Millisecond,
		Labels: github.LabelsOf(config.LabelNames{}), Since: time.Unix(1, 0)}, c, s, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sink := githubsink.New(src.Name(), c, s, "", zap.NewNop())
	o.Sources = append(o.Sources, src)
	o.Sinks = append(o.Sinks, sink)
	o.PullSinks = map[string]string{src.Name(): sink.Name()}
}

// killHub has pull requests of every kind: fixes that stable takes, some that
// it does not, and no fixes. A person's label is on each.
func killHub(t *testing.T) *hub.Hub {
	t.Helper()
	h := hub.New()
	t.Cleanup(h.Close)
	for n := 1; n <= killPulls; n++ {
		title := [...]string{"drm/amdgpu: fix hang", "drm/amdgpu: big fix", "drm/amdgpu: cleanup"}[n%3]
		h.Do(func(now time.Time) {
			h.Pulls[n] = &hub.Pull{Number: n, Title: title, Author: "ada", State: "open", Updated: now,
				Commits: []hub.Commit{hubCommit(n, 1, title)}}
		})
		h.Label(n, "ana", "needs-review", false)
	}
	return h
}

func hubCommit(n, push int, title string) hub.Commit {
	return hub.Commit{SHA: fmt.Sprintf("%036x%04x", n, push), Message: title + "\n\nThe card hangs.\n\nSigned-off-by: Ada <ada@example.org>\n",
		Diff: diff}
}

// labelOf is the label that a pull request of killHub ends with: each third was
// pushed to, and is another change now.
func labelOf(n int) string {
	if pushed(n) {
		return "dkms-only"
	}
	return [...]string{"stable-eligible", "dkms-only", ""}[n%3]
}

func pushed(n int) bool { return n%4 == 0 }

// TestKillAll: kill -9 at random points, while the bot answers mails by a real
// mail server and labels pull requests, loses nothing, says nothing twice, and
// leaves every label as it is to be. The servers go away and come back at times.
func TestKillAll(t *testing.T) {
	t.Parallel()
	_, single, patches := killMails()
	replies := len(single) * 2
	n := kills(t)
	post := newPostOffice(t)
	h := killHub(t)
	dir := t.TempDir()
	sink := "smtp " + post.addr + " " + h.URL
	var done int
	killAtRandom(t, dir, sink, n, func() {
		if done++; done == n/2 { // a push to some, half way
			for n := 1; n <= killPulls; n++ {
				if pushed(n) {
					h.Do(func(now time.Time) {
						p := h.Pulls[n]
						p.Commits, p.Updated = []hub.Commit{hubCommit(n, 2, "drm/amdgpu: big fix")}, now
					})
				}
			}
		}
		if rand.N(4) == 0 {
			post.moment()
		} else {
			time.Sleep(rand.N(60 * time.Millisecond))
		}
	})
	b := newBench(t, dir)
	settled := func() bool {
		for n := 1; n <= killPulls; n++ {
			if !strings.HasPrefix(h.Shown(n), "labels "+labelsWanted(n)+"\n") {
				return false
			}
		}
		return nothingPlanned(t, b.store)
	}
	untilDone(t, dir, sink, settled)
	rows := actionsOf(t, b.store)
	for _, a := range rows {
		if a.Kind != flow.ActionReply && a.State != flow.StateDone && a.State != flow.StateSuperseded {
			t.Errorf("%s is %s: %s", a.Key, a.State, a.Problem)
		}
	}
	post.mu.Lock()
	defer post.mu.Unlock()
	o := onceEach(t, rows, func(key string) int { return post.got[report.MessageID(key, b.opts.Bot.Address)] })
	noneAside(t, b.store)
	if o.replies != replies || len(post.got) != o.received {
		t.Errorf("%d replies, want %d; %d mails came that no action tells of", o.replies, replies, len(post.got)-o.received)
	}
	for n := 1; n <= killPulls; n++ {
		shown := h.Shown(n)
		if !strings.HasPrefix(shown, "labels "+labelsWanted(n)+"\n") {
			t.Errorf("pull request %d, want %s:\n%s", n, labelsWanted(n), shown)
		}
		if c := strings.Count(shown, "comment stablebot[bot]"); c > 1 {
			t.Errorf("pull request %d has %d comments", n, c)
		}
	}
	c, err := b.store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Unfiled+c.Unsettled+c.Bad != 0 || c.Judgements < patches {
		t.Errorf("counts %+v; want %d judgements of mails", c, patches)
	}
	t.Logf("%d kills: %d replies, %d received, %d of unknown outcome; %d pull requests", n, o.replies, o.received, o.unclear, killPulls)
}

// labelsAtFirst are those before anything is pushed.
func labelsAtFirst(n int) string {
	return withOwn([...]string{"stable-eligible", "dkms-only", ""}[n%3])
}

func labelsWanted(n int) string { return withOwn(labelOf(n)) }

func withOwn(l string) string {
	all := []string{"needs-review"}
	switch {
	case l == "":
	case l < "needs-review":
		all = []string{l, "needs-review"}
	default:
		all = append(all, l)
	}
	return fmt.Sprint(all)
}
