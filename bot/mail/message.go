// Package mail reads mails: from bytes to a message and, when it carries a
// patch, to a change; and from mboxes, maildirs and files to bytes.
//
// Keys and invariants:
//
//   - A message's key is its Message-ID, without brackets. A mail without one
//     gets an ID made from its sender, date, subject and text, so the same
//     mail read twice, or received over two lists, has the same key; Synthetic
//     says so.
//   - Every string of a message is UTF-8 with LF line ends and has been
//     decoded. Where the patch was in another charset, Native has the bytes
//     that git would apply.
//   - A mail either has a Change or a NoPatch that says in words why not.
//     Nothing is left out silently: Damaged says what could not be read.
//   - No input makes this package panic, and a mail costs memory in proportion
//     to its size, which is capped.
package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// MaxSize is the largest mail that is parsed. The largest of the 19,811 mails
// of a DRM list is 3 MB and vger refuses more than 400 kB; what is larger than
// this is a file sent by mistake. The largest patch that is read fits in, encoded.
const MaxSize = 8 << 20

// TooLargeError: the mail exceeds MaxSize and was not parsed.
type TooLargeError struct {
	Size int64 // what was seen of it; 0 when not known
	Cap  int64
}

func (e *TooLargeError) Error() string {
	if e.Size == 0 {
		return fmt.Sprintf("the mail is larger than the %d MiB that are read of one mail", e.Cap>>20)
	}
	return fmt.Sprintf("the mail has %d bytes, at most %d MiB are read of one mail", e.Size, e.Cap>>20)
}

// The reasons of NoPatch that callers branch on.
const (
	Reply    = "a reply"
	Cover    = "a cover letter"
	Pull     = "a pull request"
	NoDiff   = "no diff in it"
	Combined = "a combined diff, which cannot be applied"
	Robot    = "a notice from a program"
	Queue    = "a notice from a patch queue"
	Talk     = "a diff in a discussion: no [PATCH] in the subject and no sign-off"
)

// Message is one mail. Text reads the raw mail on demand, so a message must
// not outlive a buffer that is used again; all else is copied.
type Message struct {
	ID        string // without angle brackets
	Synthetic bool   // the mail had no Message-ID: ID is made from its content
	InReplyTo string
	// References are the ancestors, oldest first.
	References []string

	// From is the sender. A list that rewrites senders ("Jane via list" with the
	// list's own address) is undone where the mail says whom it replaced; Via is
	// then what the list had put there, for the reader to see whether it is a list
	// that it knows. Else Via is empty.
	From    change.Person
	Via     change.Person
	ReplyTo []change.Person
	To, Cc  []change.Person
	// Date is as the sender wrote it; the time of the last hop when it is
	// missing or unreadable, the zero time when there is neither.
	Date    time.Time
	Subject string // decoded and unfolded, with Re: and brackets
	Title   string // without them
	Prefix  change.Prefix

	ListID        string // the id alone: "nouveau.lists.freedesktop.org"
	AutoSubmitted string // lower case, "" when absent or "no"
	Precedence    string // lower case
	// Program names the program that wrote the mail, "" for a person.
	Program string
	// StableReview: posted by the stable team for review of what it has queued.
	StableReview bool

	// IsPatch: the mail carries a patch of its own. Change is what it holds,
	// nil without one or when only Scan was asked for.
	IsPatch bool
	Change  *change.Change
	// NoPatch is why IsPatch is false.
	NoPatch string
	// Native is the diff as transfer-decoded, in its own charset, when that was
	// not UTF-8; nil when the text has the same bytes.
	Native []byte
	// Attached: the patch was a file attached to the mail. More counts further
	// attached patches, which are not judged.
	Attached bool
	More     int
	// Damaged is what could not be read: a broken MIME structure, or a patch
	// that does not parse.
	Damaged error

	recipients [3][]byte // the fields that name some, as they stand
	reached    []string  // what Reached found, once the fields are let go

	contentType, encoding, disposition string
	body                               []byte
	bare                               bool // no header: a diff from a file
	leaves                             []part
	split                              bool
	text                               string
	decoded                            bool
	patch                              patchText
	provenance                         []change.Trailer // of the header
}

// patchText is what Parse hands to the change package.
type patchText struct {
	subject string // of an attached file, "" when the mail's counts
	text    string
	diff    string
	others  []string // other readings of text, when it does not parse
}

// Parse reads a mail and the patch in it. The error is a *TooLargeError; every
// other mail gives a message.
func Parse(raw []byte) (*Message, error) {
	m, err := Scan(raw)
	if err != nil || !m.IsPatch {
		return m, err
	}
	in := change.Input{
		ID: m.ID, Kind: change.Mail, Subject: m.Subject, Author: m.From, Date: m.Date,
		Text: m.patch.text, Diff: m.patch.diff, Header: m.provenance, To: addresses(m.To), Cc: addresses(m.Cc),
	}
	if m.patch.subject != "" {
		in.Subject = m.patch.subject
	}
	c, err := change.Parse(in)
	for _, other := range m.patch.others {
		if err == nil {
			break
		}
		in.Text = other
		if again, e := change.Parse(in); e == nil {
			c, err = again, nil
		}
	}
	m.Change = c
	if err != nil {
		m.Damaged = err
	}
	return m, nil
}

