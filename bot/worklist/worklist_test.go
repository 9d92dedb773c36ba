package worklist

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/missing"
)

// ring is a file of the driver: its parts change one by one.
func ring(reset, push, kick string) string {
	return "int demo_reset(struct demo *d)\n{\n" + reset + "\treturn 0;\n}\n\nint demo_push(struct demo *d)\n{\n" + push + "\treturn 1;\n}\n\nint demo_kick(struct demo *d)\n{\n" + kick + "\treturn 2;\n}\n"
}

const (
	reset  = "\td->head = d->tail = demo_ring_begin(d);\n"
	push   = "\tif (d->head - d->tail >= DEMO_RING_SLOTS)\n\t\treturn -EBUSY;\n"
	kick   = "\tdemo_write_doorbell(d, DEMO_KICK, d->head);\n"
	compat = "#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)\n\tdemo_old_doorbell(d);\n#endif\n"
)

// TestMake: what two kernels lack against the vendor's release, and what that release has
// of its own.
func TestMake(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	base := r.Put("drivers/demo/ring.c", ring("", "", ""), "demo: begin")
	first := r.Put("drivers/demo/ring.c", ring(reset, "", ""), "demo: fix the reset")
	second := r.Put("drivers/demo/ring.c", ring(reset, push, ""), "demo: fix the push")
	r.Put("drivers/demo/new.c", "int new;\n", "demo: something new")
	third := r.Put("drivers/demo/new.c", "int new = 1;\n", "demo: fix what is new")
	tip := third
	r.Git("checkout", "-q", "--orphan", "vendor", base)
	r.Git("rm", "-q", "-r", "-f", ".")
	r.Put("ring.c", ring("", "", ""), "release 1")
	r.Git("tag", "v1")
	mainlines := r.Put("ring.c", ring(reset, "", ""), "take the fix of the reset")
	alone := r.Put("ring.c", ring(reset, "", kick), "kick the card")
	r.Put("ring.c", ring(reset, "", kick+"\tdemo_tried_something_else(d);\n"), "try something")
	stays := r.Put("ring.c", ring(reset, "", kick+compat), "build on older kernels")
	r.Write("patches/0001-push.patch", "From: Ana Ruiz <ana@example.com>\nSubject: [PATCH] check the slots\n\n--- a/ring.c\n+++ b/ring.c\n@@ -7,4 +7,6 @@\n int demo_push(struct demo *d)\n {\n"+
		"+"+strings.Replace(strings.TrimSuffix(push, "\n"), "\n", "\n+", 1)+"\n \treturn 1;\n }\n")
	r.Write("patches/series", "0001-push.patch\n")
	r.Write("os/a.c", "int a;\n")
	r.Put("os/deep/b.c", "int b;\n", "release 2")
	r.Git("tag", "v2")
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	row := func(id, title string, s flow.Stand) missing.Row {
		return missing.Row{Lack: flow.Lack{Commit: id, Title: title, State: s, Date: "2026-01-0" + title[len(title)-1:]}}
	}
	q := Question{Vendor: "demo.git", Tip: tip, Since: "v1", Package: export.Package{Vendor: g, Tag: "v2", Mainline: g, MainlineFolder: "drivers/demo"},
		Reports: []*missing.Report{
			{Branch: "6.6", Rows: []missing.Row{row(second, "fix 2", flow.StandBelowBar), row(third, "fix 3", flow.StandOpen), row(tip, "nothing 4", flow.StandDone)}},
			{Branch: "6.1", Failed: 1, Rows: []missing.Row{row(first, "fix 1", flow.StandQueued), row(second, "fix 2", flow.StandPosted), row(third, "fix 3", flow.StandUnknown)}},
		}}
	l, err := Make(t.Context(), q, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range l.Kernels {
		for _, f := range k.Fixes {
			got = append(got, fmt.Sprintf("%s %s: %s, %s", k.Name, f.Title, f.Package, f.Way()))
		}
	}
	for i, group := range l.Groups() {
		for _, o := range group.Own {
			got = append(got, fmt.Sprintf("%d %s %s %d/%d", i, o.Kind, o.Name, o.In, o.All))
		}
	}
	want := []string{
		"6.6 fix 2: lacks it, goes on as it is, dkms-only",
		"6.6 fix 3: lacks it, by hand, not arrived: open",
		"6.1 fix 2: lacks it, goes on as it is, not arrived: posted",
		"6.1 fix 1: has it, not arrived: queued",
		"0 commit " + mainlines + " 1/1",
		"0 patch patches/0001-push.patch 1/1",
		"1 commit " + alone + " 0/1",
		"1 files os 0/2",
		"3 commit " + stays + " 0/1",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	l.Vendor, l.Own[0].Title = "<b>", "a\x1b[2J<script>"
	var text, page, object strings.Builder
	for _, err := range []error{l.Text(&text), l.HTML(&page), l.JSON(&object)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(text.String(), "\x1b") || !strings.Contains(text.String(), "note: 1 fix could not be judged for 6.1") {
		t.Errorf("%s", text.String())
	}
	if strings.Contains(page.String(), "<script>") || strings.Contains(page.String(), "<b>") || !strings.Contains(page.String(), "mainline has it now: drop it: 2") {
		t.Errorf("%s", page.String())
	}
	q.Since, q.Reports = "", nil
	if l, err = Make(t.Context(), q, git.Options{}); err != nil || len(l.Notes) != 1 || !strings.Contains(l.Notes[0], "--since") {
		t.Errorf("%+v, %v", l, err)
	}
}
