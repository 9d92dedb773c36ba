package demo

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/source/imap"
	"github.com/stablebot/stablebot/fixtures"
)

func TestBuildRemote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "linux.git")
	shas, err := BuildRemote(t.Context(), dir, fixtures.Git(), 0)
	if err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"--git-dir", dir}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("fsck", "--strict")
	if got := git("for-each-ref", "--format=%(refname:short)",
		"refs/heads"); got != "linux-6.12.y\nlinux-6.18.y\nlinux-6.6.y\nmaster\nvendor" {
		t.Errorf("branches %q", got)
	}
	if got := git("describe", "--contains", "--tags", shas["gfx12-add"]); !strings.HasPrefix(got, "v6.11~") {
		t.Errorf("GFX12 is first in %s", got)
	}
	if got := git("log", "-1", "--format=%B", shas["i915-quirk-6.12"]+"~1"); !strings.Contains(got, "commit "+shas["igc-leak"]+" upstream.") {
		t.Errorf("the backport does not name its commit:\n%s", got)
	}
	if out := git("log", "--all", "--format=%B"); strings.Contains(out, "{{") {
		t.Error("a reference was left in a message")
	}
	again, err := BuildRemote(t.Context(), filepath.Join(t.TempDir(), "linux.git"), fixtures.Git(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for label, sha := range shas {
		if again[label] != sha {
			t.Errorf("%s is %s, then %s", label, sha, again[label])
		}
	}
}

// Every patch of the demo applies where it says that it does, so that what the
// bot tells about branches is about something.
func TestMailsApply(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "linux.git")
	shas, err := BuildRemote(t.Context(), dir, fixtures.Git(), 0)
	if err != nil {
		t.Fatal(err)
	}
	mails, err := fixtures.Demo()
	if err != nil {
		t.Fatal(err)
	}
	ids, patches := map[string]bool{}, 0
	for i, m := range mails {
		m, err := Expand(m, shas)
		if err != nil {
			t.Errorf("mail %d: %v", i+1, err)
		}
		r, err := mail.CreateReader(bytes.NewReader(m))
		if err != nil {
			t.Fatalf("mail %d: %v", i+1, err)
		}
		id, err := r.Header.MessageID()
		if err != nil || id == "" || ids[id] {
			t.Errorf("mail %d: Message-ID %q is empty or taken (%v)", i+1, id, err)
		}
		ids[id] = true
		subject, err := r.Header.Subject()
		if err != nil {
			t.Errorf("mail %d: %v", i+1, err)
		}
		part, err := r.NextPart()
		if err != nil {
			t.Fatalf("mail %d: %v", i+1, err)
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatalf("mail %d: %v", i+1, err)
		}
		if !bytes.Contains(body, []byte("diff --git")) {
			continue
		}
		patches++
		branch := "master"
		if strings.Contains(subject, "6.12.y") {
			branch = "linux-6.12.y"
		}
		index := filepath.Join(t.TempDir(), "index")
		for _, args := range [][]string{{"read-tree", branch}, {"apply", "--cached", "--check", "-"}} {
			c := exec.Command("git", args...)
			c.Env = append(os.Environ(), "GIT_DIR="+dir, "GIT_INDEX_FILE="+index)
			c.Stdin = bytes.NewReader(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("mail %d, %s: git %s: %v\n%s", i+1, subject, args[0], err, out)
			}
		}
	}
	if len(mails) < 20 || patches < 15 {
		t.Errorf("%d mails, %d patches", len(mails), patches)
	}
}

// The demo's server, read by the source that `run --demo` reads it with.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	all, err := fixtures.Demo()
	if err != nil {
		t.Fatal(err)
	}
	srv, err := Serve(ctx, all)
	if err != nil {
		t.Fatal(err)
	}
	if host, _, _ := strings.Cut(srv.Addr, ":"); host != "127.0.0.1" || len(srv.Password) < 20 {
		t.Errorf("listens on %s, password of %d letters", srv.Addr, len(srv.Password))
	}
	src, err := imap.New(imap.Config{Name: "demo", Address: srv.Addr, Folder: "INBOX", TLS: imap.TLSNone, User: srv.User,
		Secret: func() (string, error) { return srv.Password, nil }}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	in := &count{cursor: ""}
	for extra := range 20 {
		if err := src.Poll(ctx, in); err != nil {
			t.Fatal(err)
		}
		if in.n != len(all)+extra {
			t.Fatalf("%d mails of %d", in.n, len(all)+extra)
		}
		if err := srv.Append([]byte("Subject: late\n\nlate\n")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := src.Wait(ctx); err != nil || time.Since(start) > time.Second {
			t.Fatalf("woke after %s: %v", time.Since(start), err)
		}
	}
}

type count struct {
	n      int
	cursor string
}

func (c *count) Cursor(context.Context, string) (string, error) { return c.cursor, nil }
func (c *count) Accept(_ context.Context, it flow.Item) error {
	c.n, c.cursor = c.n+1, it.Cursor
	return it.Err
}
func (c *count) Advance(_ context.Context, _, cursor string) error { c.cursor = cursor; return nil }

// A file of git format-patch that is put into the folder comes as a mail.
func TestPosted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv, err := Serve(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := imapclient.DialInsecure(srv.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Login(srv.User, srv.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	post := c.Append("INBOX", int64(len(posted)), nil)
	if _, err := io.WriteString(post, posted); err != nil {
		t.Fatal(err)
	}
	if err := post.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := post.Wait(); err != nil {
		t.Fatal(err)
	}
	src, err := imap.New(imap.Config{Name: "demo", Address: srv.Addr, Folder: "INBOX", TLS: imap.TLSNone, User: srv.User,
		Secret: func() (string, error) { return srv.Password, nil }}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	in := &count{}
	if err := src.Poll(ctx, in); err != nil || in.n != 1 {
		t.Errorf("%d mails, %v", in.n, err)
	}
}
