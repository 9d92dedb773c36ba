package run_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/peers"
)

// TestLive runs the real program against a real Dovecot: mails that come while
// it waits are answered in the outbox within a second, the server goes away and
// comes back, the program is killed and comes back, and at the end each mail
// has one reply.
func TestLive(t *testing.T) {
	d := peers.NewDovecot(t)
	bin := built(t)
	dir := t.TempDir()
	conf := filepath.Join(dir, "stablebot.yaml")
	writeText(t, filepath.Join(dir, "password"), d.Password)
	writeText(t, conf, fmt.Sprintf(`
state: %[1]s/state
log: {level: debug, format: json}
bot: {address: stablebot@example.org, contact: maintainer@example.org}
sources:
  imap:
    - {name: live, address: '%[2]s', tls: starttls, ca_file: %[3]s, user: %[4]s, password_file: %[1]s/password, folders: [INBOX]}
lists:
  - {id: dri.lists.example.org, reply: author, without_trees: true, min_margin: 0, verdicts: [stable-eligible, dkms-only, uncertain, wait], per_hour: 100, per_day: 100}
`, dir, d.Addr, d.CertFile(), d.User))

	p := startProgram(t, bin, conf)
	outbox := filepath.Join(dir, "state", "outbox", "new")
	sent := 0
	send := func(n int) {
		for range n {
			sent++
			d.Deliver("INBOX", liveMail(sent))
		}
	}
	send(1)
	waitFor(t, p, outbox, sent, 10*time.Second) // the first one waits for the program to start

	time.Sleep(300 * time.Millisecond) // it idles
	begun := time.Now()
	send(1)
	waitFor(t, p, outbox, sent, 5*time.Second)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("a mail that came while the bot idled was answered after %v, not within a second", took)
	} else {
		t.Logf("answered %v after delivery", took)
	}

	d.Stop()
	send(3) // delivered while nobody serves the folder
	time.Sleep(200 * time.Millisecond)
	d.Start()
	waitFor(t, p, outbox, sent, 15*time.Second)

	p.kill(t)
	send(2)
	p = startProgram(t, bin, conf)
	waitFor(t, p, outbox, sent, 10*time.Second)

	// Nothing more comes, and SIGTERM ends the program in order.
	time.Sleep(500 * time.Millisecond)
	if n := len(filesIn(t, outbox)); n != sent {
		t.Errorf("%d replies to %d mails", n, sent)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, p.log)
	}
	answered := map[string]int{}
	for _, f := range filesIn(t, outbox) {
		raw, err := os.ReadFile(filepath.Join(outbox, f))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if v, ok := strings.CutPrefix(line, "In-Reply-To: "); ok {
				answered[strings.TrimSpace(v)]++
			}
		}
	}
	for i := 1; i <= sent; i++ {
		if id := fmt.Sprintf("<live-%d@example.org>", i); answered[id] != 1 {
			t.Errorf("%s has %d replies", id, answered[id])
		}
	}
}

// liveMail is a fix that stable would take, in code of a chip on sale.
func liveMail(n int) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`From: Jo Doe <jo@example.com>
To: dri@lists.example.org
List-Id: <dri.lists.example.org>
Subject: [PATCH] drm/amdgpu: fix a NULL pointer dereference in ring %[1]d teardown
Date: %[2]s
Message-ID: <live-%[1]d@example.org>

The ring is freed before its scheduler is stopped, and a late job then oopses.
Check for the ring first.

Fixes: 1a2b3c4d5e6f ("drm/amdgpu: stop the scheduler late")
Reviewed-by: Ana Ruiz <ana@example.com>
Signed-off-by: Jo Doe <jo@example.com>
---
 drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c | 3 +++
 1 file changed, 3 insertions(+)

diff --git a/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c b/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c
index 1111111..2222222 100644
--- a/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c
+++ b/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c
@@ -%[1]d,6 +%[1]d,9 @@ static int gfx_v11_0_ring_fini(struct amdgpu_ring *ring)
 {
 	struct amdgpu_device *adev;
 
+	if (!ring || !ring->adev)
+		return 0;
+
 	adev = ring->adev;
 	amdgpu_ring_stop(ring);
 	return 0;
-- 
2.47.0
`, n, time.Now().Format(time.RFC1123Z)), "\n", "\r\n"))
}

type program struct {
	cmd *exec.Cmd
	log *bytes.Buffer
}

func startProgram(t *testing.T, bin, conf string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(bin, "run", "-c", conf), log: new(bytes.Buffer)}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

func (p *program) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // it says "signal: killed"
}

// waitFor waits until n replies are in the outbox.
func waitFor(t *testing.T, p *program, outbox string, n int, limit time.Duration) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if len(filesIn(t, outbox)) >= n {
			return
		}
	}
	p.kill(t)
	t.Fatalf("%d replies after %v, want %d\n%s", len(filesIn(t, outbox)), limit, n, p.log)
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
