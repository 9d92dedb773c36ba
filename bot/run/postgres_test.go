package run_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store"
)

// running is the program as a process.
type running struct {
	cmd  *exec.Cmd
	web  string
	mu   sync.Mutex
	said []string // lines of its log
}

func startRun(t *testing.T, bin string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(bin, append([]string{"run"}, args...)...)}
	r.cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "HOME="+t.TempDir())
	out, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.mu.Lock()
			r.said = append(r.said, lines.Text())
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Error("it does not stop")
			_ = r.cmd.Process.Kill()
			<-ended
		}
		_ = r.cmd.Wait()
		if t.Failed() {
			t.Logf("the log:\n%s", strings.Join(r.lines(""), "\n"))
		}
	})
	within(t, 30*time.Second, "the dashboard is up", func() bool { return len(r.lines("the dashboard is up")) > 0 })
	var line struct{ Address string }
	if err := json.Unmarshal([]byte(r.lines("the dashboard is up")[0]), &line); err != nil {
		t.Fatal(err)
	}
	r.web = "http://" + line.Address
	return r
}

func (r *running) lines(with string) (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.said {
		if strings.Contains(l, with) {
			out = append(out, l)
		}
	}
	return out
}

// get is the answer to a request; 0 when there is none.
func (r *running) get(path string) (status int, body string) {
	c := http.Client{Timeout: 10 * time.Second}
	resp, err := c.Get(r.web + path)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

func within(t *testing.T, d time.Duration, what string, f func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !f() {
		if time.Since(began) > d {
			t.Fatalf("not within %s: %s", d, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(began)
}

// mailArchive is an archive that mails are put in, one commit each.
type mailArchive struct {
	t   *testing.T
	dir string
	n   int
}

func (b *mailArchive) post() {
	b.t.Helper()
	b.n++
	text := fmt.Sprintf(`From: Ana Ruiz <ana@example.com>
To: net@lists.example.org
List-Id: <net.lists.example.org>
Subject: [PATCH] igc: fix a NULL pointer dereference on error path %[1]d
Date: %[2]s
Message-ID: <post%[1]d@example.org>

The kernel oopses with a NULL pointer dereference on resume.

Reported-by: Bo Lin <bo@example.com>
Fixes: 0123456789ab ("igc: add rings")
Signed-off-by: Ana Ruiz <ana@example.com>
---
diff --git a/drivers/net/ethernet/intel/igc/igc_main.c b/drivers/net/ethernet/intel/igc/igc_main.c
index 1111111..2222222 100644
--- a/drivers/net/ethernet/intel/igc/igc_main.c
+++ b/drivers/net/ethernet/intel/igc/igc_main.c
@@ -10,3 +10,4 @@ static int igc_up(struct igc_adapter *a)
 err:
+	kfree(a->ring);
 	return -ENOMEM;
 }
`, b.n, time.Now().Format(time.RFC1123Z))
	b.put(text)
}

// put puts a mail in.
func (b *mailArchive) put(text string) {
	b.t.Helper()
	if _, err := os.Stat(filepath.Join(b.dir, ".git")); err != nil {
		b.git("init", "-q", "-b", "main")
	}
	if err := os.WriteFile(filepath.Join(b.dir, "m"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.git("add", "m")
	b.git("-c", "user.name=inbox", "-c", "user.email=inbox@example.org", "commit", "-q", "-m", "mail")
}

func (b *mailArchive) git(args ...string) {
	b.t.Helper()
	if out, err := exec.Command("git", append([]string{"-C", b.dir}, args...)...).CombinedOutput(); err != nil {
		b.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// archiveConfig is the configuration of a bot that answers what stands in dir/inbox.
func archiveConfig(t *testing.T, dir string) string {
	t.Helper()
	conf := filepath.Join(dir, "bot.yaml")
	writeText(t, conf, fmt.Sprintf(`
state: %[1]s/state
bot: {name: stablebot, address: stablebot@example.org, contact: maintainer@example.org}
log: {level: info, format: json}
web: {listen: '127.0.0.1:0'}
sources:
  archive:
    - {name: net, url: %[1]s/inbox, list: net.lists.example.org, since: 2020-01-01, every: 1s}
lists:
  - {id: net.lists.example.org, reply: all, without_trees: true, min_margin: 0, verdicts: [stable-eligible, dkms-only, uncertain], per_hour: 100, per_day: 100}
`, dir))
	return conf
}

// TestRunOnPostgres: the program as a user starts it. A mail comes in, its reply
// goes out, the dashboard shows it. The server is stopped and started again: the
// bot says so once, goes on by itself, and nothing is lost or done twice.
func TestRunOnPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL, stops it for some seconds and starts it again")
	}
	t.Parallel()
	server := peers.NewPostgres(t)
	dir := t.TempDir()
	in := &mailArchive{t: t, dir: filepath.Join(dir, "inbox")}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	in.post()
	conf := archiveConfig(t, dir)
	db := server.Database()
	r := startRun(t, built(t), "-c", conf, "--store", db)
	replied := func(n int) func() bool {
		return func() bool {
			got, _ := filepath.Glob(filepath.Join(dir, "state/outbox/new/*"))
			return len(got) == n
		}
	}
	within(t, 30*time.Second, "a reply to the first mail", replied(1))
	ready := func(want int) func() bool {
		return func() bool { got, _ := r.get("/readyz"); return got == want }
	}
	within(t, 30*time.Second, "ready", ready(http.StatusOK))
	if code, page := r.get("/changes?q=igc"); code != http.StatusOK || !strings.Contains(page, "error path 1") {
		t.Errorf("the page of changes: %d\n%s", code, page)
	}

	server.Stop("immediate")
	began := time.Now()
	within(t, 20*time.Second, "not ready without a database", ready(http.StatusServiceUnavailable))
	in.post() // while nobody can remember it
	for range peers.Scale(15, 40) {
		_, _ = r.get("/healthz") // as a supervisor asks
		_, _ = r.get("/changes")
		time.Sleep(200 * time.Millisecond)
	}
	down := time.Since(began)
	if code, body := r.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "unreachable") {
		t.Errorf("/readyz: %d %s", code, body)
	}
	if code, page := r.get("/changes"); code < 500 || strings.Contains(page, "127.0.0.1") {
		t.Errorf("a page without a database: %d %s", code, page)
	}
	during := len(r.lines(`"warn"`)) + len(r.lines(`"error"`))
	t.Logf("%d lines of warnings and errors in %s without a database", during, down.Round(time.Second))
	if n := len(r.lines("the store does not answer")); n != 1 {
		t.Errorf("said %d times that the store does not answer", n)
	}
	if during > 12 {
		t.Errorf("%d lines in %s", during, down)
	}
	server.Start()
	t.Logf("ready %s after the database", within(t, 60*time.Second, "ready again", ready(http.StatusOK)).Round(time.Millisecond))
	t.Logf("the mail of the outage was answered %s later", within(t, 60*time.Second, "a reply to the mail of the outage",
		replied(2)).Round(time.Millisecond))
	within(t, 10*time.Second, "said once that the store answers again", func() bool { return len(r.lines("the store answers again")) == 1 })
	in.post()
	within(t, 30*time.Second, "a reply to a mail after the outage", replied(3))

	// Again while mails keep coming, as a crash, and in order when tests run at full
	// length. What the server had not put on the disk is brought again; each mail has
	// one reply in the end.
	for i := range peers.Scale(12, 24) {
		in.post()
		switch i {
		case 4:
			server.Stop("immediate")
		case 14:
			server.Stop("fast")
		case 9, 19:
			server.Start()
		}
		time.Sleep(200 * time.Millisecond)
	}
	within(t, 90*time.Second, "a reply to each mail", replied(in.n))
	s, err := store.OpenReadOnly(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var c store.Counts
	within(t, 30*time.Second, "each reply is known to be done", func() bool {
		if c, err = s.Counts(t.Context()); err != nil {
			t.Fatal(err)
		}
		return c.Actions[flow.StateDone] == in.n
	})
	if c.Mails != in.n || c.Judgements != in.n || c.Unfiled+c.Unsettled+c.Bad != 0 || len(c.Actions) != 1 {
		t.Errorf("counts %+v; want %d mails, judgements and replies done", c, in.n)
	}
	if n := len(r.lines("the store does not answer")); n > 3 {
		t.Errorf("of three outages it was said %d times that the store does not answer", n)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "state/outbox/*/*")); len(files) != in.n {
		t.Errorf("%d replies to %d mails", len(files), in.n)
	}
}

// TestStoreOnPostgres: a bot moves from its file to a database with the commands
// that the README names, and goes on where it was.
func TestStoreOnPostgres(t *testing.T) {
	t.Parallel()
	server := peers.NewPostgres(t)
	bin, dir := built(t), t.TempDir()
	in := &mailArchive{t: t, dir: filepath.Join(dir, "inbox")}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	in.post()
	in.post()
	conf, to := archiveConfig(t, dir), server.Database()
	run := func(ok bool, want string, args ...string) {
		t.Helper()
		out, err := exec.Command(bin, args...).CombinedOutput()
		if (err == nil) != ok || !strings.Contains(string(out), want) {
			t.Errorf("%q: %v, want %q in\n%s", args, err, want, out)
		}
	}
	run(true, "", "run", "-c", conf, "--once")
	file := filepath.Join(dir, "state", "stablebot.db")
	run(true, "2 mails (0 not filed, 0 bad), 2 series (0 not settled), 2 judgements", "store", "check", "-c", conf)
	run(false, "nothing is in", "store", "check", "-c", conf, "--store", to)
	run(true, "judgement ", "store", "copy", file, to)
	run(false, "there is something in it already", "store", "copy", file, to)
	run(true, "has schema", "store", "migrate", "-c", conf, "--store", to)
	run(true, "2 mails (0 not filed, 0 bad), 2 series (0 not settled), 2 judgements", "store", "check", "-c", conf, "--store", to)
	// What was answered is known there, and only what is new is answered.
	in.post()
	run(true, "", "run", "-c", conf, "--store", to, "--once")
	run(true, "actions done: 3", "store", "check", "-c", conf, "--store", to)
	if n := len(filesIn(t, filepath.Join(dir, "state", "outbox", "new"))); n != 3 {
		t.Errorf("%d replies to 3 mails", n)
	}
	run(true, "2 mails", "store", "check", "-c", conf) // the file is as it was
	weights := filepath.Join(dir, "weights.json")
	writeText(t, weights, `{"format": 2, "version": "none", "thresholds": {"fix": 0.5, "eligible": 0.55, "dkms": 0.1},
		"heads": {"tree": {"bias": -3}, "tree-untagged": {"bias": -3}, "commit": {"bias": -3}, "mail": {"bias": -3}, "fix": {"bias": -3}, "reach": {"bias": 0}}}`)
	run(true, "3 patches judged again, 3 verdicts would change, 3 of them were told", "store", "rejudge", "-c", conf, "--store", to,
		"--weights", weights)
	run(true, "deleted: 3 mails, 3 series; 3 judgements", "store", "forget", "-c", conf, "--store", to, "ana@example.com")
	run(true, "0 mails", "store", "check", "-c", conf, "--store", to)
}
