package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestMissing: what is new comes first, a filter picks, and strangers' text is text.
func TestMissing(t *testing.T) {
	t.Parallel()
	h := serverOf(t, seeded(t, ""), nil)
	for path, c := range map[string]struct {
		status int
		want   []string // in this order
		none   string
	}{
		"/missing": {200, []string{`href="/missing/6.12"`, "new or changed", `href="/missing/6.12?state=open">open</a> <span class="num">2<`, "below-bar"}, ""},
		"/missing/6.12": {200, []string{"1 left out", "fix a hang after a reset", "CVE-2026-12345",
			"came with the release", "stablebot export --trees", "was unknown", "wait for the fence", "in the way",
			"&lt;b&gt;no&lt;/b&gt; such pipe"}, "a log line says"},
		"/missing/6.12?all=1":                   {200, []string{"a log line says"}, "left out"},
		"/missing/6.12?state=open":              {200, []string{"2 fixes", "fix a hang"}, "wait for the fence"},
		"/missing/6.12?driver=I915":             {200, []string{"such pipe"}, "amdgpu: fix a hang"},
		"/missing/6.12?new=1":                   {200, []string{"2 fixes", "fix a hang", "wait for the fence"}, "such pipe"},
		"/missing/6.12?state=declined":          {200, []string{"No fix is in this state"}, "fix a hang"},
		"/missing/6.12?state=x":                 {400, []string{"no state of that name"}, ""},
		"/missing/5.4":                          {404, []string{"Nobody has looked yet"}, ""},
		"/api/v1/missing?branch=6.12&state=odd": {400, []string{"no state of that name"}, ""},
	} {
		w := get(t, h, path)
		body, at := w.Body.String(), 0
		if w.Code != c.status || c.none != "" && strings.Contains(body, c.none) {
			t.Errorf("%s: %d, or %q in\n%s", path, w.Code, c.none, body)
		}
		for _, want := range c.want {
			i := strings.Index(body[at:], want)
			if i < 0 {
				t.Errorf("%s: no %q after byte %d of\n%s", path, want, at, body)
				break
			}
			at += i
		}
	}
	// What is only claimed is shown and counts nothing.
	if body := get(t, h, "/missing/6.12").Body.String(); !strings.Contains(body, "claimed, not proven: queued: added to the queue (greg@example.org") || strings.Contains(body, `s-queued`) {
		t.Errorf("%s", body)
	}
}

// TestSayIn: a word by a form of this site and by nothing else; it stands at once, and can be
// taken back.
func TestSayIn(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	h := serverOf(t, s, nil)
	token, cookies := visit(t, h, "/missing/6.12")
	form := url.Values{"commit": {strings.Repeat("1a", 20)}, "title": {"drm/amdgpu: fix a hang after a reset of the ring"}, "say": {"no"},
		"why": {"that board was never sold"}, "to": {"/missing/6.12"}}
	if w := post(h, "/missing/6.12", form, cookies); w.Code != http.StatusForbidden {
		t.Errorf("without a token: %d", w.Code)
	}
	form.Set("csrf", token)
	say := func(word, why string, want int) {
		t.Helper()
		form.Set("say", word)
		form.Set("why", why)
		if w := post(h, "/missing/6.12", form, cookies); w.Code != want {
			t.Errorf("%s: %d %s", word, w.Code, w.Body)
		}
	}
	say("no", "", http.StatusBadRequest)
	say("no", "that board was never sold", http.StatusSeeOther)
	if body := get(t, h, "/missing/6.12?state=declined").Body.String(); !strings.Contains(body,
		"that board was never sold (web, 2026-03-02)") {
		t.Errorf("%s", body)
	}
	say("undo", "", http.StatusSeeOther)
	if body := get(t, h, "/missing/6.12?state=open").Body.String(); !strings.Contains(body, "fix a hang after a reset") {
		t.Errorf("it is not open again:\n%s", body)
	}
	if w := post(serverOf(t, s, func(o *Options) { o.Decider = nil }), "/missing/6.12", form, cookies); w.Code != http.StatusForbidden {
		t.Errorf("a dashboard that only shows: %d", w.Code)
	}
}

// gone names a branch of which nothing is there any more.
type all = Standings

type gone struct{ all }

func (gone) LackingOf(context.Context) ([]string, error) { return []string{"5.4", "6.12"}, nil }

// TestMissingGone: what is taken away while it is looked at is left out.
func TestMissingGone(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	w := get(t, serverOf(t, s, func(o *Options) { o.Standings = gone{s} }), "/missing")
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "/missing/6.12") || strings.Contains(body, "/missing/5.4") {
		t.Errorf("%d\n%s", w.Code, body)
	}
}
