//go:build unix

package peers

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Postfix is a running mail server. Every address under example.test and
// lists.example.test is delivered to the one account of a Dovecot; mail to
// anywhere else is refused, so that none can leave the machine.
type Postfix struct {
	Addr  string         // SMTP with STARTTLS; relays for this machine
	Roots *x509.CertPool // trust its certificate

	t       testing.TB
	program string
	dir     string
	cmd     *exec.Cmd
}

// CertFile is the server's certificate, for programs that read one.
func (p *Postfix) CertFile() string { return filepath.Join(p.dir, "cert.pem") }

// NewPostfix starts Postfix 3 and stops it when the test ends. Its master
// drops to the user postfix, which only root can let it do.
func NewPostfix(t testing.TB, d *Dovecot) *Postfix {
	t.Helper()
	p := &Postfix{t: t, program: Need(t, "postfix")}
	if os.Getuid() != 0 {
		Lack(t, "Postfix can be started by root only; run this test with sudo")
	}
	var err error
	if p.dir, err = os.MkdirTemp("", "postfix"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(p.dir) })
	d.Mkdir("INBOX")
	p.Roots = Cert(t, p.dir)
	port := Port(t)
	p.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	p.configure(d, port)
	p.start()
	t.Cleanup(p.Stop)
	return p
}

func (p *Postfix) configure(d *Dovecot, port int) {
	dir := func(name string) string { return filepath.Join(p.dir, name) }
	for _, name := range []string{"etc/postfix-files.d", "etc/dynamicmaps.cf.d", "spool", "data"} {
		if err := os.MkdirAll(dir(name), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := os.Chmod(p.dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if out, err := exec.Command("chown", "postfix", dir("data")).CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"postfix-files", "dynamicmaps.cf"} {
		if b, err := os.ReadFile("/etc/postfix/" + name); err == nil {
			write(p.t, dir("etc/"+name), b)
		}
	}
	write(p.t, dir("etc/main.cf"), []byte(strings.NewReplacer("DIR", p.dir, "MAIL", d.path("mail"), "USER", d.User,
		"UID", strconv.Itoa(d.uid), "GID", strconv.Itoa(d.gid)).Replace(`
compatibility_level = 3.6
queue_directory = DIR/spool
data_directory = DIR/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination =
mynetworks = 127.0.0.0/8
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
alias_maps =
alias_database =
smtpd_tls_cert_file = DIR/cert.pem
smtpd_tls_key_file = DIR/key.pem
smtpd_tls_security_level = may
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = example.test, lists.example.test
virtual_mailbox_base = MAIL
virtual_mailbox_maps = static:USER/
virtual_uid_maps = static:UID
virtual_gid_maps = static:GID
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
`)))
	var b strings.Builder
	fmt.Fprintf(&b, "127.0.0.1:%d inet n - n - - smtpd\n", port)
	// name, private, unprivileged, wakeup and limit, program
	for _, s := range [][5]string{
		{"pickup", "n", "-", "60 1", "pickup"}, {"cleanup", "n", "-", "- 0", "cleanup"}, {"qmgr", "n", "-", "300 1", "qmgr"},
		{"tlsmgr", "-", "-", "1000? 1", "tlsmgr"}, {"rewrite", "-", "-", "- -", "trivial-rewrite"}, {"bounce", "-", "-", "- 0", "bounce"},
		{"defer", "-", "-", "- 0", "bounce"}, {"trace", "-", "-", "- 0", "bounce"}, {"proxymap", "-", "-", "- -", "proxymap"},
		{"error", "-", "-", "- -", "error"}, {"retry", "-", "-", "- -", "error"}, {"virtual", "-", "n", "- -", "virtual"},
		{"anvil", "-", "-", "- 1", "anvil"}, {"flush", "n", "-", "1000? 0", "flush"}, {"showq", "n", "-", "- -", "showq"},
	} {
		fmt.Fprintf(&b, "%s unix %s %s n %s %s\n", s[0], s[1], s[2], s[3], s[4])
	}
	b.WriteString("postlog unix-dgram n - n - 1 postlogd\n")
	write(p.t, dir("etc/master.cf"), []byte(b.String()))
}

func (p *Postfix) start() {
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(p.program, "-c", filepath.Join(p.dir, "etc"), "start-fg")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = p.cmd.Start()
	_ = log.Close()
	if err != nil {
		p.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", p.Addr, time.Second)
		if err == nil {
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _ := c.Read(make([]byte, 64))
			_ = c.Close()
			if n > 0 {
				return
			}
		}
		if time.Now().After(end) {
			p.t.Fatalf("postfix does not answer on %s: %v\n%s", p.Addr, err, p.Log())
		}
	}
}

// Send hands a mail in, in the clear, as a neighbour's server may.
func (p *Postfix) Send(from, to string, mail []byte) {
	p.t.Helper()
	c, err := smtp.Dial(p.Addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SendMail(from, []string{to}, bytes.NewReader(mail)); err != nil {
		p.t.Fatalf("handing in a mail: %v\n%s", err, p.Log())
	}
}

// Log is what the server said.
func (p *Postfix) Log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(text)
}

// Start starts a stopped server on the same port.
func (p *Postfix) Start() { p.start() }

// Stop ends the server; connections break. Its master leads a process group of
// its own, apart from the program that started it.
func (p *Postfix) Stop() {
	if p.cmd == nil {
		return
	}
	groups := []int{p.cmd.Process.Pid}
	text, _ := os.ReadFile(filepath.Join(p.dir, "spool/pid/master.pid"))
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 {
		groups = append(groups, pid)
	}
	all := func(s syscall.Signal) {
		for _, g := range groups {
			_ = syscall.Kill(-g, s)
		}
	}
	all(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
	all(syscall.SIGKILL)
	<-done
	p.cmd = nil
}

// Inbox returns the mails that lie in the account's INBOX.
func (d *Dovecot) Inbox() (mails [][]byte) {
	for _, sub := range []string{"new", "cur"} {
		files, _ := filepath.Glob(filepath.Join(d.maildir("INBOX"), sub, "*"))
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil {
				mails = append(mails, b)
			}
		}
	}
	return mails
}
