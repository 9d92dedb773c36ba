package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/demo"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/fixtures"
)

// grove is a bot on a mail server and a git remote whose branches move.
type grove struct {
	t      *testing.T
	c      *config.Config
	remote string // bare
	work   string
	mails  map[string][]byte
	srv    *demo.Server
}

func newGrove(t *testing.T) *grove {
	t.Helper()
	dir := t.TempDir()
	g := &grove{t: t, remote: filepath.Join(dir, "linux.git"), work: filepath.Join(dir, "work"), mails: map[string][]byte{}}
	shas, err := demo.BuildRemote(t.Context(), g.remote, fixtures.Git(), 0)
	if err != nil {
		t.Fatal(err)
	}
	all, err := fixtures.Demo()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m, err = demo.Expand(m, shas); err != nil {
			t.Fatal(err)
		}
		msg, err := mail.Parse(m)
		if err != nil {
			t.Fatal(err)
		}
		g.mails[msg.ID[strings.IndexByte(msg.ID, '.')+1:strings.IndexByte(msg.ID, '@')]] = m
	}
	if g.srv, err = demo.Serve(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if g.c, err = demoConfig(dir, g.remote, g.srv, fixtures.GitSince); err != nil {
		t.Fatal(err)
	}
	g.c.Sources.Git[0].Since = "" // only what comes
	g.git("", "clone", "-q", g.remote, g.work)
	return g
}

