package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
	"github.com/emersion/go-msgauth/dkim"
)

// maxAge: a signature is for a mail under way. A week outlives every queue, and
// a command that is older was not meant for today.
const maxAge = 7 * 24 * time.Hour

// ahead is how far a sender's clock may be off.
const ahead = time.Hour

// maxSignatures bounds the look-ups that one mail can cause.
const maxSignatures = 5

// Lookup returns the TXT records of a name, as net.Resolver.LookupTXT.
type Lookup func(ctx context.Context, name string) ([]string, error)

// Proof is what a verified signature says.
type Proof struct {
	From   string // the address in From, lower case
	Domain string // that signed
	// Thread: In-Reply-To or References are signed too, so the mail cannot be
	// put into another thread.
	Thread bool
}

// needed are the fields without which a signature proves nothing here.
var needed = []string{"From", "Subject", "Date", "Message-Id"}

// ErrUnproven says that no signature proves the sender.
var ErrUnproven = errors.New("not proven by DKIM")

// Prove verifies that the mail is from the address in its From: a signature of
// that domain, or of a parent of it, covers From, Subject, Date, Message-ID and
// the whole text, and is not older than seven days. It does not know whether
// the Message-ID was used before. The error wraps ErrUnproven.
func Prove(ctx context.Context, raw []byte, now time.Time, lookup Lookup) (Proof, error) {
	no := func(format string, a ...any) (Proof, error) {
		return Proof{}, fmt.Errorf("%w: %w", ErrUnproven, fmt.Errorf(format, a...))
	}
	raw = crlf(raw)
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return no("the header cannot be read: %w", err)
	}
	// A second field of a name would be read by one program and signed by another.
	for _, k := range needed {
		if n := len(h.Values(k)); n != 1 {
			return no("%s is there %d times", k, n)
		}
	}
	mh := mail.HeaderFromMap(map[string][]string{"From": h.Values("From"), "Date": h.Values("Date")})
	from, err := mh.AddressList("From")
	if err != nil || len(from) != 1 {
		return no("From is not one address")
	}
	address := strings.ToLower(from[0].Address)
	_, domain, _ := strings.Cut(address, "@")
	if date, err := mh.Date(); err != nil || now.Sub(date) > maxAge || date.Sub(now) > ahead {
		return no("its date is not of the last seven days")
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT:        func(name string) ([]string, error) { return lookup(ctx, name) },
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return no("%w", err)
	}
	why := errors.New("there is no signature")
	for _, v := range found {
		switch {
		case v.Err != nil:
			why = fmt.Errorf("the signature of %s: %w", v.Domain, v.Err)
		case !aligned(domain, v.Domain):
			why = fmt.Errorf("the signature is of %s, the sender's domain is %s", v.Domain, domain)
		case !covers(v.HeaderKeys, needed...):
			why = fmt.Errorf("the signature of %s leaves out one of %s", v.Domain, strings.Join(needed, ", "))
		case !v.Time.IsZero() && now.Sub(v.Time) > maxAge:
			why = fmt.Errorf("the signature of %s is older than seven days", v.Domain)
		default:
			return Proof{From: address, Domain: strings.ToLower(v.Domain),
				Thread: covers(v.HeaderKeys, "In-Reply-To") && h.Has("In-Reply-To") || covers(v.HeaderKeys, "References") && h.Has("References")}, nil
		}
	}
	return no("%w", why)
}

// aligned: the domain itself or a parent, which rules it; never a top-level
// domain. A subdomain is somebody else's often enough.
func aligned(from, signed string) bool {
	from, signed = strings.ToLower(from), strings.ToLower(signed)
	return from != "" && (from == signed || strings.Contains(signed, ".") && strings.HasSuffix(from, "."+signed))
}

func covers(signed []string, want ...string) bool {
	for _, w := range want {
		if !slices.ContainsFunc(signed, func(k string) bool { return strings.EqualFold(strings.TrimSpace(k), w) }) {
			return false
		}
	}
	return true
}

// crlf gives stored mail the line ends that were signed.
func crlf(raw []byte) []byte {
	if bytes.Contains(raw, []byte("\r\n")) {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

// Resolver looks keys up in the DNS, and waits no longer than a busy list can
// bear.
func Resolver(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return net.DefaultResolver.LookupTXT(ctx, name)
}
