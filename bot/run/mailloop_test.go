package run_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/mail"
)

// TestMailLoop is the way of a mail through real servers: in by Postfix, to
// Dovecot, announced to the bot, judged, answered by Postfix, back in a
// maildir, with a signature that verifies, in the right thread. The mail
// server goes away and comes back; nothing is lost or said twice.
func TestMailLoop(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	p := peers.NewPostfix(t, d)
	bin := built(t)
	dir := t.TempDir()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "dkim.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	writeText(t, filepath.Join(dir, "password"), d.Password)
	conf := filepath.Join(dir, "stablebot.yaml")
	writeText(t, conf, fmt.Sprintf(`
state: %[1]s/state
log: {level: debug, format: json}
bot: {address: stablebot@example.test, contact: maintainer@example.test}
sources:
  imap:
    - {name: live, address: '%[2]s', tls: starttls, ca_file: %[3]s, user: %[4]s, password_file: %[1]s/password, folders: [INBOX]}
lists:
  - {id: dri.lists.example.org, reply: all, without_trees: true, min_margin: 0, verdicts: [stable-eligible, dkms-only, uncertain, wait], per_hour: 100, per_day: 100}
smtp:
  send: true
  address: '%[5]s'
  tls: starttls
  ca_file: %[6]s
  dkim: [{selector: bot, key_file: %[1]s/dkim.pem}]
caps: {per_hour: 100, per_day: 100}
`, dir, d.Addr, d.CertFile(), d.User, p.Addr, p.CertFile()))
	if out, err := exec.Command(bin, "doctor", "-c", conf).CombinedOutput(); err != nil {
		t.Fatalf("doctor: %v\n%s", err, out)
	}
	prog := startProgram(t, bin, conf)
	send := func(n int) {
		t.Helper()
		m := bytes.ReplaceAll(liveMail(n), []byte("@example.com"), []byte("@example.test"))
		m = bytes.Replace(m, []byte("To: dri@lists.example.org\r\n"), []byte("To: dri@lists.example.test\r\n"), 1)
		p.Send("jo@example.test", "dri@lists.example.test", m)
	}
	// Each reply goes to two, so there are two copies with one Message-ID.
	wait := func(n int) map[string][]byte {
		t.Helper()
		for end := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			got := map[string][]byte{}
			copies := 0
			for _, raw := range d.Inbox() {
				m, err := mail.Parse(raw)
				if err != nil || m.From.Address != "stablebot@example.test" {
					continue
				}
				copies++
				if before := got[m.InReplyTo]; before != nil {
					if a, err := mail.Parse(before); err != nil || a.ID != m.ID {
						t.Fatalf("two different replies to %s", m.InReplyTo)
					}
				}
				got[m.InReplyTo] = raw
			}
			if len(got) == n && copies == 2*n {
				return got
			}
			if time.Now().After(end) {
				prog.kill(t)
				t.Fatalf("%d replies, %d copies, want %d\n%s\n%s", len(got), copies, n, p.Log(), prog.log)
			}
		}
	}
	send(1)
	replies := wait(1)
	raw := replies["live-1@example.org"]
	m, err := mail.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(m.Subject, "Re: [PATCH] drm/amdgpu: fix a NULL pointer") ||
		!slices.Equal(m.References, []string{"live-1@example.org"}) ||
		m.AutoSubmitted != "auto-replied" || len(m.To) != 1 || m.To[0].Address != "jo@example.test" {
		t.Errorf("the reply is not as it should be:\n%s", raw)
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))),
		&dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "bot._domainkey.example.test" {
				t.Errorf("the key is looked for in %s", name)
			}
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
		}})
	if err != nil || len(found) != 1 || found[0].Err != nil {
		t.Errorf("the signature: %+v, %v\n%s", found, err, raw)
	}
	begun := time.Now()
	send(2)
	wait(2)
	t.Logf("from handing in a mail to its answer in the maildir: %v", time.Since(begun))

	// While the mail server is away the bot goes on judging; mail comes by
	// another way meanwhile.
	p.Stop()
	away := bytes.ReplaceAll(liveMail(3), []byte("@example.com"), []byte("@example.test"))
	d.Deliver("INBOX", bytes.Replace(away, []byte("To: dri@lists.example.org\r\n"), []byte("To: dri@lists.example.test\r\n"), 1))
	time.Sleep(time.Second)
	p.Start()
	wait(3)

	// An emergency stop, and its end.
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(bin, append(args, "-c", conf)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("actions", "stop", "too", "loud")
	send(4)
	time.Sleep(500 * time.Millisecond)
	wait(3)
	if out := run("actions"); !strings.Contains(out, "too loud") || !strings.Contains(out, "planned") {
		t.Errorf("actions during a stop:\n%s", out)
	}
	run("actions", "resume")
	wait(4)
	time.Sleep(300 * time.Millisecond)
	wait(4)
	if n := len(filesIn(t, filepath.Join(dir, "state", "outbox", "new"))); n != 0 {
		t.Errorf("%d mails in the outbox though the bot sends", n)
	}
	if err := prog.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := prog.cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v\n%s", err, prog.log)
	}
}
