package run_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// theBuild is what built returns, and where.
var theBuild struct {
	sync.Mutex
	dir string
}

// waiting is how many tests run at a time: they wait for servers, and for what
// was killed to be taken over, more than they compute.
const waiting = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", waiting) // a number
	}
	code := m.Run()
	if theBuild.dir != "" {
		_ = os.RemoveAll(theBuild.dir) // nothing runs from there any more
	}
	os.Exit(code)
}

// built is the program, built once for all tests.
func built(t *testing.T) string {
	t.Helper()
	theBuild.Lock()
	defer theBuild.Unlock()
	if theBuild.dir == "" {
		dir, err := os.MkdirTemp("", "stablebot")
		if err != nil {
			t.Fatal(err)
		}
		theBuild.dir = dir
		if out, err := exec.Command("go", "build", "-o", dir, "../../cmd/stablebot").CombinedOutput(); err != nil {
			theBuild.dir = ""
			t.Fatal(fmt.Errorf("building the program: %w\n%s", err, out))
		}
	}
	return filepath.Join(theBuild.dir, "stablebot")
}
