//go:build unix

package peers

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Dovecot is a running IMAP server with one account.
type Dovecot struct {
	User, Password string
	Addr, AddrTLS  string         // plain with STARTTLS; implicit TLS
	Roots          *x509.CertPool // trust its certificate

	t        testing.TB
	program  string
	dir      string
	uid, gid int
	cmd      *exec.Cmd
	serial   int
}

// CertFile is the server's certificate, for programs that read one.
func (d *Dovecot) CertFile() string { return filepath.Join(d.dir, "cert.pem") }

// tokenKey signs the access tokens; the server checks them with the same key.
const tokenKey = "a key that only these tests know!"

// NewDovecot starts Dovecot 2.3 and stops it when the test ends.
func NewDovecot(t testing.TB) *Dovecot {
	t.Helper()
	d := &Dovecot{t: t, program: Need(t, "dovecot"), User: "bot@example.test", Password: "secret", uid: -1, gid: -1}
	out, err := exec.Command(d.program, "--version").Output()
	if err != nil || !strings.HasPrefix(string(out), "2.3.") {
		Lack(t, fmt.Sprintf("the configuration of these tests is for Dovecot 2.3, not %.20q (%v)", out, err))
	}
	// Not t.TempDir: the server's processes run as nobody and have to pass.
	if d.dir, err = os.MkdirTemp("", "dovecot"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(d.dir) })
	d.Roots = Cert(t, d.dir)
	d.configure()
	d.Start()
	t.Cleanup(func() { d.stop(syscall.SIGKILL) })
	return d
}

// configure writes everything Dovecot reads.
func (d *Dovecot) configure() {
	owner, group := "nobody", "nogroup"
	if os.Getuid() != 0 {
		me, err := user.Current()
		if err != nil {
			d.t.Fatal(err)
		}
		g, err := user.LookupGroupId(me.Gid)
		if err != nil {
			d.t.Fatal(err)
		}
		owner, group = me.Username, g.Name
	} else if n, err := user.Lookup(owner); err == nil {
		d.uid, _ = strconv.Atoi(n.Uid)
		d.gid, _ = strconv.Atoi(n.Gid)
	}
	plain, tls := Port(d.t), Port(d.t)
	d.Addr, d.AddrTLS = fmt.Sprintf("127.0.0.1:%d", plain), fmt.Sprintf("127.0.0.1:%d", tls)

	write(d.t, d.path("users"), []byte(d.User+":{PLAIN}"+d.Password+"::::::\n"))
	write(d.t, d.path("oauth2.conf"), []byte("introspection_mode = local\n"+
		"local_validation_key_dict = fs:posix:prefix="+d.path("keys")+"/\nusername_attribute = sub\n"))
	write(d.t, d.path("keys/default/HS256/default"), []byte(base64.StdEncoding.EncodeToString([]byte(tokenKey))))
	// auth_failure_delay and the penalty socket: a wrong password would cost
	// seconds. inet_listener blocks must be written over several lines.
	write(d.t, d.path("dovecot.conf"), []byte(strings.NewReplacer(
		"DIR", d.dir, "OWNER", owner, "GROUP", group, "PLAIN", strconv.Itoa(plain), "TLS", strconv.Itoa(tls)).Replace(`
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
protocols = imap
listen = 127.0.0.1
default_internal_user = OWNER
default_login_user = OWNER
default_internal_group = GROUP
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:DIR/mail/%u
mailbox_idle_check_interval = 1s
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u DIR/users
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = DIR/oauth2.conf
}
userdb {
  driver = static
  args = uid=OWNER gid=GROUP home=DIR/mail/%u
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = PLAIN
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = TLS
    ssl = yes
  }
}
namespace inbox {
  inbox = yes
  separator = /
}
`)))
	for _, dir := range []string{"", "mail", "state"} {
		if err := os.MkdirAll(d.path(dir), 0o755); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Chmod(d.path(dir), 0o755); err != nil {
			d.t.Fatal(err)
		}
		d.own(d.path(dir))
	}
}

func (d *Dovecot) path(name string) string { return filepath.Join(d.dir, name) }

