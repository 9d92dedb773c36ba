package pile

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/change"
)

// The measures of the picture, in pixels.
const (
	rowHeight = 46
	boxHeight = 34
	boxWidth  = 620
	laneFirst = 18 // from a commit to the nearest line
	laneStep  = 13 // between two lines
	headSpace = 58
	margin    = 20
	titleMost = 74 // runes of a title that fit the box

	laneColours = 4 // neighbours differ
)

// SVG draws for each branch with prerequisites what depends on what: the commits
// from top to bottom in the order in which they go in, the change last, and from
// each a line with arrows to what it needs. The description says the same in
// words.
func (p *Plan) SVG(w io.Writer) error {
	var body strings.Builder
	y, wide := margin, 0
	for i := range p.Branches {
		br := p.at(i)
		_, n := p.lanes(&br)
		wide = max(wide, n)
	}
	left := margin + laneFirst + max(wide, 1)*laneStep
	var said []string
	for i := range p.Branches {
		br := p.at(i)
		if len(br.Steps) == 0 {
			continue
		}
		y = p.drawBranch(&body, &br, y, left)
		said = append(said, fmt.Sprintf("%s needs %s commits first, %s lines with context", br.Name, br.drawn(len(br.Steps)), br.drawn(br.Lines)))
		for n, s := range br.Steps {
			for _, y := range s.Why {
				said = append(said, fmt.Sprintf("%d %.9s %s", n+1, s.ID, br.Because(y)))
			}
		}
	}
	if len(said) == 0 {
		fmt.Fprintf(&body, `<text class="head" x="%d" y="%d">%s</text>`, margin, y+20, escape(clip(p.Subject, titleMost)))
		fmt.Fprintf(&body, `<text class="soft" x="%d" y="%d">No branch needs anything before it.</text>`, margin, y+44)
		y += 70
		said = append(said, "no branch needs anything before it")
	}
	width := left + boxWidth + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`, width, y+margin, width, y+margin)
	fmt.Fprintf(&b, "\n<title id=\"t\">What %s stands on</title>\n<desc id=\"d\">%s</desc>\n", escape(p.Subject),
		escape(strings.Join(said, "; ")))
	b.WriteString(`<style>
svg { --paper: #fcfcfa; --ink: #1d2226; --soft: #5b646c; --box: #f0f2ee; --edge: #b9c0bc; --own: #dbe8f6; --ownedge: #2563a8; --arc: #2563a8; --arc1: #a2500f; --arc2: #2c7355; --arc3: #7a4a9c; }
@media (prefers-color-scheme: dark) { svg { --paper: #16191c; --ink: #e3e6e8; --soft: #a2acb4; --box: #22272b; --edge: #4a5259; --own: #1c3450; --ownedge: #6aa9ec; --arc: #6aa9ec; --arc1: #e2a06b; --arc2: #74c39f; --arc3: #c39be0; } }
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
.head { font-size: 16px; font-weight: 600; }
.soft { fill: var(--soft); font-size: 12px; }
.id { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; fill: var(--soft); }
.paper { fill: var(--paper); }
.box { fill: var(--box); stroke: var(--edge); }
.own { fill: var(--own); stroke: var(--ownedge); stroke-width: 1.5; }
.arc { fill: none; stroke: var(--arc); stroke-width: 1.5; stroke-linejoin: round; }
.tip { fill: var(--arc); }
.l1 { --arc: var(--arc1); } .l2 { --arc: var(--arc2); } .l3 { --arc: var(--arc3); }
.lane:hover .arc { stroke-width: 3; }
</style>
`)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n%s</svg>\n", width, y+margin, body.String())
	_, err := io.WriteString(w, b.String())
	return err
}

// lane is what one commit needs: a line beside the commits, from it up to the
// first of them, with an arrow to each.
type lane struct {
	by, first, last int
	needs           []int
	why             map[int][]string
	at              int // 0 is nearest to the commits
}

// lanes lays the lines out so that none covers another, short ones inside.
func (p *Plan) lanes(br *Branch) (out []*lane, wide int) {
	row := map[string]int{"": len(br.Steps), p.Mainline: len(br.Steps), p.ID: len(br.Steps)}
	for n, s := range br.Steps {
		row[s.ID] = n
	}
	of := map[int]*lane{}
	for n, s := range br.Steps {
		for _, r := range s.Why {
			by, ok := row[r.By]
			if !ok || by == n {
				continue
			}
			l := of[by]
			if l == nil {
				l = &lane{by: by, first: by, last: by, why: map[int][]string{}}
				of[by] = l
				out = append(out, l)
			}
			if l.why[n] == nil {
				l.needs = append(l.needs, n)
			}
			l.why[n] = append(l.why[n], r.Reason)
			l.first, l.last = min(l.first, n), max(l.last, n)
		}
	}
	slices.SortFunc(out, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.last-a.first, b.last-b.first), cmp.Compare(a.by, b.by))
	})
	for i, l := range out {
		for slices.ContainsFunc(out[:i], func(o *lane) bool { return o.at == l.at && o.first <= l.last && l.first <= o.last }) {
			l.at++
		}
		wide = max(wide, l.at+1)
	}
	return out, wide
}

// drawn is a number of a pile that may not be all of it.
func (b *Branch) drawn(n int) string {
	if b.More || len(b.Beyond) > 0 {
		return fmt.Sprintf("more than %d", n)
	}
	return fmt.Sprint(n)
}

func (p *Plan) drawBranch(b *strings.Builder, br *Branch, y, left int) int {
	fmt.Fprintf(b, `<text class="head" x="%d" y="%d">%s</text>`, margin, y+18, escape("For "+br.Name+": "+br.drawn(len(br.Steps))+" first, "+br.drawn(br.Lines)+" lines with context"))
	if len(br.Files) > 0 { // a plan made of a stored judgement has ids alone
		fmt.Fprintf(b, `<text class="soft" x="%d" y="%d">%s</text>`+"\n", margin, y+38, escape(fmt.Sprintf("%s; %s", change.Count(len(br.Files), "file"), clip(strings.Join(br.Subsystems, ", "), 90))))
	}
	top := y + headSpace
	title := func(n int) string {
		if n < len(br.Steps) {
			return fmt.Sprintf("%.9s", br.Steps[n].ID)
		}
		return "the change"
	}
	lanes, _ := p.lanes(br)
	for _, l := range lanes {
		// What leaves a commit does so below the middle, what comes to it above.
		x, from := left-laneFirst-l.at*laneStep, top+l.by*rowHeight+boxHeight-9
		into := func(n int) int { return top + n*rowHeight + 12 }
		fmt.Fprintf(b, `<g class="lane l%d"><path class="arc" d="M%d %dH%dV%d"/>`, l.at%laneColours, left, from, x, min(from, into(l.first)))
		if l.last > l.by {
			fmt.Fprintf(b, `<path class="arc" d="M%d %dV%d"/>`, x, from, into(l.last))
		}
		for _, n := range l.needs {
			fmt.Fprintf(b, `<g><title>%s</title><path class="arc" d="M%d %dH%d"/><circle class="tip" cx="%d" cy="%d" r="2.5"/><path class="tip" d="M%d %dl-8 -4v8z"/></g>`,
				escape(title(l.by)+" needs "+title(n)+": "+strings.Join(l.why[n], "; ")), x, into(n), left-6, x, into(n), left, into(n))
		}
		b.WriteString("</g>\n")
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
	b.WriteString("digraph pile {\n\trankdir=LR\n\tnode [shape=box style=rounded fontname=\"sans-serif\" fontsize=11]\n\tedge " +
		"[fontname=\"sans-serif\" fontsize=9]\n")
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
		fmt.Fprintf(&b, "\tsubgraph %s {\n\t\tlabel=%s\n", quote("cluster_"+br.Name),
			quote(fmt.Sprintf("%s: %s lines with context", br.Name, br.drawn(br.Lines))))
		fmt.Fprintf(&b, "\t\t%s [penwidth=2 label=%s]\n", name(""), quote(fmt.Sprintf("%s\n%s", clip(p.Subject, 60),
			change.Count(p.Size.LinesWithContext, "line"))))
		for n, s := range br.Steps {
			fmt.Fprintf(&b, "\t\t%s [label=%s]\n", name(s.ID), quote(fmt.Sprintf("%d. %.12s %s\n%s", n+1, s.ID, clip(s.Title, 60),
				change.Count(s.Lines, "line"))))
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
	_ = xml.EscapeText(&b, []byte(change.Plain(s))) // a Builder does not fail
	return b.String()
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
