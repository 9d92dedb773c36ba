package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
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
	Details string // URL prefix of the details pages, which readers can open; empty: there are none
	Version string
	// Commands: it obeys commands by mail, so a reply says how.
	Commands bool
}

// Answered is the mail that is replied to: of a series the patch that the reply is about, or
// the cover letter.
type Answered struct {
	ID         string
	References []string // its ancestors, oldest first
	From       change.Person
	Writer     string    // who wrote the text, where that is not who sent it
	Subject    string    // decoded
	Date       time.Time // with the zone of its sender, whose day is named
	Text       string    // what is quoted is taken from it
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
	LeftOut int    // how many of the recipients of what is answered get no copy
}

// Word is a person's word, which stands beside the verdict.
type Word struct {
	Who    change.Person
	At     time.Time
	Says   string // "dkms-only", or what else was decided
	Reason string
}

func (w Word) text() string {
	// The address is proven; whoever has it calls himself as he likes.
	return w.At.UTC().Format("2 Jan 2006") + ", " + w.Who.Address + ": " + w.Says + " - " + w.Reason
}

// quoteColumns lets a quoted line be as long as people write them, so that none
// is torn: 80 columns with what stands before it.
const quoteColumns = 78

// maxReferences keeps a References field far below the 998 bytes of a line
// that would be folded badly; RFC 5322 allows to leave out middle ones.
const maxReferences = 50

// MaxLines is how many lines of a reply are the bot's own: the quote, the text to
// paste and the footer stand apart.
const MaxLines = 16

// maxTitles is of how many patches of a series the titles are told.
const maxTitles = 20

// block is a paragraph of a reply.
type block struct {
	lines []string
	own   bool // the bot's own words
	spare int  // what is left out first when there are too many lines; 0: never
}

// indent of rows, and of what is to be copied.
const (
	rowIndent   = "    "
	pasteIndent = "        "
)

func paragraph(spare int, text, first, rest string) block {
	return block{lines: strings.Split(wrap(clean(text), first, rest), "\n"), own: true, spare: spare}
}

// blocks are all but the first line, the quote and the footer.
func (m Mail) blocks() (out []block) {
	for d := inFull; d <= inRanges; d++ {
		if d < inRanges && len(m.Values.Rows) > maxTitles {
			continue
		}
		if out = m.told(d); own(out) <= MaxLines {
			return out
		}
	}
	return fit(out)
}

func (m Mail) told(d detail) (out []block) {
	for _, s := range m.Opening {
		out = append(out, paragraph(0, s, "", ""))
	}
	out = append(out, m.Values.blocks(d)...)
	if len(m.Values.Rows) > 0 && m.Before != "" {
		out = append(out, paragraph(1, "The verdict on the version before: "+m.Before+".", "", ""))
	}
	if len(m.Words) > 0 {
		w := block{own: true, lines: []string{"A person's word stands beside this:"}}
		for _, x := range m.Words {
			w.lines = append(w.lines, strings.Split(wrap(clean(x.text()), rowIndent, rowIndent+"  "), "\n")...)
		}
		out = append(out, w)
	}
	return out
}

// blocks are what the judgements say.
func (v Values) blocks(d detail) (out []block) {
	if len(v.Rows) == 0 {
		return nil
	}
	rows := v.rows()
	lead := v.lead()
	if h := v.heading(len(rows)); h != "" {
		lead = append(lead, h)
	}
	out = append(out, paragraph(0, strings.Join(lead, " "), "", ""))
	if len(rows) > 0 {
		out = append(out, table(rows))
	}
	if s := v.Lead.reasons(); s != "" && (!v.Series || v.alone()) {
		out = append(out, paragraph(2, s, "", ""))
	}
	if b := v.patches(d); v.Series && len(b.lines) > 0 {
		out = append(out, b)
	}
	for _, s := range stepsOf(v) {
		out = append(out, paragraph(0, s.text(nil, "Patch", "Patches"), "", ""), block{lines: pasted(s)})
	}
	if s := v.cutOff(); s != "" {
		out = append(out, paragraph(1, s, "", ""))
	}
	return out
}

// table is the rows of branches, each wrapped behind its name.
func table(rows [][2]string) block {
	b := block{own: true}
	for _, r := range rows {
		b.lines = append(b.lines, strings.Split(wrap(clean(r[1]), fmt.Sprintf("%s%-6s ", rowIndent, clean(r[0])), strings.Repeat(" ", 11)),
			"\n")...)
	}
	return b
}

