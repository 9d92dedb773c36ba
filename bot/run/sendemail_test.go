package run_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/sink/smtp"
	"github.com/stablebot/stablebot/bot/source/imap"
)

// TestSendEmail does what a maintainer does: git send-email through Postfix to
// a list, a second version that says the same, a third that does not, a signed
// command, and a forged one. Everything comes back through Postfix and Dovecot.
func TestSendEmail(t *testing.T) {
	t.Parallel()
	peers.Need(t, "git")
	if out, err := exec.Command("git", "send-email", "-h").CombinedOutput(); !bytes.Contains(out, []byte("git send-email")) {
		peers.Lack(t, fmt.Sprintf("git send-email is not installed (%v); sudo apt-get install -y --no-install-recommends git-email "+
			"libmailtools-perl", err))
	}
	d := peers.NewDovecot(t)
	p := peers.NewPostfix(t, d)
	l := &postbox{t: t, d: d, p: p, seen: map[string]bool{}}
	b := newBench(t, t.TempDir())
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, forged, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	src, err := imap.New(imap.Config{Name: "live", Address: d.Addr, Folder: "INBOX", TLS: "starttls", Roots: d.Roots, User: d.User,
		Auth:   "plain",
		Secret: func() (string, error) { return d.Password, nil }}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(smtp.Config{Name: "smtp", Address: p.Addr, TLS: "starttls", Roots: p.Roots, From: "stablebot@example.test"},
		zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	b.opts.Sources, b.opts.Sinks = []flow.Source{src}, []flow.Sink{out}
	b.opts.Bot.Address = "stablebot@example.test"
	b.opts.Policy.Lists = []plan.ListPolicy{{ID: "dri@lists.example.test", Reply: plan.ReplyAll, WithoutTrees: true, PerHour: 100,
		PerDay: 100}}
	b.opts.Lookup = func(_ context.Context, name string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}, nil
	}
	stop := b.start()
	defer stop()

	tree := newTree(t)
	cover := tree.send(p, 1, "drm/amdgpu: fix a hang on reset", "drm/amdgpu: cleanup the ring", "drm/amdgpu: fix a leak on suspend")
	first := l.reply(cover)
	const says = "If a stable branch has the bugs, it can take patches 1 and 3 of this series once mainline has them ("
	if !strings.Contains(words(first), says) ||
		first.InReplyTo != cover || len(first.References) != 1 ||
		first.Subject != "Re: [PATCH 0/3] drm/amdgpu: two fixes" || first.To[0].Address != "jo@example.test" {
		t.Errorf("the reply to the series:\n%s", l.raw)
	}
	for _, line := range strings.Split(first.Text(), "\n") {
		if len([]rune(line)) > 72 && !strings.HasPrefix(line, "        ") {
			t.Errorf("%d columns: %q", len([]rune(line)), line)
		}
	}

	// The same again, rebased: nothing is said.
	tree.send(p, 2, "drm/amdgpu: fix a hang on reset", "drm/amdgpu: cleanup the ring", "drm/amdgpu: fix a leak on suspend")
	l.silence()

	// A forged command is not obeyed and not answered, a signed one is both.
	l.command("forged", cover, forged, "#stablebot override dkms-only it breaks suspend elsewhere")
	l.silence()
	l.command("override", cover, key, "#stablebot override dkms-only it breaks suspend elsewhere")
	answer := l.reply("override@example.test")
	if !strings.Contains(words(answer), "Noted. The verdict is to be dkms-only") {
		t.Errorf("the answer to a command:\n%s", l.raw)
	}

	// A third version that changed is answered, and the person's word stands.
	if strings.Contains(answer.Text(), "out-of-scope") {
		t.Errorf("the answer to a command tells more than the list wants:\n%s", l.raw)
	}
	third := tree.send(p, 3, "drm/amdgpu: fix a hang on reset", "drm/amdgpu: cleanup the ring", "drm/amdgpu: big fix of the leak on suspend")
	last := l.reply(tree.last(3)) // the one patch that it is about
	if !strings.Contains(words(last), "This patch is larger than what stable takes.") ||
		!strings.Contains(words(last), "it breaks suspend elsewhere") || !slices.Contains(last.References, third) {
		t.Errorf("the reply to the third version:\n%s", l.raw)
	}
	l.silence()
}

// words is the text of a mail without its line breaks.
func words(m *mail.Message) string { return strings.Join(strings.Fields(m.Text()), " ") }

// postbox is the list's subscriber: it sees what comes over it.
type postbox struct {
	t    *testing.T
	d    *peers.Dovecot
	p    *peers.Postfix
	seen map[string]bool // Message-IDs of the bot's mails
	raw  []byte
}

// fresh returns the bot's mails that were not seen before.
func (l *postbox) fresh() (out []*mail.Message) {
	l.t.Helper()
	for _, raw := range l.d.Inbox() {
		m, err := mail.Parse(raw)
		if err != nil || m.From.Address != "stablebot@example.test" || l.seen[m.ID] {
			continue
		}
		l.seen[m.ID], l.raw = true, raw
		out = append(out, m)
	}
	return out
}

// reply waits for the one reply to a mail.
func (l *postbox) reply(id string) *mail.Message {
	l.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got := l.fresh()
		if len(got) == 0 {
			continue
		}
		if len(got) > 1 || got[0].InReplyTo != id {
			l.t.Fatalf("%d mails, the first is in reply to %s, want one to %s\n%s", len(got), got[0].InReplyTo, id, l.raw)
		}
		return got[0]
	}
	l.t.Fatalf("no reply to %s\n%s", id, l.p.Log())
	return nil
}

