// Package imap is the source that reads mail folders over IMAP.
//
// One Source is one folder on one connection: IDLE watches a single folder, and
// folders that fail should not hold up each other.
//
// Keys and invariants:
//
//   - The cursor is "UIDVALIDITY:UID" of the last delivered mail, kept under
//     the source's name. When UIDVALIDITY changes, or UIDs run backwards, the
//     folder is read again from its start; the pipeline drops what it knows by
//     Message-ID.
//   - Mails are delivered in the order of their UIDs, each once per pass. One
//     that cannot be delivered whole (over the cap, refused by the server)
//     becomes an item with Err set: nothing disappears silently.
//   - The folder is opened with EXAMINE and read with BODY.PEEK: no flag is
//     ever changed, so people may share the folder with the bot.
//   - Whatever the server does, a call ends: every command is under a watchdog
//     that closes the connection when the server falls silent.
package imap

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/bearer"
)

// How the connection is protected.
const (
	TLSImplicit = "implicit" // TLS from the first byte, port 993; the default
	TLSStart    = "starttls" // upgrade before login, port 143; refused when the server lacks it
	TLSNone     = "none"     // loopback only, unless Insecure
)

// How the bot proves who it is.
const (
	AuthPlain       = "plain" // the default: SASL PLAIN, or the LOGIN command where the server lacks it
	AuthLogin       = "login" // the LOGIN command
	AuthXOAuth2     = bearer.XOAuth2
	AuthOAuthBearer = bearer.OAuthBearer
)

// Config is one folder of one account.
type Config struct {
	Name    string // of the account; the source is "imap:NAME/FOLDER"
	Address string // host:port
	Folder  string
	List    string // the configured list that this folder stands for, "" when List-Id decides

	TLS      string         // TLSImplicit when empty
	Roots    *x509.CertPool // nil: those of the system
	Insecure bool           // allow TLSNone to another machine

	User string
	Auth string // AuthPlain when empty
	// Secret returns the password, or the OAuth access token. It is asked before
	// each connect, so a rotated secret needs no restart.
	Secret func() (string, error)

	Every   time.Duration // between looks at a server without IDLE; a minute when 0
	MaxMail int64         // a larger mail is not downloaded; 32 MiB when 0

	// Silence is how long the server may say nothing while a command is
	// running; 30 s when 0, which is what mail programs commonly wait.
	Silence time.Duration
	// Idle bounds one IDLE; 5 min when 0. RFC 2177 asks for less than 29 min;
	// home routers forget a silent connection after as little as 5.
	Idle time.Duration
}

const (
	defaultMaxMail = 32 << 20
	headPart       = 64 << 10 // of a mail over the cap, this much of the header is kept
	batchBytes     = 8 << 20  // mails in memory at once, unless one alone is larger
	batchMails     = 100
)

// Source is one folder.
type Source struct {
	cfg  Config
	name string
	log  *zap.Logger

	mu   sync.Mutex // guards sess: Close may come from elsewhere
	sess session
}

var _ flow.Source = (*Source)(nil)

