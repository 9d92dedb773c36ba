package imap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// wire is the TCP connection below everything. It knows when the server was
// last heard.
type wire struct {
	net.Conn
	heard atomic.Int64 // nanoseconds since start
	start time.Time
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Store(int64(time.Since(w.start)))
	}
	return n, err
}

var errSilent = errors.New("the server has fallen silent")

// during runs f and closes the connection when done is closed or when the
// server says nothing for as long as limit. go-imap knows no context, and its
// own timeout would end every IDLE: closing is the one way to interrupt it.
func (w *wire) during(done <-chan struct{}, limit time.Duration, f func() error) error {
	finished, why := make(chan struct{}), make(chan error, 1)
	begun := time.Since(w.start)
	go func() {
		t := time.NewTimer(limit)
		defer t.Stop()
		for {
			select {
			case <-finished:
				why <- nil
				return
			case <-done:
				_ = w.Close()
				why <- nil
				return
			case <-t.C:
				silent := time.Since(w.start) - max(begun, time.Duration(w.heard.Load()))
				if silent >= limit {
					_ = w.Close()
					why <- fmt.Errorf("%w for %s", errSilent, limit)
					return
				}
				t.Reset(limit - silent)
			}
		}
	}()
	err := f()
	close(finished)
	if silent := <-why; silent != nil {
		return silent
	}
	return err
}

// Bounds on a response line, maxPassed on one that go-imap sees: it joins atoms byte by
// byte and follows brackets by recursion. What the source asks for needs a few hundred
// bytes; what it does not may be longer, as the keywords of a folder are.
const (
	maxLine   = 64 << 10
	maxPassed = 4 << 10
)

// lines is the decrypted stream on its way to go-imap, rewritten to the few
// responses that the source needs, in their plainest form. go-imap v1 panics in
// its own goroutine on a FETCH without a list and an EXISTS without a number,
// allocates a literal at whatever size the server claims, and waits for ever
// for an "OK" without text; it forgets the code of a refusal, the reason of a
// BYE, and whether EXISTS came before or after the answer to EXAMINE, which are
// kept here.
type lines struct {
	net.Conn
	br         *bufio.Reader
	maxLiteral int64
	log        *zap.Logger

	// Of the reading goroutine.
	out      []byte // rewritten, not yet passed on
	literal  int64  // bytes of a literal still to pass through, or to drop
	inside   bool   // the next line goes on after a literal
	dropping bool   // the response at hand is none of ours

	mu    sync.Mutex
	no    *refusal // of the command under way
	bye   string
	fault error // why the stream was cut by us
	quiet bool  // EXAMINE is under way: its EXISTS is no news

	// ready holds the stream back until the client is set up: go-imap starts to
	// read before its log can be set.
	ready chan struct{}
	wake  chan struct{} // holds one: EXISTS came
}

