package run_test

import (
	"io"
	"log"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/stablebot/stablebot/bot/mail"
)

// postOffice is a mail server that counts what it takes, by Message-ID. It
// takes its time, so that who talks to it can be killed at any step, and every
// tenth mail it puts off.
type postOffice struct {
	addr string
	mu   sync.Mutex
	got  map[string]int
	n    int
	call chan struct{} // a mail is being handed in
}

// moment is one around the handing in of a mail.
func (p *postOffice) moment() {
	select {
	case <-p.call:
	default:
	}
	select {
	case <-p.call:
	case <-time.After(300 * time.Millisecond):
	}
	time.Sleep(rand.N(5 * time.Millisecond))
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	p := &postOffice{got: map[string]int{}, call: make(chan struct{}, 1)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	s := smtp.NewServer(p)
	s.ErrorLog = log.New(io.Discard, "", 0) // who is killed hangs up
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return p
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return letter{p}, nil }

type letter struct{ *postOffice }

func (letter) Reset()                               {}
func (letter) Logout() error                        { return nil }
func (letter) Mail(string, *smtp.MailOptions) error { return nil }
func (letter) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (l letter) Data(r io.Reader) error {
	select {
	case l.call <- struct{}{}:
	default:
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // broken off before the final dot: nothing was sent
	}
	time.Sleep(rand.N(3 * time.Millisecond))
	m, err := mail.Scan(raw)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n++; l.n%10 == 0 {
		return &smtp.SMTPError{Code: 451, Message: "greylisted"}
	}
	l.got[m.ID]++
	return nil
}
