package run_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// nameServer answers every question with one TXT record, and remembers the names.
type nameServer struct {
	addr string
	mu   sync.Mutex
	took []string
}

func newNameServer(t *testing.T, txt string) *nameServer {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	s := &nameServer{addr: c.LocalAddr().String()}
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if name, end := question(b[:n]); end > 0 {
				s.mu.Lock()
				s.took = append(s.took, name)
				s.mu.Unlock()
				_, _ = c.WriteTo(answerTXT(b[:end], txt), from)
			}
		}
	}()
	return s
}

func (s *nameServer) names() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.took, " ")
}

// question reads the name that a DNS question asks for, and where it ends.
func question(b []byte) (name string, end int) {
	at := 12
	for at < len(b) && b[at] != 0 {
		n := int(b[at])
		if at+1+n > len(b) {
			return "", 0
		}
		name += string(b[at+1:at+1+n]) + "."
		at += 1 + n
	}
	if at+5 > len(b) {
		return "", 0
	}
	return strings.TrimSuffix(name, "."), at + 5
}

func answerTXT(question []byte, txt string) []byte {
	out := bytes.Clone(question)
	binary.BigEndian.PutUint16(out[2:], 0x8180) // an answer without error
	binary.BigEndian.PutUint16(out[6:], 1)      // of one record
	binary.BigEndian.PutUint32(out[8:], 0)
	out = append(out, 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60) // the same name, TXT, for a minute
	out = binary.BigEndian.AppendUint16(out, uint16(len(txt)+1))
	return append(append(out, byte(len(txt))), txt...)
}

// TestProgramHears: the program, with a name server, believes a maintainer whose
// mail is signed as kernel.org signs, once, and nobody who only names one.
func TestProgramHears(t *testing.T) {
	t.Parallel()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dns := newNameServer(t, "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(pub))
	bin, dir := built(t), t.TempDir()
	in := &mailArchive{t: t, dir: filepath.Join(dir, "inbox")}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := archiveConfig(t, dir)
	old, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "MAINTAINERS"), "INTEL NET\nM:\tMo Maintains <mo@kernel.example.org>\nF:\tdrivers/net/ethernet/intel/\n")
	writeText(t, conf, string(old)+fmt.Sprintf("commands: {enabled: true, maintainers: %s/MAINTAINERS}\ntrust: {resolver: '%s'}\n", dir,
		dns.addr))
	reply := func(id, from, text string) string {
		return fmt.Sprintf("From: %s\nTo: net@lists.example.org\nSubject: Re: [PATCH] igc: fix a NULL pointer dereference on error path "+
			"1\nDate: %s\nMessage-ID: <%s@example.org>\nIn-Reply-To: <post1@example.org>\nReferences: <post1@example.org>\n\n%s\n",
			from, time.Now().Format(time.RFC1123Z), id, text)
	}
	sign := func(raw, domain string) string {
		var out bytes.Buffer
		if err := dkim.Sign(&out, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")),
			&dkim.SignOptions{Domain: domain, Selector: "k", Signer: key,
				HeaderKeys: []string{"From", "To", "Cc", "Subject", "Date", "In-Reply-To", "References"}}); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(out.String(), "\r\n", "\n")
	}
	const mo = "Mo Maintains <mo@kernel.example.org>"
	replies := func() (all []string) {
		if out, err := exec.Command(bin, "run", "--once", "-c", conf).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "state/outbox/new/*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
		return all
	}
	in.post()
	if n := len(replies()); n != 1 {
		t.Fatalf("%d replies to a patch", n)
	}
	in.put(reply("f1", mo, "NAK. Buy pills."))
	in.put(sign(reply("f2", "Mo Maintains <x@evil.example.com>", "NAK. Buy pills."), "evil.example.com"))
	in.put(sign(reply("f3", mo, "NAK. Buy pills."), "evil.example.com"))
	in.put("Content-Transfer-Encoding: base64\n" + sign(reply("f4", mo, base64.StdEncoding.EncodeToString([]byte("NAK. Buy pills.\n"))),
		"kernel.example.org"))
	if got := replies(); len(got) != 1 {
		t.Fatalf("after forged refusals:\n%s", strings.Join(got, "\n"))
	}
	for _, name := range strings.Fields(dns.names()) {
		if name != "k._domainkey.kernel.example.org" && name != "k._domainkey.evil.example.com" {
			t.Errorf("%s was looked up", name)
		}
	}
	order := sign(reply("c1", mo, "#stablebot override dkms-only the firmware is missing"), "kernel.example.org")
	in.put(order)
	if got := replies(); len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), "mo@kernel.example.org: dkms-only") {
		t.Fatalf("after a command:\n%s", strings.Join(got, "\n"))
	}
	in.put(strings.Replace(order, "<c1@", "<c2@", 1))
	in.put("In-Reply-To: <other@example.org>\n" + strings.Replace(order, "<c1@", "<c3@", 1))
	if got := replies(); len(got) != 2 {
		t.Fatalf("after the command was sent again:\n%s", strings.Join(got, "\n"))
	}
	in.put(sign(reply("n1", mo, "NAK. It breaks resume on every card that has two rings."), "kernel.example.org"))
	out, err := exec.Command(bin, "explain", "-c", conf, "post1@example.org").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := replies(); strings.Contains(strings.Join(got, "\n"), "pills") {
		t.Fatalf("the bot repeats a stranger:\n%s", strings.Join(got, "\n"))
	}
	if out, err = exec.Command(bin, "explain", "-c", conf, "post1@example.org").CombinedOutput(); err != nil ||
		!strings.Contains(joined(string(out)), "mo@kernel.example.org: NAK. It breaks resume") {
		t.Errorf("%v\n%s", err, out)
	}
}
