package report

import (
	"bytes"
	"cmp"
	_ "embed"
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
	// For is the branch that a backport is for, and Notes are sentences, in Markdown, on
	// what was judged.
	For   string
	Notes []string
	all   []Patch
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
var weakness = []verdict.Verdict{verdict.DKMSOnly, verdict.Uncertain, verdict.Wait, Mixed, verdict.StableEligible, verdict.NotNeeded,
	verdict.OutOfScope}

// Mixed is the label of a fix that one affected branch takes and another does not. It
// is a label, and no verdict: what is judged is stable-eligible then.
const Mixed verdict.Verdict = "mixed"

// Label is what a pull request is labelled with for a row: its verdict, or Mixed.
func (r Row) Label() verdict.Verdict {
	if r.Verdict == verdict.StableEligible && r.Mixed {
		return Mixed
	}
	return r.Verdict
}

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
		return cmp.Or(cmp.Compare(weak(a.Label()), weak(b.Label())), cmp.Compare(a.Score, b.Score))
	})
	c.Verdict = c.Lead.Label()
	return c
}

// maxTitle: GitHub refuses the description of a commit status beyond 140
// characters.
const maxTitle = 140

// Title is one line of plain text.
func (c Comment) Title() string {
	s := c.Lead.Line()
	if c.For != "" {
		s = "backport to " + c.For + ": " + s
	}
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
	"md":     Markdown,
	"list":   list,
	"inc":    func(i int) int { return i + 1 },
	"short":  func(sha string) string { return sha[:min(len(sha), 12)] },
	"line":   func(r Row) string { return Markdown(r.Line()) },
	"chance": func(r Row) string { return r.figure() },
	"lead":   func(r Row) string { return Markdown(strings.Join(r.lead(), " ")) },
	"rule":   func(r Rule) string { return Markdown(r.Reason) },
	"cites": func(in []Rule) string {
		var out []string
		for _, r := range in[:min(len(in), maxRules)] {
			if r.File != "" && !slices.Contains(out, r.File) {
				out = append(out, r.File)
			}
		}
		return list(out)
	},
	"side": func(r Rule) string {
		if r.Met {
			return "for"
		}
		return "against"
	},
	"state": func(b Branch) string {
		if s, ok := states[b.State]; ok {
			return s
		}
		return Markdown(string(b.State))
	},
	"applies":  func(b Branch) string { return b.applies() },
	"said":     func(b Branch) string { return b.said() },
	"day":      func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"maxRules": func() int { return maxRules },
	"weight":   func(w float64) string { return strconv.FormatFloat(w, 'f', 2, 64) },
	"fence":    fence,
}).Parse(commentText))

// figure is the estimated chance where it means something: a verdict that rests on a
// fact has none, and none stands where it would deny the verdict.
func (r Row) figure() string {
	switch p := Percent(r.Score); {
	case r.Verdict == verdict.StableEligible && (r.near() || r.Score >= 0.5), r.Verdict == verdict.DKMSOnly && !r.factual() && r.Score < 0.5,
		r.Verdict == verdict.Uncertain:
		return strconv.Itoa(p) + " %"
	}
	return ""
}

// Summary is the table and what goes with it, in Markdown.
func (c Comment) Summary() string { return c.render("summary") }

// Body is the comment: the marker, the summary and how to talk to the bot.
func (c Comment) Body() string {
	return Marker + "\n" + c.render("summary") + "\n" + c.render("footer")
}

func (c Comment) render(name string) string {
	data := struct {
		Comment
		Fixes      int
		Steps      []Step
		Weighed    []weighed
		DetailsURL string
	}{Comment: c, Steps: commentSteps(c.Values), DetailsURL: c.Bot.detailsURL(c.Head)}
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
		return "The verdict is " + Markdown(c.Lead.Line()) + "; it could not be shown whole."
	}
	return fitMarkdown(b.String())
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
	SayEither:  "Whichever of the two goes in, if you agree, this belongs above its Signed-off-by:",
	SayTag:     "If you agree, add this above your Signed-off-by:",
	SayMore:    "To have %s too, put this beside your tag:",
	SayInstead: "To cover %s too, write your tag as:",
	SayAsk:     "If you agree, send this to ask for %s:",
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
			if r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www") {
				b.WriteString("&#8203;") // GitHub links what begins so, without a scheme
			}
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
