package verdict

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// posted is patch n of a series as Share meets it: its title, its Fixes tags and its diff.
func posted(t *testing.T, n int, v Verdict, title, tags, diff string, tell ...func(*Judgement)) Judgement {
	t.Helper()
	c, err := change.Parse(change.Input{Kind: change.Mail, Subject: title, Text: "Words.\n\n" + tags + "Signed-off-by: A <a@example.org>\n---\n" + diff})
	if err != nil || len(c.Files) == 0 {
		t.Fatalf("%s: %v", title, err)
	}
	return member(n, append([]func(*Judgement){says(v, "", 0.9), func(j *Judgement) {
		j.Names = namesOf(&rules.Facts{Change: c}, v)
	}}, tell...)...)
}

// editing changes one line of a file, adding adds one with a body, making makes a file of five lines.
func editing(file, line, to string) string {
	return "diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file + "\n@@ -1,2 +1,2 @@\n int top;\n-" + line + "\n+" + to + "\n"
}

func adding(file, line string) string {
	return "diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file + "\n@@ -1,1 +1,5 @@\n int top;\n+" + line + "\n+{\n+\tgo();\n+}\n"
}

func making(file string) string {
	return "diff --git a/" + file + " b/" + file + "\nnew file mode 100644\n--- /dev/null\n+++ b/" + file + "\n@@ -0,0 +1,5 @@\n+int made;\n+int too;\n+int a;\n+int b;\n+int c;\n"
}

// What comes with a series is needed by no branch; what only stands beside it is judged as
// it is.
func TestBrought(t *testing.T) {
	const file = "drivers/net/acme/core.c"
	chip := posted(t, 1, OutOfScope, "acme: add AC7927 chip helpers", "", adding(file, "static bool is_ac7927(void)"))
	feature := posted(t, 1, OutOfScope, "acme: add support for runtime suspend", "", adding(file, "static int acme_rest(struct acme *a)"))
	made := posted(t, 1, OutOfScope, "acme: add support for the mailbox", "", making("drivers/net/acme/box.c"))
	helper := posted(t, 1, OutOfScope, "acme: add a helper for stopping", "", adding(file, "static int acme_stop(struct acme *a)"))
	plain := adding(file, "\twait();")
	const older = "Fixes: 0123456789ab (\"acme: new driver\")\n"
	asks := finds(rules.StableRequest, rules.Met)
	tag := "Fixes: 0123456789ab (\"acme: add a helper for stopping\")\n"
	for name, tt := range map[string]struct {
		js   []Judgement // the first that is eligible is asked for
		want Verdict
		says string
	}{
		"for a part that comes with it": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix a hang on AC7927", "", plain)},
			NotNeeded, "support for AC7927 comes with patch 1 of its series"},
		"of what comes with it, by its name": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix uninitialized is_ac7927_hw", "", plain)},
			NotNeeded, "support for AC7927 comes with patch 1 of its series"},
		"for that part, of an older culprit": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix a hang on AC7927", older, plain)},
			Uncertain, "support for AC7927 comes with patch 1 of its series; the culprit named is an older one"},
		"beside it, of an older culprit": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix a hang", older, plain)}, StableEligible, ""},
		"before it":                      {[]Judgement{posted(t, 1, StableEligible, "acme: fix a hang on AC7927", "", plain), posted(t, 2, OutOfScope, "acme: add AC7927 helpers", "", adding(file, "static bool is_ac7927(void)"))}, StableEligible, ""},
		"for a part that was there": {[]Judgement{posted(t, 1, OutOfScope, "acme: add AC7927 clocks", "", editing(file, "int ac7927_x;", "int ac7927_y;")),
			posted(t, 2, StableEligible, "acme: fix a hang on AC7927", "", plain)}, StableEligible, ""},
		"its author asks": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix a hang on AC7927", "", plain, asks)}, StableEligible, ""},
		"it needs the part": {[]Judgement{chip, posted(t, 2, StableEligible, "acme: fix a hang", older, adding(file, "\tif (is_ac7927())"))},
			Uncertain, "it needs patch 1 of its series, which adds something new: it uses is_ac7927, which that patch defines"},
		"it needs the feature": {[]Judgement{feature, posted(t, 2, StableEligible, "acme: fix a hang", older, adding(file, "\tacme_rest(a);"))},
			Uncertain, "it needs patch 1 of its series, which adds something new: it uses acme_rest, which that patch defines"},
		"it needs a helper": {[]Judgement{helper, posted(t, 2, StableEligible, "acme: fix a hang", older, adding(file, "\tacme_stop(a);"))}, StableEligible, ""},
		"in a file that comes with it": {[]Judgement{made, posted(t, 2, StableEligible, "acme: fix a hang of the mailbox", "", editing("drivers/net/acme/box.c", "int made;", "long made;"))},
			NotNeeded, "nothing is changed but what patch 1 of its series adds, so no release has the bug; best folded into that patch"},
		"in a file that may be moved": {[]Judgement{made, posted(t, 2, StableEligible, "acme: fix a hang of the mailbox", "", editing("drivers/net/acme/box.c", "int made;", "long made;")),
			posted(t, 3, OutOfScope, "acme: use it", "", editing(file, "int old;", "long old;"))}, StableEligible, ""},
		"its culprit comes with it": {[]Judgement{helper, posted(t, 2, StableEligible, "acme: fix a hang", tag, plain)},
			NotNeeded, "the Fixes tag names patch 1 of its series, so no release has the bug; best folded into that patch"},
		"one culprit of two comes with it": {[]Judgement{helper, posted(t, 2, StableEligible, "acme: fix a hang", tag+older, plain)}, StableEligible, ""},
		"its culprit comes after it":       {[]Judgement{posted(t, 1, StableEligible, "acme: fix a hang", tag, plain), posted(t, 2, OutOfScope, "acme: add a helper for stopping", "", adding(file, "int b;"))}, StableEligible, ""},
		"too big, for a part that comes with it": {[]Judgement{chip, posted(t, 2, DKMSOnly, "acme: fix a hang on AC7927", "", plain, says(DKMSOnly, TooBig, 0.2))},
			NotNeeded, "support for AC7927 comes with patch 1 of its series"},
		"declined": {[]Judgement{chip, posted(t, 2, DKMSOnly, "acme: fix a hang on AC7927", "", plain, says(DKMSOnly, Declined, 0.2))}, DKMSOnly, ""},
	} {
		at := 0
		for i, j := range tt.js {
			if j.Verdict == StableEligible || j.Verdict == DKMSOnly {
				at = i
				break
			}
		}
		before := tt.js[at].Reason
		got := Share(tt.js)[at]
		if tt.says == "" {
			tt.says = before
		}
		if got.Verdict != tt.want || got.Reason != tt.says {
			t.Errorf("%s: %s, %s", name, got.Verdict, got.Reason)
		}
		if tt.js[at].Reason != before {
			t.Errorf("%s: what was handed in changed", name)
		}
	}
}

