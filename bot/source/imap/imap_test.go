package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	imap2 "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stablebot/stablebot/bot/flow"
)

// inlet stands for the pipeline: it keeps cursors and drops what it knows.
type inlet struct {
	mu      sync.Mutex
	cursors map[string]string
	known   map[string]bool
	items   []flow.Item // accepted, duplicates left out
	doubled int
	fail    error
}

func newInlet() *inlet { return &inlet{cursors: map[string]string{}, known: map[string]bool{}} }

func (in *inlet) Cursor(_ context.Context, key string) (string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.cursors[key], nil
}

func (in *inlet) Accept(_ context.Context, it flow.Item) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.fail != nil {
		return in.fail
	}
	in.cursors[it.Source] = it.Cursor
	if id := it.Source + messageID(it.Mail); len(it.Mail) > 0 && in.known[id] {
		in.doubled++
		return nil
	} else {
		in.known[id] = true
	}
	in.items = append(in.items, it)
	return nil
}

func (in *inlet) Advance(_ context.Context, key, cursor string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cursors[key] = cursor
	return nil
}

func (in *inlet) ids() (ids []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, it := range in.items {
		ids = append(ids, messageID(it.Mail))
	}
	return ids
}

// until waits for n items.
func (in *inlet) until(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); len(in.ids()) < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d items after 5 s, want %d", len(in.ids()), n)
		}
	}
}

func messageID(mail []byte) string {
	_, rest, _ := strings.Cut(string(mail), "Message-ID: <")
	id, _, _ := strings.Cut(rest, ">")
	return id
}

func mail(id string) []byte {
	return []byte("From: Mira Example <mira@example.org>\r\nSubject: [PATCH] test " + id + "\r\nMessage-ID: <" + id + ">\r\n\r\nbody of " +
		id + "\r\n")
}

func want(t *testing.T, in *inlet, ids ...string) {
	t.Helper()
	if got := in.ids(); fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Fatalf("delivered %q, want %q", got, ids)
	}
}

// run is the pipeline's loop: poll, wait, and try again soon after a failure
// that is temporary.
func run(t *testing.T, s *Source, in flow.Intake) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			err := s.Poll(ctx, in)
			if err == nil {
				err = s.Wait(ctx)
			}
			if err != nil && ctx.Err() == nil {
				if !errors.Is(err, flow.ErrTemporary) {
					t.Errorf("a failure that is not temporary: %v", err)
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
	}()
	return func() { cancel(); <-done; _ = s.Close() }
}

func logged(t *testing.T) (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return zap.New(core), logs
}

