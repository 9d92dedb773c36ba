package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestAuditedVerdicts: a repository that wants comments on some verdicts gets them on an
// audit of those alone; the check says it of each.
func TestAuditedVerdicts(t *testing.T) {
	for _, c := range []struct {
		wants []verdict.Verdict
		want  bool
	}{
		{nil, true},
		{[]verdict.Verdict{verdict.StableEligible}, true},
		{[]verdict.Verdict{verdict.Wait}, false},
	} {
		p := flow.Pull{State: flow.PullState{Key: "hub/o/r#1", Repo: "o/r", Number: 1}, Head: strings.Repeat("a", 40),
			Policy: flow.PullPolicy{Asked: true, Check: true, Comment: true, Verdicts: c.wants}}
		one := &change.Change{ID: strings.Repeat("b", 40), Kind: change.Commit, Subject: "drm/x: fix it"}
		p.Commits = []flow.PullCommit{{Change: one}}
		got := Desired(PullBrief{Pull: p, Sink: "github", Judged: []report.Patch{{Change: one, Judgement: verdict.Judgement{ID: one.ID, Kind: one.Kind, Verdict: verdict.StableEligible}}},
			Audit: &report.Audit{Branch: "6.1", Commits: []report.Audited{{ID: one.ID, Title: one.Subject, Findings: []report.Found{{Kind: "hunk-lost", Text: "a hunk is lost"}}}}}})
		checks, comments := 0, 0
		for _, a := range got.Actions {
			var d flow.Desired
			if err := json.Unmarshal(a.Message, &d); err != nil {
				t.Fatal(err)
			}
			if d.Check != nil {
				checks++
			}
			if d.Comment != nil && d.Comment.Create {
				comments++
			}
		}
		if checks != 1 || comments == 1 != c.want {
			t.Errorf("%v: %d checks, %d comments: %s", c.wants, checks, comments, got.Quiet)
		}
	}
}
