package imap

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
)

// temporary marks err as worth repeating without changing what it says.
type temporary struct{ error }

func (t temporary) Unwrap() error        { return t.error }
func (t temporary) Is(target error) bool { return target == flow.ErrTemporary }

// refusal is a tagged NO or BAD.
type refusal struct {
	code string // RFC 5530 response code in upper case, "" without one
	text string // as the server put it
}

func (r *refusal) Error() string { return fmt.Sprintf("the server said %q", r.text) }

// passing are the RFC 5530 codes, and RFC 9051's LIMIT, that say "later".
var passing = []string{"UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT"}

// Is makes a refusal temporary when the server says that it will pass.
func (r *refusal) Is(target error) bool {
	return target == flow.ErrTemporary && slices.Contains(passing, r.code)
}

// newRefusal reads what follows "NO " or "BAD ".
func newRefusal(text string) *refusal {
	r := &refusal{text: text}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		code, _, _ := strings.Cut(rest, "]")
		code, _, _ = strings.Cut(code, " ")
		r.code = strings.ToUpper(code)
	}
	return r
}

// explainTLS says what to do about a failed handshake.
func explainTLS(cfg *Config, err error) error {
	var unverified *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &unverified):
		host, _, _ := net.SplitHostPort(cfg.Address)
		return fmt.Errorf("the TLS certificate of %s cannot be trusted: %w; if it was issued by your own authority name its certificate in "+
			"ca_file, and check that address has the name it was issued for",
			host, unverified.Err)
	case errors.As(err, &record):
		return fmt.Errorf("no TLS is spoken on that port (%w); port 993 goes with tls: implicit, port 143 with tls: starttls", err)
	}
	return temporary{fmt.Errorf("TLS handshake: %w", err)}
}

// explainLogin says what to do about a refused login.
func explainLogin(cfg *Config, no *refusal, detail string) error {
	if errors.Is(no, flow.ErrTemporary) {
		return fmt.Errorf("logging in as %s: %w", cfg.User, no)
	}
	if cfg.Auth == AuthXOAuth2 || cfg.Auth == AuthOAuthBearer {
		if detail != "" {
			detail = " (" + detail + ")"
		}
		// The token is asked for before each connect: a renewed one mends this.
		return temporary{fmt.Errorf("logging in as %s with %s: %w%s; the access token has expired or lacks the scope for mail: check "+
			"token_command, which is run before each attempt",
			cfg.User, strings.ToUpper(cfg.Auth), no, detail)}
	}
	return fmt.Errorf("logging in as %s: %w; check user and the password in password_file or password_env (many providers want an app "+
		"password here)", cfg.User, no)
}
