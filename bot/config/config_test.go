package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/internal/strictyaml"
)

func TestParse(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`
state: /tmp/x
sources:
  imap:
    - name: work
      address: imap.example.org:993
      user: bot
      password_env: PW
      folders: [INBOX, lists/dri-devel]
      every: 90s
series: {settle: 1d}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Sources.IMAP[0]; got.Folders[1] != "lists/dri-devel" || got.Every.Std() != 90*time.Second {
		t.Errorf("imap: %+v", got)
	}
	if c.Series.Settle.Std() != 24*time.Hour || c.Log.Level != "info" || c.MaxAge.Std() != 72*time.Hour {
		t.Errorf("values or defaults are off: %+v", c)
	}
}

// Every problem of a bad file is told, in file order, each with its place.
func TestParseAllProblems(t *testing.T) {
	_, err := Parse("bad.yaml", []byte(`state: ""
lgo: {level: debug}
sources:
  imap:
    - name: a
      adddress: imap.example.org:993
      tls: none
      user: u
      folders: INBOX
  git:
    - name: a
      url: x
      role: mainline
      branches: [master]
      every: soon
lists:
  - id: l.example.org
    reply: everybody
    verdicts: [dkms-only, great]
`))
	var e *strictyaml.Error
	if !errors.As(err, &e) {
		t.Fatalf("not a *strictyaml.Error: %v", err)
	}
	want := []string{
		"bad.yaml:1:1: state: a folder is needed",
		`bad.yaml:2:1: lgo: unknown key; did you mean "log"?`,
		"bad.yaml:5:7: sources.imap[0]: exactly one of password_file",
		`bad.yaml:6:7: sources.imap[0].adddress: unknown key; did you mean "address"?`,
		"bad.yaml:9:16: sources.imap[0].folders: a list is needed here",
		`bad.yaml:11:7: sources.git[0].name: "a" is the name of sources.imap[0] already`,
		`bad.yaml:15:14: sources.git[0].every: `,
		`bad.yaml:18:5: lists[0].reply: "everybody" is none of none, author, all`,
		`bad.yaml:19:27: lists[0].verdicts[1]: "great" is none of`,
	}
	got := err.Error()
	at := -1
	for _, w := range want {
		i := strings.Index(got, w)
		if i < 0 {
			t.Errorf("missing %q", w)
		} else if i < at {
			t.Errorf("out of order: %q", w)
		}
		at = max(at, i)
	}
	if t.Failed() {
		t.Log("\n" + got)
	}
}

// A node without a value is a problem to tell or nothing at all, never a panic:
// the library's tree has them for an empty document and behind tags and anchors.
func TestParseEmptyNodes(t *testing.T) {
	for _, s := range []string{
		"---\n---\n", "state: x\n---\n", "state: x\n...\n---\n...\n", "--- \n--- !a\n", "!a", "&a", "!!map", "- !a\n- &b\n",
		"state: !a\nlog: &b\nlists: !c\n", "log: {level: !a}\n", "log: !a {level}\n", "lists: [!a, &b]\n", "? \n: \n", "? !a\n", "log: {? : }\n",
		"lists:\n-\n- id:\n", "log: *none\n", "<<: *none\n", "<<: !a\n", "log:\n  <<:\n", "!a !b\n", "&a &b\n", "&a\n---\n*a\n",
	} {
		_, _ = Parse("f", []byte(s))
	}
}

// An address with a password that nobody escaped is refused, and not repeated.
func TestParseAddress(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://a:s3cr3t/with/slash@127.0.0.1/x.git": false, "http://u:s3cr3t @127.0.0.1/x": false,
		"http://a:1234/s3cr3t@127.0.0.1/x.git": false, "https://example.org:8080/x.git": true, "https://a:1234%2Fs3cr3t@example.org/x": true, "https://u:s3cr3t%2F@example.org/x": true,
		"ssh://git@example.org/x": true, "git@example.org:x/y": true, "/srv/git/linux.git": true, "../my linux": true, "https://example.org/x.git": true,
	} {
		_, err := Parse("f", []byte("sources:\n  git:\n    - {name: a, url: \""+url+"\", role: mainline, branches: [master]}\n"))
		if (err == nil) != ok || err != nil && (strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "%2F")) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A password stands in no address of a database, in whatever form.
func TestStoreAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"postgres://a:s3cr3t@db/x": false, "postgres://a:1234/s3cr3t@db/x": false, "postgres://a:s3cr3t%@db/x": false, "postgres://a@db/x?password=s3cr3t": false,
		"host=db user=a password=s3cr3t": false, "postgres://a@db:5432/x": true, "host=db user=a passfile=/etc/pw": true, "postgres:///x?host=/run/postgresql": true,
	} {
		_, err := Parse("f", []byte("store:\n  address: \""+address+"\"\n"))
		if refused := err != nil && strings.Contains(err.Error(), "store.address"); refused == ok || err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestParseDamaged(t *testing.T) {
	for _, bad := range []string{"a: [", "\tx: 1", "- 1", "state: {a: b}", "state: x\n---\nstate: y\n", "state: x\nstate: y\n", "\x00\x01"} {
		if _, err := Parse("f", []byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// A relative state folder is beside the file, from wherever the program is called.
func TestStateBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	f := filepath.Join(dir, "bot.yaml")
	for state, want := range map[string]string{"s": filepath.Join(dir, "s"), "/var/lib/s": "/var/lib/s"} {
		if err := os.WriteFile(f, []byte("state: "+state+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Read(f); err != nil || c.State != want {
			t.Errorf("%s: %+v, %v", state, c, err)
		}
	}
}

func TestPassword(t *testing.T) {
	f := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(f, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STABLEBOT_TEST_PW", "fromenv")
	for _, c := range []struct {
		in   IMAP
		want string
	}{
		{IMAP{PasswordFile: f}, "secret"},
		{IMAP{PasswordEnv: "STABLEBOT_TEST_PW"}, "fromenv"},
		{IMAP{TokenCommand: []string{"echo", "token"}}, "token"},
	} {
		if got, err := c.in.Password(); got != c.want || err != nil {
			t.Errorf("%+v: %q, %v", c.in, got, err)
		}
	}
	if _, err := (IMAP{Name: "n", PasswordEnv: "STABLEBOT_TEST_UNSET"}).Password(); err == nil {
		t.Error("an unset variable gave a password")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("state: x\nlists:\n  - id: a\n"))
	f.Add([]byte("sources: {imap: [{name: a}]}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Parse("f", b); err != nil {
			_ = err.Error()
		}
	})
}

// A key that may be left out is read where it stands, its zero too: min_margin was
// ignored, whatever it said.
func TestOptionalKeys(t *testing.T) {
	for text, want := range map[string]string{"": "unset", "min_margin: ,": "unset", "min_margin: 0,": "0", "min_margin: 0.5,": "0.5"} {
		c, err := Parse("x.yaml", fmt.Appendf(nil, "bot: {address: a@example.org, contact: b@example.org}\nlists:\n  - {id: l.example.org, reply: author, %s per_hour: 1, per_day: 1}\n", text))
		if err != nil {
			t.Fatal(err)
		}
		got := "unset"
		if m := c.Lists[0].MinMargin; m != nil {
			got = fmt.Sprint(*m)
		}
		if got != want {
			t.Errorf("%q is read as %s", text, got)
		}
	}
	if _, err := Parse("x.yaml", []byte("lists:\n  - {id: l.example.org, min_margin: wide}\n")); err == nil || !strings.Contains(err.Error(), "min_margin") && !strings.Contains(err.Error(), "float") {
		t.Errorf("a margin that is no number: %v", err)
	}
}
