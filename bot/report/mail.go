package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	netmail "net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"

	"github.com/stablebot/stablebot/rules/change"
)

// Bot is how the bot presents itself.
type Bot struct {
	Name    string
	Address string // From of every reply
	Contact string // the person who answers for the bot
	Details string // URL prefix of the details page; empty: the command that shows them
	Version string
	// Commands: it obeys commands by mail, so a reply says how.
	Commands bool
}

// Answered is the mail that is replied to: the cover letter or the first patch.
type Answered struct {
	ID         string
	References []string // its ancestors, oldest first
	From       change.Person
	Subject    string // decoded
	Date       time.Time
	Text       string // the three lines to quote are taken from it
}

// Mail is everything a reply is made of.
type Mail struct {
	Bot     Bot
	Answers Answered
	To, Cc  []change.Person
	Key     string // of the action: the Message-ID is derived from it
	Date    time.Time
	Values  Values // without rows: the opening says it all
	// Opening are paragraphs before the verdict: what was done for a command, or
	// what is taken back.
	Opening []string
	Words   []Word // what people have said of the verdict
	Before  string // the verdict line of an earlier version, when it was another
}

// Word is a person's word, which stands beside the verdict.
type Word struct {
	Who    change.Person
	At     time.Time
	Says   string // "dkms-only", or what else was decided
	Reason string
}

func (w Word) text() string {
	who := w.Who.Name
	if who == "" {
		who = w.Who.Address
	}
	return w.At.UTC().Format("2 Jan 2006") + ", " + who + ": " + w.Says + " - " + w.Reason
}

// quoteColumns lets a quoted line be as long as people write them, so that none
// is torn: 80 columns with what stands before it.
const quoteColumns = 78

// maxReferences keeps a References field far below the 998 bytes of a line
// that would be folded badly; RFC 5322 allows to leave out middle ones.
const maxReferences = 50

//go:embed *.tmpl
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"wrap": func(s string) string { return wrap(clean(s), "", "") },
	"item": func(s string) string { return wrap(clean(s), "    ", "      ") },
	"field": func(name, s string) string {
		return wrap(clean(s), fmt.Sprintf("    %-9s", name), strings.Repeat(" ", 13))
	},
	"quote": func(s string) string {
		return strings.TrimRight("> "+cut(strings.TrimRight(clean(s), " "), quoteColumns), " ")
	},
	"score":   func(p float64) string { return fmt.Sprintf("%.2f, %s to be taken by the stable team", p, chance(p)) },
	"join":    list,
	"plural":  plural,
	"rule":    func(r Rule) string { return r.text() },
	"say":     func(s Step) string { return s.text(nil, "Patch", "Patches") },
	"counted": func(v Values) string { return v.counted() },
	"word":    func(w Word) string { return w.text() },
	"command": func(s string) string {
		return "        " + clean(s) // never wrapped: it is to be copied
	},
	"rowHead": func(r Row) string {
		return wrap(clean(strconv.Itoa(r.N)+". "+r.Title), "  ", "     ") + "\n" + wrap("is "+clean(r.line()), "     ", "     ")
	},
	"branch": func(b Branch) string { return b.row() },
	"scored": func(r Row) bool { return r.scored() },
	"weighing": func(r Row) []Rule {
		if !r.scored() {
			return nil // they decided nothing
		}
		return r.Rules
	},
	"why":            func(r Row) string { return r.why() },
	"side":           func(r Rule) string { return r.side() },
	"noted":          noted,
	"firstBranches":  func(in []Branch) []Branch { return in[:min(len(in), maxBranches)] },
	"maxRules":       func() int { return maxRules },
	"maxRulesSeries": func() int { return maxRulesSeries },
	"maxRows":        func() int { return maxRows },
	"more": func(in []Row) string {
		if n := len(in) - maxRows; n > 0 {
			return fmt.Sprintf("%d more are in the details.", n)
		}
		return ""
	},
	"noTrees": func(v Values) bool {
		return !slices.ContainsFunc(v.Rows, func(r Row) bool { return len(r.Branches) > 0 })
	},
	"steps":    stepsOf,
	"commands": func() string { return commands },
	"meaning":  meaning,
}).ParseFS(files, "*.tmpl"))

