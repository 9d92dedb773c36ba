package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/change"
)

// row is an item for programs.
type row struct {
	Branch     string    `json:"branch"`
	Commit     string    `json:"commit"`
	Title      string    `json:"title"`
	Upstream   string    `json:"upstream,omitempty"`
	Named      string    `json:"named,omitempty"`
	Release    string    `json:"release,omitempty"`
	Content    Class     `json:"content,omitempty"`
	Hunks      []Hunk    `json:"hunks,omitempty"`
	Ladder     string    `json:"ladder,omitempty"`
	Sound      bool      `json:"sound"`
	Findings   []Finding `json:"findings"`
	NotChecked []string  `json:"not_checked,omitempty"`
}

// JSON writes an object a line.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, it := range r.Items {
		x := row{r.Branch, it.ID, it.Title, it.Upstream, it.Named, it.Release, it.Class, it.Hunks, it.Ladder, it.Sound(), it.Findings, it.Unchecked}
		if x.Findings == nil {
			x.Findings = []Finding{}
		}
		if err := e.Encode(x); err != nil {
			return err
		}
	}
	return nil
}

// Text writes what has findings, a line for the commit and one or more for each finding,
// and what all comes to; no line is longer than width. With all what is sound is written too.
func (r *Report) Text(w io.Writer, width int, all bool) error {
	var b strings.Builder
	for _, it := range r.Items {
		if it.Sound() && !all {
			continue
		}
		fmt.Fprintf(&b, "%.12s  %-7s  %s\n", it.ID, dash(string(it.Class)), clip(change.Plain(it.Title), width-23))
		for _, f := range it.Findings {
			wrap(&b, string(f.Kind)+": "+change.Plain(f.Text), width)
		}
		if all {
			for _, u := range it.Unchecked {
				wrap(&b, "not checked: "+change.Plain(u), width)
			}
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	for _, line := range r.sums() {
		wrapTo(&b, "", line, width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sums say what all comes to.
func (r *Report) sums() []string {
	classes := map[Class]int{}
	found := map[Kind]int{}
	unchecked := 0
	for _, it := range r.Items {
		classes[it.Class]++
		if len(it.Unchecked) > 0 {
			unchecked++
		}
		seen := map[Kind]bool{}
		for _, f := range it.Findings {
			if !seen[f.Kind] {
				found[f.Kind]++
			}
			seen[f.Kind] = true
		}
	}
	out := []string{fmt.Sprintf("%s: %s; content %d exact, %d context, %d differs, %d not compared", r.Branch,
		counted(len(r.Items), "commit"), classes[Exact], classes[Context], classes[Different], classes[NoClass])}
	var parts []string
	for _, k := range kinds {
		if found[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", found[k], k))
		}
	}
	switch n := r.Findings(); n {
	case 0:
		out = append(out, "nothing found")
	default:
		out = append(out, fmt.Sprintf("%s with findings: %s", counted(n, "commit"), strings.Join(parts, ", ")))
	}
	if unchecked > 0 {
		out = append(out, fmt.Sprintf("of %s not all could be checked; --all and --json say what", counted(unchecked, "commit")))
	}
	return out
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// wrap writes a paragraph below a commit.
func wrap(b *strings.Builder, text string, width int) { wrapTo(b, "    ", text, width) }

// wrapTo writes a paragraph, its second and further lines indented a little more. A word
// that is longer than a line is cut.
func wrapTo(b *strings.Builder, indent, text string, width int) {
	line := indent
	first := true
	for word := range strings.FieldsSeq(text) {
		if !first && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line, first = indent+"  ", true
		}
		if !first {
			line += " "
		}
		line += clip(word, width-utf8.RuneCountInString(line))
		first = false
	}
	b.WriteString(line + "\n")
}

func clip(s string, n int) string {
	r := []rune(s)
	if n < 2 || len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Markdown writes a comment for a review: a table of what has findings.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	for i, line := range r.sums() {
		if i == 0 {
			fmt.Fprintf(&b, "**%s**\n\n", escaped(line))
			continue
		}
		fmt.Fprintf(&b, "%s\n\n", escaped(line))
	}
	if r.Findings() > 0 {
		b.WriteString("| commit | content | finding | |\n|---|---|---|---|\n")
	}
	for _, it := range r.Items {
		for i, f := range it.Findings {
			commit, class := "", ""
			if i == 0 {
				commit, class = fmt.Sprintf("`%.12s` %s", it.ID, escaped(it.Title)), dash(string(it.Class))
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", commit, class, f.Kind, escaped(f.Text))
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

var markup = strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "'", "[", `\[`, "@", "@\u200b", "\n", " ")

// escaped keeps strangers' text from being markup, and from calling people.
func escaped(s string) string { return markup.Replace(change.Plain(s)) }

// Upstreams are the mainline commits of several reports, oldest first, each with its item
// by branch.
func upstreams(rs []*Report) (rows []pageRow) {
	at := map[string]int{}
	for i, r := range rs {
		for _, it := range r.Items {
			key := it.Upstream
			if key == "" {
				key = it.ID
			}
			n, ok := at[key]
			if !ok {
				n = len(rows)
				at[key] = n
				rows = append(rows, pageRow{Upstream: it.Upstream, Title: it.Title, Release: it.Release, Cells: make([]*Item, len(rs))})
			}
			rows[n].Cells[i] = it
			rows[n].Found = rows[n].Found || !it.Sound()
		}
	}
	return slices.Clip(rows)
}

// pageRow is one mainline commit on the page.
type pageRow struct {
	Upstream, Title, Release string
	Cells                    []*Item // by report; nil where it has none
	Found                    bool
}
