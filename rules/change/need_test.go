package change

import (
	"reflect"
	"testing"
)

// TestReadNeeds: each form names what can be looked up, and nothing is dropped.
func TestReadNeeds(t *testing.T) {
	id := "0123456789abcdef0123456789abcdef01234567"
	for line, want := range map[string]Need{
		"prerequisite-patch-id: " + id:                                  {Form: "prerequisite-patch-id", Value: id, PatchID: id},
		"prerequisite-message-id: <1@example.org>":                      {Form: "prerequisite-message-id", Value: "<1@example.org>", MessageID: "1@example.org"},
		"prerequisite-change-id: 20260101-x-0123:v2":                    {Form: "prerequisite-change-id", Value: "20260101-x-0123:v2"},
		"Depends-on: <2@example.org>":                                   {Form: "Depends-on", Value: "<2@example.org>", MessageID: "2@example.org"},
		"Depends-On: https://lore.example.org/linux-usb/3@example.org/": {Form: "Depends-On", Value: "https://lore.example.org/linux-usb/3@example.org/", MessageID: "3@example.org"},
		"Depends-on: 0123456789ab (\"foo: split bar\")":                 {Form: "Depends-on", Value: "0123456789ab (\"foo: split bar\")", SHA: "0123456789ab", Subject: "foo: split bar"},
		"Based-on: 4@example.org":                                       {Form: "Based-on", Value: "4@example.org", MessageID: "4@example.org"},
		"Depends-on: the clock series":                                  {Form: "Depends-on", Value: "the clock series"},
	} {
		if got := ReadNeeds("text\n" + line + "\n" + line + "\nmore"); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, want)
		}
	}
	for _, text := range []string{"", "It depends-on: nothing", "> Depends-on: <1@example.org>", "Depends-on:",
		"prerequisite-patch-id: 0000000000000000000000000000000000000000"} {
		if got := ReadNeeds(text); got != nil {
			t.Errorf("%q names %+v", text, got)
		}
	}
}

// TestParseNeeds: they stand in the message, below "---", and below the last hunk.
func TestParseNeeds(t *testing.T) {
	diff := "diff --git a/drivers/x/y.c b/drivers/x/y.c\n--- a/drivers/x/y.c\n+++ b/drivers/x/y.c\n@@ -1,1 +1,1 @@\n-a\n+b\n-- \n2.40\n\n" +
		"base-commit: 0123456789abcdef0123456789abcdef01234567\nprerequisite-patch-id: 1123456789abcdef0123456789abcdef01234567\n"
	text := "Text.\n\nDepends-on: <1@example.org>\nSigned-off-by: Ada Example <ada@example.org>\n---\nBased-on: <2@example.org>\n\n drivers/x/y.c | 2 +-\n\n" + diff
	c, err := Parse(Input{Kind: Mail, Subject: "[PATCH] x: fix y", Text: text})
	if err != nil || len(c.Needs) != 3 {
		t.Fatalf("%v: %+v", err, c.Needs)
	}
	if c, err = Parse(Input{Kind: Commit, Subject: "x: fix y", Text: "Text.\n\nDepends-on: <1@example.org>\n", Diff: diff}); err != nil || c.Needs != nil {
		t.Errorf("a commit was merged after what it needs: %v %+v", err, c.Needs)
	}
}
