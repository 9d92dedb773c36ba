package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// A log-out ends the session, and not only the browser's copy of it; a cookie that
// goes by TLS says so, whoever ends TLS.
func TestLogoutEndsSession(t *testing.T) {
	g, err := newGuard(Access{Token: strings.Repeat("t", 32)}, "https://bot.example.org", nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	with := func(value string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "http://bot.example.org/", nil)
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: value})
		return r
	}
	one, two := g.newSession(), g.newSession()
	if !g.session(with(one)) || !g.session(with(two)) {
		t.Fatal("a session does not hold")
	}
	value, _, ok := g.valid(with(one))
	if !ok {
		t.Fatal("a session cannot be read")
	}
	if err := g.ended.add(t.Context(), value); err != nil {
		t.Fatal(err)
	}
	if g.session(with(one)) || !g.session(with(two)) {
		t.Error("a session that was ended holds, or another one ended with it")
	}
	if g.session(with(one+"x")) || g.session(with(strings.Replace(two, ".", "0.", 1))) {
		t.Error("a forged session holds")
	}
	if c := g.cookie(with(two), sessionCookie, two, time.Hour); !c.Secure {
		t.Error("a cookie of a site with TLS is not Secure")
	}
	plain, err := newGuard(Access{Token: strings.Repeat("t", 32)}, "", nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	r := with(two)
	if c := plain.cookie(r, sessionCookie, two, time.Hour); c.Secure {
		t.Error("a cookie of a site without TLS is Secure: it would not come back")
	}
	r.Header.Set("Origin", "https://bot.example.org")
	if c := plain.cookie(r, sessionCookie, two, time.Hour); !c.Secure {
		t.Error("a cookie for a form that came by TLS is not Secure")
	}
}

// A feed leads to the configured address or to this machine, wherever its request
// says that it came from.
func TestFeedHost(t *testing.T) {
	for _, c := range []struct{ url, host, want string }{
		{"https://bot.example.org/", "evil.example.com", "https://bot.example.org"},
		{"", "evil.example.com", ""},
		{"", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"", "localhost", "http://localhost"},
	} {
		s := &Server{Options: Options{URL: c.url}}
		if got := s.base(&http.Request{Host: c.host, URL: &url.URL{}}); got != c.want {
			t.Errorf("url %q, host %q: %q, want %q", c.url, c.host, got, c.want)
		}
	}
}

func TestCells(t *testing.T) {
	for in, want := range map[string]string{
		"=cmd|' /C calc'!A0@evil.example.com": "'=cmd|' /C calc'!A0@evil.example.com", "+1@x": "'+1@x", "-a": "'-a", "@x": "'@x", "-0.5": "-0.5",
		"12": "12", "a": "a", "": "",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := change.Clip("a\u202eb\u200bc\u2066d\u00ade", 100); got != "abcde" {
		t.Errorf("what is not seen stays: %q", got)
	}
}