// Scan is Parse without the patch: IsPatch is known, Change stays nil. It is
// for readers that want the thread rather than the changes.
func Scan(raw []byte) (*Message, error) {
	if len(raw) > MaxSize {
		return nil, &TooLargeError{Size: int64(len(raw)), Cap: MaxSize}
	}
	m := &Message{}
	var h header
	m.body = raw
	if looksLikeFrom(raw) {
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			m.body = raw[i+1:]
		}
	}
	if hasHeader(m.body) {
		h, m.body = splitHeader(m.body)
	} else {
		m.bare = true
	}
	m.readHeader(&h)
	m.classify()
	return m, nil
}

func (m *Message) readHeader(h *header) {
	m.Subject = change.Clip(oneLine(h.text(fSubject)), change.MaxSubject)
	m.Prefix, m.Title = change.ParseSubject(m.Subject)
	if from := people(h[fFrom]); len(from) > 0 {
		m.From = from[0]
	} else if sender := people(h[fSender]); len(sender) > 0 {
		m.From = sender[0]
	}
	m.ReplyTo = people(h[fReplyTo])
	m.To, m.Cc = people(h[fTo]), people(h[fCc])
	m.recipients = [3][]byte{h[fTo], h[fCc], h[fRecipients]}
	m.ListID = listID(h[fListID])
	m.undoVia(people(h[fOriginalFrom]))
	m.Date = date(h[fDate])
	if m.Date.IsZero() && h[fReceived] != nil {
		if i := bytes.LastIndexByte(h[fReceived], ';'); i >= 0 {
			m.Date = date(bytes.TrimSpace(h[fReceived][i+1:]))
		}
	}
	if list := ids(h[fInReplyTo]); len(list) > 0 {
		m.InReplyTo = list[0]
	}
	m.References = ancestors(ids(h[fReferences]))
	if m.InReplyTo == "" && len(m.References) > 0 {
		m.InReplyTo = m.References[len(m.References)-1]
	}
	if v := strings.ToLower(oneLine(h.text(fAutoSubmitted))); v != "no" {
		m.AutoSubmitted, _, _ = strings.Cut(v, ";")
	}
	m.Precedence = strings.ToLower(oneLine(h.text(fPrecedence)))
	m.StableReview = strings.EqualFold(string(h[fStable]), "review")
	if m.Prefix.Bare {
		m.Prefix.Settle(m.Date, m.StableReview || change.AsksStable(addresses(m.To)...) || change.AsksStable(addresses(m.Cc)...))
	}
	m.contentType, m.encoding, m.disposition = unfold(h[fContentType]), string(h[fEncoding]), unfold(h[fDisposition])
	m.provenance = h.provenance()
	m.Program = program(m, string(h[fReturnPath]))
	if list := ids(h[fMessageID]); len(list) > 0 {
		m.ID = list[0]
	} else {
		m.ID, m.Synthetic = synthetic(h, m.body), true
	}
}

// undoVia puts the author back where a list, to satisfy DMARC, has put its own
// address and "Jane via list" in the sender. Only the list's own address is
// replaced: anybody may write " via " into a name and a field that redirects
// the answers.
func (m *Message) undoVia(original []change.Person) {
	name, _, via := strings.Cut(m.From.Name, " via ")
	if !via || !ListAddress(m.ListID, m.From.Address) {
		return
	}
	was := m.From
	if len(original) > 0 && original[0].Address != "" {
		m.From, m.Via = original[0], was
		return
	}
	for _, p := range m.ReplyTo {
		// a list's own address says nothing of the author
		if p.Address != "" && p.Address != m.From.Address && (len(m.ReplyTo) == 1 || strings.EqualFold(p.Name, strings.Trim(name, `'" `))) {
			if p.Name == "" {
				p.Name = strings.Trim(name, `'" `)
			}
			m.From, m.Via = p, was
			return
		}
	}
}

// ListAddress reports whether an address is that of a list: its List-Id with the
// first dot as an at sign, as all list software has it, or the address itself.
func ListAddress(list, address string) bool {
	if list == "" || address == "" {
		return false
	}
	return strings.EqualFold(list, address) || strings.EqualFold(list, strings.Replace(address, "@", ".", 1))
}

// AsSent undoes undoVia: the sender is whom the mail names. A patch in it gets
// the same author, unless it names another one itself.
func (m *Message) AsSent() {
	if m.Via == (change.Person{}) {
		return
	}
	if m.Change != nil && m.Change.Author == m.From {
		m.Change.Author = m.Via
	}
	m.From, m.Via = m.Via, change.Person{}
}

