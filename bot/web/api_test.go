package web

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// described checks requests and answers against the description of the API.
type described struct {
	t      *testing.T
	router routers.Router
	seen   map[string]bool
}

func newDescribed(t *testing.T) *described {
	doc, err := openapi3.NewLoader().LoadFromData(apiText)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &described{t, router, map[string]bool{}}
}

// check sends one request and holds it and its answer against the description;
// one that the description forbids must be refused.
func (d *described) check(h http.Handler, method, path, body string, want int) {
	d.t.Helper()
	request := func() *http.Request {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host = "localhost"
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		return r
	}
	r := request()
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		d.t.Errorf("%s %s: %v", method, path, err)
		return
	}
	d.seen[route.Operation.OperationID] = true
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	asked := openapi3filter.ValidateRequest(d.t.Context(), in)
	if (asked == nil) != (want < 400 || want == http.StatusNotFound || want == http.StatusConflict) {
		d.t.Errorf("%s %s: the description says %v of the request, the answer is to be %d", method, path, asked, want)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request())
	if w.Code != want {
		d.t.Errorf("%s %s: %d, %d wanted: %s", method, path, w.Code, want, w.Body)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
	out.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
	if err := openapi3filter.ValidateResponse(d.t.Context(), out); err != nil {
		d.t.Errorf("%s %s: %v", method, path, err)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	d := newDescribed(t)
	h := serverOf(t, seeded(t, ""), func(o *Options) { o.Fates = fixedFates{} })
	for path, want := range map[string]int{
		"/changes": 200, "/changes?verdict=dkms-only&branch=6.12&cell=lacking": 200, "/changes?q=gfx12&sort=score&since=2026-01-31": 200,
		"/changes?verdict=maybe": 400, "/changes?sort=size": 400, "/changes?branch=6.6&cell=x": 400,
		changeURL(eligibleID): 200, changeURL(dkmsID): 200, changeURL(oddID): 200, "/changes/nothing@example.org": 404, changeURL(secretID): 404,
		"/actions": 200, "/actions?state=held": 200, "/actions?state=x": 400,
		"/branches": 200, "/gap": 200, "/gap?driver=i915": 200, "/judgement": 200, "/status": 200,
		"/missing?branch=6.12": 200, "/missing?branch=6.12&state=open&driver=amd&new=1": 200, "/missing?branch=6.12&all=1": 200,
		"/missing?branch=5.4":            404,
		"/missing?branch=6.12&state=odd": 400,
	} {
		d.check(h, http.MethodGet, "/api/v1"+path, "", want)
	}
	d.check(serverOf(t, seeded(t, ""), nil), http.MethodGet, "/api/v1/judgement", "", 200) // with nothing known
	for _, c := range []struct {
		body string
		want int
	}{
		{`{"key":"` + heldKey + `","do":"burn"}`, 400}, {`{"key":"none","do":"drop"}`, 404}, {`{"key":1}`, 400}, {`{"key":"` + secretKey + `","do":"drop"}`, 404},
		{`{"key":"` + heldKey + `","do":"approve","why":"fine"}`, 200}, {`{"key":"` + heldKey + `","do":"drop"}`, 200}, {`{"key":"` + heldKey + `","do":"drop"}`, 409},
	} {
		d.check(h, http.MethodPost, "/api/v1/actions", c.body, c.want)
	}
	const word = `{"branch":"6.12","commit":"1a2b3c4d5e6f","say":`
	for _, c := range []struct {
		body string
		want int
	}{
		{word + `"no","why":"that board was never sold"}`, 200}, {word + `"done"}`, 200}, {word + `"undo"}`, 200},
		{word + `"mended"}`, 400}, {`{"branch":"6.12","commit":"HEAD","say":"done"}`, 400}, {`{"branch":"6.12","say":"done"}`, 400},
	} {
		d.check(h, http.MethodPost, "/api/v1/standings", c.body, c.want)
	}
	d.check(h, http.MethodGet, "/api/v1/standings?branch=6.12", "", 200)
	if len(d.seen) != 11 {
		t.Errorf("tried %v; the description has 11 operations", d.seen)
	}
	if w := request(h, http.MethodPost, word+`"no"}`); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Say why") {
		t.Errorf("a no without a reason: %d %s", w.Code, w.Body)
	}
	if w := request(h, http.MethodGet, ""); !strings.Contains(w.Body.String(), "that board was never sold") {
		t.Errorf("what was said is not told: %s", w.Body)
	}
	// A browser's own request needs the form token here, too.
	if w := post(h, "/api/v1/actions", url.Values{}, nil, "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusForbidden {
		t.Errorf("without a form token: %d", w.Code)
	}
}

// request asks for the standings, or adds one.
func request(h http.Handler, method, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/v1/standings?branch=6.12", strings.NewReader(body))
	r.Host = "localhost"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
