package github

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pullCase is one pull request of fixtures/pulls.
type pullCase struct {
	name, label string
	commits     []report.Patch
	rows        map[int]string
	person      verdict.Verdict
	unasked     bool
}

// TestPulls: a pull request has the label of its weakest fix, one at most, and a row
// for each commit.
func TestPulls(t *testing.T) {
	cases := readPulls(t)
	if len(cases) < 40 {
		t.Fatalf("%d cases", len(cases))
	}
	right := 0
	for _, c := range cases {
		ok := t.Run(c.name, func(t *testing.T) {
			p := flow.Pull{State: flow.PullState{Key: "hub/o/r#1", Repo: "o/r", Number: 1, PlanDigest: "before"}, Head: strings.Repeat("a", 40),
				Policy: flow.PullPolicy{Asked: true, Labels: !c.unasked, Check: true, Comment: true, Names: DefaultLabels()}}
			for _, x := range c.commits {
				p.Commits = append(p.Commits, flow.PullCommit{Change: x.Change})
			}
			if c.person != "" {
				p.State.Override = &flow.Override{Verdict: c.person, Who: "mary", At: time.Unix(0, 0)}
			}
			plan := plan.Desired(plan.PullBrief{Pull: p, Judged: c.commits, Sink: "github"})
			label, body := "none", ""
			for _, a := range plan.Actions {
				var w flow.Desired
				if err := json.Unmarshal(a.Message, &w); err != nil {
					t.Fatal(err)
				}
				if w.Labels != nil && w.Labels.Want != "" {
					label = w.Labels.Want
				}
				if w.Comment != nil {
					body = w.Comment.Body
				}
			}
			if label != c.label {
				t.Errorf("label %s, want %s", label, c.label)
			}
			for i, x := range c.commits {
				want := fmt.Sprintf("| %d | `%.12s` %s | %s |", i+1, x.ID, report.Markdown(x.Subject), report.Markdown(c.rows[i+1]))
				if c.rows[i+1] == "" || !strings.Contains(body, want) {
					t.Errorf("no row %q in\n%s", want, body)
				}
			}
		})
		if ok {
			right++
		}
	}
	t.Logf("%d of %d pull requests have their label and rows", right, len(cases))
}

func readPulls(t *testing.T) (out []pullCase) {
	t.Helper()
	raw, err := os.ReadFile("../../fixtures/pulls/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(raw), "\n") {
		key, rest, _ := strings.Cut(line, " ")
		bad := func() { t.Fatalf("fixtures/pulls/cases.txt:%d: %q", i+1, line) }
		if key == "case" {
			out = append(out, pullCase{name: rest, rows: map[int]string{}})
			continue
		}
		if line == "" {
			continue
		}
		if len(out) == 0 {
			bad()
		}
		c := &out[len(out)-1]
		switch key {
		case "label":
			c.label = rest
		case "person":
			c.person = verdict.Verdict(rest)
		case "asked":
			c.unasked = rest == "no"
		case "row":
			n, text, _ := strings.Cut(rest, " ")
			at, err := strconv.Atoi(n)
			if err != nil {
				bad()
			}
			c.rows[at] = text
		case "commit":
			p, ok := commitOf(rest, len(c.commits))
			if !ok {
				bad()
			}
			c.commits = append(c.commits, p)
		default:
			bad()
		}
	}
	return out
}

func commitOf(line string, i int) (p report.Patch, ok bool) {
	f := strings.Split(line, " | ")
	if len(f) < 3 {
		return p, false
	}
	score, err := strconv.ParseFloat(strings.TrimSuffix(f[2], " |"), 64)
	if err != nil {
		return p, false
	}
	v, class, _ := strings.Cut(f[1], "/")
	p = report.Patch{N: i + 1, Change: &change.Change{Kind: change.Commit, Subject: f[0]}, Judgement: verdict.Judgement{
		ID: strings.Repeat(strconv.Itoa(i+1), 40), Kind: change.Commit, Subject: f[0], Verdict: verdict.Verdict(v),
		ReasonClass: verdict.Class(class), Score: score, Fix: .95,
		Reason: "a reason"}}
	if p.Verdict == verdict.StableEligible {
		p.When = verdict.AfterMainline
	}
	if len(f) < 4 {
		return p, true
	}
	for _, s := range strings.Split(f[3], ";") {
		w := strings.Fields(s)
		if len(w) < 3 {
			return p, false
		}
		b := verdict.Branch{Branch: rules.Branch{Name: w[0]}}
		b.State, b.Applies = verdict.State(w[1]), verdict.Applies(w[2])
		if len(w) >= 5 {
			v, class, _ := strings.Cut(w[3], "/")
			of := verdict.Verdict(v)
			b.Verdict, b.ReasonClass = &of, verdict.Class(class)
			if b.Score, err = strconv.ParseFloat(w[4], 64); err != nil {
				return p, false
			}
			for j, x := range w[5:] {
				switch {
				case x == "newer":
					b.NoBase = verdict.NewHardware
				case x == "needs" && j+6 < len(w):
					n, err := strconv.Atoi(w[j+6])
					if err != nil {
						return p, false
					}
					for k := range n {
						b.Prerequisites = append(b.Prerequisites, strings.Repeat(string(rune('a'+k)), 40))
					}
				}
			}
		}
		p.Branches = append(p.Branches, b)
	}
	return p, true
}
