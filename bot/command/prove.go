package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"

	"github.com/stablebot/stablebot/bot/mail"
)

// maxAge: a signature is for a mail under way. A week outlives every queue, and
// a command that is older was not meant for today.
const maxAge = 7 * 24 * time.Hour

// ahead is how far a sender's clock may be off.
const ahead = time.Hour

// maxSignatures bounds the signatures of one mail that are tried, and maxKeys
// the names that are looked up for them.
const (
	maxSignatures = 20
	maxKeys       = 3
)

// What a header may have at most for a signature of it to be read: verifying compares
// each field that a signature names with each that is there. Mail of lists has up to
// some hundred fields, and signatures name up to fifty.
const (
	maxHeader = 256 << 10
	maxFields = 2000
	maxNamed  = 200
)

// Lookup returns the TXT records of a name, as net.Resolver.LookupTXT.
type Lookup func(ctx context.Context, name string) ([]string, error)

// Proof is what a verified signature says.
type Proof struct {
	From   string    // the address in From, lower case
	Domain string    // that signed
	Date   time.Time // as signed
	// Signed is the mail with nothing in it but what the signature covers. It is
	// what a program must read that obeys it: a field put on top of the real mail
	// is not there, so it can neither change how the text reads nor move it into
	// another thread.
	Signed []byte
	// Uses name the mail whatever is changed that is not signed: its Message-ID
	// where that is signed, and each signature. A command is obeyed for none that
	// was used before.
	Uses []string

	made time.Time // when it was signed, zero when it does not say
}

// needed are the fields without which a signature proves nothing here.
var needed = []string{"from", "subject", "date"}

// once are the fields that may be there once at most: a second one would be read
// by one program and signed by another.
var once = []string{"from", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type",
	"content-transfer-encoding"}

// ErrUnproven says that no signature proves the sender.
var ErrUnproven = errors.New("not proven by DKIM")

// ErrLookup says that a key could not be looked up; later it may.
var ErrLookup = errors.New("the key could not be looked up")

func no(format string, a ...any) error {
	return fmt.Errorf("%w: %w", ErrUnproven, fmt.Errorf(format, a...))
}

// Prove verifies that the mail is from the address in its From: a signature of
// that domain, or of a parent of it, covers From, Subject, Date and the whole
// text. Nothing is looked up unless a signature says that of itself. How old it
// is and whether it was used before is for the caller to ask. The error wraps
// ErrUnproven, or ErrLookup.
func Prove(ctx context.Context, raw []byte, lookup Lookup) (Proof, error) {
	c, err := candidates(raw)
	if err != nil {
		return Proof{}, err
	}
	keys := keyring{ctx: ctx, lookup: lookup, names: map[string]bool{}}
	for _, s := range c.signatures {
		keys.names[s.name()] = true
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(c.toVerify()), &dkim.VerifyOptions{MaxVerifications: maxSignatures,
		LookupTXT: keys.find})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return Proof{}, no("%w", err)
	}
	p := Proof{From: c.from, Date: c.date}
	var why error
	for i, v := range found {
		if i >= len(c.signatures) {
			break
		}
		s := c.signatures[i]
		if v.Err != nil {
			why = fmt.Errorf("the signature of %s: %w", v.Domain, v.Err)
			continue
		}
		if s.agent != s.domain && keys.strict(s) {
			why = fmt.Errorf("the key of %s does not sign for %s (t=s)", s.domain, s.agent)
			continue
		}
		p.Uses = append(p.Uses, s.uses(c)...)
		// Of several, the one that covers how the text reads says more.
		if p.Signed == nil || s.covers("content-type") && s.covers("in-reply-to") {
			p.Domain, p.made, p.Signed = s.domain, s.made, c.signedBy(s)
		}
	}
	switch {
	case p.Signed != nil:
		slices.Sort(p.Uses)
		p.Uses = slices.Compact(p.Uses)
		return p, nil
	case keys.failed() != nil:
		return Proof{}, fmt.Errorf("%w: %w", ErrLookup, keys.failed())
	case why == nil:
		why = errors.New("there is no signature")
	}
	return Proof{}, no("%w", why)
}

// Signs reports whether a mail has a signature that may prove its sender, "why"
// what is amiss when it has none. It looks nothing up.
func Signs(raw []byte) error {
	_, err := candidates(raw)
	return err
}