// pasted are lines to be copied. None is wrapped, and what a tool would take for its own
// has a bar, as has all of a text that has such a line.
func pasted(s Step) (out []string) {
	barred := slices.ContainsFunc(s.Lines, func(l string) bool { return !harmless(l) })
	for _, l := range s.Lines {
		switch l = strings.TrimRight(plainLine(l), " "); {
		case barred:
			out = append(out, strings.TrimRight(pasteIndent+bar+l, " "))
		default:
			out = append(out, pasteIndent+l)
		}
	}
	return out
}

// plainLine is a line as its writer set it, of printable characters.
func plainLine(s string) string {
	return strings.TrimRight(change.Plain(strings.ToValidUTF8(s, "?")), " ")
}

// fit keeps the bot's own lines within MaxLines: what can be spared goes first, then
// the last rows.
func fit(in []block) []block {
	for spare := 2; spare > 0 && own(in) > MaxLines; spare-- {
		in = slices.DeleteFunc(in, func(b block) bool { return b.spare == spare })
	}
	for i := len(in) - 1; i >= 0; i-- {
		b := &in[i]
		if over := own(in) - MaxLines; over > 0 && b.own && len(b.lines) > 3 && strings.HasPrefix(b.lines[len(b.lines)-1], rowIndent) {
			keep := max(len(b.lines)-over-1, 1)
			b.lines = append(b.lines[:keep:keep], rowIndent+"and more, for which there is no room here")
		}
	}
	return in
}

// own counts the bot's own lines.
func own(in []block) (n int) {
	for _, b := range in {
		for _, l := range b.lines {
			if b.own && !titleAlone.MatchString(l) {
				n++
			}
		}
	}
	return n
}

func join(in []block) string {
	parts := make([]string, len(in))
	for i, b := range in {
		parts[i] = strings.Join(b.lines, "\n")
	}
	return strings.Join(parts, "\n\n")
}

// Text is the body of the reply.
func (m Mail) Text() (string, error) {
	author := cmp.Or(clean(m.Answers.Writer), clean(m.Answers.From.Name), clean(m.Answers.From.Address))
	var b strings.Builder
	if quote := m.quote(); len(quote) > 0 {
		fmt.Fprintf(&b, "On %s, %s wrote:\n", m.Answers.Date.Format("2 Jan 2006"), cut(author, 34))
		for _, l := range quote {
			b.WriteString(strings.TrimRight("> "+cut(plainLine(l), quoteColumns), " ") + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString(join(m.blocks()) + "\n")
	return guard(b.String()) + m.footer(), nil
}

// footer says who writes, how to stop it, and where the details are, if anywhere.
func (m Mail) footer() string {
	about := m.Answers.ID
	if len(m.Opening) > 0 && m.Values.Lead.ID != "" {
		about = m.Values.Lead.ID // what is answered is a command, or the bot's own mail
	}
	out := []string{"", "-- ", wrap(clean(m.Bot.Name+" "+m.Bot.Version+" is a program and may be wrong; a person's word stands."), "", "")}
	if m.Bot.Contact != "" {
		out = append(out, wrap(clean("To stop these mails, or to talk to a person, write to "+m.Bot.Contact+"."), "", ""))
	}
	if m.Bot.Commands {
		out = append(out, wrap(commands, "", ""))
	}
	if u := m.Bot.detailsURL(about); u != "" {
		out = append(out, "Details: "+u)
	}
	return strings.Join(out, "\n") + "\n"
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
		h.Set("X-Stablebot-Verdict", headerToken(string(lead.Verdict)))
		if lead.Class != "" {
			h.Set("X-Stablebot-Reason", headerToken(string(lead.Class)))
		}
		h.Set("X-Stablebot-Score", fmt.Sprintf("%.2f", lead.Score))
	}
	if m.LeftOut > 0 {
		h.Set("X-Stablebot-Left-Out", strconv.Itoa(m.LeftOut)+" recipients")
	}
	out, err := compose(h, m.Bot, m.Key, text)
	if err != nil {
		return nil, fmt.Errorf("composing the reply to <%s>: %w", m.Answers.ID, err)
	}
	return out, nil
}

// compose writes a mail with what every mail of the bot has.
func compose(h mail.Header, bot Bot, key, text string) ([]byte, error) {
	h.Set("X-Stablebot-Result", Result(key))
	h.Set("X-Stablebot-Version", headerToken(bot.Version))
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
	return out.Bytes(), err
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

// headerToken is the value of an X- field: visible ASCII.
func headerToken(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, s)
}
