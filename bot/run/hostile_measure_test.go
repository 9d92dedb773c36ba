//go:build measure

package run_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/shapes"
)

// meanwhile is how soon an honest patch is judged that comes behind hostile mails.
const meanwhile = 5 * time.Second

// TestMeasureHostile: while the program reads and judges mails that are made to be
// expensive, an honest patch is judged within seconds, and memory stays bounded.
//
//	go test -tags measure ./bot/run -run TestMeasureHostile -v
func TestMeasureHostile(t *testing.T) {
	dir := t.TempDir()
	in := &mailArchive{t: t, dir: filepath.Join(dir, "inbox")}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	in.post()
	r := startRun(t, built(t), "-c", archiveConfig(t, dir))
	judged := func(n int) bool {
		id := fmt.Sprintf("post%d@example.org", n)
		return slices.ContainsFunc(r.lines("a patch was judged"), func(l string) bool { return strings.Contains(l, id) })
	}
	within(t, 30*time.Second, "the first patch is judged", func() bool { return judged(1) })
	const together = 4
	var took []time.Duration
	bytesIn := 0
	for group := range slices.Chunk(shapes.Mails(), together) {
		var names []string
		for i, s := range group {
			names = append(names, s.Name)
			bytesIn += len(s.Mail)
			in.put(string(bytes.Replace(s.Mail, []byte("<a@evil"), fmt.Appendf(nil, "<a%d.%d@evil", in.n, i), 1)))
		}
		in.post()
		begin, n := time.Now(), in.n
		within(t, 2*time.Minute, "an honest patch is judged", func() bool { return judged(n) })
		d := time.Since(begin)
		took = append(took, d)
		if d > meanwhile {
			t.Errorf("a patch behind %s was judged after %v", strings.Join(names, ", "), d.Round(time.Millisecond))
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ := strings.Cut(rest, "\n")
	slices.Sort(took)
	t.Logf("%d patches behind %d hostile mails of %d MB: half within %v, all within %v; at most %s of memory",
		len(took), together*len(took), bytesIn>>20, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond),
		strings.TrimSpace(peak))
}
