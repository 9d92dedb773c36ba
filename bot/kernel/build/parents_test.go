package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestParentsOfOthers: who can write to a folder above the one for builds may put another
// in its place.
func TestParentsOfOthers(t *testing.T) {
	if !sharable {
		t.Skip("permissions say nothing here")
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const anybody, reached = 0o777, 0o755
	for name, c := range map[string]struct {
		top, mid os.FileMode // of the two folders above the one for builds
		owner    int         // of the lower one
		link     bool        // the lower one is named by a link in the upper one
		over     os.FileMode // of the folder of a second link, which that one leads to
		want     string
	}{
		"ours":                         {top: reached, mid: reached},
		"for all":                      {top: reached, mid: anybody, want: "mid can be written by others"},
		"a group's":                    {top: reached, mid: 0o775, want: "mid can be written by others"},
		"for all, further up":          {top: anybody, mid: reached, want: "top can be written by others"},
		"for all, with the sticky bit": {top: os.ModeSticky | anybody, mid: reached},
		"for all, out of reach":        {top: 0o700, mid: anybody},
		"another's":                    {top: reached, mid: reached, owner: 12345, want: "mid belongs to another user"},
		"a link in one for all":        {top: anybody, mid: reached, link: true, want: "top can be written by others"},
		"a link in one of ours":        {top: reached, mid: reached, link: true},
		"a chain of links, all ours":   {top: reached, mid: reached, link: true, over: reached},
		"a chain with one for all":     {top: reached, mid: reached, link: true, over: anybody, want: "over can be written by others"},
	} {
		if c.owner != 0 && os.Geteuid() != 0 {
			continue
		}
		root := t.TempDir()
		must(os.Chmod(filepath.Dir(root), reached)) // reached by all, so that nothing above hides a fault
		must(os.Chmod(root, reached))
		top, mid := filepath.Join(root, "top"), filepath.Join(root, "top", "mid")
		must(os.Mkdir(top, 0o700))
		if c.link {
			elsewhere := filepath.Join(root, "elsewhere")
			must(os.Mkdir(elsewhere, reached))
			if c.over != 0 {
				over := filepath.Join(root, "over")
				must(os.Mkdir(over, 0o700))
				must(os.Symlink(elsewhere, filepath.Join(over, "link")))
				must(os.Chmod(over, c.over))
				elsewhere = "../over/link"
			}
			must(os.Symlink(elsewhere, mid))
		} else {
			must(os.Mkdir(mid, 0o700))
			must(os.Chmod(mid, c.mid))
		}
		must(os.Chmod(top, c.top))
		if c.owner != 0 {
			must(os.Chown(mid, c.owner, -1))
		}
		err := own(filepath.Join(mid, "builds"))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && (!strings.Contains(err.Error(), "--build-dir")) {
			t.Errorf("%s: %v tells no way out", name, err)
		}
		if _, err := os.Lstat(filepath.Join(mid, "builds")); c.want != "" && err == nil {
			t.Errorf("%s: the folder was made", name)
		}
	}
}
