package trees

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// TestShaOfStable: a commit of a stable branch stands for the one of mainline that
// it carries, where a mark names it and where a Fixes: tag does.
func TestShaOfStable(t *testing.T) {
	s := newSmall(t)
	ctx := context.Background()
	culprit := strings.TrimSpace(s.Git("rev-parse", "linux-6.1.y")) // "[ Upstream commit … ]"
	fix := strings.TrimSpace(s.Git("rev-parse", "linux-6.2.y"))
	for name, body := range map[string]string{
		"stable's mark": "commit " + fix + " upstream.\n",
		"a cherry-pick": "Text.\n\n(cherry picked from commit " + fix[:12] + " linux-6.2.y)\n",
		"openEuler":     "stable inclusion\nfrom stable-v6.2.9\ncommit " + fix + "\ncategory: bugfix\n",
		"RHEL":          "JIRA: https://issues.example.org/1\n\ncommit " + s.fix + "\nAuthor: Ada <a@x.org>\n",
	} {
		c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] another title", Text: body})
		tree, err := s.set.Facts(ctx, c, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if !tree.Mainline.Has || tree.Mainline.SHA != s.fix {
			t.Errorf("%s: in mainline %v as %s, want %s", name, tree.Mainline.Has, tree.Mainline.SHA, s.fix)
		}
	}
	c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] gpu: a fix", Text: "Text.\n\nFixes: " + culprit[:12] +
		" (\"gpu: another title\")\n"})
	tree, err := s.set.Facts(ctx, c, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Culprits) != 1 || !tree.Culprits[0].Resolved || tree.Culprits[0].SHA != s.culprit {
		t.Errorf("culprits %+v, want %s", tree.Culprits, s.culprit)
	}
}
