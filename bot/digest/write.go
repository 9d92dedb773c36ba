package digest

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/change"
)

// Text is the digest as plain text. pages is where readers reach the pages, "" where they
// do not: no link is written then.
func (d *Digest) Text(pages string) string {
	var b strings.Builder
	b.WriteString(d.Title() + ".\n")
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n%s (%d)\n", s.Title, s.Count())
		if s.Do != "" {
			b.WriteString(report.Paragraph(s.Do, "", "") + "\n")
		}
		b.WriteString("\n")
		for _, r := range s.Rows {
			r.text(&b, pages)
		}
		if more := s.Count() - len(s.Rows); more > 0 {
			fmt.Fprintf(&b, "  and %d more%s\n", more, at(pages, s.More))
		}
	}
	return b.String()
}

func at(pages string, u URL) string {
	if pages == "" || u == "" {
		return ""
	}
	return ": " + strings.TrimRight(pages, "/") + string(u)
}

func (r Row) text(b *strings.Builder, pages string) {
	b.WriteString(report.Paragraph(r.Title, "  ", "    ") + "\n")
	if r.Why != "" {
		b.WriteString(report.Paragraph(r.Why, "      ", "      ") + "\n")
	}
	switch {
	case pages != "" && r.URL != "":
		b.WriteString("      " + strings.TrimRight(pages, "/") + string(r.URL) + "\n")
	case r.Next != "":
		b.WriteString("      " + r.Next + "\n")
	case r.ID != "":
		b.WriteString("      " + r.ID + "\n")
	}
}

// Mail is what a digest is sent in.
type Mail struct {
	Bot   report.Bot
	To    []string
	Key   string
	Date  time.Time
	Pages string
}

// Bytes is the mail, with CRLF line ends.
func (m Mail) Bytes(d *Digest) ([]byte, error) {
	var to []change.Person
	for _, a := range m.To {
		to = append(to, change.Person{Address: a})
	}
	return report.Notice{Bot: m.Bot, To: to, Key: m.Key, Date: m.Date, Subject: "[" + m.Bot.Name + "] " + d.Title(),
		Text: d.Text(m.Pages)}.Bytes()
}

// Mbox writes a mail as an mbox of one.
func Mbox(w io.Writer, from string, date time.Time, raw []byte) error {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	var b bytes.Buffer
	fmt.Fprintf(&b, "From %s %s\n", from, date.UTC().Format(time.ANSIC))
	for line := range bytes.Lines(raw) {
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			b.WriteByte('>')
		}
		b.Write(line)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("digest").Parse(pageText))

// HTML writes the digest as one page that needs nothing else.
func (d *Digest) HTML(w io.Writer, pages string) error {
	base := strings.TrimRight(pages, "/")
	return page.Execute(w, struct {
		*Digest
		Link func(URL) string
	}{d, func(u URL) string {
		if base == "" || u == "" {
			return ""
		}
		return base + string(u)
	}})
}