func (g *grove) git(stdin string, args ...string) string {
	g.t.Helper()
	c := exec.Command("git", args...)
	if args[0] != "clone" {
		c.Dir = g.work
	}
	c.Stdin = strings.NewReader(stdin)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ada",
		"GIT_AUTHOR_EMAIL=ada@example.org",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := c.CombinedOutput()
	if err != nil {
		g.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push puts the work tree's branch, with the tags, where the bot reads it.
func (g *grove) push() { g.git("", "push", "-q", "--tags", "origin", "HEAD") }

// run lets the bot handle what is there and returns what it said.
func (g *grove) run() (said []flow.Action) {
	g.t.Helper()
	if err := wire.Run(g.t.Context(), g.c, true, func(a flow.Action) { said = append(said, a) }); err != nil {
		g.t.Fatal(err)
	}
	return said
}

// verdict is that of a change and of its branches: "wait 6.18=affected …".
func (g *grove) verdict(id string) string {
	g.t.Helper()
	s, err := store.OpenReadOnly(g.t.Context(), wire.StoreOf(g.c))
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	js, err := s.Judgements(g.t.Context(), store.Filter{})
	if err != nil {
		g.t.Fatal(err)
	}
	i := slices.IndexFunc(js, func(j flow.Judged) bool { return strings.Contains(j.ID, id) })
	if i < 0 {
		g.t.Fatalf("no judgement of %s", id)
	}
	out := string(js[i].Verdict)
	for _, b := range js[i].Branches {
		out += " " + b.Name + "=" + string(b.State)
	}
	return out
}

func (g *grove) want(step, id, want string) {
	g.t.Helper()
	if got := g.verdict(id); got != want {
		g.t.Errorf("%s: %s is %q, want %q", step, id, got, want)
	}
}

func (g *grove) quiet(step string) {
	g.t.Helper()
	if said := g.run(); len(said) > 0 {
		g.t.Errorf("%s: it said\n%s", step, said[0].Message)
	}
}

// A fix that waits is judged anew when mainline has it and a release is out. Its tag
// stands already, so nobody gets a mail, nor when it goes into the stable branches.
func TestWaitEnds(t *testing.T) {
	g := newGrove(t)
	if err := g.srv.Append(g.mails["after-rc3"]); err != nil {
		t.Fatal(err)
	}
	g.quiet("it is to wait")
	g.want("first", "after-rc3", "wait 6.18=affected 6.12=no-base 6.6=no-base")

	g.git(string(g.mails["after-rc3"]), "am", "-q")
	g.push()
	g.quiet("in mainline, in no release yet")
	g.want("merged", "after-rc3", "wait 6.18=affected 6.12=no-base 6.6=no-base")

	g.git("", "tag", "v6.19")
	g.push()
	g.quiet("released, and its tag is there")
	g.want("released", "after-rc3", "stable-eligible 6.19=present 6.18=affected 6.12=no-base 6.6=no-base")

	fix := g.git("", "rev-parse", "HEAD")
	g.git("", "checkout", "-q", "linux-6.18.y")
	g.git("", "cherry-pick", "-x", fix)
	g.push()
	g.run() // it is dkms-only for those who have the chip and an older kernel: that is new
	g.want("taken", "after-rc3", "dkms-only 6.19=present 6.18=present 6.12=no-base 6.6=no-base")
}

// A fix that was said to be eligible and is reverted in mainline is corrected
// once, in thread.
func TestRevertCorrected(t *testing.T) {
	g := newGrove(t)
	untagged := regexp.MustCompile(`(?mi)^Cc: .*stable@.*\r?\n`) // with a tag there is nothing to say
	g.mails["mes12-bounds"] = untagged.ReplaceAll(g.mails["mes12-bounds"], nil)
	if err := g.srv.Append(g.mails["mes12-bounds"]); err != nil {
		t.Fatal(err)
	}
	said := g.run()
	if len(said) != 1 || said[0].Verdict != "stable-eligible" {
		t.Fatalf("it said %+v", said)
	}
	g.git(string(g.mails["mes12-bounds"]), "am", "-q")
	g.push()
	g.quiet("merged as posted")
	g.git("", "revert", "--no-edit", "HEAD")
	g.push()
	said = g.run()
	if len(said) != 1 || said[0].Cause != flow.CauseCorrection {
		t.Fatalf("it said %+v", said)
	}
	text := strings.Join(strings.Fields(string(said[0].Message)), " ")
	for _, want := range []string{"mainline has reverted it", "In-Reply-To: <stablebot."} {
		if !strings.Contains(text, want) {
			t.Errorf("the correction lacks %q:\n%s", want, said[0].Message)
		}
	}
	g.git("", "commit", "-q", "--allow-empty", "-m", "something else")
	g.push()
	g.quiet("corrected already")
}

// A remote that is gone is told, and what it had goes on to count.
func TestRemoteGone(t *testing.T) {
	g := newGrove(t)
	g.quiet("nothing there")
	g.c.Sources.Git[1].URL = g.remote + ".none"
	if err := g.srv.Append(g.mails["mes12-bounds"]); err != nil {
		t.Fatal(err)
	}
	err := wire.Run(t.Context(), g.c, true, nil)
	if err == nil || !strings.Contains(err.Error(), "git:stable") {
		t.Errorf("the error is %v", err)
	}
	g.want("without its remote", "mes12-bounds", "stable-eligible 6.18=affected 6.12=no-base 6.6=no-base")

	g = newGrove(t)
	g.c.Sources.Git[0].URL += ".none"
	if err := g.srv.Append(g.mails["mes12-bounds"]); err != nil {
		t.Fatal(err)
	}
	if err := wire.Run(t.Context(), g.c, true, nil); err == nil {
		t.Error("mainline is gone, and that is no error")
	}
	g.want("never fetched", "mes12-bounds", "stable-eligible")
}

// The file that says which branches are alive is the bot's as well as the commands'.
func TestLiveLifetimes(t *testing.T) {
	c := &config.Config{State: t.TempDir()}
	c.Sources.Git = []config.Git{{Name: "linux", Role: "mainline", Branches: []string{"master"}}}
	c.Trees.Lifetimes = filepath.Join(t.TempDir(), "ended")
	if _, err := wire.Trees(c, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "trees.lifetimes") {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(c.Trees.Lifetimes, []byte("5.4 2025-12-31\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := wire.Trees(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if day := f.Lifetimes().Ended["5.4"]; day.Format(time.DateOnly) != "2025-12-31" {
		t.Errorf("ended %v", day)
	}
}
