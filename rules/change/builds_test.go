package change

import "testing"

func TestBuildsOn(t *testing.T) {
	read := func(body string) *Change {
		c, err := Parse(Input{Kind: Mail, Text: "x\n\n---\n" + body, Subject: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const head = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n"
	locks := read(head + "@@ -10,3 +10,4 @@ int take(void)\n a\n+\tspin_lock(&ring->submit_lock);\n b\n c\n")
	helper := read(head + "@@ -10,2 +10,6 @@\n a\n+static int ring_is_stopped(struct ring *ring)\n+{\n+\treturn 0;\n+}\n b\n")
	const other = "diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -1,1 +1,2 @@\n a\n"
	member := read("diff --git a/a.h b/a.h\n--- a/a.h\n+++ b/a.h\n@@ -10,2 +10,4 @@ struct ring {\n \tint a;\n+\tu32 stop_mask;\n+\tint len;\n \tint b;\n")
	local := read(head + "@@ -10,2 +10,3 @@ int take(void)\n {\n+\tu32 stop_mask;\n \tint b;\n")
	state := read(head + "@@ -10,1 +10,5 @@\n a\n+enum ring_state {\n+\tRING_STOPPED,\n+\tRING_RUNS = 4,\n+};\n")
	header := read("diff --git a/ring-stop.h b/ring-stop.h\nnew file mode 100644\n--- /dev/null\n+++ b/ring-stop.h\n@@ -0,0 +1,1 @@\n+x\n")
	moved := read(head + "@@ -10,2 +10,2 @@\n-static int ring_stop(struct ring *r)\n+static int ring_stop(struct ring *r, int b)\n {\n")
	for name, tt := range map[string]struct {
		earlier, later *Change
		want           bool
	}{
		"uses a member that came before":         {member, read(other + "+\tr->stop_mask = 1;\n"), true},
		"a member as any structure has":          {member, read(other + "+\tr->len = 1;\n"), false},
		"a local variable":                       {local, read(other + "+\tr->stop_mask = 1;\n"), false},
		"names it in a comment":                  {member, read(other + "+\t/* the stop_mask is not set here */\n"), false},
		"uses a constant of an enumeration":      {state, read(other + "+\tr->state = RING_RUNS;\n"), true},
		"includes a header that came before":     {header, read(other + "+#include \"ring-stop.h\"\n"), true},
		"includes another header":                {header, read(other + "+#include <linux/stop.h>\n"), false},
		"calls what was there, and only changed": {moved, read(other + "+\tring_stop(r, 0);\n"), false},
		"shows a line that came before":          {locks, read(head + "@@ -10,4 +10,5 @@ int take(void)\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n c\n"), true},
		"the same line far away":                 {locks, read(head + "@@ -910,3 +910,4 @@\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n"), false},
		"another file":                           {locks, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -10,3 +10,4 @@\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n"), false},
		"calls what came before":                 {helper, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -1,1 +1,2 @@\n a\n+\tif (ring_is_stopped(r))\n"), true},
		"calls something else":                   {helper, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -1,1 +1,2 @@\n a\n+\tif (ring_is_running(r))\n"), false},
		"only short lines in common":             {read(head + "@@ -10,1 +10,2 @@\n a\n+\treturn ret;\n"), read(head + "@@ -10,2 +10,3 @@\n a\n \treturn ret;\n+x\n"), false},
	} {
		if got := tt.later.BuildsOn(tt.earlier); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSameCulprit(t *testing.T) {
	of := func(fixes ...Fixes) *Change { return &Change{Fixes: fixes} }
	for name, tt := range map[string]struct {
		a, b *Change
		want bool
	}{
		"the same, cut otherwise": {of(Fixes{SHA: "0123456789ab"}), of(Fixes{SHA: "ffff00001111"}, Fixes{SHA: "0123456789abcdef0123"}), true},
		"two":                     {of(Fixes{SHA: "0123456789ab"}), of(Fixes{SHA: "0123456789ac"}), false},
		"too short to tell":       {of(Fixes{SHA: "01234"}), of(Fixes{SHA: "01234"}), false},
		"titles alone":            {of(Fixes{Subject: "drm/x: add y"}), of(Fixes{Subject: "drm/x:  add y"}), true},
		"none":                    {of(), of(), false},
	} {
		if got := tt.a.SameCulprit(tt.b); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
