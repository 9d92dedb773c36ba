package run_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
)

// TestForgedVersion: who only names the author of a signed version supersedes nothing,
// inherits nothing and is not answered; the author's next version does all of it.
func TestForgedVersion(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	v := func(n int, id string) post {
		subject := fmt.Sprintf("[PATCH v%d] drm/amdgpu: fix a hang", n)
		return post{id: id, subject: subject}
	}
	one := v(1, "1@example.org")
	b.raw(sign(one))
	over := post{id: "c1@example.org", subject: "Re: " + one.subject, reply: one.id, text: true,
		body: "#stablebot override dkms-only it needs firmware\n"}
	b.raw(sign(over))
	b.want(one.id, over.id)
	key := func(id string) *flow.Series {
		t.Helper()
		c, err := b.store.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return c.Series
	}
	forged := v(2, "forged@example.org")
	forged.reply = one.id
	b.once(forged)
	b.want(one.id, over.id)
	b.quiet(forged.id, "nothing proves that this one is from them")
	// A signature of somebody else, and one that does not verify, prove nothing.
	broken := v(4, "broken@example.org")
	b.raw(bytes.Replace(sign(broken), []byte("The card hangs"), []byte("Buy pills, it hangs"), 1))
	b.want(one.id, over.id)
	if s := key(one.id); s.Next != "" || s.Signed != flow.SenderProven {
		t.Errorf("the version that its author signed: %+v", s)
	}
	for _, id := range []string{forged.id, broken.id} {
		if s := key(id); s.Previous != "" || s.Signed != flow.Unsigned {
			t.Errorf("the forged version: %+v", s)
		}
		if o, err := b.store.Orders(t.Context(), key(id).Key); err != nil || len(o) != 0 {
			t.Errorf("it inherits %+v, %v", o, err)
		}
	}
	three := v(3, "3@example.org")
	b.raw(sign(three))
	if s := key(three.id); s.Previous != key(one.id).Key || key(one.id).Next != s.Key {
		t.Errorf("the author's next version: %+v", s)
	}
	if o, err := b.store.Orders(t.Context(), key(three.id).Key); err != nil || len(o) != 1 {
		t.Errorf("it inherits %+v, %v", o, err)
	}
	// Private mail in somebody's name silences nothing that is public.
	secret := v(5, "secret@example.org")
	secret.to = "security@example.org"
	b.raw(sign(secret))
	if s := key(three.id); s.Next != "" {
		t.Errorf("an embargoed version takes the place of a public one: %+v", s)
	}
}

// TestSignedCopy: of two copies of a patch the one with the author's signature counts,
// whichever comes first.
func TestSignedCopy(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	two := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang"}
	b.raw(sign(one))
	b.once(two)
	b.quiet(two.id, "nothing proves")
	b.raw(sign(two))
	c, err := b.store.Explain(t.Context(), two.id)
	if err != nil || c.Series.Previous == "" || c.Series.Signed != flow.SenderProven {
		t.Errorf("%+v, %v", c.Series, err)
	}
}

// TestProgramForgedVersion: the program with a name server, and a second version
// under the author's name that he has not sent.
func TestProgramForgedVersion(t *testing.T) {
	t.Parallel()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dns := newNameServer(t, "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(pub))
	bin, dir := built(t), t.TempDir()
	in := &mailArchive{t: t, dir: filepath.Join(dir, "inbox")}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := archiveConfig(t, dir)
	old, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, conf, string(old)+fmt.Sprintf("trust: {resolver: '%s'}\n", dns.addr))
	in.post()
	raw, err := os.ReadFile(filepath.Join(in.dir, "m"))
	if err != nil {
		t.Fatal(err)
	}
	version := func(n int) string {
		s := strings.Replace(string(raw), "[PATCH]", fmt.Sprintf("[PATCH v%d]", n), 1)
		return strings.Replace(s, "<post1@", fmt.Sprintf("<post1.v%d@", n), 1)
	}
	sign := func(raw, domain string) string {
		var out bytes.Buffer
		if err := dkim.Sign(&out, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")),
			&dkim.SignOptions{Domain: domain, Selector: "k", Signer: key,
				HeaderKeys: []string{"From", "To", "Subject", "Date"}}); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(out.String(), "\r\n", "\n")
	}
	run := func() (all string) {
		if out, err := exec.Command(bin, "run", "--once", "-c", conf).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "state/outbox/new/*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all += string(b) + "\n"
		}
		return all
	}
	explain := func(id string) string {
		out, err := exec.Command(bin, "explain", "-c", conf, id).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return joined(string(out))
	}
	in.put(sign(version(1), "example.com"))
	run()
	in.put(version(2))
	in.put(sign(version(3), "evil.example.net"))
	if got := run(); strings.Contains(got, "<post1.v2@") || strings.Contains(got, "<post1.v3@") {
		t.Fatalf("a forged version is answered:\n%s", got)
	}
	for _, id := range []string{"post1.v2@example.org", "post1.v3@example.org"} {
		if s := explain(id); !strings.Contains(s, "nothing proves that this one is from them") {
			t.Errorf("explain %s:\n%s", id, s)
		}
	}
	if s := explain("post1.v1@example.org"); strings.Contains(s, "superseded") {
		t.Errorf("the forged version supersedes the real one:\n%s", s)
	}
	in.put(sign(version(4), "example.com"))
	run()
	if s := explain("post1.v4@example.org"); strings.Contains(s, "nothing proves") {
		t.Errorf("the author's next version:\n%s", s)
	}
}

