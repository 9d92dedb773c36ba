package demo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// Signer signs mail as a provider does, with a key of this run, and answers
// who looks its key up.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner makes a key.
func NewSigner() (*Signer, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("making a key for the demo's mails: %w", err)
	}
	return &Signer{key: key}, nil
}

// Sign puts a DKIM signature of its sender's domain before a mail.
func (s *Signer) Sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("signing a demo mail: %w", err)
	}
	from, err := mail.ParseAddress(m.Header.Get("From"))
	if err != nil {
		return nil, fmt.Errorf("signing a demo mail: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	err = dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "demo", Signer: s.key,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References"}})
	if err != nil {
		return nil, fmt.Errorf("signing a demo mail: %w", err)
	}
	return out.Bytes(), nil
}

// Lookup answers for the domains of the demo, none of which is anybody's
// (RFC 2606), and knows no other.
func (s *Signer) Lookup(_ context.Context, name string) ([]string, error) {
	if !strings.HasPrefix(name, "demo._domainkey.") || !strings.HasSuffix(name, ".example.com") && !strings.HasSuffix(name, ".example.org") {
		return nil, fmt.Errorf("%s is none of the demo's names", name)
	}
	public := s.key.Public().(ed25519.PublicKey)
	return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
}