// New checks the configuration; it does not connect.
func New(cfg Config, log *zap.Logger) (*Source, error) {
	if cfg.TLS == "" {
		cfg.TLS = TLSImplicit
	}
	if cfg.Auth == "" {
		cfg.Auth = AuthPlain
	}
	var bad []error
	fail := func(format string, a ...any) { bad = append(bad, fmt.Errorf(format, a...)) }
	if cfg.Address == "" {
		fail("address is missing: host:port, for instance imap.example.org:993")
	}
	if cfg.Folder == "" {
		fail("folder is missing: INBOX is the usual one")
	}
	if cfg.User == "" {
		fail("user is missing")
	}
	if cfg.Secret == nil {
		fail("no password or token: set password_file, password_env or token_command")
	}
	if !slices.Contains([]string{TLSImplicit, TLSStart, TLSNone}, cfg.TLS) {
		fail("tls: %q is none of implicit, starttls, none", cfg.TLS)
	}
	if !slices.Contains([]string{AuthPlain, AuthLogin, AuthXOAuth2, AuthOAuthBearer}, cfg.Auth) {
		fail("auth: %q is none of plain, login, xoauth2, oauthbearer", cfg.Auth)
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("IMAP account %q: %w", cfg.Name, errors.Join(bad...))
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	if cfg.MaxMail <= 0 {
		cfg.MaxMail = defaultMaxMail
	}
	if cfg.Silence <= 0 {
		cfg.Silence = 30 * time.Second
	}
	if cfg.Idle <= 0 {
		cfg.Idle = 5 * time.Minute
	}
	name := "imap:" + cfg.Name + "/" + cfg.Folder
	return &Source{cfg: cfg, name: name, log: log.With(zap.String("source", name))}, nil
}

// Name is "imap:ACCOUNT/FOLDER", and the key of the cursor.
func (s *Source) Name() string { return s.name }

// Poll delivers everything above the cursor.
func (s *Source) Poll(ctx context.Context, in flow.Intake) error {
	err := s.poll(ctx, in)
	if err != nil {
		s.drop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("reading %s on %s: %w", s.name, s.cfg.Address, err)
	}
	return nil
}

// Wait returns when the server announces mail, and at the latest after Idle, so
// that a Poll also finds what a server forgot to announce.
func (s *Source) Wait(ctx context.Context) error {
	sess := s.current()
	if sess == nil {
		return ctx.Err()
	}
	err := sess.idle(ctx, s.cfg.Idle, s.cfg.Every)
	if err != nil {
		s.drop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("waiting for mail in %s on %s: %w", s.name, s.cfg.Address, err)
	}
	return nil
}

// Check connects, logs in and opens the folder on a connection of its own.
func (s *Source) Check(ctx context.Context) error {
	sess, err := dial(ctx, &s.cfg, s.log)
	if err == nil {
		defer sess.close()
		_, err = sess.open(ctx, s.cfg.Folder)
	}
	if err != nil {
		return fmt.Errorf("checking %s on %s: %w", s.name, s.cfg.Address, err)
	}
	return nil
}

// Close ends the connection; a Poll or Wait under way returns an error.
func (s *Source) Close() error {
	s.drop()
	return nil
}

func (s *Source) current() session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sess
}

func (s *Source) drop() {
	s.mu.Lock()
	sess := s.sess
	s.sess = nil
	s.mu.Unlock()
	if sess != nil {
		sess.close()
	}
}

func (s *Source) connected(ctx context.Context) (session, error) {
	if sess := s.current(); sess != nil {
		return sess, nil
	}
	sess, err := dial(ctx, &s.cfg, s.log)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.sess = sess
	s.mu.Unlock()
	s.log.Info("connected", zap.String("address", s.cfg.Address))
	return sess, nil
}

func (s *Source) poll(ctx context.Context, in flow.Intake) error {
	sess, err := s.connected(ctx)
	if err != nil {
		return err
	}
	// Opened anew each time: one round trip that tells UIDVALIDITY and UIDNEXT
	// as they are now, and that makes any server look for new mail.
	box, err := sess.open(ctx, s.cfg.Folder)
	if err != nil {
		return err
	}
	stored, err := in.Cursor(ctx, s.name)
	if err != nil {
		return fmt.Errorf("looking up where the folder was left: %w", err)
	}
	at := s.resume(stored, box)
	// UIDNEXT may be absent (0); when it is there it saves asking a server that
	// would answer "n:*" with its last mail, however old.
	if box.next == 0 || box.next > at.uid+1 {
		mails, err := sess.list(ctx, at.uid)
		if err != nil {
			return err
		}
		for batch := range batches(mails, s.cfg.MaxMail) {
			if at, err = s.deliver(ctx, in, sess, at, batch); err != nil {
				return err
			}
		}
	}
	if at.String() != stored {
		return in.Advance(ctx, s.name, at.String())
	}
	return nil
}

// resume says where to go on.
func (s *Source) resume(stored string, box mailbox) cursor {
	start := cursor{validity: box.validity}
	if stored == "" {
		return start
	}
	at, err := parseCursor(stored)
	switch {
	case err != nil:
		s.log.Warn("the stored cursor cannot be read; reading the folder from its start, mails known by their Message-ID are dropped",
			zap.String("cursor", stored), zap.Error(err))
	case at.validity != box.validity:
		s.log.Warn("UIDVALIDITY changed, the folder was made anew; reading it from its start, mails known by their Message-ID are dropped",
			zap.Uint32("was", at.validity), zap.Uint32("is", box.validity))
	case box.next != 0 && box.next <= at.uid:
		s.log.Warn("the folder's UIDs ran backwards, as after a restored backup; reading it from its start, mails known by their Message-ID "+
			"are dropped",
			zap.Uint32("last", at.uid), zap.Uint32("next", box.next))
	default:
		return at
	}
	return start
}

