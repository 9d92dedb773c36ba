package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// Access says who may look and who may decide.
type Access struct {
	// Loopback: the server listens on loopback only. Without a token and without
	// a proxy that is all there is.
	Loopback bool
	Token    string // as a bearer, or typed into the login form
	Public   bool   // whoever reaches it may look; deciding needs the token
	// ProxyHeader names the user whom a reverse proxy has authenticated; it
	// counts from these addresses only.
	ProxyHeader string
	ProxyFrom   []netip.Prefix
}

// minToken is the length below which a token can be guessed by trying.
const minToken = 16

// sessionTime is how long a login holds.
const sessionTime = 30 * 24 * time.Hour

const (
	sessionCookie = "stablebot_session"
	visitCookie   = "stablebot_visit" // what a form's token is bound to
)

type guard struct {
	Access
	now   func() time.Time
	key   []byte // of sessions: a new token ends the old ones
	forms []byte // of form tokens, new in each process
	cross *http.CrossOriginProtection
	https bool // readers come by TLS, whoever ends it

	ended ended
}

// Check says what is wrong with it.
func (a Access) Check() error {
	if a.Token != "" && len(a.Token) < minToken {
		return fmt.Errorf("the token has %d characters; take at least %d, for instance from `openssl rand -hex 32`", len(a.Token), minToken)
	}
	if (a.ProxyHeader == "") != (len(a.ProxyFrom) == 0) {
		return errors.New("a proxy header counts from named addresses only, and those only with a header: set both or neither")
	}
	if !a.Loopback && a.Token == "" && a.ProxyHeader == "" {
		return errors.New("an address that others can reach needs a token or a reverse proxy; without, listen on 127.0.0.1")
	}
	return nil
}

func newGuard(a Access, url string, kept keeper, now func() time.Time) (*guard, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte("stablebot session\x00" + a.Token))
	g := &guard{Access: a, now: now, key: sum[:], forms: make([]byte, 32), cross: http.NewCrossOriginProtection(),
		https: strings.HasPrefix(url, "https://"), ended: ended{kept: kept, known: map[string]lookup{}, now: now}}
	_, _ = rand.Read(g.forms) // does not fail
	return g, nil
}

// visitor is who asks.
type visitor struct {
	name          string // for the record of a decision
	reads, acts   bool
	bearer, login bool // login: came by the form, and may leave
}

func (g *guard) visitor(r *http.Request) visitor {
	if g.ProxyHeader != "" && g.fromProxy(r) {
		if user := r.Header.Get(g.ProxyHeader); user != "" {
			return visitor{name: user, reads: true, acts: true}
		}
	}
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && g.Token != "" && same(t, g.Token) {
		return visitor{name: "api", reads: true, acts: true, bearer: true}
	}
	if g.session(r) {
		return visitor{name: "web", reads: true, acts: true, login: true}
	}
	if g.Token == "" && g.ProxyHeader == "" { // loopback alone
		return visitor{name: "web", reads: true, acts: true}
	}
	return visitor{reads: g.Public}
}