// TestLift: only a person makes public what is embargoed: its page and its row.
func TestLift(t *testing.T) {
	b := newBench(t, t.TempDir())
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", to: "drm@lists.example.org, security@example.org"}
	b.once(p)
	shown := func() (page, row bool) {
		t.Helper()
		_, err := b.store.Show(t.Context(), p.id)
		found, rerr := b.store.Search(t.Context(), store.Query{})
		if rerr != nil {
			t.Fatal(rerr)
		}
		return err == nil, len(found.Rows) == 1
	}
	if page, row := shown(); page || row {
		t.Fatalf("shown before: %v, %v", page, row)
	}
	hidden, err := b.store.Embargoed(t.Context(), 10)
	if err != nil || len(hidden) != 1 {
		t.Fatalf("%+v, %v", hidden, err)
	}
	if _, err := b.store.Lift(t.Context(), p.id, "mo", time.Now()); err != nil {
		t.Fatal(err)
	}
	if page, row := shown(); !page || !row {
		t.Errorf("shown after: %v, %v", page, row)
	}
	b.once()
	b.want()
	b.quiet(p.id, "lifted by mo")
	if _, err := b.store.Lift(t.Context(), p.id, "mo", time.Now()); !errors.Is(err, store.ErrPublic) {
		t.Errorf("a second time: %v", err)
	}
}

// TestFreeNumber: a stranger who posts a patch under a number of somebody's series that
// has not come yet, with the ID that it will have, is no member of it. The series waits
// for its own, and is answered with it.
func TestFreeNumber(t *testing.T) {
	const run = "20261102100000.77-%d-ada@example.org"
	id := func(n int) string { return fmt.Sprintf(run, n+1) }
	part := func(n int, from, title string) post {
		p := post{id: id(n), from: from, subject: fmt.Sprintf("[PATCH %d/3] %s", n, title)}
		if n > 0 {
			p.reply = id(0)
		}
		return p
	}
	cover := part(0, "", "drm/amdgpu: three hangs")
	cover.text = true
	one, two, three := part(1, "", "drm/amdgpu: fix a hang"), part(2, "", "drm/amdgpu: fix another hang"),
		part(3, "", "drm/amdgpu: fix a third hang")
	junk := part(3, "Eve <eve@evil.example.net>", "drm/amdgpu: fix a hang of mine")
	for _, c := range []struct {
		name  string
		first []post
	}{{"behind the others", []post{cover, one, two, junk}}, {"before all of it", []post{junk, cover, one, two}}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			b.once(c.first...)
			b.want()
			b.once(three)
			b.want(cover.id)
			mine, err := b.store.Explain(t.Context(), one.id)
			if err != nil {
				t.Fatal(err)
			}
			if s := mine.Series; s.Have() != 3 || s.Sender != "ada@example.org" {
				t.Errorf("the series: %+v", s)
			}
			judged, err := b.store.Mails(t.Context(), mine.Series.Key, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range judged {
				if m.Sender != "ada@example.org" {
					t.Errorf("%s is of it, from %s", m.ID, m.Sender)
				}
			}
		})
	}
}

