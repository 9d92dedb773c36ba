//go:build measure

package export

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
)

// TestRTW88 puts a later fix of a public out-of-tree driver onto an earlier state of its
// DKMS source, has dkms build it so, and undoes it:
//
//	STABLEBOT_RTW88=rtw88.git go test -tags measure -v -timeout 60m -run TestRTW88 ./bot/export
func TestRTW88(t *testing.T) {
	path := os.Getenv("STABLEBOT_RTW88")
	if path == "" {
		t.Skip("STABLEBOT_RTW88 names a clone of lwfinger/rtw88")
	}
	h := newHost(t)
	h.real()
	ask := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", path}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	g, err := git.Open(t.Context(), path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	fix := ask("log", "-1", "--format=%H", "--grep", "fix device leak on probe failure")
	p := &Package{Name: "rtw88", Vendor: g, Tag: ask("rev-parse", fix+"~3"), Mainline: g,
		Fixes: []Fix{{ID: fix, Class: "below-bar", Branches: []string{h.branch()}}}}
	d, err := p.Patches(t.Context(), git.Options{})
	if err != nil || len(d.Queue) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	checkout(t, p, filepath.Join(h.top, "src", d.Name+"-"+d.Version))
	etc, source := h.lay(d)
	name := d.Name + "/" + d.Version
	out := h.must("install", name, "-k", h.kernel)
	if strings.Count(out, "applying patch") != 1 || len(h.installed("rtw_usb")) != 1 {
		t.Errorf("installed %v:\n%s", h.installed("rtw_usb"), out)
	}
	t.Logf("%s %s with %s: built and installed for %s", d.Name, d.Version, d.Queue[0].File, h.kernel)
	run(t, "rm", "-r", filepath.Join(etc, d.Name+"-"+d.Version+".conf"), filepath.Join(etc, d.Name, "patches"), filepath.Join(source, "patches"))
	h.must("remove", name, "--all")
	if left := h.installed("rtw_usb"); len(left) != 0 {
		t.Errorf("left after remove: %v", left)
	}
	same(t, p, source)
}
