package pile

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The measures of the picture, in pixels.
const (
	rowHeight = 46
	boxHeight = 34
	boxWidth  = 620
	arcStep   = 16  // between two arcs
	arcMost   = 140 // beyond this, arcs share a place
	headSpace = 58
	margin    = 20
	titleMost = 74 // runes of a title that fit the box
)

// SVG draws for each branch with prerequisites what depends on what: the commits
// from top to bottom in the order in which they go in, the change last, and an
// arc from each to what it needs.
func (p *Plan) SVG(w io.Writer) error {
	var body strings.Builder
	y := margin
	var said []string
	for i := range p.Branches {
		br := p.at(i)
		if len(br.Steps) == 0 {
			continue
		}
		y = p.drawBranch(&body, &br, y)
		said = append(said, fmt.Sprintf("%s needs %s commits first, %s lines with context", br.Name, br.count(), br.lines(0, "")))
	}
	if len(said) == 0 {
		fmt.Fprintf(&body, `<text class="head" x="%d" y="%d">%s</text>`, margin, y+20, escape(clip(p.Subject, titleMost)))
		fmt.Fprintf(&body, `<text class="soft" x="%d" y="%d">No branch needs anything before it.</text>`, margin, y+44)
		y += 70
		said = append(said, "no branch needs anything before it")
	}
	width := margin + arcMost + boxWidth + 40 + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`, width, y+margin, width, y+margin)
	fmt.Fprintf(&b, "\n<title id=\"t\">What %s stands on</title>\n<desc id=\"d\">%s</desc>\n", escape(p.Subject), escape(strings.Join(said, "; ")))
	b.WriteString(`<style>
svg { --paper: #fcfcfa; --ink: #1d2226; --soft: #5b646c; --box: #f0f2ee; --edge: #b9c0bc; --own: #dbe8f6; --ownedge: #2563a8; --arc: #2563a8; }
@media (prefers-color-scheme: dark) { svg { --paper: #16191c; --ink: #e3e6e8; --soft: #a2acb4; --box: #22272b; --edge: #4a5259; --own: #1c3450; --ownedge: #6aa9ec; --arc: #6aa9ec; } }
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
.head { font-size: 16px; font-weight: 600; }
.soft { fill: var(--soft); font-size: 12px; }
.id { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; fill: var(--soft); }
.paper { fill: var(--paper); }
.box { fill: var(--box); stroke: var(--edge); }
.own { fill: var(--own); stroke: var(--ownedge); stroke-width: 1.5; }
.arc { fill: none; stroke: var(--arc); stroke-width: 1.5; opacity: .75; }
.arc:hover { opacity: 1; stroke-width: 3; }
.tip { fill: var(--arc); }
</style>
`)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n%s</svg>\n", width, y+margin, body.String())
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Plan) drawBranch(b *strings.Builder, br *Branch, y int) int {
	left := margin + arcMost
	fmt.Fprintf(b, `<text class="head" x="%d" y="%d">%s</text>`, margin, y+18, escape("For "+br.Name+": "+br.count()+" first, "+br.lines(0, "")+" lines with context"))
	if len(br.Files) > 0 { // a plan made of a stored judgement has ids alone
		fmt.Fprintf(b, `<text class="soft" x="%d" y="%d">%s</text>`+"\n", margin, y+38, escape(fmt.Sprintf("%d files; %s", len(br.Files), clip(strings.Join(br.Subsystems, ", "), 90))))
	}
	top := y + headSpace
	row := map[string]int{"": len(br.Steps), p.Mainline: len(br.Steps), p.ID: len(br.Steps)}
	for n, s := range br.Steps {
		row[s.ID] = n
	}
	middle := func(n int) int { return top + n*rowHeight + boxHeight/2 }
	for n, s := range br.Steps {
		// All reasons between the same two commits are one arc.
		var needs []int
		why := map[int][]string{}
		for _, r := range s.Why {
			by, ok := row[r.By]
			if !ok || by == n {
				continue
			}
			if why[by] == nil {
				needs = append(needs, by)
			}
			why[by] = append(why[by], r.Reason)
		}
		for _, by := range needs {
			out := min(arcMost-10, 14+arcStep*(max(by-n, n-by)))
			y1, y2 := middle(by), middle(n)
			fmt.Fprintf(b, `<path class="arc" d="M%d %d C%d %d %d %d %d %d"><title>%s</title></path>`, left, y1, left-out, y1, left-out, y2, left-6, y2, escape(strings.Join(why[by], "; ")))
			fmt.Fprintf(b, `<path class="tip" d="M%d %d l-8 -4 v8 z"/>`+"\n", left, y2)
		}
	}
	for n := 0; n <= len(br.Steps); n++ {
		s := Step{ID: p.Mainline, Title: p.Subject, Lines: p.Size.LinesWithContext}
		class := "own"
		if n < len(br.Steps) {
			s, class = br.Steps[n], "box"
		}
		at := top + n*rowHeight
		fmt.Fprintf(b, `<g><title>%s</title><rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="5"/>`, escape(s.Title), class, left, at, boxWidth, boxHeight)
		fmt.Fprintf(b, `<text class="id" x="%d" y="%d">%.9s</text><text x="%d" y="%d">%s</text>`, left+10, at+22, escape(s.ID), left+84, at+22, escape(clip(s.Title, titleMost-8)))
		if s.Lines > 0 {
			fmt.Fprintf(b, `<text class="soft" text-anchor="end" x="%d" y="%d">%d</text>`, left+boxWidth-10, at+22, s.Lines)
		}
		b.WriteString("</g>\n")
	}
	return top + (len(br.Steps)+1)*rowHeight + 14
}

// Dot writes the same for Graphviz.
func (p *Plan) Dot(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph pile {\n\trankdir=LR\n\tnode [shape=box style=rounded fontname=\"sans-serif\" fontsize=11]\n\tedge [fontname=\"sans-serif\" fontsize=9]\n")
	for i := range p.Branches {
		br := p.at(i)
		if len(br.Steps) == 0 {
			continue
		}
		name := func(id string) string {
			if id == "" || id == p.ID || id == p.Mainline {
				id = "change"
			}
			return quote(fmt.Sprintf("%s %.12s", br.Name, id))
		}
		fmt.Fprintf(&b, "\tsubgraph %s {\n\t\tlabel=%s\n", quote("cluster_"+br.Name), quote(fmt.Sprintf("%s: %s lines with context", br.Name, br.lines(0, ""))))
		fmt.Fprintf(&b, "\t\t%s [penwidth=2 label=%s]\n", name(""), quote(fmt.Sprintf("%s\n%d lines", clip(p.Subject, 60), p.Size.LinesWithContext)))
		for n, s := range br.Steps {
			fmt.Fprintf(&b, "\t\t%s [label=%s]\n", name(s.ID), quote(fmt.Sprintf("%d. %.12s %s\n%d lines", n+1, s.ID, clip(s.Title, 60), s.Lines)))
			for _, y := range s.Why {
				fmt.Fprintf(&b, "\t\t%s -> %s [label=%s]\n", name(y.By), name(s.ID), quote(clip(y.Reason, 60)))
			}
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// quote is a string of the dot language.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", " ").Replace(s) + `"`
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(Printable(s))) // a Builder does not fail
	return b.String()
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
