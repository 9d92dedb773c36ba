package github_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/hub"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// wood is what a test says of the git remotes.
type wood struct {
	state, branch string // branch: the state of the one branch
	asked         int
	away          bool
}

func (w *wood) Refresh(_ context.Context, ask bool) (string, error) {
	if ask {
		w.asked++
	}
	if w.away {
		return w.state, errors.New("no route")
	}
	return w.state, nil
}

func (w *wood) Facts(context.Context, *change.Change, []*change.Change) (*rules.Tree, error) {
	return &rules.Tree{Mainline: rules.Presence{Known: true}, Branches: []rules.Branch{{Name: "6.12", Active: true,
		State: verdict.State(w.branch)}}}, nil
}

func (*wood) Merged(context.Context, string) (*change.Change, error) {
	return nil, errors.New("not there")
}

func (*wood) Branches() []string { return []string{"6.12"} }

func byTree(c *change.Change, s *rules.Series, t *rules.Tree) verdict.Judgement {
	j := judge(c, s, t)
	if t != nil && t.Branches[0].State != "affected" {
		j.Verdict, j.Reason = verdict.NotNeeded, "every active branch has it"
	}
	return j
}

// TestBranchMoves: a pull request is judged again when a branch has moved, with
// no webhook and no push, and its labels and checks follow; where nothing moved
// nothing is written. A recheck asks the remotes.
func TestBranchMoves(t *testing.T) {
	h := hub.New()
	t.Cleanup(h.Close)
	h.Writers["mary"] = true
	open(t, h, 1, commitOf("a1", eligible))
	w := &wood{state: "1", branch: "affected"}
	r := start(t, h, setup{app: true, trees: w, judge: byTree})
	r.run()
	r.shows(1, "labels [stable-eligible]", "neutral: stable-eligible")
	wrote := func() (n int) {
		h.Do(func(time.Time) {
			for _, l := range h.Log {
				if !strings.HasSuffix(l, "/access_tokens") {
					n++
				}
			}
		})
		return n
	}
	r.run() // its own label made the list of pull requests another one
	before := wrote()
	w.branch = "present" // nobody knows yet
	r.run()
	if n := wrote(); n != before {
		t.Errorf("%d writes though no branch moved", n-before)
	}
	w.state = "2"
	r.run()
	r.shows(1, "labels []", "neutral: not-needed")
	before = wrote()
	w.state = "3" // moved, and all is as it was
	r.run()
	if n := wrote(); n != before {
		t.Errorf("%d writes though the verdict is the same", n-before)
	}
	w.state, w.branch = "4", "affected" // reverted there
	r.run()
	r.shows(1, "labels [stable-eligible]", "neutral: stable-eligible")

	asked := w.asked
	w.branch = "present"
	h.Say(1, "mary", "/stablebot recheck")
	r.run()
	r.shows(1, "labels []", "comment mary [+1]")
	if w.asked != asked+1 {
		t.Errorf("the remotes were asked %d times for a recheck", w.asked-asked)
	}
}
