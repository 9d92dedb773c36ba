package audit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// TestPosted: what was posted for several branches is audited for each; what was posted again
// stands for what it was before; and of an archive the newest of the stable team counts.
func TestPosted(t *testing.T) {
	g, mails := batch(t)
	g.Git("branch", "linux-6.6.y", "linux-6.1.y")
	post := func(n int, prefix, thread, day string) string {
		m := mails[n]
		head, rest, _ := strings.Cut(m, "\n\n")
		var lines []string
		for l := range strings.Lines(head) {
			switch {
			case strings.HasPrefix(l, "Date: "):
				l = "Date: " + day + "\n"
			case strings.HasPrefix(l, "Subject: "):
				_, title, _ := strings.Cut(l, "] ")
				l = "Subject: [" + prefix + "] " + strings.TrimRight(title, "\n") + "\nMessage-ID: <" + fmt.Sprint(n, len(prefix)) + thread + ">\n" +
					"References: <" + thread + ">\n"
			}
			lines = append(lines, strings.TrimRight(l, "\n"))
		}
		return strings.Join(lines, "\n") + "\n\n" + rest
	}
	const early, late = "Mon, 2 Nov 2026 10:00:00 +0100", "Thu, 5 Nov 2026 10:00:00 +0100"
	const ahead = "Fri, 5 Nov 2038 10:00:00 +0100" // as its sender writes
	broken := func(m string) string { return strings.ReplaceAll(m, "\tlock(d);", "\tblock(d);") }
	review := func(m, branch string) string {
		head, rest, _ := strings.Cut(m, "\n\n")
		return head + "\n\n" + branch + "-stable review patch.  If anyone has any objections, please let me know.\n\n------------------\n\n" + rest
	}
	six, one := post(1, "PATCH 6.6 1/2", "six@x", early)+"\n"+post(0, "PATCH 6.6 2/2", "six@x", early), mails[0]+"\n"+mails[1]
	again := broken(post(0, "PATCH 6.1 1/2", "rc1@x", early)) + "\n" + broken(post(1, "PATCH 6.1 2/2", "rc1@x", early)) + "\n" +
		post(1, "PATCH 6.1 1/2", "rc2@x", late) + "\n" + post(0, "PATCH 6.1 2/2", "rc2@x", late)
	proposed := post(1, "PATCH AUTOSEL 6.6-6.1", "auto@x", late)
	for name, c := range map[string]struct {
		text, onto string
		want, not  []string
	}{
		"two branches":       {one + "\n" + six, "", []string{"6.6: 2 commits", "6.1: 2 commits", "before-culprit"}, nil},
		"one of two":         {one + "\n" + six, "6.6", []string{"6.6: 2 commits"}, []string{"6.1: ", "before-culprit"}},
		"for another one":    {six, "6.1", []string{"6.1: 2 commits"}, []string{"6.6: "}},
		"posted again":       {again, "", []string{"6.1: 2 commits"}, []string{"does-not-apply", "before-culprit"}},
		"a proposal for two": {proposed, "", []string{"6.6: 1 commit", "6.1: 1 commit"}, nil},
		"and one not here":   {one + "\n" + post(1, "PATCH 5.4 1/1", "five@x", early), "", []string{"6.1: 2 commits"}, []string{"5.4"}},
	} {
		mbox := filepath.Join(t.TempDir(), "mbox")
		write(t, mbox, c.text)
		got := says(t, g, mbox, c.onto)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", name, not, got)
			}
		}
	}

	dir := t.TempDir()
	for i, m := range mails {
		_, m, _ = strings.Cut(m, "\n") // the envelope
		write(t, filepath.Join(dir, "cur", fmt.Sprint(i)), m)
	}
	for _, sub := range []string{"new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(t, g, dir, ""); !strings.Contains(got, "6.1: 2 commits") {
		t.Errorf("maildir:\n%s", got)
	}

	set, err := trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	list := []string{
		review(broken(post(1, "PATCH 6.1 001/123", "old@x", ahead)), "6.1"),
		post(1, "PATCH 6.1 1/1", "somebody@x", late),
		post(1, "PATCH v2 1/2", "new@x", late),
		proposed,
		review(post(0, "PATCH 6.1 002/123", "rc@x", late), "6.1"),
		"Subject: Re: [PATCH 6.1 002/123] gpu: a: unlock\nMessage-ID: <r@x>\nReferences: <rc@x>\n\nTested.\n",
	}
	var unread error
	s := audit.Source{Set: set, Repo: g.Dir, Git: git.Options{}, Archive: func(context.Context, string) (audit.Mails, error) {
		return func(yield func(audit.Posted, error) bool) {
			for i, raw := range list {
				if !yield(audit.Posted{Name: fmt.Sprint("mail ", i), Raw: []byte(raw)}, nil) {
					return
				}
			}
		}, unread
	}}
	reports, err := s.Audit(t.Context(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range reports {
		for _, it := range r.Items {
			got = append(got, r.Branch+" "+it.Title)
		}
	}
	if want := "[6.6 gpu: a: lock 6.1 gpu: a: lock 6.1 gpu: a: unlock]"; fmt.Sprint(got) != want {
		t.Errorf("of an archive: %v, want %s", got, want)
	}
	list = list[1:3]
	if _, err := s.Audit(t.Context(), []string{dir}, nil); err == nil || !strings.Contains(err.Error(), "no batch of the stable team") {
		t.Errorf("an archive without a batch: %v", err)
	}
	unread = errors.New("HEAD is gone")
	if _, err := s.Audit(t.Context(), []string{dir}, nil); !errors.Is(err, unread) {
		t.Errorf("an archive that cannot be read: %v", err)
	}
}
