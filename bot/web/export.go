package web

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// exportRows is how much one export holds.
const (
	exportRows = 10000
	exportPage = 500
)

// export sends what f makes of everything that the filter selects, up to
// exportRows. What was cut off is told before the first byte: in the file's name, which stays
// with the file, and as the address where it goes on.
func (s *Server) export(w http.ResponseWriter, r *http.Request, kind, ending string, f func(io.Writer, filter, []store.Found) error) error {
	fl, err := readFilter(r)
	if err != nil {
		return err
	}
	q := fl.query(s.sums.get(r.Context()).newer)
	q.Limit = min(exportPage, s.exportRows)
	var rows []store.Found
	for n := 0; n < s.exportRows; n += q.Limit {
		p, err := s.Reader.Search(r.Context(), q)
		if err != nil {
			return err
		}
		rows = append(rows, p.Rows...)
		if q.After = p.Next; q.After == "" {
			break
		}
	}
	name := "changes"
	if fl.After != "" {
		name += "-continued"
	}
	if q.After != "" {
		name += fmt.Sprintf("-first-%d", s.exportRows)
		v := fl.values()
		v.Set("after", q.After)
		w.Header().Set("Link", "<"+r.URL.Path+"?"+v.Encode()+`>; rel="next"`)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+ending+`"`)
	return f(w, fl, rows)
}

func (s *Server) changesCSV(w http.ResponseWriter, r *http.Request) error {
	return s.export(w, r, "text/csv; charset=utf-8", ".csv", func(to io.Writer, f filter, rows []store.Found) error {
		c := csv.NewWriter(to)
		head := []string{"id", "kind", "judged_at", "posted", "verdict", "reason_class", "mixed", "score", "lines_with_context", "added",
			"removed", "files",
			"subject", "author", "list", "silicon"}
		if f.Branch != "" {
			head = append(head, "branch", "cell", "state", "applies", "pile_lines", "prerequisites")
		}
		_ = c.Write(head)
		for _, x := range rows {
			var chips []string
			for _, h := range x.Chips {
				chips = append(chips, h.Name)
			}
			line := []string{x.ID, string(x.Kind), x.Judged.UTC().Format(time.RFC3339), x.Posted, string(x.Verdict), string(x.Class),
				strconv.FormatBool(x.Mixed),
				fmt.Sprintf("%.3f", x.Score), strconv.Itoa(x.Size.LinesWithContext), strconv.Itoa(x.Size.Added), strconv.Itoa(x.Size.Removed),
				strconv.Itoa(x.Size.Files),
				x.Subject, x.Author, x.List, strings.Join(chips, " ")}
			if f.Branch != "" {
				p := x.At
				if p == nil {
					p = &store.Place{}
				}
				line = append(line, f.Branch, p.Cell, string(p.State), string(p.Applies), strconv.Itoa(p.Lines), strconv.Itoa(p.First))
			}
			for i := range line {
				line[i] = cell(line[i])
			}
			_ = c.Write(line)
		}
		c.Flush()
		return c.Error() // of any of the writes
	})
}

// cell keeps a stranger's text from being a formula of a spreadsheet; a number is none.
func cell(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err != nil && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (s *Server) changesJSON(w http.ResponseWriter, r *http.Request) error {
	return s.export(w, r, "application/json", ".json", func(to io.Writer, f filter, rows []store.Found) error {
		list := make([]apiFound, len(rows))
		for i, x := range rows {
			list[i] = foundOf(x, f.Branch)
		}
		enc := json.NewEncoder(to)
		enc.SetEscapeHTML(false)
		return enc.Encode(list)
	})
}

// An Atom feed (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomPerson  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	atomEntry struct {
		ID       string     `xml:"id"`
		Title    string     `xml:"title"`
		Updated  string     `xml:"updated"`
		Author   atomPerson `xml:"author"`
		Links    []atomLink `xml:"link"`
		Category []struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
		Summary atomText `xml:"summary"`
	}
)

