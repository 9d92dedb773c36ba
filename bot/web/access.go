package web

import (
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
	"time"
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

func newGuard(a Access, now func() time.Time) (*guard, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte("stablebot session\x00" + a.Token))
	g := &guard{Access: a, now: now, key: sum[:], forms: make([]byte, 32), cross: http.NewCrossOriginProtection()}
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

func (g *guard) session(r *http.Request) bool {
	c, err := r.Cookie(sessionCookie)
	if err != nil || g.Token == "" {
		return false
	}
	until, mac, _ := strings.Cut(c.Value, ".")
	sec, err := strconv.ParseInt(until, 10, 64)
	return err == nil && hmac.Equal([]byte(mac), []byte(sign(g.key, until))) && g.now().Before(time.Unix(sec, 0))
}

func (g *guard) cookie(r *http.Request, name, value string, age time.Duration) *http.Cookie {
	https := r.TLS != nil || g.ProxyHeader != "" && g.fromProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https"
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode}
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
				http.Error(w, "This form is of another site, or older than this run of the bot: go back, reload the page and try again.", http.StatusForbidden)
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
	until := strconv.FormatInt(s.Now().Add(sessionTime).Unix(), 10)
	http.SetCookie(w, s.guard.cookie(r, sessionCookie, until+"."+sign(s.guard.key, until), sessionTime))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
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