// batches yields runs of mails that fit in memory together; a mail over the
// cap stands alone.
func batches(mails []listed, cap int64) func(func([]listed) bool) {
	return func(yield func([]listed) bool) {
		for len(mails) > 0 {
			n, sum := 0, int64(0)
			for n < len(mails) && n < batchMails {
				size := int64(mails[n].size)
				if n > 0 && (size > cap || sum+size > batchBytes) {
					break
				}
				sum += size
				n++
				if size > cap {
					break
				}
			}
			if !yield(mails[:n]) {
				return
			}
			mails = mails[n:]
		}
	}
}

// deliver hands one batch over and returns how far it came.
func (s *Source) deliver(ctx context.Context, in flow.Intake, sess session, at cursor, batch []listed) (cursor, error) {
	uids := make([]uint32, len(batch))
	for i, m := range batch {
		uids[i] = m.uid
	}
	tooLarge := int64(batch[0].size) > s.cfg.MaxMail // then it stands alone
	got, err := sess.fetch(ctx, uids, tooLarge)
	if refused := new(refusal); errors.As(err, &refused) {
		if len(batch) > 1 {
			// One bad mail must not hold up the folder: find it.
			for i := range batch {
				if at, err = s.deliver(ctx, in, sess, at, batch[i:i+1]); err != nil {
					return at, err
				}
			}
			return at, nil
		}
		got, err = []message{{uid: uids[0], err: fmt.Errorf("the server refused to hand it over: %w", refused)}}, nil
	}
	if err != nil {
		return at, err
	}
	byUID := make(map[uint32]message, len(got))
	for _, m := range got {
		byUID[m.uid] = m
	}
	for _, want := range batch {
		m, ok := byUID[want.uid]
		if !ok {
			if m, ok, err = s.missing(ctx, sess, want); err != nil {
				return at, err
			}
		}
		at.uid = want.uid
		if !ok {
			continue // deleted by someone between listing and fetching
		}
		if tooLarge {
			m.err = fmt.Errorf("it has %d bytes, more than the cap of %d, and was not downloaded: only its header is here", want.size, s.cfg.MaxMail)
		} else if m.err == nil && len(m.body) == 0 && want.size > 0 {
			m.err = fmt.Errorf("the server says it has %d bytes but sent none", want.size)
		}
		item := flow.Item{Source: s.name, List: s.cfg.List, Cursor: at.String(), Received: m.received, Mail: m.body}
		if m.err != nil {
			item.Err = fmt.Errorf("mail UID %d in %s: %w", want.uid, s.name, m.err)
			s.log.Warn("a mail could not be read whole; look at it with a mail program", zap.Uint32("uid", want.uid), zap.Error(m.err))
		}
		if err := in.Accept(ctx, item); err != nil {
			return at, fmt.Errorf("storing mail UID %d: %w", want.uid, err)
		}
	}
	return at, nil
}

// missing tells a mail that was deleted in the meantime (false) from one that
// the server lists but does not send.
func (s *Source) missing(ctx context.Context, sess session, want listed) (message, bool, error) {
	still, err := sess.list(ctx, want.uid-1)
	if err != nil {
		return message{}, false, err
	}
	if !slices.ContainsFunc(still, func(l listed) bool { return l.uid == want.uid }) {
		s.log.Debug("deleted before it was read", zap.Uint32("uid", want.uid))
		return message{}, false, nil
	}
	return message{uid: want.uid, err: errors.New("the server lists it but did not send it")}, true, nil
}

type cursor struct{ validity, uid uint32 }

func (c cursor) String() string { return fmt.Sprintf("%d:%d", c.validity, c.uid) }

func parseCursor(s string) (cursor, error) {
	v, u, _ := strings.Cut(s, ":")
	validity, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return cursor{}, err
	}
	uid, err := strconv.ParseUint(u, 10, 32)
	return cursor{uint32(validity), uint32(uid)}, err
}