// silence gives the bot the time to say something that it should not.
func (l *postbox) silence() {
	l.t.Helper()
	time.Sleep(2 * time.Second)
	if got := l.fresh(); len(got) > 0 {
		l.t.Errorf("%d mails too many, the last one:\n%s", len(got), l.raw)
	}
}

// command sends a signed reply.
func (l *postbox) command(name, to string, key ed25519.PrivateKey, line string) {
	l.t.Helper()
	raw := strings.ReplaceAll(fmt.Sprintf("From: Jo Doe <jo@example.test>\nTo: dri@lists.example.test\nSubject: Re: [PATCH 0/3] "+
		"drm/amdgpu: two fixes\nDate: %s\nMessage-ID: <%s@example.test>\nIn-Reply-To: <%s>\nReferences: <%[3]s>\n\n%s\n",
		time.Now().Format(time.RFC1123Z), name, to, line), "\n", "\r\n")
	var signed bytes.Buffer
	if err := dkim.Sign(&signed, strings.NewReader(raw), &dkim.SignOptions{Domain: "example.test", Selector: "jo", Signer: key,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"}}); err != nil {
		l.t.Fatal(err)
	}
	l.p.Send("jo@example.test", "dri@lists.example.test", signed.Bytes())
}

// worktree is where the patches are made.
type worktree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) worktree {
	w := worktree{t, t.TempDir()}
	w.git("init", "-q", "-b", "master")
	writeText(t, filepath.Join(w.dir, "ring.c"), "int ring;\n")
	w.git("add", ".")
	w.git("commit", "-q", "-m", "base")
	w.git("tag", "base")
	return w
}

func (w worktree) git(args ...string) string {
	w.t.Helper()
	c := exec.Command("git", args...)
	c.Dir = w.dir
	c.Env = append(os.Environ(), "HOME="+w.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Jo Doe", "GIT_AUTHOR_EMAIL=jo@example.test",
		"GIT_COMMITTER_NAME=Jo Doe", "GIT_COMMITTER_EMAIL=jo@example.test")
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}

var messageID = regexp.MustCompile(`(?mi)^Message-ID: <(.*)>$`)

// send makes a commit of each title and sends them as a version of a series;
// it returns the cover letter's Message-ID.
func (w worktree) send(p *peers.Postfix, version int, titles ...string) string {
	w.t.Helper()
	w.git("reset", "-q", "--hard", "base")
	text := "int ring;\n"
	for i, title := range titles {
		text += fmt.Sprintf("int v%d_%d;\n", version, i)
		writeText(w.t, filepath.Join(w.dir, "ring.c"), text)
		w.git("commit", "-q", "-a", "-s", "-m", title+"\n\nThe card hangs otherwise.")
	}
	out := fmt.Sprintf("out-%d", version)
	w.git("format-patch", "-q", "--cover-letter", "--thread=shallow", "-v", fmt.Sprint(version), "-o", out, "base")
	files, err := filepath.Glob(filepath.Join(w.dir, out, "*.patch"))
	if err != nil || len(files) != len(titles)+1 {
		w.t.Fatal(len(files), err)
	}
	cover, err := os.ReadFile(files[0])
	if err != nil {
		w.t.Fatal(err)
	}
	cover = bytes.Replace(cover, []byte("*** SUBJECT HERE ***"), []byte("drm/amdgpu: two fixes"), 1)
	cover = bytes.Replace(cover, []byte("*** BLURB HERE ***"), []byte("These fix hangs."), 1)
	cover = bytes.Replace(cover, []byte("[PATCH v1 "), []byte("[PATCH "), 1)
	writeText(w.t, files[0], string(cover))
	host, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.git(append([]string{"send-email", "--quiet", "--confirm=never", "--suppress-cc=all", "--no-thread", "--from=Jo Doe <jo@example.test>",
		"--to=dri@lists.example.test", "--smtp-server=" + host, "--smtp-server-port=" + port, "--smtp-domain=example.test"}, files...)...)
	return w.id(files[0])
}

// last is the Message-ID of the last patch of a version that was sent.
func (w worktree) last(version int) string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, fmt.Sprintf("out-%d", version), "*.patch"))
	if err != nil || len(files) == 0 {
		w.t.Fatal(files, err)
	}
	return w.id(files[len(files)-1])
}

// id is the Message-ID of a mail in a file.
func (w worktree) id(file string) string {
	w.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	found := messageID.FindSubmatch(raw)
	if found == nil {
		w.t.Fatalf("%s has no Message-ID:\n%s", file, raw)
	}
	return string(found[1])
}
