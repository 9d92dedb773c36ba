//go:build measure

package run_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/stablebot/stablebot/bot/demo"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/fixtures"
)

// TestLatency measures how long a single patch waits for its reply: five mails
// a second, each another change to the demo's kernel, planned for four stable
// branches by the real program, from IMAP to SMTP. p99 is to be under a second.
//
//	go test -tags measure ./bot/run -run TestLatency -v
//
// STABLEBOT_LATENCY is for how long mails come, a minute without it. It counts
// twice: from when the server has the mail (it lies in the maildir), and from
// when the server tells a second client that waits as the bot does. Dovecot
// collects what comes in half a second before it tells of it, and no client can
// do anything about that; the server of the demo tells within 20 ms.
func TestLatency(t *testing.T) {
	last := time.Minute
	if v := os.Getenv("STABLEBOT_LATENCY"); v != "" {
		var err error
		if last, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	bin := built(t)
	t.Run("Dovecot", func(t *testing.T) {
		d := peers.NewDovecot(t)
		latency(t, bin, last, mailServer{d.Addr, d.User, d.Password, func(raw []byte) error {
			d.Deliver("INBOX", raw)
			return nil
		}})
	})
	t.Run("memory", func(t *testing.T) {
		s, err := demo.Serve(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		latency(t, bin, last, mailServer{s.Addr, s.User, s.Password, s.Append})
	})
}

type mailServer struct {
	addr, user, password string
	deliver              func([]byte) error
}

func latency(t *testing.T, bin string, last time.Duration, srv mailServer) {
	dir := t.TempDir()
	remote := filepath.Join(dir, "linux.git")
	if _, err := demo.BuildRemote(t.Context(), remote, fixtures.Git(), 0); err != nil {
		t.Fatal(err)
	}
	// The demo has three stable branches; the fourth is as old as its release.
	if out, err := exec.Command("git", "-C", remote, "branch", "linux-6.11.y", "v6.11").CombinedOutput(); err != nil {
		t.Fatalf("a fourth branch: %v\n%s", err, out)
	}
	out := newOffice(t)
	conf := filepath.Join(dir, "stablebot.yaml")
	writeText(t, filepath.Join(dir, "password"), srv.password)
	writeText(t, conf, fmt.Sprintf(`
state: %[1]s/state
log: {level: info, format: json}
bot: {address: stablebot@example.org, contact: maintainer@example.org}
web: {listen: ''}
sources:
  imap:
    - {name: live, address: '%[2]s', tls: none, user: '%[3]s', password_file: %[1]s/password, folders: [INBOX]}
  git:
    - {name: linux, url: %[1]s/linux.git, role: mainline, branches: [master]}
    - {name: stable, url: %[1]s/linux.git, role: stable, branches: ['linux-*.y']}
smtp: {send: true, address: '%[4]s', tls: none}
caps: {per_hour: 1000000, per_day: 1000000}
lists:
  - {id: %[5]s, reply: author, without_trees: true, min_margin: 0, verdicts: [stable-eligible, dkms-only, uncertain, wait], per_hour: 1000000, per_day: 1000000}
`, dir, srv.addr, srv.user, out.addr, fixtures.DemoList))

	told := newEar(t, srv)
	p := startProgram(t, bin, conf)
	deliver := func(n int) time.Time {
		raw := patchMail(n)
		if err := srv.deliver(raw); err != nil {
			t.Fatal(err)
		}
		return time.Now()
	}
	deliver(0) // waits for the program to start and to read its trees
	if !out.wait(1, 30*time.Second) {
		p.kill(t)
		t.Fatalf("the first mail was not answered\n%s", p.log)
	}

	const every = time.Second / 5
	total := int(last / every)
	has := make([]time.Time, total)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range has {
		<-tick.C
		has[i] = deliver(i + 1)
	}
	if !out.wait(total+1, 30*time.Second) {
		p.kill(t)
		t.Fatalf("%d of %d mails were answered\n%s", out.count(), total+1, p.log)
	}
	p.kill(t)

	var fromHas, fromTold []time.Duration
	for i, begin := range has {
		at, rows := out.of(i + 1)
		if at.IsZero() {
			t.Fatalf("mail %d was not answered", i+1)
		}
		if rows != 4 {
			t.Fatalf("the reply to mail %d has %d branches:\n%s", i+1, rows, out.text(i+1))
		}
		fromHas = append(fromHas, at.Sub(begin))
		// The bot may be told a moment before the other client.
		if heard := told.of(i + 2); !heard.IsZero() {
			fromTold = append(fromTold, max(at.Sub(heard), 0))
		}
	}
	for _, x := range []struct {
		what string
		took []time.Duration
	}{{"the server has the mail", fromHas}, {"the server tells of it", fromTold}} {
		slices.Sort(x.took)
		n := len(x.took)
		if n == 0 {
			t.Fatalf("nothing was measured from when %s", x.what)
		}
		p99 := x.took[n*99/100]
		t.Logf("%d mails, from when %s: median %v, p99 %v, longest %v", n, x.what, x.took[n/2].Round(time.Millisecond),
			p99.Round(time.Millisecond), x.took[n-1].Round(time.Millisecond))
		if p99 >= time.Second {
			t.Errorf("from when %s: p99 is not under a second", x.what)
		}
	}
}

// patchMail is a fix to the demo's driver, each of another line and title.
func patchMail(n int) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`From: Jo Doe <jo@example.com>
To: patches@demo.example.org
List-Id: <%[3]s>
Subject: [PATCH] drm/amdgpu/sdma6: fix data corruption in case %[1]d of a suspend
Date: %[2]s
Message-ID: <latency-%[1]d@example.org>

The rings are stopped while a copy is under way, and the rest of it lands in
memory that has another owner after the resume of an RX 7600.

Reviewed-by: Ana Ruiz <ana@example.com>
Signed-off-by: Jo Doe <jo@example.com>
---
 drivers/gpu/drm/amd/amdgpu/sdma_v6_0.c | 4 +++-
 1 file changed, 3 insertions(+), 1 deletion(-)

diff --git a/drivers/gpu/drm/amd/amdgpu/sdma_v6_0.c b/drivers/gpu/drm/amd/amdgpu/sdma_v6_0.c
index 1111111..2222222 100644
--- a/drivers/gpu/drm/amd/amdgpu/sdma_v6_0.c
+++ b/drivers/gpu/drm/amd/amdgpu/sdma_v6_0.c
@@ -27,8 +27,10 @@ static int sdma_v6_0_gfx_stop(struct amdgpu_device *adev)
 {
 	int i;
 
-	for (i = 0; i < adev->sdma.num_instances; i++)
+	for (i = 0; i < adev->sdma.num_instances; i++) {
+		amdgpu_fence_wait_empty(&adev->sdma.instance[i].ring); /* %[1]d */
 		WREG32_SDMA(i, regSDMA0_QUEUE0_RB_CNTL, 0);
+	}
 
 	return 0;
 }
-- 
2.47.1
`, n, time.Now().Format(time.RFC1123Z), fixtures.DemoList), "\n", "\r\n"))
}

