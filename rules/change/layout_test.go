package change

import "testing"

func TestLayout(t *testing.T) {
	for _, c := range []struct{ layout, file, want string }{
		{"drivers/net/wireless/x", "main.c", "drivers/net/wireless/x/main.c"},
		{"drivers/net/wireless/x", "chip2/mmio.c", "drivers/net/wireless/x/chip2/mmio.c"},
		{"drivers/net/wireless/x", "README.md", ""},
		{"drivers/net/wireless/x", "Makefile", ""},
		{"drivers/net/wireless/x", "compat/list.h", ""},
		{"src=drivers/net/ethernet/x", "src/x_main.c", "drivers/net/ethernet/x/x_main.c"},
		{"src=drivers/net/ethernet/x", "src/kcompat.h", ""},
		{"src=drivers/net/ethernet/x", "source/x_main.c", ""},
		{"src=drivers/net/ethernet/x", "scripts/build.c", ""},
		{"pkg=.", "pkg/drivers/gpu/drm/x/a.c", "drivers/gpu/drm/x/a.c"},
		{"pkg=.", "pkg/drivers/gpu/drm/x/Makefile", "drivers/gpu/drm/x/Makefile"},
		{".", "drivers/gpu/drm/x/a.c", "drivers/gpu/drm/x/a.c"},
		{".", "backport-include/linux/list.h", ""},
		{"drivers/a, sub=drivers/b", "sub/x.c", "drivers/b/x.c"},
		{"drivers/a, sub=drivers/b", "x.c", "drivers/a/x.c"},
	} {
		l, err := ParseLayout(c.layout)
		if err != nil {
			t.Errorf("%s: %v", c.layout, err)
			continue
		}
		if got := l.Path(c.file); got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.layout, c.file, got, c.want)
		}
		if c.want != "" {
			if back := l.Back(c.want); back != c.file {
				t.Errorf("%s: %s comes from %q, want %q", c.layout, c.want, back, c.file)
			}
		}
		again, err := ParseLayout(l.String())
		if err != nil || again.String() != l.String() {
			t.Errorf("%s is written as %q, which reads as %q (%v)", c.layout, l, again, err)
		}
	}
	for _, bad := range []string{"", "/drivers/net", "src=/x", "../x", "a=drivers/a,a=drivers/b", "src=", "x,"} {
		if l, err := ParseLayout(bad); err == nil {
			t.Errorf("%q is taken as %q", bad, l)
		}
	}
}

func TestPlace(t *testing.T) {
	l, err := ParseLayout("src=drivers/net/ethernet/x")
	if err != nil {
		t.Fatal(err)
	}
	diff := ""
	for _, f := range []string{"src/x_main.c", "README", "src/kcompat.h"} {
		diff += "diff --git a/" + f + " b/" + f + "\n--- a/" + f + "\n+++ b/" + f + "\n@@ -1 +1 @@\n-a\n+b\n"
	}
	c, err := Parse(Input{Kind: Commit, Subject: "x: y", Diff: diff})
	if err != nil {
		t.Fatal(err)
	}
	c.Place(l)
	for i, want := range []string{"drivers/net/ethernet/x/x_main.c", "(package)/README", "(package)/src/kcompat.h"} {
		if c.Files[i].NewName != want || c.Files[i].OldName != want {
			t.Errorf("%s and %s, want %s", c.Files[i].OldName, c.Files[i].NewName, want)
		}
	}
}