// Print makes of the print of a mail that of one copy of it: a copy without the
// signature of its sender's domain, or with another, proves something else.
func Print(print string, raw []byte) string {
	c, err := candidates(raw)
	if err != nil {
		return print
	}
	sum := sha256.New()
	_, _ = sum.Write([]byte(print)) // never fails
	for _, s := range c.signatures {
		_, _ = sum.Write([]byte(s.domain + "\x00" + s.value + "\x00"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// Stale says why a mail is too old, or too new, to be obeyed; nil when it is not.
func (p Proof) Stale(now time.Time) error {
	switch {
	case p.Date.IsZero() || now.Sub(p.Date) > maxAge || p.Date.Sub(now) > ahead:
		return no("its date is not of the last seven days")
	case !p.made.IsZero() && now.Sub(p.made) > maxAge:
		return no("the signature of %s is older than seven days", p.Domain)
	}
	return nil
}

// keyring looks up the names of the signatures that count, and no other.
type keyring struct {
	ctx    context.Context
	lookup Lookup
	names  map[string]bool

	mu   sync.Mutex
	have map[string][]string
	err  error
}

func (k *keyring) find(name string) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.names[name] {
		return nil, errors.New("not of the sender's domain")
	}
	if txt, ok := k.have[name]; ok {
		return txt, nil
	}
	if k.have == nil {
		k.have = map[string][]string{}
	}
	if len(k.have) >= maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	txt, err := k.lookup(k.ctx, name)
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		k.err = err
	}
	// Who tests a key says that its signatures are to be taken for none.
	if err == nil && slices.ContainsFunc(txt, func(record string) bool { return flagged(record, "y") }) {
		txt, err = nil, errors.New("its owner is only testing the key (t=y)")
	}
	k.have[name] = txt
	return txt, err
}

// strict reports whether a key signs for its own domain alone, and for none below it.
func (k *keyring) strict(s signature) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.have[s.name()], func(record string) bool { return flagged(record, "s") })
}

// flagged reports whether a key's record has a flag (t=, RFC 6376, 3.6.1).
func flagged(record, flag string) bool {
	for tag := range strings.SplitSeq(record, ";") {
		if name, flags, ok := strings.Cut(strings.Map(noSpace, tag), "="); ok && name == "t" {
			return slices.Contains(strings.Split(flags, ":"), flag)
		}
	}
	return false
}

func (k *keyring) failed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

// candidate is a mail with the signatures that could prove its sender.
type candidate struct {
	fields     []field
	count      map[string]int
	body       []byte
	from       string // address
	date       time.Time
	signatures []signature
}

// field is one field of a header, all of its lines.
type field struct {
	key  string // lower case
	text []byte
}

// signature is a DKIM-Signature field that covers what is needed.
type signature struct {
	at               int // place among the fields
	domain, selector string
	agent            string   // the domain it was made for: i=
	value            string   // b=, decoded and encoded again
	keys             []string // h=, lower case
	made             time.Time
}

// name is that of its key.
func (s signature) name() string { return s.selector + "._domainkey." + s.domain }

func (s signature) covers(key string) bool { return slices.Contains(s.keys, key) }

// candidates reads the header as liberally as any reader of it may, so that no
// field is seen there that was not counted here.
func candidates(raw []byte) (*candidate, error) {
	raw = crlf(raw)
	if bytes.Count(raw, []byte("\n")) != bytes.Count(raw, []byte("\r\n")) {
		return nil, no("its line ends are mixed")
	}
	c := &candidate{count: map[string]int{}}
	c.fields, c.body = splitFields(raw)
	if len(c.fields) > maxFields || len(raw)-len(c.body) > maxHeader {
		return nil, no("its header is too large for a signature of it to be verified")
	}
	for _, f := range c.fields {
		c.count[f.key]++
	}
	for _, k := range once {
		n := c.count[k]
		if n > 1 || n == 0 && slices.Contains(needed, k) {
			return nil, no("%s is there %d times", k, n)
		}
	}
	mh := gomail.HeaderFromMap(map[string][]string{"From": {c.value("from")}, "Date": {c.value("date")}})
	from, err := mh.AddressList("From")
	if err != nil || len(from) != 1 {
		return nil, no("From is not one address")
	}
	c.from = strings.ToLower(from[0].Address)
	c.date, _ = mh.Date() // zero is stale
	_, domain, _ := strings.Cut(c.from, "@")
	why := errors.New("there is no signature")
	for i, f := range c.fields {
		if f.key != "dkim-signature" {
			continue
		}
		s, problem := readSignature(f.text, domain)
		if problem != nil {
			why = problem
			continue
		}
		s.at = i
		if c.signatures = append(c.signatures, s); len(c.signatures) == maxSignatures {
			break
		}
	}
	if len(c.signatures) == 0 {
		return nil, no("%w", why)
	}
	return c, nil
}

