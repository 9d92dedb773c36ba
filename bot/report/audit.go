package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/stablebot/stablebot/rules/change"
)

// Audit is what was found of commits that are to go into a stable or distribution branch.
type Audit struct {
	Branch  string
	Commits []Audited
}

// Audited is one of them.
type Audited struct {
	ID, Title string
	Upstream  string // the mainline commit that it carries, "" when it is not known
	Content   string // how its content compares with that: "exact", "context", "differs", ""
	Findings  []Found
	// Unread: it could not be audited as a whole, so no finding means nothing.
	Unread bool
	// Unchecked is what could not be asked, and why.
	Unchecked []string
}

// Found is one thing that is not sound.
type Found struct{ Kind, Text string }

// Found counts the commits with a finding.
func (a Audit) Found() (n int) {
	for _, c := range a.Commits {
		if len(c.Findings) > 0 {
			n++
		}
	}
	return n
}

// Unread counts the commits that could not be audited and have no finding.
func (a Audit) Unread() (n int) {
	for _, c := range a.Commits {
		if c.Unread && len(c.Findings) == 0 {
			n++
		}
	}
	return n
}

// AuditComment is what a pull request shows of its audit, in its check and in the one
// comment.
type AuditComment struct {
	Audit
	Bot      Bot
	Head     string // SHA of the last commit
	Override *Override
	Whole    bool // with what could not be checked unfolded
	Notes    []string
}

// Title is one line of plain text.
func (c AuditComment) Title() string {
	s := "nothing found in " + commits(len(c.Commits))
	switch found, unread := c.Found(), c.Unread(); {
	case found > 0 && unread > 0:
		s = fmt.Sprintf("%d of %s with findings, %d could not be audited", found, commits(len(c.Commits)), unread)
	case found > 0:
		s = fmt.Sprintf("%d of %s with findings", found, commits(len(c.Commits)))
	case unread > 0:
		s = fmt.Sprintf("%d of %s could not be audited", unread, commits(len(c.Commits)))
	}
	s = "backport to " + c.Branch + ": " + s
	if o := c.Override; o != nil {
		s = string(o.Verdict) + " says " + o.Who + "; the bot says " + s
	}
	return cut(clean(s), maxTitle)
}

func commits(n int) string { return change.Count(n, "commit") }

//go:embed audit.md
var auditText string

var auditTemplate = template.Must(template.Must(commentTemplate.Clone()).New("audit").Funcs(template.FuncMap{
	"commits": commits,
	"content": func(a Audited) string {
		if a.Content == "" {
			return "not compared"
		}
		return a.Content
	},
}).Parse(auditText))

// Summary is the table of the findings, in Markdown.
func (c AuditComment) Summary() string { return c.render("audit-summary") }

// Body is the comment: the marker, the summary and how to talk to the bot.
func (c AuditComment) Body() string {
	return Marker + "\n" + c.render("audit-summary") + "\n" + c.render("footer")
}

func (c AuditComment) render(name string) string {
	data := struct {
		AuditComment
		DetailsURL string
		Partly     int // commits of which something could not be asked
	}{AuditComment: c, DetailsURL: c.Bot.detailsURL(c.Head)}
	for _, x := range c.Commits {
		if len(x.Unchecked) > 0 {
			data.Partly++
		}
	}
	var b bytes.Buffer
	if err := auditTemplate.ExecuteTemplate(&b, name, data); err != nil {
		// The template is embedded and tested; a finding must not be lost for it.
		return c.Title()
	}
	return fitMarkdown(b.String())
}

// fitMarkdown is a text that GitHub takes.
func fitMarkdown(s string) string {
	s = strings.TrimSpace(s) + "\n"
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	if len(s) > maxMarkdown {
		at := strings.LastIndexByte(s[:maxMarkdown], '\n')
		s = s[:max(at, 0)] + "\n\nThe rest does not fit here.\n"
	}
	return s
}
