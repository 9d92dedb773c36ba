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
	for name, tt := range map[string]struct {
		earlier, later *Change
		want           bool
	}{
		"shows a line that came before": {locks, read(head + "@@ -10,4 +10,5 @@ int take(void)\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n c\n"), true},
		"the same line far away":        {locks, read(head + "@@ -910,3 +910,4 @@\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n"), false},
		"another file":                  {locks, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -10,3 +10,4 @@\n a\n \tspin_lock(&ring->submit_lock);\n+\tif (x)\n b\n"), false},
		"calls what came before":        {helper, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -1,1 +1,2 @@\n a\n+\tif (ring_is_stopped(r))\n"), true},
		"calls something else":          {helper, read("diff --git a/b.c b/b.c\n--- a/b.c\n+++ b/b.c\n@@ -1,1 +1,2 @@\n a\n+\tif (ring_is_running(r))\n"), false},
		"only short lines in common":    {read(head + "@@ -10,1 +10,2 @@\n a\n+\treturn ret;\n"), read(head + "@@ -10,2 +10,3 @@\n a\n \treturn ret;\n+x\n"), false},
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
