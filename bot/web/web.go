// Package web shows what the bot knows: pages, a JSON API, feeds, badges,
// metrics and health.
//
// Promises:
//
//   - What is embargoed is on no page, in no answer, feed, badge or export, and
//     asking for it gives the same as asking for what there is not.
//   - Every page works without JavaScript; htmx saves reloading, no more.
//   - Nothing is loaded from elsewhere, and the content security policy forbids
//     it: no inline script, no inline style.
//   - What can be done here is to decide about a waiting action and to say a word about a
//     fix on a branch, and only with a token that another site cannot know.
//   - Without a token it answers on loopback only, and only to a browser that
//     asks for a loopback name.
package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
)

// Reader is what the pages read. It never returns anything embargoed.
type Reader interface {
	Ping(ctx context.Context) error
	Search(ctx context.Context, q store.Query) (store.Page, error)
	Show(ctx context.Context, id string) (*store.Shown, error)
	Totals(ctx context.Context) (*store.Totals, error)
	Queue(ctx context.Context) (store.Queue, error)
	Health(ctx context.Context) ([]store.Health, error)
	PublicActions(ctx context.Context, states []flow.ActionState, limit int) ([]store.ActionRow, error)
	PublicAction(ctx context.Context, key string) (*store.ActionRow, error)
	ActionStates(ctx context.Context) (map[flow.ActionState]int, error)
}

// Decider lets a waiting action go or ends it: flow.Journal's Decide.
type Decider interface {
	Decide(ctx context.Context, key string, d flow.Decision) (bool, error)
}

// Options are what a server is made of.
type Options struct {
	Reader  Reader
	Decider Decider // nil: nothing can be decided here
	Fates   Fates   // nil: nobody watches what stable does
	// Standings remembers what was said of fixes on branches; nil: nothing is.
	Standings Standings
	Access    Access
	// Expect is how long each component may be silent before it counts as
	// failing; one that is named here and never reported counts too, once the
	// server has been up for as long.
	Expect map[string]time.Duration
	// Layouts says of components whose repository is not laid out as the kernel how it
	// is; nil: of none.
	Layouts func(context.Context) map[string]string
	Metrics *Metrics // nil: a set of its own
	Name    string   // of the bot, for titles
	URL     string   // at which readers open the pages; "" when nobody has said
	// Links are where a mail or a commit is read elsewhere.
	Links Links
	// Export is the command that exports a commit, but for the branch and the commit:
	// "stablebot export --bot /etc/stablebot.yaml".
	Export  string
	Version string
	Log     *zap.Logger // nil: no logs
	Now     func() time.Time
}

// Links are addresses with one %s in them, for a Message-ID or a commit; "": no link.
type Links struct{ Mail, Patchwork, Tree string }

// link is one of them, filled.
type link struct{ Name, URL string }

// of are the links for a change.
func (l Links) of(kind change.Kind, id string) (out []link) {
	add := func(name, template string) {
		if template != "" && id != "" {
			out = append(out, link{name, strings.Replace(template, "%s", url.PathEscape(id), 1)})
		}
	}
	if id = flow.MessageID(id); kind == change.Commit {
		id = flow.CommitOf(id)
		add("the commit in its tree", l.Tree)
		return out
	}
	add("the mail on its list", l.Mail)
	add("Patchwork", l.Patchwork)
	return out
}

// Server answers requests. It is an http.Handler.
type Server struct {
	Options
	log     *zap.Logger
	handler http.Handler
	pages   *pages
	sums    *sums
	guard   *guard
	began   time.Time

	exportRows int
}

//go:embed static
var staticFiles embed.FS

