package run_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestRival: of two patches for one report the second is told of the first, and nothing else
// changes by it; a version, a copy, a patch of another file and another report are none.
func TestRival(t *testing.T) {
	const report = "Reported-by: syzbot+0123456789abcdef0123@syzkaller.appspotmail.com\n"
	mends := func(id, who, title, tags, file, line string) post {
		return post{id: id, from: who + " <" + who + "@example.org>", subject: title, text: true,
			body: "The card hangs on reset.\n\n" + tags + "Signed-off-by: X <" + who + "@example.org>\n---\n x.c | 1 +\n\n" +
				"diff --git a/" + file + " b/" + file + "\nindex 1111111..2222222 100644\n--- a/" + file + "\n+++ b/" + file +
				"\n@@ -1,3 +1,3 @@\n int a;\n-int brittle_thing;\n+" + line + "\n int d;\n--\n2.47.0\n"}
	}
	const title = "[PATCH] drm/amdgpu: do not hang after reset"
	const x, y = "drivers/gpu/drm/amd/amdgpu/x.c", "drivers/gpu/drm/amd/amdgpu/y.c"
	first := mends("1@example.org", "ada", `[PATCH] drm/amdgpu: fix the "hang" on reset`, report, x, "int b;")
	const fixes = "Fixes: 0123456789ab (\"drm/amdgpu: add it\")\n"
	for name, tt := range map[string]struct {
		second post
		told   string
	}{
		"another for it": {mends("2@example.org", "bob", title, report, x, "int c;"),
			`"drm/amdgpu: fix the "hang" on reset" from ada@example.org <1@example.org>; only one of the two can go in.`},
		"another file": {mends("2@example.org", "bob", title, report, y, "int c;"), ""},
		"another report": {mends("2@example.org", "bob", title,
			strings.Replace(report, "0123@", "4567@", 1), x, "int c;"), ""},
		"the same code of somebody else": {mends("2@example.org", "bob", title, report, x, "int b;"),
			`"drm/amdgpu: fix the "hang" on reset" from ada@example.org <1@example.org>; only one of the two can go in.`},
		"a copy":          {mends("2@example.org", "ada", title, report, x, "int b;"), ""},
		"a later version": {mends("2@example.org", "ada", "[PATCH v2] drm/amdgpu: do not hang after reset", report, x, "int c;"), ""},
		"a later version from elsewhere": {mends("2@example.org", "ada", "[PATCH v2] drm/amdgpu: do not hang after reset", report, x,
			"int c;").by("ada@example.net"), ""},
		"a stable proposal": {mends("2@example.org", "bob", "[PATCH 6.6.y] drm/amdgpu: do not hang after reset", report, x, "int c;"), ""},
		"another culprit":   {mends("2@example.org", "bob", title, fixes, x, "int c;"), ""},
	} {
		b := newBench(t, t.TempDir())
		b.once(first)
		b.once(tt.second)
		got := strings.Join(strings.Fields(b.replies()[tt.second.id]), " ")
		at := strings.Index(got, "Another patch")
		switch {
		case tt.told == "" && at >= 0:
			t.Errorf("%s: told\n%s", name, got)
		case tt.told != "" && (!strings.Contains(got, "Another patch for the same report was posted on ") || !strings.Contains(got, tt.told) ||
			!strings.Contains(got, "Whichever of the two goes in, if you agree")):
			t.Errorf("%s: not told\n%s", name, got)
		}
	}
	b := newBench(t, t.TempDir())
	b.once(mends("1@example.org", "ada", "[PATCH] drm/amdgpu: fix the hang", fixes, x, "int b;"))
	b.once(mends("2@example.org", "bob", title, fixes, x, "int c;"))
	b.once(mends("3@example.org", "eve", "[PATCH v2] drm/amdgpu: wait after reset", fixes, x, "int e;"))
	if got := b.replies()["3@example.org"]; got == "" || strings.Contains(got, "Another patch") {
		t.Errorf("the same culprit and line, by a later version: told\n%s", got)
	}
	got := strings.Join(strings.Fields(b.replies()["2@example.org"]), " ")
	if !strings.Contains(got, "Another patch for the same culprit and lines was posted on") {
		t.Errorf("the same culprit and line: not told\n%s", got)
	}
}

// by is a mail of the same name from another address.
func (p post) by(address string) post {
	name, _, _ := strings.Cut(p.from, " <")
	p.from = name + " <" + address + ">"
	return p
}

// TestRivalsMany: whoever floods a list with patches that name a report costs the patch of
// somebody else a few reads, and does not silence it.
func TestRivalsMany(t *testing.T) {
	b := newBench(t, t.TempDir())
	const report = "Reported-by: syzbot+0123456789abcdef0123@syzkaller.appspotmail.com\n"
	for k := range 40 {
		b.once(post{id: fmt.Sprintf("flood-%d@example.org", k), from: fmt.Sprintf("Eve <eve%d@example.org>", k), text: true,
			subject: fmt.Sprintf("[PATCH] drm/amdgpu: fix %c", 'a'+k),
			body:    "The card hangs.\n\n" + report + "---\n y.c | 1 +\n\n" + strings.ReplaceAll(diff, "x.c", "y.c")})
	}
	c := &counted{Journal: b.opts.Journal}
	b.opts.Journal = c
	b.once(post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang",
		body: "The card hangs on reset.\n\n" + report + "Signed-off-by: Ada Example <ada@example.org>\n"})
	if b.replies()["1@example.org"] == "" {
		t.Error("nothing is said")
	}
	if c.reads > 60 {
		t.Errorf("%d mails were read", c.reads)
	}
}
