package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// everyPath is one address of each route that reads.
func everyPath() []string {
	out := []string{"/", "/changes", "/changes.csv", "/changes.json", "/changes.atom", "/gap", "/branches", "/branches/6.12",
		"/branches/6.12/badge.svg", "/judgement",
		"/actions?key=" + url.QueryEscape(heldKey), "/metrics", "/healthz", "/readyz",
		"/api/v1/openapi.json", "/api/v1/status", "/api/v1/changes", "/api/v1/actions", "/api/v1/branches", "/api/v1/gap", "/api/v1/judgement"}
	for _, id := range []string{eligibleID, firstID, dkmsID, oddID} {
		out = append(out, changeURL(id), changeURL(id)+"/pile.svg", changeURL(id)+"/badge.svg", "/api/v1"+changeURL(id))
	}
	return out
}

var inline = regexp.MustCompile(`(?i)<[^>]*\s(style|on\w+)=|<style|<script>|javascript:`)

// TestPages: every page answers, says nothing of what is embargoed, and holds
// to its own security policy; on both databases.
func TestPages(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); pagesAnswer(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); pagesAnswer(t, peers.NewPostgres(t).Database()) })
}

func pagesAnswer(t *testing.T, where string) {
	h := serverOf(t, seeded(t, where), nil)
	for _, p := range everyPath() {
		w := get(t, h, p)
		body := w.Body.String()
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d: %s", p, w.Code, body)
		}
		if strings.Contains(strings.ToLower(body), "sekret") || strings.Contains(body, secretWord) || strings.Contains(body, "hole@") {
			t.Errorf("%s tells of what is embargoed", p)
		}
		if strings.Contains(w.Header().Get("Content-Type"), "text/html") {
			if m := inline.FindString(body); m != "" {
				t.Errorf("%s has %q in it", p, m)
			}
			if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || strings.Contains(body, "ZgotmplZ") {
				t.Errorf("%s: a stranger's text is not escaped", p)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", p, csp)
			}
		}
	}
	// What is embargoed is as unknown as what there is not.
	for _, p := range []string{"/changes/", "/api/v1/changes/"} {
		a, b := get(t, h, p+url.PathEscape(secretID)), get(t, h, p+"nobody@nowhere.example.org")
		if a.Code != http.StatusNotFound || a.Code != b.Code || a.Body.String() != b.Body.String() {
			t.Errorf("%s: embargoed %d, unknown %d", p, a.Code, b.Code)
		}
	}
	for _, p := range []string{"/actions?key=" + secretKey, changeURL(secretID) + "/badge.svg", changeURL(secretID) + "/pile.svg",
		"/branches/" + secretWord + "branch", "/gap?driver=" + secretWord + "driver"} {
		if w := get(t, h, p); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	for _, q := range []string{"q=" + secretWord, "author=sekret", "chip=" + secretWord + "chip", "branch=" + secretWord + "branch"} {
		var p apiPage
		if err := json.Unmarshal(get(t, h, "/api/v1/changes?"+q).Body.Bytes(), &p); err != nil || len(p.Changes) > 0 || p.Total == nil ||
			*p.Total != 0 {
			t.Errorf("%s finds %+v, %v", q, p, err)
		}
	}
	// The pile says what needs what, drawn and in words.
	if body := get(t, h, changeURL(eligibleID)).Body.String(); !strings.Contains(body, "for 2: defines the ring") ||
		!strings.Contains(body, "for the change: defines the reset") {
		t.Error("the page of a change does not say why its prerequisites are needed")
	}
	for id, wants := range map[string][]string{
		oddID: {"6.12: the patch was adapted, 1 to be checked; it does not build", "matched once in gfx_init()", "&lt;i&gt;the lock&lt;/i&gt;",
			"&#39;ring&#39; undeclared", "unused variable"},
		dkmsID: {"6.18: commits in its way", "gfx.c:12", "drm/i915: rename the ring", "12 lines, and no fix"},
	} {
		body := get(t, h, changeURL(id)).Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("the page of %s lacks %q", id, want)
			}
		}
	}
	if svg := get(t, h, changeURL(eligibleID)+"/pile.svg").Body.String(); strings.Count(svg, "<circle") != 2 ||
		!strings.Contains(svg, "for 2: defines the ring") {
		t.Errorf("the pile is drawn as %s", svg)
	}
	filters(t, h)
}

