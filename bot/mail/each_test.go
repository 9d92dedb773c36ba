package mail_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

// TestEach: a file, a folder and standard input give their mails, what cannot be read is
// told once, and whoever takes them can end it.
func TestEach(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.eml", "b.eml"} {
		text := "From: a@example.org\nSubject: " + name + "\n\nbody\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	enough := errors.New("enough")
	for _, c := range []struct {
		name  string
		most  int // 0: all
		mails []string
		want  error
	}{
		{filepath.Join(dir, "a.eml"), 0, []string{"a.eml"}, nil},
		{dir, 0, []string{"a.eml", "b.eml"}, nil},
		{dir, 1, []string{"a.eml"}, enough},
		{"-", 0, []string{"standard"}, nil},
		{filepath.Join(dir, "none"), 0, nil, fs.ErrNotExist},
	} {
		var got []string
		var failed error
		stdin := strings.NewReader("From: a@example.org\nSubject: standard\n\nbody\n")
		err := mail.Each(stdin, c.name, func(raw []byte, origin string, err error) error {
			if err != nil {
				failed = err
				return nil //nolint:nilerr // the walk goes on, the error is asked for below
			}
			_, rest, _ := strings.Cut(string(raw), "Subject: ")
			title, _, _ := strings.Cut(rest, "\n")
			got = append(got, title)
			if c.name == "-" && origin != "standard input" {
				t.Errorf("standard input is called %q", origin)
			}
			if len(got) == c.most {
				return enough
			}
			return nil
		})
		if strings.Join(got, " ") != strings.Join(c.mails, " ") || !errors.Is(errors.Join(err, failed), c.want) {
			t.Errorf("%s: %q and %v, want %q and %v", c.name, got, errors.Join(err, failed), c.mails, c.want)
		}
	}
}
