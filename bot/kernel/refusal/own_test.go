package refusal

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules/change"
)

// TestOmittedOfOthers: a line of another message that came along drops no fix; one of those
// who made the commit or took it over does, in the places where they write.
func TestOmittedOfOthers(t *testing.T) {
	const (
		line   = "Omitted-fix: 1a2b3c4d5e6f (\"drm: fix it\") not here"
		id     = "0123456789abcdef0123456789abcdef01234567"
		author = "Signed-off-by: Ada Author <ada@example.org>\n"
		team   = "Signed-off-by: Tom Team <tom@example.org>\n"
	)
	type message struct {
		body string
		want bool
	}
	messages := map[string]message{
		"of a note":  {line + "\n", true},
		"below text": {"Text of the change.\n\n" + line + "\n" + author, true},
		"quoted":     {"Ada wrote:\n\n> " + line + "\n\n" + author, false},
		"indented": {"As that commit has it:\n\n    " + line + "\n\n" +
			author, false},
		"pasted above text": {"What Ada sent:\n\n" + line + "\n" + author + "\n" +
			"So this does the same.\n\n" + author, false},
		"pasted between text": {"What Ada sent:\n" + line + "\n" +
			"is taken back here.\n\n" + author, false},
		"of the author": {"commit " + id + " upstream.\n\nText.\n\n" +
			line + "\n" + author + team, false},
		"of those who took it over": {"commit " + id + " upstream.\n\nText.\n\n" +
			author + line + "\n" + team, true},
		"above the mark": {line + "\n\ncommit " + id + " upstream.\n\n" +
			"Text.\n\n" + author, true},
		"among keys": {"JIRA: https://issues.example.org/A-1\n" + line +
			"\n\ncommit " + id + "\nAuthor: Ada Author <ada@example.org>\n" +
			"Date:   Mon Jan 5 10:00:00 2026 +0000\n\n    drm: do it\n\n    Text.\n\n" +
			"    " + author, true},
		"of a message below such keys": {"JIRA: https://issues.example.org/A-1\n\n" +
			"commit " + id + "\nAuthor: Ada Author <ada@example.org>\n\n    drm: do it\n\n" +
			"    " + line + "\n    " + author, false},
		"above a note": {"Text.\n\n" + line + "\n" + author +
			"(cherry picked from commit " + id + ")\n" + team, false},
		"below a note": {"Text.\n\n" + author +
			"(cherry picked from commit " + id + ")\n" + line + "\n" + team, true},
		"between two notes": {"Text.\n\n" + author +
			"(cherry picked from commit " + id + ")\n" + line + "\n" +
			"(cherry picked from commit a" + id[1:] + ")\n" + team, false},
		"forwarded with its mark and all": {"Forwarded from the list:\n\n" + line + "\n\n" +
			"commit " + id + " upstream.\n\nText.\n\n" + author, false},
	}
	r := gittest.New(t)
	r.Put("a", "x\n", "start")
	main := r.Git("rev-parse", "HEAD")
	r.Git("checkout", "-q", "--detach", main)
	r.Put("b", "y\n", "drm: do it\n\nText.\n\n"+line+"\n"+author)
	copied := r.Git("rev-parse", "HEAD")
	r.Put("b", "z\n", "drm: do it\n\nText.\n\n"+author)
	other := r.Git("rev-parse", "HEAD")
	messages["of the author, at hand"] = message{"commit " + copied + " upstream.\n\nText.\n\n" +
		author + line + "\n" + team, false}
	messages["not of the author, at hand"] = message{"commit " + other + " upstream.\n\n" +
		"Text.\n\n" + line + "\n" + author + team, true}
	for name, x := range messages {
		c, err := change.Parse(change.Input{Kind: change.Commit, Subject: "drm: do it", Text: x.body})
		if err != nil {
			t.Fatal(err)
		}
		at := strings.HasSuffix(name, "at hand")
		if got := len(Trailers(c, nil)); got != map[bool]int{true: 1}[x.want] && !at {
			t.Errorf("%s: %d refusals of the change", name, got)
		}
		r.Git("checkout", "-q", "--detach", main)
		r.Put("b", name, "drm: do it\n\n"+x.body)
		no := New()
		repo, err := git.Open(t.Context(), r.Dir, git.Options{Trust: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := no.ReadBranch(t.Context(), repo, r.Git("rev-parse", "HEAD"), main); err != nil {
			t.Fatal(err)
		}
		_ = repo.Close()
		if got := no.Of(fix, "drm: fix it", nil) != nil; got != x.want {
			t.Errorf("%s: refused in the branch: %v, want %v", name, got, x.want)
		}
	}
}
