// Package demo is what `stablebot run --demo` runs against when nothing is
// configured: an IMAP server in this process, on loopback, with mails of our
// own, and a git remote with a mainline and stable branches.
//
// The same script gives the same commits, so a SHA in a demo mail is that of a
// demo commit.
package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/fixtures"
)

// Server is a running IMAP server with one account and its INBOX.
type Server struct {
	Addr           string // 127.0.0.1:port, no TLS
	User, Password string // the password is random: other users of the machine stay out
	List           string // List-Id for posted mails that have none

	user *imapmemserver.User
}

// Serve starts a server that holds mails, in that order; it ends with ctx.
func Serve(ctx context.Context, mails [][]byte) (*Server, error) {
	s := &Server{User: "demo", Password: rand.Text(), List: fixtures.DemoList}
	s.user = imapmemserver.NewUser(s.User, s.Password)
	if err := s.user.Create("INBOX", nil); err != nil {
		return nil, fmt.Errorf("starting the demo's IMAP server: %w", err)
	}
	for i, m := range mails {
		if err := s.Append(m); err != nil {
			return nil, fmt.Errorf("demo mail %d: %w", i+1, err)
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(s.user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return session{mem.NewSession(), s}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}},
		InsecureAuth: true, // on loopback
		Logger:       log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the demo's IMAP server on 127.0.0.1: %w", err)
	}
	s.Addr = l.Addr().String()
	go func() { _ = srv.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	return s, nil
}

// Append files one more mail, which came now.
func (s *Server) Append(raw []byte) error { return s.appendAt(raw, time.Now()) }

// appendAt gives a mail the line ends that IMAP asks for.
func (s *Server) appendAt(raw []byte, came time.Time) error {
	_, err := s.user.Append("INBOX", literal{bytes.NewReader(crlf(raw))}, &imap.AppendOptions{Time: came})
	return err
}

func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

type literal struct{ *bytes.Reader }

// session mends the wait of imapmemserver, which overlooks a mail that comes
// between the last command and IDLE: it looks for itself.
type session struct {
	imapserver.Session
	srv *Server
}

// Append takes what a person posts, as letters reads it.
func (s session) Append(mailbox string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	no := func(err error) error {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "this cannot be read as a mail: " + err.Error()}
	}
	if r.Size() > mail.MaxSize {
		return nil, no(&mail.TooLargeError{Size: r.Size(), Cap: mail.MaxSize})
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	list, err := letters(raw, s.srv.List, time.Now())
	if err != nil {
		return nil, no(err)
	}
	var data *imap.AppendData
	for _, m := range list {
		if data, err = s.Session.Append(mailbox, literal{bytes.NewReader(crlf(m))}, options); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// Idle announces what came, until stop is closed.
func (s session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-look.C:
		}
	}
}