// readSignature reads what a DKIM-Signature says of itself; the error says why
// it could prove nothing about a sender of that domain.
func readSignature(text []byte, from string) (s signature, err error) {
	_, v, _ := strings.Cut(string(text), ":")
	tags := map[string]string{}
	for tag := range strings.SplitSeq(v, ";") {
		if k, v, ok := strings.Cut(tag, "="); ok {
			tags[strings.TrimSpace(k)] = strings.Map(noSpace, v)
		}
	}
	s.domain, s.selector = strings.ToLower(tags["d"]), tags["s"]
	if s.agent = s.domain; strings.Contains(tags["i"], "@") {
		s.agent = strings.ToLower(tags["i"][strings.LastIndexByte(tags["i"], '@')+1:])
	}
	for k := range strings.SplitSeq(tags["h"], ":") {
		s.keys = append(s.keys, strings.ToLower(k))
	}
	if b, err := base64.StdEncoding.DecodeString(tags["b"]); err == nil {
		s.value = string(b)
	}
	if sec, err := strconv.ParseInt(tags["t"], 10, 64); err == nil {
		s.made = time.Unix(sec, 0)
	}
	_, partly := tags["l"]
	switch {
	case !aligned(from, s.domain):
		return s, fmt.Errorf("the signature is of %s, the sender's domain is %s", s.domain, from)
	case len(s.keys) > maxNamed:
		return s, fmt.Errorf("the signature of %s names %d fields", s.domain, len(s.keys))
	case partly:
		return s, fmt.Errorf("the signature of %s covers a part of the text only", s.domain)
	}
	for _, k := range needed {
		if !s.covers(k) {
			return s, fmt.Errorf("the signature of %s leaves out one of %s", s.domain, strings.Join(needed, ", "))
		}
	}
	return s, nil
}

// uses name the mail that was signed. The signature is named by its number, not
// by its letters, in which blanks may be put.
func (s signature) uses(c *candidate) []string {
	sum := sha256.Sum256([]byte(s.domain + "\x00" + s.value))
	out := []string{"signature " + hex.EncodeToString(sum[:])}
	if id := strings.TrimSpace(c.value("message-id")); id != "" && s.covers("message-id") {
		sum = sha256.Sum256([]byte(s.domain + "\x00" + id))
		out = append(out, "message-id "+hex.EncodeToString(sum[:]))
	}
	return out
}

// value is that of the only field of a name, "" when there is none.
func (c *candidate) value(key string) string {
	for _, f := range c.fields {
		if f.key == key {
			_, v, _ := bytes.Cut(f.text, []byte(":"))
			return strings.TrimRight(string(v), "\r\n")
		}
	}
	return ""
}

// toVerify leaves out the signatures that count for nothing, so that nobody can
// hide the one that does behind many.
func (c *candidate) toVerify() []byte {
	var out bytes.Buffer
	for i, f := range c.fields {
		if f.key != "dkim-signature" || slices.ContainsFunc(c.signatures, func(s signature) bool { return s.at == i }) {
			out.Write(f.text)
		}
	}
	out.WriteString("\r\n")
	out.Write(c.body)
	return out.Bytes()
}

// signedBy is the mail as a signature covers it. Where the signature does not
// say how the body is to be read, it is read as it stands; where it has parts,
// each says so in the body itself, and the first one is what its sender wrote.
func (c *candidate) signedBy(s signature) []byte {
	var out bytes.Buffer
	for _, f := range c.fields {
		n := 0
		for _, k := range s.keys {
			if k == f.key {
				n++
			}
		}
		if f.key != "dkim-signature" && n > 0 && c.count[f.key] <= n {
			out.Write(f.text)
		}
	}
	if s.covers("content-type") && s.covers("content-transfer-encoding") {
		out.WriteString("\r\n")
		out.Write(c.body)
		return out.Bytes()
	}
	// One of the two alone could be read with another one than the sender's.
	unread := out.Bytes()
	out = bytes.Buffer{}
	for fields, _ := splitFields(unread); len(fields) > 0; fields = fields[1:] {
		if k := fields[0].key; k != "content-type" && k != "content-transfer-encoding" {
			out.Write(fields[0].text)
		}
	}
	head, body := firstPart(c.body)
	out.Write(head)
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}

