package worklist

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// JSON writes it as one object.
func (l *List) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(l)
}

// Text writes it for a terminal.
func (l *List) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, compared with mainline %.12s\n", change.Plain(l.Vendor), change.Plain(l.Tag), l.Mainline)
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, k := range l.Kernels {
		fmt.Fprintf(tw, "\n%s lacks %s\n", k.Name, number(len(k.Fixes), "fix", "fixes"))
		for _, f := range k.Fixes {
			fmt.Fprintf(tw, "  %.12s\t%s\t%s\t%s\n", f.Commit, f.Package, f.Way(), change.Plain(f.Title))
		}
	}
	for _, g := range l.Groups() {
		fmt.Fprintf(tw, "\n%s: %d\n", g.Say, len(g.Own))
		for _, o := range g.Own {
			fmt.Fprintf(tw, "  %s\t%s\t%s\n", Name(o), Hunks(o), change.Plain(o.Title))
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, n := range l.Notes {
		fmt.Fprintf(&b, "\nnote: %s\n", change.Plain(n))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Way is how the fix comes to users of the kernel.
func (f Fix) Way() string {
	if f.Stays {
		return string(verdict.DKMSOnly)
	}
	return "not arrived: " + string(f.State)
}

// Group is what the package has of its own, of one kind.
type Group struct {
	Say string
	Own []export.Own
}

// Groups are what to drop, what to send upstream, and what a person has to compare.
func (l *List) Groups() []Group {
	out := []Group{{Say: "mainline has it now: drop it"}, {Say: "mainline has none of it: send it upstream"}, {Say: "mainline has a part: compare by hand"}, {Say: "for other kernels: it stays in the package"}}
	for _, o := range l.Own {
		switch {
		case o.InMainline():
			out[0].Own = append(out[0].Own, o)
		case o.Compat():
			out[3].Own = append(out[3].Own, o)
		case o.Alone():
			out[1].Own = append(out[1].Own, o)
		default:
			out[2].Own = append(out[2].Own, o)
		}
	}
	return out
}

// Name is what people call it: a commit by its first digits, a file by its path.
func Name(o export.Own) string {
	if o.Kind == export.OwnCommit {
		return o.Name[:min(12, len(o.Name))]
	}
	if o.Kind == export.OwnFiles {
		return change.Plain(o.Name) + "/"
	}
	return change.Plain(o.Name)
}

// Hunks says how much of it mainline has.
func Hunks(o export.Own) string {
	if o.Kind == export.OwnFiles {
		return number(o.All, "file", "files") + " that mainline does not have"
	}
	return fmt.Sprintf("%s, %d of %s in mainline", o.Kind, o.In, change.Count(o.All, "hunk"))
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"name": Name, "hunks": Hunks, "number": number}).Parse(pageText))

// HTML writes it as one page.
func (l *List) HTML(w io.Writer) error { return page.Execute(w, l) }
