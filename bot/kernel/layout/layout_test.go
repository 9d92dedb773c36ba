package layout

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// TestPatch: a patch is mapped as its list's root says, or as its files leave no
// doubt; what is the kernel's, a neighbour's or in doubt stays as it is.
func TestPatch(t *testing.T) {
	const rtw = "drivers/net/wireless/realtek/rtw88"
	for name, c := range map[string]struct {
		root, paths, title string
		words              []string
		want, say          string
	}{
		"told":                        {rtw, "main.c", "fix a hang", nil, rtw, "its root is " + rtw},
		"told, for the kernel itself": {rtw, "drivers/net/veth.c net/core/dev.c", "fix a hang", nil, "", ""},
		"found": {"", "rtw8822b.c", "fix a hang", nil, rtw, "its root is " + rtw +
			", by the names of its files (root: or --root says otherwise)"},
		"a package": {"", "pkg/drivers/net/veth.c pkg/drivers/net/tun.c pkg/drivers/net/dummy.c", "fix a hang", nil, "pkg=.",
			"pkg/ is the kernel's root, by the names of its files (root: or --root says otherwise)"},
		"a program's folder": {"", "migration/rdma.c migration/cmd.c migration/eq.c migration/health.c", "fix a hang", nil, "", ""},
		"of a neighbour":     {"", "rtw8822b.c", "rtw88: fix a hang", []string{"iw"}, "", ""},
		"in doubt":           {"", "main.c", "fix a hang", nil, "", ""},
	} {
		ch := &change.Change{Subject: c.title, Prefix: change.Prefix{Words: c.words}}
		for _, p := range strings.Fields(c.paths) {
			ch.Files = append(ch.Files, &gitdiff.File{OldName: p, NewName: p})
		}
		f, err := Patch(ch, c.root)
		if err != nil || f.String() != c.want || f.Say() != c.say {
			t.Errorf("%s: %q, %q, %v; want %q, %q", name, f.String(), f.Say(), err, c.want, c.say)
		}
	}
	if _, err := Patch(&change.Change{}, "/nowhere"); err == nil {
		t.Error("a root that is none is believed")
	}
}
