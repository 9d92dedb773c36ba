//go:build measure

package build

import (
	"os"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
)

// TestKernel compiles three objects of a real kernel: STABLEBOT_KERNEL_SOURCE is a git
// repository of it, such as one made of Debian's linux-source-6.1, STABLEBOT_BUILD_DIR
// where its tree is kept. One has an error put in, one a warning, one nothing.
func TestKernel(t *testing.T) {
	path := os.Getenv("STABLEBOT_KERNEL_SOURCE")
	if path == "" {
		t.Skip("set STABLEBOT_KERNEL_SOURCE to a git repository of a kernel")
	}
	r, err := git.Open(t.Context(), path, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	commit, err := r.Resolve(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, more, want string }{
		{"drivers/gpu/drm/etnaviv/etnaviv_gpu.c", "\nstatic int never_defined(void) { return no_such_name; }\n", No},
		{"drivers/net/mdio.c", "\nstatic int never_used(void) { return 1; }\n", Yes},
		{"drivers/mmc/core/sd_ops.c", "\n", Yes},
	} {
		o, err := r.Object(t.Context(), commit+":"+c.file)
		if err != nil {
			t.Fatal(err)
		}
		files := []File{{c.file, []byte(string(o.Data) + c.more)}}
		for _, when := range []string{"first", "again"} {
			res, err := Objects(t.Context(), r, commit, files, Options{Dir: os.Getenv("STABLEBOT_BUILD_DIR")})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %s: %s %s, warnings %v, %v", c.file, when, res.Builds, res.Why, res.Warnings, res.Took)
			if res.Builds != c.want || strings.Contains(c.more, "never_used") != (len(res.Warnings) > 0) && c.want == Yes {
				t.Errorf("%s: %+v", c.file, res)
			}
		}
	}
}
