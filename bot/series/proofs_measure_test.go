//go:build measure

package series_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
)

// TestMeasureProofs counts the series of an archive of which some parts may be proven to
// be from their sender and others may not: those would be taken apart. Keys are not looked
// up; a signature counts where it covers the text as it stands there.
//
//	STABLEBOT_PROOFS=/path/to/public-inbox.git STABLEBOT_PROOFS_SINCE=2026-01-01 \
//		go test -tags measure ./bot/series -run TestMeasureProofs -v
func TestMeasureProofs(t *testing.T) {
	dir := os.Getenv("STABLEBOT_PROOFS")
	if dir == "" {
		t.Skip("STABLEBOT_PROOFS names no archive")
	}
	key := anyKey(t)
	type posting struct{ parts, signed, whole int } // whole: the text is as it was signed
	all := map[string]*posting{}
	first := map[string]string{}
	eachMail(t, dir, os.Getenv("STABLEBOT_PROOFS_SINCE"), func(raw []byte) {
		m, err := mail.Scan(raw)
		if err != nil || series.Key(m) == "" || m.Prefix.Of == 0 {
			return
		}
		k := series.Key(m) + " " + strings.ToLower(m.From.Address)
		p := all[k]
		if p == nil {
			p = &posting{}
			all[k], first[k] = p, m.ID
		}
		p.parts++
		if command.Signs(raw) != nil {
			return
		}
		p.signed++
		_, err = command.Prove(t.Context(), raw, func(context.Context, string) ([]string, error) { return []string{key}, nil })
		if err == nil || !strings.Contains(err.Error(), "body hash") {
			p.whole++
		}
	})
	var n, none, every, mixed, broken int
	for k, p := range all {
		switch {
		case p.parts < 2:
			continue
		case p.signed == 0:
			none++
		case p.whole == p.parts:
			every++
		case p.signed < p.parts:
			mixed++
			t.Logf("%d of %d signed: %s", p.signed, p.parts, first[k])
		case p.whole > 0:
			broken++
			t.Logf("%d of %d signatures cover the text: %s", p.whole, p.parts, first[k])
		default:
			none++
		}
		n++
	}
	fmt.Printf("%d series of several parts: %d with every part signed, %d with none, %d with some, %d where a list has broken some\n",
		n, every, none, mixed, broken)
}

func anyKey(t *testing.T) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// eachMail reads the mails of a public-inbox repository, oldest first.
func eachMail(t *testing.T, dir, since string, do func(raw []byte)) {
	t.Helper()
	out, err := exec.Command("git", "-C", dir, "log", "--reverse", "--since="+since, "--format=%H:m").Output()
	if err != nil {
		t.Fatal(err)
	}
	cat := exec.Command("git", "-C", dir, "cat-file", "--batch")
	cat.Stdin = strings.NewReader(string(out))
	pipe, err := cat.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cat.Start(); err != nil {
		t.Fatal(err)
	}
	for r := bufio.NewReader(pipe); ; {
		head, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		f := strings.Fields(head)
		if len(f) != 3 {
			continue // a mail that was deleted
		}
		size, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		raw := make([]byte, size+1)
		if _, err := io.ReadFull(r, raw); err != nil {
			t.Fatal(err)
		}
		do(raw[:size])
	}
	if err := cat.Wait(); err != nil {
		t.Fatal(err)
	}
}