// memserver is the in-process server of go-imap v2.
func memserver(t *testing.T) (addr string, user *imapmemserver.User) {
	t.Helper()
	user = imapmemserver.NewUser("bot", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap2.CapSet{imap2.CapIMAP4rev1: {}}, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String(), user
}

func add(t *testing.T, u *imapmemserver.User, folder string, mail []byte) {
	t.Helper()
	if _, err := u.Append(folder, literal{strings.NewReader(string(mail)), int64(len(mail))}, &imap2.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

func config(addr string) Config {
	return Config{
		Name: "work", Address: addr, Folder: "INBOX", TLS: TLSNone, User: "bot",
		Secret:  func() (string, error) { return "secret", nil },
		Silence: 2 * time.Second, Every: 20 * time.Millisecond,
	}
}

func source(t *testing.T, cfg Config, log *zap.Logger) *Source {
	t.Helper()
	if log == nil {
		log, _ = logged(t)
	}
	s, err := New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPollDeliversInOrderAndOnce(t *testing.T) {
	addr, u := memserver(t)
	s, in := source(t, config(addr), nil), newInlet()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in)
	for i := range 250 { // more than two batches
		add(t, u, "INBOX", mail(fmt.Sprint("m", i)))
	}
	for range 2 {
		if err := s.Poll(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if len(in.items) != 250 || in.doubled != 0 {
		t.Fatalf("%d items, %d doubled", len(in.items), in.doubled)
	}
	for i, it := range in.items {
		if messageID(it.Mail) != fmt.Sprint("m", i) || it.Source != "imap:work/INBOX" || it.Received.IsZero() || it.Err != nil {
			t.Fatalf("item %d is %+v", i, it)
		}
	}
	if string(in.items[7].Mail) != string(mail("m7")) {
		t.Errorf("the bytes changed: %q", in.items[7].Mail)
	}
	// A new process goes on from the cursor.
	add(t, u, "INBOX", mail("late"))
	if err := source(t, config(addr), nil).Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if len(in.items) != 251 || in.doubled != 0 {
		t.Fatalf("after a restart %d items, %d doubled", len(in.items), in.doubled)
	}
}

func TestWaitWakes(t *testing.T) {
	addr, u := memserver(t)
	cfg := config(addr)
	// imapmemserver overlooks a mail that comes just before IDLE; so do others,
	// and that is what the end of each IDLE is for.
	cfg.Idle = 100 * time.Millisecond
	s, in := source(t, cfg, nil), newInlet()
	defer run(t, s, in)()
	for i := range 20 {
		start := time.Now()
		add(t, u, "INBOX", mail(fmt.Sprint(i)))
		in.until(t, i+1)
		if d := time.Since(start); d > time.Second {
			t.Errorf("delivered after %s", d)
		}
	}
	if in.doubled != 0 {
		t.Errorf("%d doubled", in.doubled)
	}
}

// A failing store must not lose the mail, nor those after it.
func TestStoreFails(t *testing.T) {
	addr, u := memserver(t)
	s, in := source(t, config(addr), nil), newInlet()
	add(t, u, "INBOX", mail("a"))
	in.fail = errors.New("disk full")
	if err := s.Poll(t.Context(), in); err == nil || !strings.Contains(err.Error(), "storing mail UID 1: disk full") {
		t.Fatalf("error %v", err)
	}
	in.fail = nil
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a")
}

func TestFolderMadeAnew(t *testing.T) {
	addr, u := memserver(t)
	zlog, logs := logged(t)
	s, in := source(t, config(addr), zlog), newInlet()
	add(t, u, "INBOX", mail("a"))
	add(t, u, "INBOX", mail("b"))
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if err := u.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := u.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	add(t, u, "INBOX", mail("b"))
	add(t, u, "INBOX", mail("c"))
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a", "b", "c")
	if logs.FilterMessageSnippet("UIDVALIDITY changed").Len() != 1 {
		t.Errorf("the log does not say so: %v", logs.All())
	}
}

func TestOverTheCap(t *testing.T) {
	addr, u := memserver(t)
	cfg := config(addr)
	cfg.MaxMail = 4000
	s, in := source(t, cfg, nil), newInlet()
	add(t, u, "INBOX", mail("a"))
	add(t, u, "INBOX", append(mail("huge"), strings.Repeat("0123456789abcde\n", 1000)...))
	add(t, u, "INBOX", mail("b"))
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a", "huge", "b")
	huge := in.items[1]
	if huge.Err == nil || !strings.Contains(huge.Err.Error(), "UID 2") || !strings.Contains(huge.Err.Error(), "more than the cap of 4000") {
		t.Errorf("error %v", huge.Err)
	}
	if strings.Contains(string(huge.Mail), "0123456789") || !strings.Contains(string(huge.Mail), "Subject:") {
		t.Errorf("the stub is %.200q", huge.Mail)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	addr, u := memserver(t)
	if err := u.Create("Lists/gpu", nil); err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for name, c := range map[string]struct {
		change    func(*Config)
		temporary bool
		says      []string
	}{
		"wrong password": {func(c *Config) { c.Secret = func() (string, error) { return "wrong", nil } }, false,
			[]string{"imap:work/INBOX", addr, "logging in as bot", "check user and the password"}},
		"unknown folder": {func(c *Config) { c.Folder = "List" }, false,
			[]string{`opening folder "List"`, "folders of this account: INBOX, Lists/gpu"}},
		"refused": {func(c *Config) { c.Address = closed.Addr().String() }, true,
			[]string{closed.Addr().String(), "connection refused", "is the address right"}},
		"no secret": {func(c *Config) {
			c.Secret = func() (string, error) { return "", errors.New("reading pw: no such file") }
		}, true, []string{"reading pw"}},
		"tls on plain": {func(c *Config) { c.TLS = TLSImplicit }, false, []string{"no TLS is spoken on that port", "tls: starttls"}},
		"no starttls":  {func(c *Config) { c.TLS = TLSStart }, false, []string{"refused STARTTLS", "tls: implicit"}},
		"hanging command": {func(c *Config) { c.Secret = func() (string, error) { select {} }; c.Silence = 50 * time.Millisecond }, true,
			[]string{"token_command hang"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(addr)
			c.change(&cfg)
			s := source(t, cfg, nil)
			for _, err := range []error{s.Check(t.Context()), s.Poll(t.Context(), newInlet())} {
				if err == nil {
					t.Fatal("no error")
				}
				for _, say := range c.says {
					if !strings.Contains(err.Error(), say) {
						t.Errorf("%q does not say %q", err, say)
					}
				}
				if got := errors.Is(err, flow.ErrTemporary); got != c.temporary {
					t.Errorf("%q: temporary %v, want %v", err, got, c.temporary)
				}
			}
		})
	}
	if err := source(t, config(addr), nil).Check(t.Context()); err != nil {
		t.Errorf("a working account: %v", err)
	}
}

func TestNewNamesAllProblems(t *testing.T) {
	_, err := New(Config{Name: "work", TLS: "ssl", Auth: "kerberos"}, zap.NewNop())
	if err == nil {
		t.Fatal("no error")
	}
	for _, say := range []string{`"work"`, "address", "folder", "user", "password", `"ssl"`, `"kerberos"`} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("%q does not name %s", err, say)
		}
	}
}

func TestCursor(t *testing.T) {
	for _, in := range []string{"", "7", "x:1", "1:x", "4294967296:1", "1:-1"} {
		if c, err := parseCursor(in); err == nil {
			t.Errorf("%q was read as %v", in, c)
		}
	}
	if c, err := parseCursor(cursor{7, 4294967295}.String()); err != nil || c != (cursor{7, 4294967295}) {
		t.Errorf("%v, %v", c, err)
	}
}

func TestBatches(t *testing.T) {
	const mb = 1 << 20
	var got [][]uint32
	for b := range batches([]listed{{1, 3 * mb}, {2, 3 * mb}, {3, 3 * mb}, {4, 40 * mb}, {5, 1}, {6, 20 * mb}, {7, 1}}, 32*mb) {
		var uids []uint32
		for _, l := range b {
			uids = append(uids, l.uid)
		}
		got = append(got, uids)
	}
	if s := fmt.Sprint(got); s != "[[1 2] [3] [4] [5] [6] [7]]" {
		t.Errorf("batches %s", s)
	}
}
