package git

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"https://ghp_secret@example.org/x.git":              "https://…@example.org/x.git",
		"fetching in https://me:secret@example.org/x: gone": "fetching in https://…@example.org/x: gone",
		"'https://x-token:secret@example.org/'":             "'https://…@example.org/'",
		"ssh://git@example.org/x":                           "ssh://git@example.org/x",
		"ssh://git:secret@example.org/x":                    "ssh://git:…@example.org/x",
		"https://example.org/x?private_token=secret&a=b":    "https://example.org/x?private_token=…&a=b",
		"https://example.org/a@b":                           "https://example.org/a@b",
		"http://a:tok9/with/slash@127.0.0.1:9/x.git":        "http://…@127.0.0.1:9/x.git",
		"http://a:1234/567@127.0.0.1:9/x.git":               "http://…@127.0.0.1:9/x.git",
		"postgres://a:1234/567@db/stablebot":                "postgres://…@db/stablebot",
		"https://example.org:8080/a@b":                      "https://…@b", // or a password: nobody can tell
		"https://example.org:8080/a/b":                      "https://example.org:8080/a/b",
		"ada@example.org":                                   "ada@example.org",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	_, err := LookAt(t.Context(), "http://ghp_secret@127.0.0.1:1/x", Options{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a token stands in an error: %v", err)
	}
}