// A tree that knows a release with the bug knows better; rows of branches that only share
// the code are not affected by what comes with the series.
func TestBroughtWithTrees(t *testing.T) {
	const file = "drivers/net/acme/core.c"
	chip := posted(t, 1, OutOfScope, "acme: add AC7927 chip helpers", "", adding(file, "static bool is_ac7927(void)"))
	row := on("6.12", Affected, StableEligible, "", 0.9)
	fix := func(tell ...func(*Judgement)) Judgement {
		return posted(t, 2, StableEligible, "acme: fix a hang on AC7927", "", adding(file, "\twait();"), append(tell, row)...)
	}
	if got := Share([]Judgement{chip, fix()})[1]; got.Verdict != NotNeeded || got.Branches[0].State != NotAffected || got.Branches[0].Verdict != nil {
		t.Errorf("%s %+v", got.Verdict, got.Branches)
	}
	if got := Share([]Judgement{chip, fix(func(j *Judgement) { j.Names.Old = true })})[1]; got.Verdict != StableEligible || got.Branches[0].State != Affected {
		t.Errorf("a tree knows the culprit: %s %+v", got.Verdict, got.Branches)
	}
	uses := posted(t, 2, StableEligible, "acme: fix a hang", "", adding(file, "\tif (is_ac7927())"), row, on("6.6", Affected, StableEligible, "", 0.8))
	uses.Branches[0].Mates = []int{1}
	got := Share([]Judgement{chip, uses})[1]
	if got.Verdict != StableEligible || !got.Branches[0].Is(Uncertain) || !got.Branches[1].Is(StableEligible) {
		t.Errorf("a row that needs what is new: %s %+v", got.Verdict, got.Branches)
	}
	uses.Branches[1].Mates = []int{1}
	if got := Share([]Judgement{chip, uses})[1]; got.Verdict != Uncertain {
		t.Errorf("all rows need what is new: %s", got.Verdict)
	}
}