func filters(t *testing.T, h *Server) {
	for q, want := range map[string]int{
		"": 5, "verdict=dkms-only": 1, "verdict=out-of-scope": 1, "class=too-big": 1, "driver=i915": 2, "driver=i915&verdict=dkms-only": 1,
		"chip=Xe3": 2, "branch=6.12": 3, "branch=6.12&cell=eligible": 2,
		"branch=6.12&cell=lacking": 3, "branch=6.12&cell=lacking&newer=1": 2, "branch=6.18&cell=lacking&newer=1": 0, "author=ana+ruiz": 2,
		"author=bo@example.com": 2, "author=lin": 2,
		"list=patches.lists.example.org": 3, "q=double+free": 2, "q=doubl": 2, "q=double+absent": 0, "q=0123456789abcdef": 1, "q=i915+disp": 1,
		"q=i915+disp&verdict=wait": 0,
		"since=2026-03-02":         5, "until=2026-03-01": 0, "since=2026-03-03": 0, "sort=score": 5, "sort=oldest&driver=amdgpu": 3,
		"q=%22+%28+%2A": 5,
		"q=%27+OR+NEAR": 0,
	} {
		var p apiPage
		w := get(t, h, "/api/v1/changes?"+q)
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || len(p.Changes) != want {
			t.Errorf("%s: %d changes, %d wanted: %d %s", q, len(p.Changes), want, w.Code, w.Body)
		}
	}
	for _, q := range []string{"verdict=maybe", "class=x", "cell=in", "newer=1", "branch=6.6&cell=x", "sort=size", "since=yesterday",
		"after=zzz", "q=" + strings.Repeat("x", 300), "q=%ff"} {
		if w := get(t, h, "/changes?"+q); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", q, w.Code)
		}
	}
}

// TestBackfilled: what a backfill brought is no news of the day on which it was
// judged, however often it is judged again, and the page says how much it is.
func TestBackfilled(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	before := get(t, serverOf(t, s, nil), "/").Body.String()
	for i := range 3 {
		j := patchJudged()
		j.ID, j.Kind = strings.Repeat(strconv.Itoa(i), 40), change.Commit
		for range 2 {
			if err := s.KeepJudged(t.Context(), flow.Judged{Judgement: j, Source: "git:" + flow.BackfillPrefix + "linux/master", Branch: "master",
				At: t0}, flow.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	after := get(t, serverOf(t, s, nil), "/").Body.String()
	figures := regexp.MustCompile(`(?s)<ul class="multiples">.*?</ul>`)
	if a, b := figures.FindString(before), figures.FindString(after); a == "" || a != b {
		t.Errorf("the figures were\n%s\nand are\n%s", a, b)
	}
	if !strings.Contains(after, "8 changes judged in all, 3 of them by a backfill") || strings.Contains(before, "backfill") {
		t.Error("the page does not say what came by a backfill")
	}
}

// TestPaging: pages of one row each give every row once, in each order.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	for _, o := range []store.Order{store.Newest, store.Oldest, store.Highest, store.Lowest} {
		for _, q := range []store.Query{{}, {Driver: "amdgpu"}, {Text: "gfx12"}} {
			q.Order, q.Limit = o, 1
			seen := map[string]bool{}
			for {
				p, err := s.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Rows {
					if seen[r.ID] {
						t.Fatalf("%s twice", r.ID)
					}
					seen[r.ID] = true
				}
				if q.After = p.Next; p.Next == "" {
					break
				}
			}
			q.After, q.Limit = "", 0
			if all, err := s.Search(t.Context(), q); err != nil || len(all.Rows) != len(seen) {
				t.Errorf("%+v: %d one by one, %d at once, %v", q, len(seen), len(all.Rows), err)
			}
		}
	}
}

func TestExports(t *testing.T) {
	t.Parallel()
	h := serverOf(t, seeded(t, ""), nil)
	rows, err := csv.NewReader(get(t, h, "/changes.csv?branch=6.12").Body).ReadAll()
	if err != nil || len(rows) != 4 || len(rows[0]) != 22 {
		t.Fatalf("%v: %q", err, rows)
	}
	var list []apiFound
	if err := json.Unmarshal(get(t, h, "/changes.json").Body.Bytes(), &list); err != nil || len(list) != 5 {
		t.Errorf("%v: %v", err, list)
	}
	if s := strings.TrimSpace(get(t, h, "/changes.json?q=absent").Body.String()); s != "[]" {
		t.Errorf("an empty export is %q", s)
	}
	// What is cut off is told by the name, and the rest is one request away.
	h.exportRows = 2
	next, seen := "/changes.csv", 0
	for page := 1; next != ""; page++ {
		w := get(t, h, next)
		name := w.Header().Get("Content-Disposition")
		if first := strings.Contains(name, "first-2.csv"); first != (page < 3) || strings.Contains(name, "continued") != (page > 1) {
			t.Errorf("part %d of 3 is called %s", page, name)
		}
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		seen += len(rows) - 1
		next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	}
	if seen != 5 {
		t.Errorf("%d changes in three parts", seen)
	}
	var feed atomFeed
	if err := xml.Unmarshal(get(t, h, "/changes.atom?verdict=dkms-only").Body.Bytes(), &feed); err != nil || len(feed.Entries) != 1 ||
		feed.Entries[0].ID != "http://localhost:8078/changes/"+dkmsID || !strings.Contains(feed.Title, "dkms-only") {
		t.Errorf("%v: %+v", err, feed)
	}
	if cell("=1+1") != "'=1+1" || cell("x") != "x" {
		t.Error("a formula is let through")
	}
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// visit gets a page and returns its form token and cookies.
func visit(t *testing.T, h http.Handler, page string, cookies ...*http.Cookie) (string, []*http.Cookie) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, page, nil)
	r.Host = "localhost"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	m := csrfField.FindStringSubmatch(w.Body.String())
	if m == nil {
		return "", append(cookies, w.Result().Cookies()...)
	}
	return m[1], append(cookies, w.Result().Cookies()...)
}

