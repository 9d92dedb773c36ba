package smtp

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/emersion/go-msgauth/dkim"
)

// Key is a DKIM key. RFC 8463 advises to sign with RSA and Ed25519 side by
// side while verifiers learn the latter.
type Key struct {
	Domain, Selector string
	Signer           crypto.Signer
}

// minRSA: RFC 8301 forbids verifiers to trust less.
const minRSA = 1024

func (k Key) check() error {
	switch {
	case k.Domain == "" || k.Selector == "":
		return errors.New("dkim: a key needs its domain and selector")
	case k.Signer == nil:
		return fmt.Errorf("dkim: there is no key for %s._domainkey.%s", k.Selector, k.Domain)
	}
	return nil
}

// ReadKey reads a private key: PEM, PKCS #8 or PKCS #1, RSA or Ed25519.
func ReadKey(domain, selector, file string) (Key, error) {
	k := Key{Domain: domain, Selector: selector}
	text, err := os.ReadFile(file)
	if err != nil {
		return k, fmt.Errorf("reading the DKIM key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return k, fmt.Errorf("reading the DKIM key %s: no PEM block in it; "+
			"`openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048` makes a key", file)
	}
	var parsed any
	if block.Type == "RSA PRIVATE KEY" {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return k, fmt.Errorf("reading the DKIM key %s: %w", file, err)
	}
	switch p := parsed.(type) {
	case *rsa.PrivateKey:
		if p.N.BitLen() < minRSA {
			return k, fmt.Errorf("reading the DKIM key %s: an RSA key of %d bits, receivers want %d or more", file, p.N.BitLen(), minRSA)
		}
		k.Signer = p
	case ed25519.PrivateKey:
		k.Signer = p
	default:
		return k, fmt.Errorf("reading the DKIM key %s: a %T; DKIM knows RSA and Ed25519", file, parsed)
	}
	return k, nil
}

// signedFields are those that say who wrote what to whom about which mail, and
// that a program wrote it. One that is absent is signed as absent, so that
// nobody can add it.
var signedFields = []string{"From", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References",
	"Auto-Submitted", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// sign puts one signature for each key before the mail.
func sign(mail []byte, keys []Key) ([]byte, error) {
	var head bytes.Buffer
	for _, k := range keys {
		s, err := dkim.NewSigner(&dkim.SignOptions{Domain: k.Domain, Selector: k.Selector, Signer: k.Signer, HeaderKeys: signedFields,
			// Relaxed: lists fold and trim, and that changes nothing.
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed})
		if err != nil {
			return nil, fmt.Errorf("signing as %s._domainkey.%s: %w", k.Selector, k.Domain, err)
		}
		_, err = s.Write(mail)
		if err = errors.Join(err, s.Close()); err != nil {
			return nil, fmt.Errorf("signing as %s._domainkey.%s: %w", k.Selector, k.Domain, err)
		}
		head.WriteString(s.Signature())
	}
	return append(head.Bytes(), mail...), nil
}