func (d *Dovecot) own(path string) {
	if d.uid < 0 {
		return
	}
	if err := os.Chown(path, d.uid, d.gid); err != nil {
		d.t.Fatal(err)
	}
}

// Start starts a stopped server on the same ports and mails.
func (d *Dovecot) Start() {
	d.t.Helper()
	d.cmd = exec.Command(d.program, "-F", "-c", d.path("dovecot.conf"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", d.Addr, time.Second)
		if err == nil {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			n, _ := c.Read(make([]byte, 64))
			_ = c.Close()
			if n > 0 {
				return
			}
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(d.path("log"))
			d.t.Fatalf("dovecot does not answer on %s: %v\n%s", d.Addr, err, log)
		}
	}
}

// Stop ends the server as an administrator does; connections break.
func (d *Dovecot) Stop() { d.stop(syscall.SIGTERM) }

func (d *Dovecot) stop(with syscall.Signal) {
	if d.cmd == nil {
		return
	}
	d.Thaw()
	d.signal(with)
	done := make(chan struct{})
	go func() { _ = d.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
	d.signal(syscall.SIGKILL) // whoever of the group is left
	<-done
	d.cmd = nil
}

// Freeze stops every process of the server: connections stay up and silent.
func (d *Dovecot) Freeze() { d.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (d *Dovecot) Thaw() { d.signal(syscall.SIGCONT) }

func (d *Dovecot) signal(s syscall.Signal) {
	if d.cmd != nil {
		_ = syscall.Kill(-d.cmd.Process.Pid, s)
	}
}

func (d *Dovecot) maildir(folder string) string {
	if folder == "INBOX" {
		return d.path("mail/" + d.User)
	}
	return d.path("mail/" + d.User + "/." + strings.ReplaceAll(folder, "/", "."))
}

// Mkdir makes a folder.
func (d *Dovecot) Mkdir(folder string) {
	d.t.Helper()
	box := d.maildir(folder)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o755); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, sub := range []string{"..", "", "cur", "new", "tmp"} {
		d.own(filepath.Join(box, sub))
	}
	d.own(d.maildir("INBOX"))
}

// Deliver files a mail as a delivery agent does: written, then moved into new.
func (d *Dovecot) Deliver(folder string, mail []byte) {
	d.t.Helper()
	d.Mkdir(folder)
	d.serial++
	name := fmt.Sprintf("%d.%d_%d.test", time.Now().Unix(), os.Getpid(), d.serial)
	tmp := filepath.Join(d.maildir(folder), "tmp", name)
	write(d.t, tmp, mail)
	d.own(tmp)
	if err := os.Rename(tmp, filepath.Join(d.maildir(folder), "new", name)); err != nil {
		d.t.Fatal(err)
	}
}

// Forget removes what Dovecot remembers of a folder: it gets a new UIDVALIDITY
// and new UIDs. Stop the server first.
func (d *Dovecot) Forget(folder string) {
	d.t.Helper()
	own, err := filepath.Glob(filepath.Join(d.maildir(folder), "dovecot*"))
	if err != nil || len(own) == 0 {
		d.t.Fatalf("nothing to forget in %s: %v", folder, err)
	}
	for _, f := range own {
		if err := os.Remove(f); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Flags returns the maildir flags of all mails of a folder, "new" for one that
// no client has looked at.
func (d *Dovecot) Flags(folder string) (flags []string) {
	for _, sub := range []string{"new", "cur"} {
		entries, _ := os.ReadDir(filepath.Join(d.maildir(folder), sub))
		for _, e := range entries {
			_, f, _ := strings.Cut(e.Name(), ":2,")
			flags = append(flags, f)
		}
	}
	return flags
}

// Token is an access token that ends after d, or ended before it when negative.
func (d *Dovecot) Token(valid time.Duration) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			d.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := time.Now()
	body := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." +
		part(map[string]any{"sub": d.User, "iat": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(valid).Unix()})
	mac := hmac.New(sha256.New, []byte(tokenKey))
	mac.Write([]byte(body))
	return body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