// office is a mail server that notes when it accepted which reply.
type office struct {
	addr string
	mu   sync.Mutex
	got  map[string]accepted // by the mail that is answered
}

type accepted struct {
	at   time.Time
	text string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{got: map[string]accepted{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.addr = l.Addr().String()
	s := smtp.NewServer(o)
	s.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return o
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return handing{o}, nil }

type handing struct{ *office }

func (handing) Reset()                               {}
func (handing) Logout() error                        { return nil }
func (handing) Mail(string, *smtp.MailOptions) error { return nil }
func (handing) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (h handing) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.Parse(raw)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got[m.InReplyTo] = accepted{time.Now(), m.Text()}
	return nil
}

func (o *office) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.got)
}

func (o *office) wait(n int, limit time.Duration) bool {
	for end := time.Now().Add(limit); o.count() < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// branchName is a stable branch in a reply: rows that are alike are told in one sentence.
var branchName = regexp.MustCompile(`\b6\.(?:18|12|11|6)\b`)

func (o *office) of(n int) (at time.Time, rows int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.got[fmt.Sprintf("latency-%d@example.org", n)]
	named := map[string]bool{}
	for _, name := range branchName.FindAllString(a.text, -1) {
		named[name] = true
	}
	return a.at, len(named)
}

func (o *office) text(n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.got[fmt.Sprintf("latency-%d@example.org", n)].text
}

// ear is a second client that waits in IDLE: it knows when the server told of
// the nth mail.
type ear struct {
	mu sync.Mutex
	at []time.Time
}

func newEar(t *testing.T, srv mailServer) *ear {
	t.Helper()
	c, err := net.Dial("tcp", srv.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	e := &ear{}
	r := bufio.NewReader(c)
	until := func(tag string) {
		for {
			line, err := r.ReadBytes('\n')
			if err != nil {
				t.Fatalf("a second client, at %s: %v", tag, err)
			}
			if bytes.HasPrefix(line, []byte(tag)) {
				return
			}
		}
	}
	until("* OK")
	for i, command := range []string{fmt.Sprintf("LOGIN %q %q", srv.user, srv.password), "SELECT INBOX"} {
		_, _ = fmt.Fprintf(c, "a%d %s\r\n", i, command)
		until(fmt.Sprintf("a%d OK", i))
	}
	_, _ = io.WriteString(c, "i IDLE\r\n")
	until("+")
	go func() {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			var n int
			if _, err := fmt.Sscanf(line, "* %d EXISTS", &n); err != nil {
				continue
			}
			now := time.Now()
			e.mu.Lock()
			for len(e.at) < n {
				e.at = append(e.at, now)
			}
			e.mu.Unlock()
		}
	}()
	return e
}

// of is when the server told of the nth mail, counted from 1.
func (e *ear) of(n int) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n > len(e.at) {
		return time.Time{}
	}
	return e.at[n-1]
}