// New checks the options and returns a server.
func New(o Options) (*Server, error) {
	if o.Reader == nil {
		return nil, errors.New("setting up the pages: there is nothing to read from")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Name == "" {
		o.Name = "stablebot"
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(o.Version)
	}
	s := &Server{Options: o, log: o.Log.Named("web"), began: o.Now(), exportRows: exportRows}
	var err error
	if s.guard, err = newGuard(o.Access, o.URL, revocations(o.Reader), o.Now); err != nil {
		return nil, fmt.Errorf("setting up the pages: %w", err)
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("setting up the pages: %w", err)
	}
	s.sums = &sums{reader: o.Reader, fates: o.Fates, now: o.Now, log: s.log}
	o.Metrics.watch(s)
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Warm sums up before the first visitor comes.
func (s *Server) Warm(ctx context.Context) { s.sums.get(ctx) }

// level says who may do something.
type level int

const (
	open   level = iota // anybody: health and the style of the login page
	reader              // who may see
	actor               // who may decide
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, l level, f func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, s.Metrics.instrument(pattern, s.guard.admit(l, s.answer(f))))
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the path is a constant of this package
	}
	files := http.FileServerFS(static)
	handle("GET /static/{file}", open, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.StripPrefix("/static/", files).ServeHTTP(w, r)
		return nil
	})
	handle("GET /healthz", open, s.healthz)
	handle("GET /readyz", open, s.readyz)
	handle("GET /login", open, s.loginPage)
	handle("POST /login", open, s.login)
	handle("POST /logout", open, s.logout)

	handle("GET /{$}", reader, s.today)
	handle("GET /changes", reader, s.changes)
	handle("GET /changes.csv", reader, s.changesCSV)
	handle("GET /changes.json", reader, s.changesJSON)
	handle("GET /changes.atom", reader, s.changesAtom)
	handle("GET /changes/{id}", reader, s.change)
	handle("GET /change/{id}", reader, func(w http.ResponseWriter, r *http.Request) error { // as replies once wrote it
		http.Redirect(w, r, "/changes/"+url.PathEscape(r.PathValue("id")), http.StatusMovedPermanently)
		return nil
	})
	handle("GET /changes/{id}/pile.svg", reader, s.pilePicture)
	handle("GET /changes/{id}/badge.svg", reader, s.changeBadge)
	handle("GET /actions", reader, s.actionPage)
	handle("POST /actions", actor, s.decide)
	handle("GET /gap", reader, s.gap)
	handle("GET /branches", reader, s.branches)
	handle("GET /branches/{name}", reader, s.branch)
	handle("GET /branches/{name}/badge.svg", reader, s.branchBadge)
	handle("GET /missing", reader, s.missing)
	handle("GET /missing/{branch}", reader, s.missingIn)
	handle("POST /missing/{branch}", actor, s.sayIn)
	handle("GET /digest", reader, s.digest)
	handle("GET /judgement", reader, s.judgement)

	handle("GET /api/v1/openapi.json", reader, s.apiDescription)
	handle("GET /api/v1/status", reader, s.apiStatus)
	handle("GET /api/v1/changes", reader, s.apiChanges)
	handle("GET /api/v1/changes/{id}", reader, s.apiChange)
	handle("GET /api/v1/actions", reader, s.apiActions)
	handle("POST /api/v1/actions", actor, s.apiDecide)
	handle("GET /api/v1/standings", reader, s.apiStandings)
	handle("POST /api/v1/standings", actor, s.apiStand)
	handle("GET /api/v1/missing", reader, s.apiMissing)
	handle("GET /api/v1/branches", reader, s.apiBranches)
	handle("GET /api/v1/gap", reader, s.apiGap)
	handle("GET /api/v1/judgement", reader, s.apiJudgement)
	mux.Handle("GET /metrics", s.guard.admit(reader, s.Metrics.handler()))
	handle("/", reader, func(http.ResponseWriter, *http.Request) error {
		return &problem{http.StatusNotFound, "There is no such page."}
	})
	return secure(http.MaxBytesHandler(mux, maxBody))
}

// maxBody is more than any form or order needs.
const maxBody = 64 << 10

// policy is the content security policy of everything but pictures.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// picturePolicy lets a picture have its own style sheet and nothing else.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// problem is an answer that is no page: what the visitor did or met.
type problem struct {
	status int
	say    string
}

func (p *problem) Error() string { return p.say }

// slowest is how long an answer may take: a search too wide for its indexes
// ends there with a word about it.
const slowest = 10 * time.Second

// answer turns what a handler returns into a page or, under /api, an object.
func (s *Server) answer(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, done := context.WithTimeout(r.Context(), slowest)
		defer done()
		err := f(w, r.WithContext(ctx))
		if err == nil || r.Context().Err() != nil { // well, or nobody waits any more
			return
		}
		var p *problem
		switch {
		case errors.As(err, &p):
		case errors.Is(err, store.ErrNone):
			p = &problem{http.StatusNotFound, "Nothing is known of it here: it was never judged, it is no change, or its address is cut short."}
		case errors.Is(err, store.ErrCursor):
			p = &problem{http.StatusBadRequest, "That is no place in this list; begin at its first page."}
		case errors.Is(err, context.DeadlineExceeded):
			p = &problem{http.StatusServiceUnavailable, "That took too long: narrow it down to a driver, a list or some weeks."}
		default:
			p = &problem{http.StatusInternalServerError, "The store could not be read; the log says why."}
			s.log.Error("answering failed", zap.String("path", r.URL.Path), zap.Error(err))
		}
		s.refuse(w, r, p)
	})
}
