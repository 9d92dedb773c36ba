//go:build unix

// Package peers starts real servers for tests: the programs themselves, in a
// temporary folder, on free loopback ports, stopped by process group.
//
// A test that needs a program calls Need first: on a machine without it the
// test is skipped with the line that installs it; with STABLEBOT_CI=1 that is
// a failure, so that CI can't lose a test unnoticed.
package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// programs says where a program hides besides PATH (sbin is not in everyone's)
// and what installs it on Debian and Ubuntu.
var programs = map[string]string{
	"chromium": "sudo apt-get install -y --no-install-recommends chromium",
	"b4":       "sudo apt-get install -y --no-install-recommends b4",
	"node":     "sudo apt-get install -y nodejs npm; .ci/install github",
	"dovecot":  "sudo apt-get install -y --no-install-recommends dovecot-imapd",
	"postgres": "sudo apt-get install -y --no-install-recommends postgresql",
	"postfix": "echo 'postfix postfix/main_mailer_type select No configuration' | sudo debconf-set-selections; sudo apt-get install -y " +
		"--no-install-recommends postfix",
}

// Need returns the path of a program, or skips the test.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if err == nil {
			return path
		}
		path, err = exec.LookPath(filepath.Join(dir, program))
	}
	if err == nil {
		return path
	}
	Lack(t, fmt.Sprintf("%s is not installed; %s", program, programs[program]))
	return ""
}

// Lack ends a test for want of something: a skip for people, a failure in CI.
func Lack(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("STABLEBOT_CI") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Full reports whether tests that last are to run at their full length: in CI,
// and for a person who sets STABLEBOT_FULL=1. Otherwise they do less of the same.
func Full() bool { return os.Getenv("STABLEBOT_CI") == "1" || os.Getenv("STABLEBOT_FULL") == "1" }

// Scale is how often something is done: often when tests run at full length.
func Scale(few, often int) int {
	if Full() {
		return often
	}
	return few
}

// Port is a loopback port that was free a moment ago.
func Port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Cert writes cert.pem and key.pem for localhost and 127.0.0.1 into dir and
// returns a pool that trusts them.
func Cert(t testing.TB, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, filepath.Join(dir, "cert.pem"), cert)
	write(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