func post(h http.Handler, path string, form url.Values, cookies []*http.Cookie, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestDecide: an action is decided by a form of this site and by nothing else.
func TestDecide(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	h := serverOf(t, s, nil)
	token, cookies := visit(t, h, "/")
	form := url.Values{"key": {heldKey}, "do": {"approve"}, "why": {"looks right"}, "to": {"/"}}
	if w := post(h, "/actions", form, cookies); w.Code != http.StatusForbidden {
		t.Errorf("without a token: %d", w.Code)
	}
	form.Set("csrf", token)
	if w := post(h, "/actions", form, nil); w.Code != http.StatusForbidden {
		t.Errorf("without the cookie: %d", w.Code)
	}
	if w := post(h, "/actions", form, cookies, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
	if w := post(h, "/actions", form, cookies, "Origin", "http://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("from another origin: %d", w.Code)
	}
	secret := url.Values{"key": {secretKey}, "do": {"approve"}, "csrf": {token}}
	if w := post(h, "/actions", secret, cookies); w.Code != http.StatusNotFound {
		t.Errorf("what is embargoed: %d", w.Code)
	}
	if w := post(h, "/actions", form, cookies); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Fatalf("approving: %d %s", w.Code, w.Body)
	}
	a, err := s.PublicAction(t.Context(), heldKey)
	if err != nil || a.State != flow.StatePlanned || a.Approved.IsZero() || !strings.Contains(a.Problem, "looks right") {
		t.Errorf("%v: %+v", err, a)
	}
	form.Set("to", "//evil.example/")
	form.Set("do", "drop")
	if w := post(h, "/actions", form, cookies); w.Header().Get("Location") != "/" {
		t.Errorf("dropping leads to %q", w.Header().Get("Location"))
	}
	if w := post(h, "/actions", form, cookies); w.Code != http.StatusConflict {
		t.Errorf("deciding twice: %d", w.Code)
	}
	form.Set("do", "burn")
	if w := post(h, "/actions", form, cookies); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown order: %d", w.Code)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	const token = "a-token-that-is-long-enough"
	for name, a := range map[string]Access{"no token": {}, "short": {Token: "short"},
		"half a proxy": {Loopback: true, ProxyHeader: "X-User"}} {
		if _, err := New(Options{Reader: s, Access: a}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	// Loopback: a name of another site that leads here is refused.
	h := serverOf(t, s, nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "rebound.example"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("rebinding: %d", w.Code)
	}

	h = serverOf(t, s, func(o *Options) { o.Access = Access{Token: token} })
	if w := get(t, h, "/"); w.Code != http.StatusUnauthorized {
		t.Errorf("nobody: %d", w.Code)
	}
	if w := get(t, h, "/changes?q=x", "Accept", "text/html"); w.Code != http.StatusSeeOther ||
		w.Header().Get("Location") != "/login?to=%2Fchanges%3Fq%3Dx" {
		t.Errorf("a browser: %d %s", w.Code, w.Header().Get("Location"))
	}
	for _, p := range []string{"/metrics", "/api/v1/status", "/changes.csv", changeURL(eligibleID)} {
		if w := get(t, h, p); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", p, w.Code)
		}
		if w := get(t, h, p, "Authorization", "Bearer "+token); w.Code != http.StatusOK {
			t.Errorf("%s with the token: %d", p, w.Code)
		}
	}
	for _, p := range []string{"/healthz", "/readyz", "/static/style.css", "/login"} {
		if w := get(t, h, p); w.Code != http.StatusOK {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	csrf, cookies := visit(t, h, "/login?to=/gap")
	in := post(h, "/login", url.Values{"token": {token}, "csrf": {csrf}, "to": {"/gap"}}, cookies)
	if in.Code != http.StatusSeeOther || in.Header().Get("Location") != "/gap" {
		t.Fatalf("logging in: %d %s", in.Code, in.Body)
	}
	session := in.Result().Cookies()
	r = httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(session[0])
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !session[0].HttpOnly {
		t.Errorf("logged in: %d, %+v", w.Code, session[0])
	}
	other := serverOf(t, s, func(o *Options) { o.Access = Access{Token: token + "x"} })
	w = httptest.NewRecorder()
	other.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a session of an old token: %d", w.Code)
	}
	late := serverOf(t, s, func(o *Options) {
		o.Access = Access{Token: token}
		o.Now = func() time.Time { return t0.AddDate(0, 2, 0) }
	})
	w = httptest.NewRecorder()
	late.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a session of two months ago: %d", w.Code)
	}
	// Everybody may look, and only the token decides.
	public := serverOf(t, s, func(o *Options) { o.Access = Access{Token: token, Public: true} })
	if w := get(t, public, "/"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Approve") {
		t.Errorf("public: %d, or it offers to decide", w.Code)
	}
	if w := post(public, "/actions", url.Values{"key": {heldKey}, "do": {"drop"}}, nil); w.Code != http.StatusForbidden {
		t.Errorf("deciding without a token: %d", w.Code)
	}
	proxied := serverOf(t, s, func(o *Options) {
		o.Access = Access{ProxyHeader: "X-User", ProxyFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	})
	if w := get(t, proxied, "/", "X-User", "mai"); w.Code != http.StatusOK { // httptest comes from 192.0.2.1
		t.Errorf("through the proxy: %d", w.Code)
	}
	r = httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "203.0.113.9:1234"
	r.Header.Set("X-User", "mai")
	w = httptest.NewRecorder()
	proxied.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("past the proxy: %d", w.Code)
	}
}

// down is a store that does not answer.
type down struct{ Reader }

func (down) Ping(context.Context) error { return errors.New("no route") }

// TestGapDriver: a driver of the launch gap is found by its name or a part of it, as
// there may be thousands.
func TestGapDriver(t *testing.T) {
	t.Parallel()
	h := serverOf(t, seeded(t, ""), nil)
	for name, want := range map[string]int{"i915": 200, "I91": 200, "": 200, "nowhere": 404} {
		w := get(t, h, "/gap?driver="+name)
		if w.Code != want || want == 200 && !strings.Contains(w.Body.String(), `href="/gap?driver=i915"`) {
			t.Errorf("%q: %d, want %d", name, w.Code, want)
		}
	}
}

// TestHealth: what is answered is what is the case.
func TestHealth(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	status := func(change func(*Options)) (int, string) {
		w := get(t, serverOf(t, s, change), "/readyz")
		return w.Code, w.Body.String()
	}
	if code, body := status(nil); code != http.StatusOK {
		t.Errorf("well: %d %s", code, body)
	}
	if code, body := status(func(o *Options) { o.Reader = down{s} }); code != http.StatusServiceUnavailable ||
		strings.Contains(body, "route") {
		t.Errorf("no store: %d %s", code, body)
	}
	if w := get(t, serverOf(t, s, func(o *Options) { o.Reader = down{s} }), "/healthz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("healthz without a store: %d", w.Code)
	}
	if err := s.Healthy(t.Context(), "source.imap:test/INBOX", t0.Add(130*time.Minute), errors.New("the password is wrong")); err != nil {
		t.Fatal(err)
	}
	if code, body := status(func(o *Options) { o.Now = func() time.Time { return t0.Add(125 * time.Minute) } }); code != http.StatusOK {
		t.Errorf("failed once, five minutes after its last success: %d %s", code, body)
	}
	if code, body := status(nil); code != http.StatusServiceUnavailable || strings.Contains(body, "password") {
		t.Errorf("failing for a quarter of an hour: %d %s", code, body)
	}
	if w := get(t, serverOf(t, s, nil), "/"); !strings.Contains(w.Body.String(), "the password is wrong") {
		t.Error("the page does not say why")
	}
	odd := func(o *Options) {
		o.Layouts = func(context.Context) map[string]string {
			return map[string]string{"source.imap:test/INBOX": "its root is drivers/net/x"}
		}
	}
	if w := get(t, serverOf(t, s, odd), "/"); !strings.Contains(w.Body.String(), "layout: its root is drivers/net/x") {
		t.Error("the page does not say how the repository is laid out")
	}
	now := t0.Add(3 * time.Hour)
	h := serverOf(t, s, func(o *Options) {
		o.Expect = map[string]time.Duration{"source.git:never": time.Hour}
		o.Now = func() time.Time { return now }
	})
	if p, err := h.parts(t.Context()); err != nil || len(p) != 4 || !p[2].Well {
		t.Errorf("just begun: %v %+v", err, p)
	}
	now = now.Add(2 * time.Hour)
	if p, err := h.parts(t.Context()); err != nil || p[2].Well {
		t.Errorf("never heard of: %v %+v", err, p)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	m := NewMetrics("1.2.3")
	h := serverOf(t, s, func(o *Options) { o.Metrics = m })
	j := m.Journal(s)
	if err := j.Healthy(t.Context(), "sink.x", t0, flow.ErrTemporary); err != nil {
		t.Fatal(err)
	}
	if err := j.KeepJudged(t.Context(), flow.Judged{Judgement: patchJudged(), At: t0}, flow.Cursor{}); err != nil {
		t.Fatal(err)
	}
	get(t, h, "/changes")
	body := get(t, h, "/metrics").Body.String()
	for _, want := range []string{"stablebot_store_up 1", `stablebot_stored_actions{state="held"} 2`, `stablebot_stored_changes{verdict="dkms-only"} 1`,
		`stablebot_component_errors_total{component="sink.x",kind="temporary"} 1`, `stablebot_component_well{component="sink.x"} 0`,
		`stablebot_changes_judged_total{verdict="`, `stablebot_http_request_duration_seconds_count{code="200",route="GET /changes"} 1`, `stablebot_build_info{version="1.2.3"} 1`} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		t.Errorf("by Prometheus' conventions: %s: %s", p.Metric, p.Text)
	}
}

// fixedFates are outcomes of our own making.
type fixedFates struct{}

func (fixedFates) Fate(_ context.Context, id string) ([]Fate, error) {
	return []Fate{{Branch: "6.12", What: "taken", Commit: strings.Repeat("c", 40), Release: "6.12.9", At: t0.AddDate(0, 0, 9)}}, nil
}

func (fixedFates) Fates(context.Context) ([]Fated, error) {
	var out []Fated
	for i := range 200 {
		f := Fated{ID: string(rune('a' + i)), Driver: []string{"amdgpu", "i915"}[i%2], Judged: t0.AddDate(0, -i%5, 0),
			Score: float64(i%100) / 100, Verdict: verdict.Uncertain}
		if f.Score > .6 {
			f.Verdict = verdict.StableEligible
		}
		f.Taken = (i*37)%100 < i%100
		out = append(out, f)
	}
	return out, nil
}

func TestJudgement(t *testing.T) {
	t.Parallel()
	h := serverOf(t, seeded(t, ""), func(o *Options) { o.Fates = fixedFates{} })
	body := get(t, h, "/judgement").Body.String()
	for _, want := range []string{"calibration error", "2026-03", "amdgpu", `class="plot"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if c := get(t, h, changeURL(eligibleID)).Body.String(); !strings.Contains(c, "6.12.9") {
		t.Error("the change does not say where it went")
	}
}

var metricName = regexp.MustCompile(`stablebot_\w+`)

// TestGrafana: the dashboard in deploy/ asks for nothing that is not there.
func TestGrafana(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || len(board.Panels) == 0 {
		t.Fatal(err, len(board.Panels))
	}
	described := make(chan *prometheus.Desc, 1000)
	m := NewMetrics("")
	serverOf(t, seeded(t, ""), func(o *Options) { o.Metrics = m })
	m.registry.Describe(described)
	close(described)
	var known strings.Builder
	for d := range described {
		known.WriteString(d.String())
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range metricName.FindAllString(target.Expr, -1) {
				if !strings.Contains(known.String(), `fqName: "`+strings.TrimSuffix(name, "_bucket")+`"`) {
					t.Errorf("panel %d asks for %s, which there is not", p.ID, name)
				}
			}
		}
	}
}

// TestFirstPage: what a backfill brought is summed up where nothing came today, and
// what waits for a person is on top.
func TestFirstPage(t *testing.T) {
	t.Parallel()
	idle := todayView{Stored: 3, Verdicts: []verdictDays{{Verdict: verdict.Uncertain, All: 3}}}
	if !idle.Idle() || (todayView{}).Idle() {
		t.Error("a store that only a backfill filled is idle, an empty one is new")
	}
	sum := &summed{Branches: []branchSum{{Name: "6.12", Cells: map[launch.Cell]store.CellTotal{launch.Eligible: {N: 2}}}}}
	idle.Waiting = []actionView{{ActionRow: store.ActionRow{State: flow.StateHeld}}}
	var said []string
	for _, n := range idle.needs(sum) {
		said = append(said, n.Says+" "+n.URL)
	}
	want := []string{"1 reply waits for your word #waiting", "2 fixes to export for 6.12 /branches/6.12",
		"3 changes that a person should judge /changes?verdict=uncertain"}
	if !slices.Equal(said, want) {
		t.Errorf("needs %q", said)
	}
	page := get(t, serverOf(t, seeded(t, ""), nil), "/").Body.String()
	for _, want := range []string{"By driver", `href="/changes?driver=amdgpu&amp;verdict=`, "By month of the mail", "Needs you"} {
		if !strings.Contains(page, want) {
			t.Errorf("the first page has no %q", want)
		}
	}
}

func TestExportable(t *testing.T) {
	commits, mails := exportable([]store.Found{{ID: "a", Kind: change.Mail}, {ID: "b", Kind: change.Commit}})
	if len(commits) != 1 || commits[0].ID != "b" || len(mails) != 1 {
		t.Errorf("%v, %v", commits, mails)
	}
}

func TestLinks(t *testing.T) {
	l := Links{Mail: "https://lore.example.org/r/%s", Tree: "https://git.example.org/?id=%s"}
	if got := l.of(change.Mail, "a/b@c"); len(got) != 1 || got[0].URL != "https://lore.example.org/r/a%2Fb@c" {
		t.Errorf("%v", got)
	}
	if got := l.of(change.Commit, "0123"); len(got) != 1 || got[0].URL != "https://git.example.org/?id=0123" {
		t.Errorf("%v", got)
	}
	s := seeded(t, "")
	h := serverOf(t, s, func(o *Options) { o.Links = l })
	if page := get(t, h, changeURL(eligibleID)).Body.String(); !strings.Contains(page, `href="https://lore.example.org/r/`+eligibleID) {
		t.Error("the page of a change does not lead to its mail")
	}
}

// TestOnTheBox: a card is found by the name that it is sold under.
func TestOnTheBox(t *testing.T) {
	chips := map[string][]string{"amdgpu": {"amdgpu", "Navi31"}}
	for name, want := range map[string]string{"RX 7900": "Navi31", "7900 XTX": "Navi31", "navi31": "Navi31", "RX 480": "", "xtx": ""} {
		got := ""
		if e := onTheBox(name, chips); e != nil {
			got = e.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	sum := &summed{Totals: &store.Totals{Gap: []store.GapTotal{{Driver: "amdgpu", Chip: "Navi31"}}}}
	if got := near("navi33", sum); !slices.Equal(got, []string{"Navi31"}) {
		t.Errorf("near %q", got)
	}
}