// synthetic makes a message id from what every copy of a mail has in common.
// The name is one that nobody can own (RFC 6761).
func synthetic(h *header, body []byte) string {
	sum := sha256.New()
	for _, v := range [][]byte{h[fFrom], h[fDate], h[fSubject], body} {
		sum.Write(v)
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]) + "@no-message-id.invalid"
}

// listID is the part in angle brackets, or all of a value without them.
func listID(v []byte) string {
	s := strings.ToLower(unfold(v))
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		s, _, _ = strings.Cut(s[i+1:], ">")
	}
	return cleanID(s)
}

func addresses(list []change.Person) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, p := range list {
		if p.Address != "" {
			out = append(out, p.Address)
		}
	}
	return out
}

// classify decides whether the mail carries a patch. What its subject settles
// is settled without looking at the body.
func (m *Message) classify() {
	switch {
	case m.Prefix.Reply:
		m.NoPatch = Reply
		return
	case m.Prefix.Cover():
		m.NoPatch = Cover
		return
	case m.Prefix.Pull:
		m.NoPatch = Pull
		return
	case isQueueNotice(m.Subject, m.Title):
		m.NoPatch = Queue
		return
	case m.Program != "" && !m.Prefix.Patch:
		m.NoPatch = Robot
		return
	}
	if !m.mayHoldDiff() {
		m.NoPatch = NoDiff
		return
	}
	m.findPatch()
	if m.IsPatch && !m.offered() {
		m.IsPatch, m.Attached, m.More, m.Native, m.NoPatch = false, false, 0, nil, Talk
	}
}

// offered reports whether the patch was posted to be applied, rather than
// shown in a bug report or a question.
func (m *Message) offered() bool {
	p := m.Prefix
	if m.patch.subject != "" {
		p, _ = change.ParseSubject(m.patch.subject)
	}
	return m.bare || p.Patch || p.RFC || p.Resend || p.AutoSel || p.Of > 0 || p.Version > 1 || len(p.Trees) > 0 || p.Coming != "" ||
		m.Prefix.Patch || strings.Contains(m.patch.text, "Signed-off-by: ") || strings.Contains(m.patch.diff, "Signed-off-by: ")
}

// mayHoldDiff is a test of the raw body that is never wrong about "no".
func (m *Message) mayHoldDiff() bool {
	switch strings.ToLower(m.encoding) {
	case "quoted-printable", "base64":
		return true // decoding costs less than finding out what an encoder may do
	}
	if len(m.contentType) >= 10 && strings.EqualFold(m.contentType[:10], "multipart/") {
		return true
	}
	return bytes.Contains(m.body, []byte("diff --")) || bytes.Contains(m.body, []byte("+++ "))
}

// parts splits the body once.
func (m *Message) parts() []part {
	if !m.split {
		var err error
		m.leaves, err = split(m.contentType, m.encoding, m.disposition, m.body)
		m.split = true
		if err != nil && m.Damaged == nil {
			m.Damaged = err
		}
	}
	return m.leaves
}

// Text is what the mail says: its inline plain text, decoded, with LF line
// ends, the lines of format=flowed joined. It is decoded when first asked for.
func (m *Message) Text() string {
	if m.decoded {
		return m.text
	}
	m.decoded = true
	var text joined
	for _, p := range m.parts() {
		if !p.inline() {
			continue
		}
		t, _ := toUTF8(p.charset, p.decode())
		if p.flowed {
			t = unflow(t, p.delSp)
		}
		text.add(t)
	}
	m.text = text.String()
	return m.text
}

// shedText is as much of a text as Shed keeps: what a quote is taken from.
const shedText = 16 << 10

// Shed lets go of the bytes of the mail: headers stay, the change stays, and the
// beginning of the text.
func (m *Message) Shed() {
	text := m.Text()
	if len(text) > shedText {
		text = strings.ToValidUTF8(text[:shedText], "")
	}
	m.text, m.decoded = strings.Clone(text), true
	m.reached, m.recipients = m.Reached(), [3][]byte{}
	m.body, m.leaves, m.split, m.patch, m.Native = nil, nil, true, patchText{}, nil
}

// joined is the text of parts, one below the other.
type joined struct {
	strings.Builder
	only string // of a single part, which need not be copied
	n    int
	open bool // the last line has no end
}

func (j *joined) add(t string) {
	if t == "" {
		return
	}
	j.n++
	if j.n == 1 {
		j.only = t
		return
	}
	if j.n == 2 {
		j.WriteString(j.only)
		j.open = !strings.HasSuffix(j.only, "\n")
		j.only = ""
	}
	if j.open {
		j.WriteByte('\n')
	}
	j.WriteString(t)
	j.open = !strings.HasSuffix(t, "\n")
}

func (j *joined) String() string {
	if j.n <= 1 {
		return j.only
	}
	return j.Builder.String()
}