// TestForgedPart: a mail in the name of the author of a signed series, under a number that
// is free and without a signature, is no part of it, whether it comes before the others or
// behind them: it completes nothing, is answered by nobody, and takes no place from the
// real one. What is said of it is said of nothing else.
func TestForgedPart(t *testing.T) {
	const run = "20261102100000.77-%d-ada@example.org"
	id := func(n int) string { return fmt.Sprintf(run, n+1) }
	part := func(n int, title string) post {
		p := post{id: id(n), subject: fmt.Sprintf("[PATCH %d/3] %s", n, title)}
		if n > 0 {
			p.reply = id(0)
		}
		return p
	}
	cover := part(0, "drm/amdgpu: three hangs")
	cover.text = true
	one, two, three := part(1, "drm/amdgpu: fix a hang"), part(2, "drm/amdgpu: fix another hang"), part(3, "drm/amdgpu: fix a third hang")
	junk := part(2, "drm/amdgpu: make a hang")
	junk.id = "20261102100000.77-9-ada@example.org"
	heading := part(0, "drm/amdgpu: buy pills")
	heading.id, heading.text, heading.reply = "20261102100000.77-8-ada@example.org", true, ""
	for _, c := range []struct {
		name          string
		before, after []post
	}{{"behind the others", nil, []post{junk, heading}}, {"before all of it", []post{heading, junk}, nil}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign := b.signer()
			var mails [][]byte
			for _, p := range c.before {
				mails = append(mails, p.bytes())
			}
			for _, p := range []post{cover, one, three} {
				mails = append(mails, sign(p))
			}
			for _, p := range c.after {
				mails = append(mails, p.bytes())
			}
			b.raw(mails...)
			b.want()
			seriesOf := func(id string) *flow.Series {
				t.Helper()
				c, err := b.store.Explain(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				return c.Series
			}
			mine := seriesOf(one.id)
			if mine.Have() != 2 || mine.Title != "drm/amdgpu: three hangs" || mine.Signed != flow.SenderProven {
				t.Errorf("the series: %+v", mine)
			}
			for _, p := range []post{junk, heading} {
				if s := seriesOf(p.id); s.Key == mine.Key || s.Signed != flow.Unsigned || s.Private {
					t.Errorf("%s is in %+v", p.id, s)
				}
			}
			// A maintainer's word on the forged patch is none on the series.
			nak := post{id: "nak@example.org", subject: "Re: " + junk.subject, reply: junk.id, text: true, body: "NAK, what is this?\n"}
			b.raw(sign(nak))
			if m, err := b.store.Explain(t.Context(), nak.id); err != nil || m.Mail.SeriesKey == mine.Key {
				t.Errorf("what is said of the forged patch is in the series, %v", err)
			}
			b.raw(sign(two))
			b.want(cover.id)
			if s := seriesOf(two.id); s.Key != mine.Key || s.Have() != 3 {
				t.Errorf("the real part is in %+v", s)
			}
		})
	}
}

// TestSignedCopyJoins: a part of which a list has broken the signature is apart until a
// copy of it comes that has it. A command that was sent to it alone is one to the series then.
func TestSignedCopyJoins(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	part := func(n int, title string) post {
		return post{id: fmt.Sprintf("20261102100000.77-%d-ada@example.org", n), subject: fmt.Sprintf("[PATCH %d/2] %s", n, title)}
	}
	one, two := part(1, "drm/amdgpu: fix a hang"), part(2, "drm/amdgpu: fix another hang")
	b.raw(sign(one), two.bytes())
	b.want()
	over := post{id: "c1@example.org", subject: "Re: " + two.subject, reply: two.id, text: true,
		body: "#stablebot override dkms-only it needs firmware\n"}
	b.raw(sign(over))
	b.raw(sign(two))
	c, err := b.store.Explain(t.Context(), two.id)
	if err != nil || c.Series.Have() != 2 || c.Mail.Note != "" {
		t.Fatalf("%+v, %+v, %v", c.Series, c.Mail, err)
	}
	orders, err := b.store.Orders(t.Context(), c.Series.Key)
	if err != nil || len(orders) != 1 || orders[0].Mail != over.id {
		t.Errorf("the commands to the series: %+v, %v", orders, err)
	}
	b.want(one.id, over.id)
}

// TestUnprovableSeries: a series whose signatures nothing verifies any more is one all the
// same, and so is one that has none.
func TestUnprovableSeries(t *testing.T) {
	for _, broken := range []bool{false, true} {
		b := newBench(t, t.TempDir())
		sign := b.signer()
		one := post{id: "20261102100000.77-1-ada@example.org", subject: "[PATCH 1/2] drm/amdgpu: fix a hang"}
		two := post{id: "20261102100000.77-2-ada@example.org", subject: "[PATCH 2/2] drm/amdgpu: fix another hang"}
		first := one.bytes()
		if broken {
			first = bytes.Replace(sign(one), []byte("The card hangs"), []byte("The card stops, it hangs"), 1)
		}
		b.raw(first, two.bytes())
		b.want(one.id)
	}
}
