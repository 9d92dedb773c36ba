package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// wood is what a test says of the git remotes.
type wood struct {
	mu     sync.Mutex
	state  string
	away   error // of a remote that is asked
	tree   rules.Tree
	merged *change.Change
	asked  int
	before []string // of each question: the change, and what of its posting stands before it
}

func (w *wood) Refresh(_ context.Context, ask bool) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !ask {
		return w.state, nil
	}
	w.asked++
	return w.state, w.away
}

func (w *wood) Facts(_ context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	titles := c.Subject
	for _, b := range before {
		titles += " < " + b.Subject
	}
	w.before = append(w.before, titles)
	t := w.tree
	return &t, nil
}

func (w *wood) Merged(context.Context, string) (*change.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.merged == nil {
		return nil, errors.New("not there")
	}
	c := *w.merged
	return &c, nil
}

func (w *wood) Branches() []string { return []string{"6.12", "6.6"} }

func (w *wood) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// judgeByTree takes the branches from the trees: where the bug is, the fix is
// for, and one with many lines is too big.
func judgeByTree(c *change.Change, s *rules.Series, t *rules.Tree) verdict.Judgement {
	j := judge(c, s, t)
	take, no := verdict.StableEligible, verdict.DKMSOnly
	for _, b := range t.Branches {
		v := verdict.Branch{Branch: rules.Branch{Name: b.Name, State: b.State, Applies: b.Applies, Followups: b.Followups}, Score: 0.9}
		switch {
		case b.State != "affected":
		case c.Size.Added > 1:
			v.Verdict, v.ReasonClass = &no, verdict.TooBig
			j.Verdict, j.ReasonClass, j.When = no, verdict.TooBig, ""
		default:
			v.Verdict = &take
		}
		j.Branches = append(j.Branches, v)
	}
	return j
}

func newWood() *wood {
	return &wood{state: "1", tree: rules.Tree{Mainline: rules.Presence{Known: true}, Branches: []rules.Branch{
		{Name: "6.12", Active: true, State: "affected", Applies: "exact"}, {Name: "6.6", Active: true, State: "affected", Applies: "offset"}}}}
}

