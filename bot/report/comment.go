package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Comment is what a pull request shows: in its check and in the one comment.
//
// A pull request is merged whole, so its verdict is that of its weakest fix;
// each commit has its own in the table. Nothing that a stranger wrote becomes
// markup, a mention or a reference there (see Markdown).
type Comment struct {
	Bot      Bot
	Head     string // SHA of the last commit
	Values   Values
	Lead     Row // the weakest fix
	Verdict  verdict.Verdict
	Override *Override
	Whole    bool // with everything that was weighed unfolded
	all      []Patch
}

// Override is a person's verdict, shown beside the bot's.
type Override struct {
	Verdict verdict.Verdict
	Who     string // login
	Reason  string
	At      time.Time
}

// Marker is the first line of the comment; by it the bot knows its own again.
const Marker = "<!-- stablebot:comment -->"

// weakness orders verdicts by how far a fix is from stable, the farthest
// first. The silent ones are no fixes that stable lacks: they weaken nothing.
var weakness = []verdict.Verdict{verdict.DKMSOnly, verdict.Uncertain, verdict.Wait, verdict.StableEligible, verdict.NotNeeded, verdict.OutOfScope}

func weak(v verdict.Verdict) int {
	if i := slices.Index(weakness, v); i >= 0 {
		return i
	}
	return len(weakness)
}

// CommentOf picks what is worth telling about a pull request. It is pure.
func CommentOf(p Posting) Comment {
	c := Comment{Values: ValuesOf(p), all: p.Patches, Verdict: verdict.OutOfScope}
	if len(c.Values.Rows) == 0 {
		return c
	}
	c.Lead = slices.MinFunc(c.Values.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(weak(a.Verdict), weak(b.Verdict)), cmp.Compare(a.Score, b.Score))
	})
	c.Verdict = c.Lead.Verdict
	return c
}

// maxTitle: GitHub refuses the description of a commit status beyond 140
// characters.
const maxTitle = 140

// Title is one line of plain text.
func (c Comment) Title() string {
	s := c.Lead.line()
	if o := c.Override; o != nil {
		s = string(o.Verdict) + " says " + o.Who + "; the bot says " + s
	}
	return cut(clean(s), maxTitle)
}

// maxMarkdown: GitHub takes 65,535 characters in a comment and in the summary
// of a check run. What is cut is the end of the table of a very long series.
const maxMarkdown = 60_000

//go:embed comment.md
var commentText string

var commentTemplate = template.Must(template.New("comment").Funcs(template.FuncMap{
	"md":    Markdown,
	"list":  list,
	"inc":   func(i int) int { return i + 1 },
	"short": func(sha string) string { return sha[:min(len(sha), 12)] },
	"line":  func(r Row) string { return Markdown(r.line()) },
	"score": func(p float64) string { return fmt.Sprintf("%.2f", p) },
	"chance": func(p float64) string {
		return chance(p) + " to be taken by the stable team"
	},
	"near": func(r Row) string {
		if r.near() {
			return " That is " + closeCall
		}
		return ""
	},
	"rule":     func(r Rule) string { return Markdown(r.text()) },
	"applies":  func(b Branch) string { return b.applies() },
	"said":     func(b Branch) string { return b.said() },
	"day":      func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"maxRules": func() int { return maxRules },
	"weight":   func(w float64) string { return strconv.FormatFloat(w, 'f', 2, 64) },
	"fence":    fence,
}).Parse(commentText))

// Summary is the table and what goes with it, in Markdown.
func (c Comment) Summary() string { return c.render("summary") }

// Body is the comment: the marker, the summary and how to talk to the bot.
func (c Comment) Body() string {
	return Marker + "\n" + c.render("summary") + "\n" + c.render("footer")
}

func (c Comment) render(name string) string {
	data := struct {
		Comment
		Fixes   int
		Steps   []Step
		Weighed []weighed
	}{Comment: c, Steps: commentSteps(c.Values)}
	for _, r := range c.Values.Rows {
		if !r.Verdict.Silent() {
			data.Fixes++
		}
	}
	for _, p := range c.all {
		if p.Verdict.Silent() && len(c.all) > 1 && !c.Whole {
			continue
		}
		for _, w := range p.Rules {
			if w.Reason != "" {
				data.Weighed = append(data.Weighed, weighed{p.N, w.ID, string(w.Outcome), w.Reason, w.Weight})
			}
		}
	}
	var b bytes.Buffer
	if err := commentTemplate.ExecuteTemplate(&b, name, data); err != nil {
		// The template is embedded and tested; a judgement must not be lost for it.
		return "The verdict is " + Markdown(c.Lead.line()) + "; it could not be shown whole."
	}
	s := strings.TrimSpace(b.String()) + "\n"
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	if len(s) > maxMarkdown {
		at := strings.LastIndexByte(s[:maxMarkdown], '\n')
		s = s[:max(at, 0)] + "\n\nThe rest does not fit here.\n"
	}
	return s
}

// weighed is one finding of one commit.
type weighed struct {
	N           int
	ID, Outcome string
	Reason      string
	Weight      float64
}

// commentWords are the steps that read differently where a person can comment
// and no tool harvests tags.
var commentWords = map[Say]string{
	SayTag:     "If you agree, add this tag above your sign-off.",
	SayMissing: "Push the missing commits. It is judged anew then.",
}

// commentSteps is what to do next, with the words for a pull request.
func commentSteps(v Values) []Step {
	out := stepsOf(v)
	for i, s := range out {
		if len(v.Rows) < 2 {
			s.For = nil
		}
		out[i].Say = Say(s.text(commentWords, "Commit", "Commits"))
	}
	return out
}

// fence is a code block that its content cannot end.
func fence(lines []string) string {
	ticks := "```"
	for _, l := range lines {
		for strings.Contains(l, ticks) {
			ticks += "`"
		}
	}
	out := ticks + "\n"
	for _, l := range lines {
		out += clean(l) + "\n"
	}
	return out + ticks
}

// Markdown makes a stranger's text one line that GitHub shows as it is: no
// markup, no HTML, no picture that is fetched from elsewhere, nobody mentioned
// and no other issue referred to.
func Markdown(s string) string {
	s = clean(s)
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '<', '>', '&', '"':
			b.WriteString(html.EscapeString(string(r)))
		case '@':
			b.WriteString("@&#8203;") // a zero-width space: nobody is mentioned
		case '#':
			b.WriteString("&#35;&#8203;")
		case ':':
			b.WriteByte(':')
			if strings.HasPrefix(s[i:], "://") {
				b.WriteString("&#8203;")
			}
		case '\\', '`', '*', '_', '{', '}', '[', ']', '|', '~', '!':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '-', '+', '=':
			if i == 0 {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case '.', ')':
			if i > 0 && strings.Trim(s[:i], "0123456789") == "" {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	out := b.String()
	if n := strings.Index(strings.ToUpper(out), "GH-"); n >= 0 && utf8.ValidString(out) {
		out = ghRef(out)
	}
	return out
}

// ghRef breaks "GH-12", which GitHub links like "#12".
func ghRef(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if i >= 1 && i+1 < len(s) && s[i+1] == '-' && strings.EqualFold(s[i-1:i+1], "gh") {
			b.WriteString("&#8203;")
		}
	}
	return b.String()
}