func (g *guard) fromProxy(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range g.ProxyFrom {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func sign(key []byte, what string) string {
	m := hmac.New(sha256.New, key)
	_, _ = m.Write([]byte(what)) // does not fail
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// A session is its end, a number of its own and a signature over both.
func (g *guard) session(r *http.Request) bool {
	value, _, ok := g.valid(r)
	return ok && !g.ended.has(r.Context(), value)
}

// valid reads the session of a request, whether it was ended or not.
func (g *guard) valid(r *http.Request) (value string, until time.Time, ok bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil || g.Token == "" {
		return "", until, false
	}
	what, mac, _ := cutLast(c.Value, ".")
	end, number, _ := strings.Cut(what, ".")
	sec, err := strconv.ParseInt(end, 10, 64)
	until = time.Unix(sec, 0)
	return what, until, err == nil && number != "" && hmac.Equal([]byte(mac), []byte(sign(g.key, what))) && g.now().Before(until)
}

func (g *guard) newSession() string {
	what := strconv.FormatInt(g.now().Add(sessionTime).Unix(), 10) + "." + rand.Text()
	return what + "." + sign(g.key, what)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// keeper remembers across processes which sessions were ended; a flow.Journal is one.
type keeper interface {
	Cursor(ctx context.Context, key string) (string, error)
	Advance(ctx context.Context, c flow.Cursor) error
}

// revocations is the keeper that a reader is too, nil when it is none.
func revocations(r Reader) keeper {
	k, _ := r.(keeper)
	return k
}

// ended are the sessions that somebody has logged out of: their cookies would hold
// for a month more.
type ended struct {
	kept keeper
	now  func() time.Time

	mu    sync.Mutex
	known map[string]lookup
}

type lookup struct {
	ended bool
	at    time.Time
}

// endedFresh is how long it takes for another process to know of a log-out.
const endedFresh = 5 * time.Second

func (e *ended) name(value string) string {
	sum := sha256.Sum256([]byte(value))
	return "web.ended." + base64.RawURLEncoding.EncodeToString(sum[:16])
}

func (e *ended) has(ctx context.Context, value string) bool {
	key, now := e.name(value), e.now()
	e.mu.Lock()
	have, ok := e.known[key]
	e.mu.Unlock()
	if ok && (have.ended || e.kept == nil || now.Sub(have.at) < endedFresh) {
		return have.ended
	}
	if e.kept != nil {
		v, err := e.kept.Cursor(ctx, key)
		have.ended = v != "" || err != nil // nobody is let in because the store is away
		if err != nil {
			return true
		}
	}
	have.at = now
	e.set(key, have)
	return have.ended
}

func (e *ended) add(ctx context.Context, value string) error {
	key := e.name(value)
	e.set(key, lookup{true, e.now()})
	if e.kept == nil {
		return nil
	}
	return e.kept.Advance(ctx, flow.Cursor{Key: key, Value: value[:strings.IndexByte(value+".", '.')]})
}

// maxKnown bounds the sessions that are remembered here.
const maxKnown = 10000

func (e *ended) set(key string, l lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known) >= maxKnown {
		for k, have := range e.known {
			if !have.ended {
				delete(e.known, k)
			}
		}
	}
	e.known[key] = l
}

func (g *guard) cookie(r *http.Request, name, value string, age time.Duration) *http.Cookie {
	https := g.https || r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://") ||
		g.ProxyHeader != "" && g.fromProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https"
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: https,
		SameSite: http.SameSiteLaxMode}
}

// formToken is what a form on this visitor's pages carries.
func (g *guard) formToken(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(visitCookie)
	if err != nil || len(c.Value) < 20 {
		c = g.cookie(r, visitCookie, rand.Text(), sessionTime)
		http.SetCookie(w, c)
	}
	return sign(g.forms, c.Value)
}

func (g *guard) formHolds(r *http.Request) bool {
	c, err := r.Cookie(visitCookie)
	if err != nil || len(c.Value) < 20 {
		return false
	}
	t := r.Header.Get("X-CSRF-Token")
	if t == "" {
		t = r.PostFormValue("csrf")
	}
	return hmac.Equal([]byte(t), []byte(sign(g.forms, c.Value)))
}

// admit lets through who may.
func (g *guard) admit(l level, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Token == "" && g.ProxyHeader == "" && !loopbackName(r.Host) {
			// Another site's name that leads here would make the browser its messenger.
			http.Error(w, "This dashboard answers to localhost only; set web.token_file to open it to others.", http.StatusMisdirectedRequest)
			return
		}
		v := g.visitor(r)
		if r.Method == http.MethodPost {
			err := g.cross.Check(r)
			fromBrowser := r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Cookie") != ""
			if err != nil || !v.bearer && (fromBrowser || l != actor || !strings.HasPrefix(r.URL.Path, "/api/")) && !g.formHolds(r) {
				http.Error(w, "This form is of another site, or older than this run of the bot: go back, reload the page and try again.",
					http.StatusForbidden)
				return
			}
		}
		if l == open || l == reader && v.reads || l == actor && v.acts {
			h.ServeHTTP(w, r)
			return
		}
		if wantsPage(r) && g.Token != "" {
			http.Redirect(w, r, "/login?to="+queryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="stablebot"`)
		http.Error(w, "A token is needed: Authorization: Bearer …", http.StatusUnauthorized)
	})
}

// loopbackName: the names by which a browser on this machine calls it.
func loopbackName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/")
}

type loginView struct{ To, Wrong string }

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) error {
	if s.guard.Token == "" {
		return &problem{http.StatusNotFound, "There is nothing to log in to: no token is configured."}
	}
	return s.render(w, r, http.StatusOK, "login", "Log in", loginView{To: local(r.FormValue("to"))})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	to := local(r.PostFormValue("to"))
	if s.guard.Token == "" || !same(r.PostFormValue("token"), s.guard.Token) {
		// Guessing is slow already: the token is long. This keeps it from being cheap.
		select {
		case <-r.Context().Done():
		case <-time.After(time.Second):
		}
		return s.render(w, r, http.StatusUnauthorized, "login", "Log in", loginView{To: to, Wrong: "That is not the token."})
	}
	http.SetCookie(w, s.guard.cookie(r, sessionCookie, s.guard.newSession(), sessionTime))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if value, _, ok := s.guard.valid(r); ok {
		if err := s.guard.ended.add(r.Context(), value); err != nil {
			s.log.Warn("a log-out could not be stored: it holds for this process", zap.Error(err))
		}
	}
	http.SetCookie(w, s.guard.cookie(r, sessionCookie, "", -time.Second))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// local keeps a redirect on this site.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
