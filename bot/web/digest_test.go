package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestDigest: the page shows what is new, nothing embargoed, and refuses days that are none.
func TestDigest(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	for name, h := range map[string]http.Handler{"with branches": serverOf(t, s, nil),
		"without": serverOf(t, s, func(o *Options) { o.Standings = nil })} {
		w := get(t, h, "/digest?days=366")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Fixes that stable kernels take") ||
			strings.Contains(w.Body.String(), secretWord) {
			t.Errorf("%s: %d\n%s", name, w.Code, w.Body)
		}
		if w := get(t, h, "/digest?driver=nosuch"); !strings.Contains(w.Body.String(), "Nothing is new that needs you") {
			t.Errorf("%s: a driver of which there is nothing: %s", name, w.Body)
		}
		if w := get(t, h, "/digest?days=0"); w.Code != http.StatusBadRequest {
			t.Errorf("%s: no days: %d", name, w.Code)
		}
	}
}
