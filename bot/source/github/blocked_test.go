package github_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what is to be refused
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// One pull request whose commit cannot be fetched holds up neither those behind it
// nor the bot, and is put aside in the end, though each answer says that the failure
// is a temporary one.
func TestOneThatFails(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", eligible))
	open(t, h, 2, commitOf("b1", eligible))
	h.Before = func(w http.ResponseWriter, r *http.Request) bool {
		bad := strings.Contains(r.URL.Path, "/commits/a1a1") && strings.Contains(r.Header.Get("Accept"), "diff")
		if bad {
			w.WriteHeader(http.StatusBadGateway)
		}
		return bad
	}
	r := start(t, h, setup{})
	r.delivery("pull_request", "opened", 1)
	r.delivery("pull_request", "opened", 2)
	r.run()
	r.shows(2, "labels [stable-eligible]")
	for range 30 {
		r.run()
	}
	aside, err := r.store.Aside(t.Context(), 10)
	if err != nil || len(aside) != 1 || aside[0].Key != "github:test/o/r#1" || !strings.Contains(aside[0].Problem, "502") {
		t.Errorf("put aside: %+v, %v", aside, err)
	}
	// Something new about it makes it be tried again.
	h.Before = nil
	r.delivery("pull_request", "synchronize", 1)
	r.run()
	r.shows(1, "labels [stable-eligible]")
	if aside, err := r.store.Aside(t.Context(), 10); err != nil || len(aside) != 0 {
		t.Errorf("still put aside: %+v, %v", aside, err)
	}
}

// A repository that cannot be polled rests by itself: the others are polled, and the
// source waits no longer for it.
func TestOneRepositoryThatFails(t *testing.T) {
	h := newHub(t)
	open(t, h, 1, commitOf("a1", eligible))
	asked := 0
	h.Before = func(w http.ResponseWriter, r *http.Request) bool {
		bad := strings.HasPrefix(r.URL.Path, "/repos/o/broken/pulls")
		if bad {
			asked++
			w.WriteHeader(http.StatusInternalServerError)
		}
		return bad
	}
	r := start(t, h, setup{repos: []string{"o/broken", "o/r"}})
	r.run() // fails the test where the source has an error
	r.shows(1, "labels [stable-eligible]")
	r.run()
	if asked != 2 {
		t.Errorf("the one that fails was asked %d times in two hours and two runs", asked)
	}
}

// Deliveries that once held up the queue, or were believed.
func TestDeliveriesRefused(t *testing.T) {
	r := start(t, newHub(t), setup{})
	line := []byte(`{"action":"opened","number":1,"repository":{"full_name":"o/r\n"}}`)
	if got := r.send("pull_request", "1", line, secret); got != 400 {
		t.Errorf("a repository with a line end: answered %d", got)
	}
	good := []byte(`{"action":"opened","number":1,"repository":{"full_name":"o/r"}}`)
	q := signed(t, "http://bot/github", "2", good)
	m := hmac.New(sha1.New, []byte(secret))
	m.Write(good)
	q.Header.Set("X-Hub-Signature-256", "sha1="+hex.EncodeToString(m.Sum(nil)))
	w := httptest.NewRecorder()
	r.hook.ServeHTTP(w, q)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a signature of SHA-1: answered %d", w.Code)
	}
}

// The token stays with GitHub, wherever GitHub sends the bot.
func TestRedirectGetsNoToken(t *testing.T) {
	seen := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusNotFound)
	}))
	defer other.Close()
	for _, app := range []bool{true, false} {
		h := newHub(t)
		open(t, h, 1, commitOf("a1", eligible))
		h.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/commits/a1a1") {
				return false
			}
			http.Redirect(w, r, other.URL+"/x", http.StatusFound)
			return true
		}
		r := start(t, h, setup{app: app})
		r.delivery("pull_request", "opened", 1)
		r.run()
		select {
		case got := <-seen:
			if got != "" {
				t.Errorf("app=%v: the other server got %q", app, got)
			}
		default:
			t.Errorf("app=%v: the redirect was not followed: the test shows nothing", app)
		}
	}
}

// What GitHub does not show is no command.
func TestHiddenCommand(t *testing.T) {
	h := newHub(t)
	h.Writers["mary"] = true
	open(t, h, 1, commitOf("a1", eligible))
	r := start(t, h, setup{})
	h.Say(1, "mary", "Thanks!\n<!-- as the template says\n/stablebot override dkms-only because\n-->\n")
	r.delivery("issue_comment", "created", 1)
	r.run()
	r.shows(1, "labels [stable-eligible]")
}
