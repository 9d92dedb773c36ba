package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// The life of the App's own token: GitHub takes at most ten minutes, and asks
// to begin a minute ago for clocks that differ.
const (
	jwtBack  = time.Minute
	jwtAhead = 9 * time.Minute
)

// appTransport speaks as the App itself.
type appTransport struct{ cfg Config }

func (t *appTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	pemKey, err := t.cfg.App.Key()
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(pemKey)
	if err != nil {
		return nil, err
	}
	token, err := sign(key, t.cfg.App.ID, t.cfg.Now())
	if err != nil {
		return nil, err
	}
	return t.cfg.Base.RoundTrip(t.cfg.bearing(r, token))
}

// ParseKey reads an RSA private key as GitHub gives it (PKCS #1), or PKCS #8.
func ParseKey(b []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, errors.New("reading the App's private key: it is no PEM; download it from the App's settings page")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	any8, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the App's private key: %w", err)
	}
	key, ok := any8.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("reading the App's private key: GitHub Apps have RSA keys, this is another kind")
	}
	return key, nil
}

// sign makes the App's JSON Web Token (RFC 7519, RS256).
func sign(key *rsa.PrivateKey, app int64, now time.Time) (string, error) {
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." +
		enc.EncodeToString(fmt.Appendf(nil, `{"iat":%d,"exp":%d,"iss":"%d"}`, now.Add(-jwtBack).Unix(), now.Add(jwtAhead).Unix(), app))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing the App's token: %w", err)
	}
	return text + "." + enc.EncodeToString(sig), nil
}

// tokenMargin is how long before its end an installation token is renewed: no
// request takes longer.
const tokenMargin = 5 * time.Minute

// installationTransport speaks as the App where it is installed.
type installationTransport struct {
	client *Client
	id     int64

	mu    sync.Mutex
	token string
	ends  time.Time
}

func (t *installationTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := t.current(r.Context())
	if err != nil {
		return nil, err
	}
	res, err := t.client.cfg.Base.RoundTrip(t.client.cfg.bearing(r, token))
	if err == nil && res.StatusCode == http.StatusUnauthorized {
		t.mu.Lock()
		t.token = ""
		t.mu.Unlock()
	}
	return res, err
}

func (t *installationTransport) current(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && t.client.cfg.Now().Before(t.ends.Add(-tokenMargin)) {
		return t.token, nil
	}
	got, _, err := t.client.jwt.Apps.CreateInstallationToken(ctx, t.id, nil)
	if err != nil {
		if s := Status(err); s == http.StatusNotFound || s == http.StatusForbidden {
			t.client.forget(t.id) // taken away, or installed anew under another id
		}
		return "", fmt.Errorf("getting a token for the App's installation %d: %w", t.id, err)
	}
	t.token, t.ends = got.GetToken(), got.GetExpiresAt().Time
	return t.token, nil
}
