package run_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramHidesTokens: the program with remotes whose addresses have a token in them
// and that do not answer: it says so, and the token stands neither in what it says nor in
// what it stores, which is what its pages show.
func TestProgramHidesTokens(t *testing.T) {
	t.Parallel()
	const token = "s3cr3t-t0ken"
	bin, dir := built(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "inbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := archiveConfig(t, dir)
	old, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, conf, strings.Replace(string(old), "sources:\n", `sources:
  git:
    - {name: mainline, role: mainline, url: 'http://me:`+token+`@127.0.0.1:1/linux.git', branches: [master]}
    - {name: vendor, role: vendor, url: 'http://`+token+`@127.0.0.1:1/x.git?private_token=`+token+`', branches: [main]}
`, 1))
	out, _ := exec.Command(bin, "run", "--once", "-c", conf).CombinedOutput() // its sources fail
	if !bytes.Contains(out, []byte("127.0.0.1:1")) {
		t.Errorf("nothing is said of the remotes: the test shows nothing\n%s", out)
	}
	for _, sub := range []string{"doctor", "branches"} {
		more, _ := exec.Command(bin, sub, "-c", conf).CombinedOutput()
		out = append(out, more...)
	}
	if i := bytes.Index(out, []byte(token)); i >= 0 {
		t.Errorf("the token is shown: %s", out[max(0, i-200):min(len(out), i+100)])
	}
	for _, f := range []string{"stablebot.db", "stablebot.db-wal"} {
		f = filepath.Join(dir, "state", f)
		if _, err := os.Stat(f); err != nil && strings.HasSuffix(f, "-wal") {
			continue // it was written into the other
		}
		if b, err := os.ReadFile(f); err != nil || bytes.Contains(b, []byte(token)) {
			t.Errorf("the token is stored in %s, %v", filepath.Base(f), err)
		}
	}
}