func (b Branch) row() string {
	row := fmt.Sprintf("    %-7s %-13s %-17s %s", clean(b.Name), clean(b.State), b.applies(), b.said())
	return strings.TrimRight(cut(row, Columns), " ")
}

// noted are the rows of branches, each with what it has no room for below it
// where that is not what the row above it has.
func noted(in []Branch) (out []string) {
	before := ""
	for _, b := range in {
		out = append(out, b.row())
		note := b.note()
		if note != "" && note != before {
			out = append(out, strings.Repeat(" ", 12)+cut("("+note, Columns-13)+")")
		}
		before = note
	}
	return out
}

func (r Rule) text() string {
	s := r.Reason
	if r.File != "" {
		s += " [" + r.File
		if r.Says != "" {
			s += ": " + r.Says
		}
		s += "]"
	}
	return s
}

// stepsOf is what to do next: of a single patch all, of a series each kind of
// step once, with the lines of the first patch that has it.
func stepsOf(v Values) []Step {
	var out []Step
	for _, r := range v.Rows {
		for _, s := range r.Next {
			i := slices.IndexFunc(out, func(o Step) bool { return o.Say == s.Say })
			if i < 0 {
				i, out = len(out), append(out, s)
			}
			if v.Series {
				out[i].For = append(out[i].For, r.N)
			}
		}
	}
	return out
}

// Text is the body of the reply.
func (m Mail) Text() (string, error) {
	author := clean(m.Answers.From.Name)
	if author == "" {
		author = clean(m.Answers.From.Address)
	}
	data := struct {
		Mail
		V                     Values
		Author, Date          string
		Quote                 []string
		DetailsURL, ExplainID string
	}{
		Mail: m, V: m.Values, Author: cut(author, 34), Quote: Quote(m.Answers.Text),
		Date: m.Answers.Date.UTC().Format("2 Jan 2006"),
	}
	about := m.Answers.ID
	if len(m.Opening) > 0 && m.Values.Lead.ID != "" {
		about = m.Values.Lead.ID // what is answered is a command, or the bot's own mail
	}
	data.DetailsURL, data.ExplainID = m.Bot.detailsURL(about), shellWord(msgID(about))
	var body, footer bytes.Buffer
	if err := templates.ExecuteTemplate(&body, "mail.tmpl", data); err != nil {
		return "", fmt.Errorf("writing the reply to <%s>: %w", m.Answers.ID, err)
	}
	if err := templates.ExecuteTemplate(&footer, "footer.tmpl", data); err != nil {
		return "", fmt.Errorf("writing the reply to <%s>: %w", m.Answers.ID, err)
	}
	return guard(body.String()) + footer.String(), nil
}