func joined(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestMates: each patch of a series is asked about with those before it, in order,
// however they came in.
func TestMates(t *testing.T) {
	b, w := newBench(t, t.TempDir()), newWood()
	b.opts.Trees, b.opts.Judge = w, judgeByTree
	all := series("100000.1", 1, 3, "drm/amdgpu: one", "drm/amdgpu: two", "drm/amdgpu: three")
	slices.Reverse(all)
	b.once(all...)
	got := strings.Join(slices.Compact(w.before), "\n")
	if want := "drm/amdgpu: one\ndrm/amdgpu: two < drm/amdgpu: one\ndrm/amdgpu: three < drm/amdgpu: one < drm/amdgpu: two"; got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

// TestRecheck: a recheck asks the remotes, judges by what they have now, and
// says when one of them could not be asked.
func TestRecheck(t *testing.T) {
	b, w := newBench(t, t.TempDir()), newWood()
	b.opts.Trees, b.opts.Judge = w, judgeByTree
	sign := b.signer()
	patch := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(patch)
	if m := b.replies()[patch.id]; !strings.Contains(joined(m), "Linux 6.12 and 6.6 have") {
		t.Fatalf("the first answer:\n%s", m)
	}
	if w.asked != 0 {
		t.Error("the remotes were asked without a recheck")
	}
	w.set(func() { w.tree.Branches[0].State = "present" })
	days := 0
	b.opts.Clock.Now = func() time.Time { return time.Now().Add(time.Duration(days) * 25 * time.Hour) }
	ask := func(id, line string) string {
		t.Helper()
		days++
		b.raw(sign(post{id: id, subject: "Re: " + patch.subject, reply: patch.id, text: true, body: line + "\n"}))
		return joined(b.replies()[id])
	}
	for _, c := range []struct{ id, line, want string }{
		{"c1@example.org", "#stablebot recheck 6.6", "with 6.6 and the other branches as they are now. Linux 6.6 has the code"},
		{"c2@example.org", "#stablebot recheck linux-5.4.y", "no branch 5.4 is known here; those known here are 6.12, 6.6."},
	} {
		if m := ask(c.id, c.line); !strings.Contains(m, c.want) {
			t.Errorf("%s is answered by\n%s", c.line, m)
		}
	}
	if w.asked != 2 {
		t.Errorf("the remotes were asked %d times for two rechecks", w.asked)
	}
	// One a day and version; who asks for more is told so, once.
	days--
	if m := ask("c2b@example.org", "#stablebot recheck"); !strings.Contains(m, "once a day is what it gets") || w.asked != 2 {
		t.Errorf("a second one on one day, after %d times:\n%s", w.asked, m)
	}
	days--
	if m := ask("c2c@example.org", "#stablebot recheck"); m != "" {
		t.Errorf("a third one is answered by\n%s", m)
	}
	// It is answered to who asked.
	b.opts.Policy.Commanders = []string{"max@example.org"}
	days++
	b.raw(sign(post{id: "c2d@example.org", from: "Max <max@example.org>", subject: "Re: " + patch.subject, reply: patch.id, text: true,
		body: "#stablebot recheck\n"}))
	if m := b.replies()["c2d@example.org"]; !strings.Contains(m, "To: \"Max\" <max@example.org>") || strings.Contains(m, "\nCc:") {
		t.Errorf("the answer to somebody else:\n%s", m)
	}
	w.set(func() { w.away = errors.New("no route") })
	if m := ask("c3@example.org", "#stablebot recheck"); !strings.Contains(m, "But not every remote could be asked just now") ||
		!strings.Contains(m, "Linux 6.6 has") {
		t.Errorf("with a remote that is away:\n%s", m)
	}
}

// TestOmitFix: a later fix that a person says is none of this one counts no
// more, for the change and for each branch, in later versions too.
func TestOmitFix(t *testing.T) {
	b, w := newBench(t, t.TempDir()), newWood()
	later := rules.Followup{SHA: strings.Repeat("4", 40), Subject: "drm/amdgpu: fix the fix"}
	other := rules.Followup{SHA: strings.Repeat("5", 40), Subject: "drm/amdgpu: fix it once more"}
	w.tree.Followups = []rules.Followup{later, other}
	w.tree.Mainline = rules.Presence{Known: true, Has: true, SHA: strings.Repeat("3", 40), Release: "6.13"}
	for i := range w.tree.Branches {
		w.tree.Branches[i].Followups = w.tree.Followups
	}
	b.opts.Trees, b.opts.Judge = w, judgeByTree
	sign := b.signer()
	patch := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(patch)
	if m := b.replies()[patch.id]; !strings.Contains(m, later.SHA) || !strings.Contains(m, other.SHA) {
		t.Fatalf("the first answer names no later fix:\n%s", m)
	}
	order := post{id: "c1@example.org", subject: "Re: " + patch.subject, reply: patch.id, text: true,
		body: "#stablebot omit-fix 444444444444 it mends another path\n"}
	b.raw(sign(order))
	m := b.replies()[order.id]
	if strings.Contains(m, later.SHA) || !strings.Contains(m, other.SHA) ||
		!strings.Contains(joined(m), "444444444444 is no fix of this - it mends another path") {
		t.Errorf("after it was left out:\n%s", m)
	}
	if len(w.tree.Followups) != 2 || len(w.tree.Branches[0].Followups) != 2 {
		t.Error("what the trees know was changed")
	}
	// The next version has something new to say, and does not bring it back.
	w.set(func() { w.tree.Branches[1].State = "present" })
	two := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang", reply: patch.id}
	b.once(two)
	if m := b.replies()[two.id]; strings.Contains(m, later.SHA) || !strings.Contains(m, other.SHA) {
		t.Errorf("the next version:\n%s", m)
	}
}

// TestMergedDiffers: what was merged counts, not what was posted; a verdict that
// this makes wrong is taken back once.
func TestMergedDiffers(t *testing.T) {
	b, w := newBench(t, t.TempDir()), newWood()
	b.opts.Trees, b.opts.Judge = w, judgeByTree
	patch := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(patch)
	read := func(with string) *change.Change {
		raw := strings.ReplaceAll(string(patch.bytes()), "+int b;\r\n", with)
		raw = strings.ReplaceAll(raw, "+1,4 @@", fmt.Sprintf("+1,%d @@", 3+strings.Count(with, "\n")))
		m, err := mail.Parse([]byte(raw))
		if err != nil || m.Change == nil {
			t.Fatal(err)
		}
		c := m.Change
		c.ID, c.Kind = strings.Repeat("6", 40), change.Commit
		return c
	}
	moved := func(state string, c *change.Change) {
		w.set(func() {
			w.state, w.merged = state, c
			w.tree.Mainline = rules.Presence{Known: true, Has: true, SHA: strings.Repeat("6", 40)}
		})
	}
	moved("2", read("+int  b;\r\n")) // only blanks differ
	b.once()
	b.want(patch.id)
	moved("3", read("+int b;\r\n+int e;\r\n+int f;\r\n"))
	b.once()
	moved("4", read("+int b;\r\n+int g;\r\n"))
	b.once()
	var corrections []string
	for id, m := range b.replies() {
		if id != patch.id {
			corrections = append(corrections, m)
		}
	}
	if len(corrections) != 1 {
		t.Fatalf("%d corrections", len(corrections))
	}
	m := joined(corrections[0])
	for _, want := range []string{"> stable-eligible for 6.12 and 6.6", "replaces what was said here",
		"mainline has it as 666666666666, which is another patch than the one posted",
		"This patch is larger than what stable takes"} {
		if !strings.Contains(m, want) {
			t.Errorf("the correction lacks %q:\n%s", want, corrections[0])
		}
	}
}
