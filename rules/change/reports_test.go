package change

import (
	"slices"
	"strings"
	"testing"
)

// Two patches answer the same report by the id of syzbot and by the link, however it is
// written; what a robot builds and what many files share is none.
func TestReports(t *testing.T) {
	read := func(tags string, files ...string) Reports {
		text := "Words.\n\n" + tags + "Signed-off-by: A <a@example.org>\n---\n"
		for _, f := range files {
			text += "diff --git a/" + f + " b/" + f + "\n--- a/" + f + "\n+++ b/" + f + "\n@@ -1,1 +1,1 @@\n-a\n+b\n"
		}
		c, err := Parse(Input{Kind: Mail, Subject: "x: fix y", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return c.Reports()
	}
	const id, culprit = "0123456789abcdef0123", "Fixes: 0123456789ab (\"x: add y\")\n"
	same := func(a, b Reports) bool {
		return slices.ContainsFunc(a.Answers, func(s string) bool { return slices.Contains(b.Answers, s) })
	}
	bot := read("Reported-by: syzbot+"+id+"@syzkaller.appspotmail.com\n", "a.c")
	lore := read("Closes: https://lore.kernel.org/all/1@example.org/\n", "a.c")
	for tags, with := range map[string]Reports{
		"Reported-by: some name <syzbot+" + strings.ToUpper(id) + "@syzkaller.appspotmail.com>\n": bot,
		"Closes: https://syzkaller.appspot.com/bug?extid=" + id + "\n":                            bot,
		"Closes: https://lore.kernel.org/linux-x/1@example.org\n":                                 lore,
		"Closes: http://lore.kernel.org/r/1@example.org/ [1]\n":                                   lore,
	} {
		if !same(read(tags, "b.c"), with) {
			t.Errorf("%q is another report", tags)
		}
	}
	for _, tags := range []string{"", "Closes: https://lore.kernel.org/all/2@example.org/\n", "Closes: 1@example.org\n",
		"Link: https://lore.kernel.org/all/1@example.org/\n", "Reported-by: A <1@example.org>\n"} {
		if r := read(tags, "a.c"); same(r, lore) || same(r, bot) {
			t.Errorf("%q is the same report", tags)
		}
	}
	if r := read("Closes: https://lore.kernel.org/oe-kbuild-all/1@intel.com/\n", "a.c"); len(r.All()) > 0 {
		t.Errorf("a robot's build: %v", r)
	}
	a, b := read(culprit, "a.c"), read(culprit, "b.c", "a.c")
	if len(a.Culprits) != 1 || len(b.Culprits) != 2 || !slices.Contains(b.Culprits, a.Culprits[0]) {
		t.Errorf("culprit and file: %v %v", a, b)
	}
	if r := read(culprit, "a.c", "b.c", "c.c"); len(r.Culprits) > 0 {
		t.Errorf("many files: %v", r)
	}
	if r := read(strings.Repeat("Closes: https://example.org/", 1) + "0\n" + strings.Repeat("Closes: https://example.org/x\n", 40)); len(r.Answers) != 2 {
		t.Errorf("said again: %v", r)
	}
}
