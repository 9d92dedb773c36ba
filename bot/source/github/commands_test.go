package github

import (
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v58/github"
)

// TestCommented: what readers of a comment do not see commands nothing.
func TestCommented(t *testing.T) {
	for body, want := range map[string]string{
		"/stablebot recheck":                                                  "recheck",
		"<!-- hello -->\n/stablebot recheck":                                  "recheck",
		"<!--\n/stablebot recheck\n-->":                                       "",
		"<!-- a\n/stablebot recheck\n-->\n/stablebot explain":                 "explain",
		"text <!-- a\n/stablebot recheck\nb --> text\n/stablebot explain":     "explain",
		"<!--\n/stablebot recheck":                                            "",
		"say `<!--` here\n/stablebot recheck":                                 "recheck",
		"<!-- a --> <!-- b\n/stablebot recheck\n-->":                          "",
		"```\n<!--\n```\n/stablebot recheck":                                  "recheck",
		"```\n/stablebot recheck\n```":                                        "",
		"-->\n/stablebot recheck":                                             "recheck",
		"thanks!\n/stablebot recheck\n/stablebot explain":                     "recheck explain",
		"  /stablebot override wait it is *really* `needed` first":            "override",
		"**Note**\n\n/stablebot recheck 6.6":                                  "recheck",
		"````\n```\n/stablebot recheck\n```\n````":                            "",
		"say `a\n/stablebot recheck\nb` here":                                 "",
		"<pre>\n/stablebot recheck\n</pre>":                                   "",
		"<pre>\ncode\n</pre>\n\n/stablebot recheck":                           "recheck",
		"<PRE>\ncode\n</PRE>\n/stablebot recheck":                             "recheck",
		"<pre>\n<div>\n</pre>\n\n/stablebot recheck":                          "recheck",
		"<!-- <div>\n<ul>\n-->\n\n/stablebot recheck":                         "recheck",
		"<p><!-- <div> --></p>\n\n/stablebot recheck":                         "recheck",
		"<?x\n<div>\n?>\n/stablebot recheck":                                  "recheck",
		"<ul>\n<li>a\n<li>b\n</ul>\n\n/stablebot recheck":                     "recheck",
		"<ul>\n<li>a\n\n/stablebot recheck\n\n</ul>\n\n/stablebot explain":    "explain",
		"<table>\n<tr><td>a<td>b\n</table>\n\n/stablebot recheck":             "recheck",
		"<div>\n</pre>\n\n/stablebot recheck":                                 "",
		"<div><div>\n</div>\n\n/stablebot recheck":                            "",
		"<div hidden>\n/stablebot recheck\n</div>":                            "",
		"<details>\n\n/stablebot recheck\n\n</details>\n\n/stablebot explain": "explain",
		"<blockquote>\n\n/stablebot recheck\n\n</blockquote>":                 "",
		"<script>\n/stablebot recheck\n</script>":                             "",
		"<!X\n/stablebot recheck\n>":                                          "",
		"<?x\n/stablebot recheck\n?>":                                         "",
		"<![CDATA[\n/stablebot recheck\n]]>":                                  "",
		"see <a title=\"\n/stablebot recheck\n\">x</a>":                       "",
		"[a]: /url '\n/stablebot recheck\n'\n\n[a]":                           "",
		"> foo\n/stablebot recheck":                                           "",
		"- foo\n/stablebot recheck":                                           "",
		"    /stablebot recheck":                                              "",
		"No.\n\n-----Original Message-----\nFrom: x\n\n/stablebot recheck":    "",
		"No.\n\nOn Tue, Ada <a@example.org> wrote:\n\n/stablebot recheck":     "",
		"Title\n---\n\n/stablebot recheck\n\n---\n\n/stablebot explain":       "recheck explain",
	} {
		var got []string
		for _, c := range parseCommands(body) {
			got = append(got, c.Verb)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", body, s, want)
		}
	}
}

// TestWorthFetching: a stranger's comment is no reason to ask GitHub for anything.
func TestWorthFetching(t *testing.T) {
	now := time.Now()
	s := &Source{cfg: Config{Now: func() time.Time { return now }}}
	comment := func(login, body, association string) *gh.IssueComment {
		return &gh.IssueComment{Body: &body, AuthorAssociation: &association, User: &gh.User{Login: &login}}
	}
	for _, c := range []struct {
		login, body, association string
		want                     bool
	}{
		{"eve", "/stablebot x", "NONE", false},
		{"eve", "<!--\n/stablebot recheck\n-->", "NONE", false},
		{"eve", "see /stablebot recheck", "NONE", false},
		{"eve", "/stablebot recheck", "NONE", false},
		{"mary", "/stablebot recheck", "MEMBER", true},
		{"max", "/stablebot recheck", "", true},
		{"mary", "/stablebot rechek", "MEMBER", true},
		{"Mallory", "/stablebot recheck", "COLLABORATOR", false},
	} {
		s.strangers.add("o/r", "mallory", now)
		if got := s.worthFetching("o/r", comment(c.login, c.body, c.association)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	now = now.Add(strangerFor)
	if !s.worthFetching("O/R", comment("mallory", "/stablebot recheck", "COLLABORATOR")) {
		t.Error("a stranger for ever")
	}
}
