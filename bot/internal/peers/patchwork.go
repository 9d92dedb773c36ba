//go:build unix

package peers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// StartPatchwork starts Prism on Patchwork's own description of its API, which
// .ci/install patchwork fetches from its repository: the file is under another
// licence and never in this tree. It returns nil where it cannot be had, which
// must not stop a CI without a network.
func StartPatchwork(t testing.TB) *Prism {
	t.Helper()
	file := os.Getenv("STABLEBOT_PATCHWORK_API")
	if cache, err := os.UserCacheDir(); file == "" && err == nil {
		file = filepath.Join(cache, "stablebot", "peers", "patchwork", "v1.2.yaml")
	}
	if _, err := os.Stat(file); err != nil {
		t.Log("Patchwork's API description is not here; .ci/install patchwork, or name the file v1.2/patchwork.yaml in STABLEBOT_PATCHWORK_API")
		return nil
	}
	p := &Prism{}
	p.start(t, file, "/api/1.2/", p.patchworkFront)
	return p
}

// patchworkFront lies between for three things: the server wants a slash at the
// end of a path, which the description leaves out; a search by Message-ID finds
// the patch that is asked for instead of an example; and Prism does not know
// the scheme "Token", which the description names.
func (p *Prism) patchworkFront(base string) http.Handler {
	proxy := p.proxy(base)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.saw(r)
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Error(w, "the server knows no such address", http.StatusNotFound)
			return
		}
		r.URL.Path = strings.TrimRight(r.URL.Path, "/")
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Token "); ok && token != "" {
			r.SetBasicAuth("token", token)
		}
		id := r.URL.Query().Get("msgid")
		if !strings.HasSuffix(r.URL.Path, "/patches") || id == "" {
			proxy.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		if answer.Code == http.StatusOK {
			_ = json.NewEncoder(w).Encode([]map[string]any{{"id": 7, "msgid": "<" + id + ">"}})
		}
	})
}
