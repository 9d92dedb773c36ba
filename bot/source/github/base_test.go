package github_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestBase: a pull request into a stable or distribution branch is a backport. It is
// judged for that branch, says so and has no label, unless the repository wants one;
// when its base is changed it is judged for the new one.
func TestBase(t *testing.T) {
	var trees []string
	judged := func(c *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
		trees = c.Prefix.Trees
		return judge(c, s, tree)
	}
	for _, c := range []struct {
		base, policy string
		want         []string
		into         []string
	}{
		{"main", "", []string{"labels [stable-eligible]", "check stablebot #1 neutral: stable-eligible", "!backport"}, nil},
		{"drm-next-6.14", "", []string{"labels [stable-eligible]", "!backport"}, nil},
		{"linux-6.6.y", "", []string{"labels []", "check stablebot #1 neutral: backport to linux-6.6.y: stable-eligible"},
			[]string{"linux-6.6.y"}},
		{"linux-6.6.y", "label_backports: true\n", []string{"labels [stable-eligible]", "backport to linux-6.6.y"}, []string{"linux-6.6.y"}},
		{"ubuntu/noble", "", []string{"labels []", "backport to ubuntu/noble"}, nil},
		{"lts-seven", "branches:\n  stable: [\"lts-*\"]\n", []string{"labels []", "backport to lts-seven"}, []string{"lts-seven"}},
	} {
		t.Run(c.base, func(t *testing.T) {
			h := newHub(t)
			open(t, h, 1, commitOf("a1", eligible))
			h.Do(func(time.Time) { h.Pulls[1].Base, h.Policy = c.base, c.policy })
			r := start(t, h, setup{app: true, judge: judged})
			r.delivery("pull_request", "opened", 1)
			r.run()
			r.shows(1, c.want...)
			if !slices.Equal(trees, c.into) {
				t.Errorf("judged for %v, not %v", trees, c.into)
			}
			var body string
			h.Do(func(time.Time) { body = h.Pulls[1].Comments[0].Body })
			if says := strings.Contains(body, "it is a backport and judged for that branch alone"); says != strings.Contains(c.want[len(c.want)-1],
				"backport to") {
				t.Errorf("%s", body)
			}
			h.Do(func(now time.Time) { h.Pulls[1].Base, h.Pulls[1].Updated = "main", now })
			r.delivery("pull_request", "edited", 1)
			r.run()
			r.shows(1, "labels [stable-eligible]", "check stablebot #1 neutral: stable-eligible")
		})
	}
}

// TestSameHead: two pull requests with one head each have their own check, or status.
func TestSameHead(t *testing.T) {
	for _, app := range []bool{true, false} {
		h := newHub(t)
		open(t, h, 1, commitOf("a1", eligible))
		open(t, h, 2, commitOf("a1", eligible))
		h.Do(func(time.Time) { h.Pulls[2].Base = "6.6" })
		r := start(t, h, setup{app: app})
		for range 2 {
			r.delivery("pull_request", "opened", 1)
			r.delivery("pull_request", "opened", 2)
			r.run()
			r.shows(1, "labels [stable-eligible]", ": stable-eligible", "!backport to")
			r.shows(2, "labels []", ": backport to 6.6: stable-eligible")
		}
		if n := len(h.Checks) + len(h.Statuses); n != 2 {
			t.Errorf("%d checks were written for two pull requests", n)
		}
	}
}

// TestFixups: commits that are to be squashed count with the commit that they are for.
func TestFixups(t *testing.T) {
	file := func(lines string) string {
		return "diff --git a/drivers/gpu/drm/x/ring.c b/drivers/gpu/drm/x/ring.c\n--- a/drivers/gpu/drm/x/ring.c\n+++ " +
			"b/drivers/gpu/drm/x/ring.c\n" + lines
	}
	commit := func(sha, title, body, diff string) hub.Commit {
		return hub.Commit{SHA: strings.Repeat(sha, 20), Message: title + "\n\n" + body, Diff: file(diff)}
	}
	first := commit("a1", eligible, "It hangs.\n",
		"@@ -10,3 +10,4 @@ static int ring_resume(struct ring *r)\n \tint err;\n \n+\tring_reset(r);\n \terr = ring_start(r);\n")
	another := commit("b2", dkms, "", "@@ -20,2 +21,3 @@ static int ring_stop(struct ring *r)\n \tint n;\n+\tint m;\n \n")
	for _, c := range []struct {
		name    string
		commits []hub.Commit
		want    []string // "title +added -removed" of each that is judged
		text    string
	}{
		{"the line it added is another", []hub.Commit{first, another, commit("c3", "fixup! "+eligible, "",
			"@@ -11,3 +11,3 @@\n \n-\tring_reset(r);\n+\tring_reset_all(r);\n \terr = ring_start(r);\n")},
			[]string{eligible + " +1 -0", dkms + " +1 -0"}, "judged as one"},
		{"what is between moves it", []hub.Commit{another, first, commit("c3", "squash! fixup! "+dkms, "Fixes: 0123456789ab (\"drm/x: ring\")\n",
			"@@ -21,3 +22,4 @@\n \tint n;\n \tint m;\n+\tint o;\n \n")},
			[]string{dkms + " +2 -0 fixes", eligible + " +1 -0"}, "judged as one"},
		{"its message is another", []hub.Commit{first, commit("c3", "amend! "+eligible, dkms+"\n\nBy another name.\n",
			"@@ -11,3 +11,4 @@\n \n \tring_reset(r);\n+\tring_wait(r);\n \terr = ring_start(r);\n")},
			[]string{dkms + " +2 -0"}, "judged as one"},
		{"of one that is not here", []hub.Commit{first, commit("c3", "fixup! drm/y: something else", "",
			"@@ -90,2 +91,3 @@\n \tint n;\n+\tint m;\n \n")},
			[]string{eligible + " +1 -0"}, "squashed into a commit that is not in this pull request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			open(t, h, 1, c.commits...)
			var got []string
			r := start(t, h, setup{app: true, judge: func(ch *change.Change, s *rules.Series, tree *rules.Tree) verdict.Judgement {
				got = append(got, ch.Subject+sizeOf(ch))
				for range ch.Fixes {
					got[len(got)-1] += " fixes"
				}
				return verdict.Judgement{ID: ch.ID, Kind: ch.Kind, Subject: ch.Subject, Verdict: verdict.StableEligible, Size: ch.Size}
			}})
			r.delivery("pull_request", "opened", 1)
			r.run()
			if !slices.Equal(got, c.want) {
				t.Errorf("judged %q, not %q", got, c.want)
			}
			var body string
			h.Do(func(time.Time) { body = h.Pulls[1].Comments[0].Body })
			if !strings.Contains(body, c.text) {
				t.Errorf("no %q in\n%s", c.text, body)
			}
		})
	}
}

func sizeOf(c *change.Change) string {
	added, removed := c.Size.Added, c.Size.Removed
	return " +" + string(rune('0'+added)) + " -" + string(rune('0'+removed))
}
