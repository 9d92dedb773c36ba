package doctor

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"unicode"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules/change"
)

func TestMatching(t *testing.T) {
	r := gittest.New(t)
	r.Git("commit", "-q", "--allow-empty", "-m", "drm: begin")
	for _, b := range []string{"linux-6.6.y", "linux-6.12.y"} {
		r.Git("branch", b)
	}
	for pattern, want := range map[string]int{"linux-6.*.y": 2, "linux-6.6.y": 1, "linux-5.*.y": 0, "linux-6.6": 0} {
		if n, err := matching(t.Context(), r.Dir, pattern); err != nil || n != want {
			t.Errorf("%s means %d branches, want %d (%v)", pattern, n, want, err)
		}
	}
	if _, err := matching(t.Context(), t.TempDir(), "x"); err == nil {
		t.Error("a folder without a repository is no error")
	}
}

func TestPlaceholders(t *testing.T) {
	for address, want := range map[string]bool{"a@example.org": true, "a@lists.Example.com": true, "smtp.example.net:465": true,
		"a@b.invalid":    true,
		"bot@kernel.org": false, "smtp.kernel.org:465": false, "": false, "a@myexample.org": false} {
		if got := reserved(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
	c := config.Default()
	c.Bot.Address = "bot@example.org"
	if _, err := placeholders(&c); err != nil {
		t.Errorf("nothing is sent, and it is refused: %v", err)
	}
	c.SMTP.Send = true
	if _, err := placeholders(&c); err == nil || !strings.Contains(err.Error(), "bot.address is bot@example.org") {
		t.Errorf("%v", err)
	}
}

func TestWatched(t *testing.T) {
	c := config.Default()
	c.Sources.Git = []config.Git{{Role: "stable"}, {Role: "mainline", TreesOnly: true}}
	if said, err := watched(&c); err == nil {
		t.Errorf("stable branches are watched: %s", said)
	}
	c.Sources.Git[1].TreesOnly = false
	if said, err := watched(&c); err != nil || said != "1 × git branch to judge" {
		t.Errorf("%q, %v", said, err)
	}
}

func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	address := l.Addr().String()
	if _, err := listens(t.Context(), address); err == nil || !strings.Contains(err.Error(), "web.listen") {
		t.Errorf("a taken port: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	said, err := listens(t.Context(), address)
	for range 20 { // another process may have the port by now
		if err == nil {
			break
		}
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		said, err = listens(t.Context(), address)
	}
	if err != nil || said != "http://"+address+"/" {
		t.Errorf("a free port: %q, %v", said, err)
	}
}

// Nothing that a server says rearranges the lines of what is said of it.
func TestFailuresArePlain(t *testing.T) {
	const s = "no \u202eti sah elbats\x1b[2J\u009b1m \u200bzero\u2028width"
	var b bytes.Buffer
	d := &doctor{w: &b}
	d.check("IMAP", func() (string, error) { return "", errors.New(s + "\n" + s) })
	if n := strings.Count(b.String(), "ti sah elbats"); n != 2 {
		t.Errorf("%d of the two lines show it:\n%s", n, b.String())
	}
	for line := range strings.Lines(b.String()) {
		for _, r := range strings.TrimRight(line, "\n") {
			if change.Unseen(r) || unicode.IsControl(r) {
				t.Errorf("%U in %q", r, line)
			}
		}
	}
}
