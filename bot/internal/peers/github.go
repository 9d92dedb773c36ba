//go:build unix

package peers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// GitHubParts is the folder that .ci/install puts GitHub's own description of
// its API, its webhook examples and Prism into, outside the tree.
func GitHubParts(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("STABLEBOT_GITHUB_PARTS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			Lack(t, err.Error())
		}
		dir = filepath.Join(cache, "stablebot", "peers", "github")
	}
	dir = filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(dir, "@octokit/openapi")); err != nil {
		Lack(t, "GitHub's API description is not installed; .ci/install github")
	}
	return dir
}

// Violation is a request that GitHub's description does not allow.
type Violation struct{ Request, What string }

// Prism answers as GitHub's own description of its API says, and records the
// requests that it does not allow.
type Prism struct {
	URL string

	mu   sync.Mutex
	bad  []Violation
	seen []string
}

// Violations returns what was not allowed so far.
func (p *Prism) Violations() []Violation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bad
}

// Seen returns the requests so far, "POST /repos/…".
func (p *Prism) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// StartPrism starts Prism on GitHub's description. Some nine seconds pass
// until it has read it.
func StartPrism(t testing.TB) *Prism {
	t.Helper()
	p := &Prism{}
	p.start(t, filepath.Join(GitHubParts(t), "@octokit/openapi/generated/api.github.com.json"), "/meta", p.front)
	return p
}

// start starts Prism on a description; alive is a path that it answers once it
// has read it, and front what lies between the client and Prism.
func (p *Prism) start(t testing.TB, description, alive string, front func(base string) http.Handler) {
	t.Helper()
	dir := GitHubParts(t)
	node := Need(t, "node")
	port := Port(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "prism.log"))
	if err != nil {
		t.Fatal(err)
	}
	// Without --errors: GitHub's own examples break its description in places,
	// which would count as an error of the answer. Bad requests are refused
	// either way.
	cmd := exec.Command(node, filepath.Join(dir, ".bin/prism"), "mock", "-h", "127.0.0.1", "-p", fmt.Sprint(port), "--seed", "1",
		description)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		_ = log.Close()
	})
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		res, err := http.Get(base + alive)
		if err == nil {
			_ = res.Body.Close()
			break
		}
		if time.Now().After(end) {
			b, _ := os.ReadFile(log.Name())
			t.Fatalf("Prism does not answer: %s", b)
		}
	}
	srv := httptest.NewServer(front(base))
	t.Cleanup(srv.Close)
	p.URL = srv.URL
}

// proxy passes requests on and notes those that the description does not allow.
func (p *Prism) proxy(base string) *httputil.ReverseProxy {
	u, err := url.Parse(base)
	if err != nil {
		panic(err) // it was made above
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ModifyResponse = func(r *http.Response) error {
		v := r.Header.Get("sl-violations")
		if v == "" || r.StatusCode < 400 { // below: the example in the answer, not the request
			return nil
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bad = append(p.bad, Violation{r.Request.Method + " " + r.Request.URL.Path, v})
		return nil
	}
	return proxy
}

func (p *Prism) saw(r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r.Method+" "+r.URL.Path)
}

// front lies between the client and Prism, for what the client does and
// GitHub takes although its description does not say so: the media types of
// version 3 and of diffs, and labels as a bare array ("you can pass an array
// of strings directly", the description's own text has it).
func (p *Prism) front(base string) http.Handler {
	proxy := p.proxy(base)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.saw(r)
		if strings.Contains(r.Header.Get("Accept"), ".diff") {
			w.Header().Set("Content-Type", "application/vnd.github.v3.diff; charset=utf-8")
			_, _ = io.WriteString(w, "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1 +1,2 @@\n a\n+b\n")
			return
		}
		r.Header.Set("Accept", "application/json")
		if strings.Contains(r.URL.Path, "/contents/") {
			r.Header.Set("Prefer", "code=404") // the example is no policy file
		}
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/labels") {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if bytes.HasPrefix(b, []byte("[")) {
				b = fmt.Appendf(nil, `{"labels":%s}`, b)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", fmt.Sprint(len(b)))
		}
		proxy.ServeHTTP(w, r)
	})
}