// maxNested bounds the multiparts that stand in each other.
const maxNested = 4

// firstPart returns the header and the text of the first part of a body that is
// made of parts, and any other body as it is. A first part that is no plain text
// to be shown gives nothing.
func firstPart(body []byte) (head, text []byte) {
	var boundaries [][]byte
	for range maxNested {
		rest := bytes.TrimLeft(body, "\r\n")
		line, after, ok := bytes.Cut(rest, []byte("\r\n"))
		if !ok || !bytes.HasPrefix(line, []byte("--")) || len(line) < 3 || !bytes.HasPrefix(bytes.ToLower(after), []byte("content-")) {
			if len(boundaries) > 0 || hasParts(body) {
				return nil, nil
			}
			return nil, body
		}
		boundaries = append(boundaries, line)
		fields, inner := splitFields(after)
		kind, attached := "text/plain", false
		for _, f := range fields {
			_, v, _ := bytes.Cut(f.text, []byte(":"))
			low := strings.ToLower(strings.TrimSpace(string(v)))
			switch f.key {
			case "content-type":
				kind = low
			case "content-disposition":
				attached = strings.HasPrefix(low, "attachment")
			}
		}
		switch {
		case strings.HasPrefix(kind, "multipart/"):
			body = inner
			continue
		case attached || !strings.HasPrefix(kind, "text/plain"):
			return nil, nil
		}
		for _, f := range fields {
			if f.key == "content-type" || f.key == "content-transfer-encoding" {
				head = append(head, f.text...)
			}
		}
		for _, b := range boundaries {
			if i := bytes.Index(inner, append([]byte("\r\n"), b...)); i >= 0 {
				inner = inner[:i+2]
			}
		}
		return head, inner
	}
	return nil, nil
}

// hasParts reports whether a body looks as if it were made of parts.
func hasParts(body []byte) bool {
	for line := range bytes.Lines(body) {
		if len(line) > 8 && strings.EqualFold(string(line[:8]), "content-") {
			return true
		}
	}
	return false
}

// splitFields cuts a mail at its first empty line.
func splitFields(raw []byte) (fields []field, body []byte) {
	if bytes.HasPrefix(raw, []byte("From ")) { // an mbox's line
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	whole, begin := raw, 0 // of the last field: the lines of one stand together
	for len(raw) > 0 {
		n := bytes.IndexByte(raw, '\n') + 1
		if n == 0 {
			n = len(raw)
		}
		line := raw[:n]
		raw = raw[n:]
		if len(bytes.Trim(line, "\r\n")) == 0 {
			return fields, raw
		}
		if (line[0] == ' ' || line[0] == '\t') && len(fields) > 0 {
			end := len(whole) - len(raw)
			fields[len(fields)-1].text = whole[begin:end:end]
			continue
		}
		begin = len(whole) - len(raw) - n
		key, _, _ := bytes.Cut(line, []byte(":"))
		fields = append(fields, field{strings.ToLower(string(bytes.TrimSpace(key))), line})
	}
	return fields, nil
}

// aligned: the domain itself or a parent, which rules it; never one below which anybody
// registers theirs. A subdomain is somebody else's often enough.
func aligned(from, signed string) bool {
	from, signed = strings.ToLower(from), strings.ToLower(signed)
	return from != "" && (from == signed || !mail.Public(signed) && strings.HasSuffix(from, "."+signed))
}

func noSpace(r rune) rune {
	if r <= ' ' {
		return -1
	}
	return r
}

// crlf gives stored mail the line ends that were signed.
func crlf(raw []byte) []byte {
	if bytes.Contains(raw, []byte("\r\n")) {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

// lookupTime is how long a key is waited for.
const lookupTime = 10 * time.Second

// Resolver looks keys up in the DNS: with the machine's own resolver, or with
// the server named.
func Resolver(server string) Lookup {
	r := net.DefaultResolver
	if server != "" {
		r = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server)
		}}
	}
	return func(ctx context.Context, name string) ([]string, error) {
		ctx, cancel := context.WithTimeout(ctx, lookupTime)
		defer cancel()
		return r.LookupTXT(ctx, name)
	}
}