func (s *Server) changesAtom(w http.ResponseWriter, r *http.Request) error {
	f, p, sum, err := s.find(r)
	if err != nil {
		return err
	}
	base := s.base(r)
	feed := atomFeed{ID: cmp.Or(base, "urn:stablebot:") + f.URL("/changes"), Title: s.Name + ": changes", Author: atomPerson{s.Name},
		Updated: sum.At.UTC().Format(time.RFC3339),
		Links:   []atomLink{{"self", base + f.URL("/changes.atom")}, {"", base + f.URL("/changes")}}}
	if says := f.says(); says != "" {
		feed.Title += ": " + says
	}
	if len(p.Rows) > 0 {
		feed.Updated = p.Rows[0].Judged.UTC().Format(time.RFC3339)
	}
	for _, x := range p.Rows {
		e := atomEntry{ID: cmp.Or(base, "urn:stablebot:") + changeURL(x.ID), Title: fmt.Sprintf("[%s] %s", x.Verdict, clean(x.Subject)),
			Updated: x.Judged.UTC().Format(time.RFC3339),
			Author:  atomPerson{clean(x.Author)}, Links: []atomLink{{"", base + changeURL(x.ID)}}}
		e.Summary = atomText{"text", fmt.Sprintf("%s, score %.2f, %s with context in %s", label(x.Verdict, x.Class), x.Score,
			change.Count(x.Size.LinesWithContext, "line"), change.Count(x.Size.Files, "file"))}
		e.Category = append(e.Category, struct {
			Term string `xml:"term,attr"`
		}{string(x.Verdict)})
		feed.Entries = append(feed.Entries, e)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	if _, err := fmt.Fprint(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(feed)
}

// base is the address of these pages for readers elsewhere: the configured one, or
// a name of this machine. A request can name any other host, and a feed that is
// handed on would lead there; its links are relative then.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.URL != "":
		return strings.TrimRight(s.URL, "/")
	case loopbackName(r.Host) && r.TLS != nil:
		return "https://" + r.Host
	case loopbackName(r.Host):
		return "http://" + r.Host
	}
	return ""
}

// clean leaves out what XML cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

func label(v verdict.Verdict, c verdict.Class) string {
	if c != "" {
		return string(v) + " (" + string(c) + ")"
	}
	return string(v)
}

// badgeColors pass 4.5:1 against white.
var badgeColors = map[verdict.Verdict]string{
	verdict.StableEligible: "#1a7f37", verdict.DKMSOnly: "#a04100", verdict.Wait: "#7d5d00", verdict.Uncertain: "#6639ba",
	verdict.NotNeeded: "#57606a", verdict.OutOfScope: "#57606a",
}

func (s *Server) changeBadge(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Reader.Show(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeSVG(w, badge("stable", label(c.Judged.Verdict, c.Judged.ReasonClass), badgeColors[c.Judged.Verdict]))
}

func (s *Server) branchBadge(w http.ResponseWriter, r *http.Request) error {
	for _, b := range s.sums.get(r.Context()).Branches {
		if b.Name == r.PathValue("name") {
			color := "#1a7f37"
			if b.Lacks() > 0 {
				color = "#a04100"
			}
			return writeSVG(w, badge(b.Name, plural(b.Lacks(), "fix missing", "fixes missing"), color))
		}
	}
	return &problem{http.StatusNotFound, "No judgement speaks of a branch of that name."}
}

// badge draws two words side by side. A letter is taken for 6.6 pixels wide,
// which DejaVu and Verdana at 11 pixels are on average; textLength makes it so.
func badge(left, right, color string) string {
	wide := func(s string) int { return int(6.6*float64(len([]rune(s)))) + 12 }
	a, b := wide(left), wide(right)
	var d drawing
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="20" role="img" aria-label="%s: %s"><title>%s: %s</title>`,
		a+b, html.EscapeString(left), html.EscapeString(right), html.EscapeString(left), html.EscapeString(right))
	d.f(`<rect width="%d" height="20" rx="3" fill="#3b434b"/><path fill="%s" d="M%d 0h%dq3 0 3 3v14q0 3-3 3h-%dz"/>`, a+b, color, a, b-3, b-3)
	d.f(`<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="6" y="14" textLength="%d">%s</text><text x="%d" y="14" textLength="%d">%s</text></g></svg>`,
		a-12, html.EscapeString(left), a+6, b-12, html.EscapeString(right))
	return d.String()
}