// newLines stands behind the greeting, which was read by hand; go-imap gets one
// that says as much as it has to know.
func newLines(c net.Conn, preauth bool, maxLiteral int64, log *zap.Logger) *lines {
	greeting := "* OK [CAPABILITY IMAP4rev1] ready\r\n"
	if preauth {
		greeting = "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n"
	}
	return &lines{
		Conn: c, br: bufio.NewReaderSize(c, 32<<10), maxLiteral: maxLiteral, log: log, out: []byte(greeting),
		ready: make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

func (l *lines) Read(p []byte) (int, error) {
	for {
		if len(l.out) > 0 {
			n := copy(p, l.out)
			l.out = l.out[n:]
			return n, nil
		}
		<-l.ready
		if l.literal > 0 {
			n, err := l.br.Read(p[:min(int64(len(p)), l.literal)])
			l.literal -= int64(n)
			if l.dropping && err == nil {
				continue
			}
			return n, err
		}
		line, err := l.line()
		if err != nil {
			return 0, err
		}
		if !l.inside {
			line, l.dropping = l.rewrite(line)
		}
		if l.literal, l.inside = literalSize(line); l.literal > l.maxLiteral {
			return 0, l.cut(fmt.Errorf("the server announced %d bytes in one piece, more than the %d that a mail may have", l.literal, l.maxLiteral))
		}
		if !l.dropping {
			if len(line) > maxPassed {
				return 0, l.cut(fmt.Errorf("the server answered in a line of %d bytes, more than %d", len(line), maxPassed))
			}
			l.out = line
		}
	}
}

// line reads up to and including the next line feed. The result is valid until
// the next call.
func (l *lines) line() ([]byte, error) {
	part, err := l.br.ReadSlice('\n')
	if err == nil {
		return part, nil
	}
	var whole []byte
	for {
		whole = append(whole, part...)
		if len(whole) > maxLine {
			return nil, l.cut(fmt.Errorf("the server sent a line of more than %d bytes", maxLine))
		}
		if err == nil {
			return whole, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		part, err = l.br.ReadSlice('\n')
	}
}

// cut records the first reason for which we end the stream.
func (l *lines) cut(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		l.fault = err
	}
	return err
}

// literalSize reads the "{123}" at the end of a line.
func literalSize(line []byte) (size int64, is bool) {
	line = bytes.TrimRight(line, "\r\n")
	line, is = bytes.CutSuffix(line, []byte("}"))
	if !is {
		return 0, false
	}
	i := bytes.LastIndexByte(line, '{')
	if i < 0 {
		return 0, false
	}
	digits := bytes.TrimSuffix(line[i+1:], []byte("+"))
	n, err := strconv.ParseUint(string(digits), 10, 62)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return int64(n), true
}

// rewrite keeps what the source has to know of a response, and returns what
// go-imap has to see of it. What is dropped comes back as it is, since it may
// go on after a literal; text for people never does.
func (l *lines) rewrite(line []byte) (_ []byte, drop bool) {
	text := strings.TrimRight(string(line), "\r\n")
	tag, rest, _ := strings.Cut(text, " ")
	word, rest, _ := strings.Cut(rest, " ")
	word = strings.ToUpper(word)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case strings.HasPrefix(tag, "+"):
		return []byte(text + "\r\n"), false
	case tag != "*":
		if word != "OK" && word != "NO" && word != "BAD" || !isAtom(tag) {
			break
		}
		l.quiet = false
		if word != "OK" {
			l.no = newRefusal(rest)
		}
		return []byte(tag + " " + word + " -\r\n"), false
	case word == "BYE":
		l.bye = rest
		return []byte("* BYE -\r\n"), false
	case word == "OK" || word == "NO" || word == "BAD" || word == "PREAUTH":
		code, human, _ := strings.Cut(strings.TrimPrefix(rest, "["), "]")
		name, value, _ := strings.Cut(code, " ")
		switch name = strings.ToUpper(name); name {
		case "UIDVALIDITY", "UIDNEXT":
			if isNumber(value) {
				return []byte("* OK [" + name + " " + value + "] -\r\n"), false
			}
		case "ALERT": // RFC 9051: people must see it
			l.log.Warn("the server alerts", zap.String("text", human))
		}
		return nil, true
	case word == "CAPABILITY":
		out := "* CAPABILITY"
		for _, c := range strings.Fields(rest) {
			if isAtom(c) {
				out += " " + c
			}
		}
		return []byte(out + "\r\n"), false
	case word == "LIST" && strings.HasPrefix(rest, "("):
		return line, false
	case isNumber(word) && len(rest) > 7 && strings.EqualFold(rest[:7], "FETCH ("):
		return line, false
	case isNumber(word) && strings.EqualFold(rest, "EXISTS"):
		if !l.quiet {
			select {
			case l.wake <- struct{}{}:
			default:
			}
		}
	}
	return line, true
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil && s[0] != '+'
}

// isAtom allows what tags and capabilities are made of.
func isAtom(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=-+_./:") == ""
}

// Printf and Println make lines the log of go-imap.
func (l *lines) Printf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Println is told by go-imap's reader, in its own goroutine, that it could not
// parse a response; it would go on in the middle of that, at the mercy of what
// stands there. Its goroutine is ended instead, which it takes for the end of
// the connection.
func (l *lines) Println(v ...any) {
	said := strings.TrimSpace(fmt.Sprintln(v...))
	l.log.Debug(said)
	if strings.HasPrefix(said, "error reading response") {
		_ = l.cut(errors.New("the server's answer cannot be read: " + said))
		runtime.Goexit()
	}
}

// begin forgets the refusal of the command before.
func (l *lines) begin() {
	l.mu.Lock()
	l.no = nil
	l.mu.Unlock()
}

// hush precedes an EXAMINE: what was announced before is covered by its answer,
// and so is the EXISTS that is part of that answer.
func (l *lines) hush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = true
	select {
	case <-l.wake:
	default:
	}
}

// refused returns the refusal of the command under way, nil without one.
func (l *lines) refused() *refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.no
}

// lost says why the connection ended: our own reason, the server's, or err.
func (l *lines) lost(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, errSilent):
	case l.fault != nil:
		err = l.fault
	case l.bye != "":
		err = fmt.Errorf("the server said goodbye: %q", l.bye)
	}
	return temporary{fmt.Errorf("connection lost: %w", err)}
}