// Bytes is the complete mail, with CRLF line ends.
func (m Mail) Bytes() ([]byte, error) {
	text, err := m.Text()
	if err != nil {
		return nil, err
	}
	var h mail.Header
	h.SetDate(m.Date)
	h.SetAddressList("From", addresses([]change.Person{{Name: m.Bot.Name, Address: m.Bot.Address}}))
	to, cc := addresses(m.To), addresses(m.Cc)
	if len(to) == 0 {
		return nil, fmt.Errorf("writing the reply to <%s>: no valid address to send it to", m.Answers.ID)
	}
	h.SetAddressList("To", to)
	if len(cc) > 0 {
		h.SetAddressList("Cc", cc)
	}
	h.SetSubject(Subject(m.Answers.Subject))
	h.SetMessageID(MessageID(m.Key, m.Bot.Address))
	if id := msgID(m.Answers.ID); id != "" {
		h.SetMsgIDList("In-Reply-To", []string{id})
		h.SetMsgIDList("References", references(append(slices.Clone(m.Answers.References), id)))
	}
	h.Set("Auto-Submitted", "auto-replied")
	h.Set("Precedence", "bulk")
	h.Set("X-Patchwork-Hint", "ignore")
	if lead := m.Values.Lead; len(m.Values.Rows) > 0 {
		h.Set("X-Stablebot-Verdict", token(string(lead.Verdict)))
		if lead.Class != "" {
			h.Set("X-Stablebot-Reason", token(string(lead.Class)))
		}
		h.Set("X-Stablebot-Score", fmt.Sprintf("%.2f", lead.Score))
	}
	h.Set("X-Stablebot-Result", Result(m.Key))
	h.Set("X-Stablebot-Version", token(m.Bot.Version))
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	// 7bit where it can be: what a person sees in the raw mail is what was written.
	h.Set("Content-Transfer-Encoding", "7bit")
	if slices.ContainsFunc([]byte(text), func(b byte) bool { return b >= utf8.RuneSelf }) {
		h.Set("Content-Transfer-Encoding", "quoted-printable")
	}
	var out bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&out, h)
	if err == nil {
		_, err = io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n"))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("composing the reply to <%s>: %w", m.Answers.ID, err)
	}
	return out.Bytes(), nil
}

// Result is the short id of a reply, made from its key.
func Result(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// MessageID is derived from the key, so a mail that went out twice, if it ever
// did, is one mail to its readers.
func MessageID(key, address string) string {
	sum := sha256.Sum256([]byte(key))
	_, domain, ok := strings.Cut(address, "@")
	if !ok || domain == "" {
		domain = "stablebot.invalid"
	}
	return "stablebot." + hex.EncodeToString(sum[:16]) + "@" + msgID(domain)
}

// Subject is s with one "Re: " before it.
func Subject(s string) string {
	s = clean(s)
	for len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		s = strings.TrimLeft(s[3:], " ")
	}
	return "Re: " + s
}

// shortlog begins the list of patches in a cover letter, "Jo Doe (3):", which
// a diffstat follows.
var shortlog = regexp.MustCompile(`^\S.* \(\d+\):$`)

// Quote picks the three lines of a mail that tell best what is answered: the
// first of its prose, without tags, diff and earlier quotes.
func Quote(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n\t ")
		if line == "---" || line == "-- " || strings.HasPrefix(line, "diff ") || shortlog.MatchString(line) || len(out) == 3 {
			break
		}
		if line == "" || strings.HasPrefix(line, ">") || !harmless(line) && !strings.HasPrefix(line, "#stablebot ") {
			continue
		}
		out = append(out, line)
	}
	return out
}

// addresses drops what is no address; names are cleaned and encoded later.
func addresses(in []change.Person) []*mail.Address {
	var out []*mail.Address
	for _, p := range in {
		a, err := netmail.ParseAddress("<" + p.Address + ">")
		if err != nil || strings.ContainsAny(a.Address, "\r\n\x00 ") || !ascii(a.Address) {
			continue
		}
		// net/mail leaves a backslash bare in an encoded word, which it then
		// refuses to read.
		name := strings.ReplaceAll(clean(p.Name), `\`, "")
		out = append(out, &mail.Address{Name: name, Address: a.Address})
	}
	return out
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// maxMsgID: RFC 5322 limits a line to 998 bytes and a Message-ID cannot be
// folded; what comes near is nobody's real one.
const maxMsgID = 250

// msgID drops every byte that has no place in a Message-ID.
func msgID(s string) string {
	if len(s) > maxMsgID {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("<>()\\\",;", r) {
			return -1
		}
		return r
	}, s)
}

func references(in []string) []string {
	var out []string
	for _, id := range in {
		if id = msgID(id); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) > maxReferences {
		out = append(out[:1:1], out[len(out)-maxReferences+1:]...)
	}
	return out
}

// token is the value of an X- field: visible ASCII.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, s)
}
