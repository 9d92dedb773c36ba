package github

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
)

// maxComment is the longest comment of GitHub, 65,536 characters, in bytes that are read.
const maxComment = 64 << 10

// parseCommands finds the commands in a comment. A command begins a line of a
// paragraph that its reader sees as the writer's own words: not in a quote, a list, code,
// HTML or a comment, as GitHub's Markdown has it, and not in a mail that a mail program
// copied. What cannot be understood is a refused command, so that its author learns that.
func parseCommands(body string) (out []flow.Command) {
	if !strings.Contains(body, commandWord) || tooDeep(body) {
		return nil
	}
	src := []byte(ownWords(body[:min(len(body), maxComment)]))
	var inside elements // those that have Markdown in them
	hidden := 0         // up to here a comment goes on that a block of HTML has left open
	for n := goldmark.DefaultParser().Parse(text.NewReader(src)).FirstChild(); n != nil; n = n.NextSibling() {
		switch n.Kind() {
		case ast.KindHTMLBlock:
			block := n.(*ast.HTMLBlock)
			text := whole(block, src)
			if block.HTMLBlockType == ast.HTMLBlockType1 || block.HTMLBlockType >= ast.HTMLBlockType6 {
				inside.read(comment.ReplaceAll(text, nil)) // the others have no elements
			}
			if from := bytes.LastIndex(text, []byte("<!--")); from > bytes.LastIndex(text, []byte("-->")) {
				hidden = commentEnd(src, n.Lines().At(n.Lines().Len()-1).Stop)
			}
		case ast.KindParagraph:
			if len(inside) == 0 && n.Lines().At(0).Start >= hidden {
				out = commandsIn(n, src, out)
			}
		}
	}
	return out
}

// What is parsed of a comment: the parser keeps something for each open block and line.
const (
	maxCommentLines = 5000
	maxDepth        = 40 // bytes of blanks, marks and digits at the beginning of a line
)

// tooDeep reports whether a comment is no text of people: blocks nested deeply, or
// lines without number.
func tooDeep(body string) bool {
	lines := 0
	for line := range strings.Lines(body) {
		marks := len(line) - len(strings.TrimLeft(line, " \t>-+*0123456789.)"))
		rule := strings.Trim(line, "-*_ \t\r\n") == "" // or an empty line
		if lines++; lines > maxCommentLines || marks > maxDepth && !rule {
			return true
		}
	}
	return false
}

// commentEnd is where a comment that is open at a place ends.
func commentEnd(src []byte, at int) int {
	if i := bytes.Index(src[at:], []byte("-->")); i >= 0 {
		return at + i
	}
	return len(src)
}

// commandsIn adds the commands of a paragraph.
func commandsIn(paragraph ast.Node, src []byte, out []flow.Command) []flow.Command {
	for n := paragraph.FirstChild(); n != nil && len(out) < maxCommands; n = n.NextSibling() {
		t, ok := n.(*ast.Text)
		if !ok || !beginsLine(src, t.Segment.Start) {
			continue
		}
		line, _, _ := bytes.Cut(src[t.Segment.Start:], []byte("\n"))
		words, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\t "), commandWord)
		if ok && (words == "" || words[0] == ' ' || words[0] == '\t') {
			out = append(out, parseCommand(words))
		}
	}
	return out
}

// beginsLine reports whether only blanks stand before a place in its line.
func beginsLine(src []byte, at int) bool {
	for at > 0 && src[at-1] == ' ' {
		at--
	}
	return at == 0 || src[at-1] == '\n'
}

// whole is a block of HTML with the line that ends it, which the parser keeps apart.
func whole(block *ast.HTMLBlock, src []byte) []byte {
	text := block.Lines().Value(src)
	if block.HasClosure() {
		text = append(text, block.ClosureLine.Value(src)...)
	}
	return text
}

// comment is one of HTML, or one that its block leaves open.
var comment = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)`)

var holds = regexp.MustCompile(`(?i)<(/?)(blockquote|details|div|section|table|td|template|pre|code|ul|ol|li)\b`)

// maxOpen bounds the elements that are open. A comment of people has a few.
const maxOpen = 100

// elements are those that are open, the outermost first.
type elements []string

// read goes on with a block of HTML. Nobody has to end an item of a list or a cell: the next
// one ends it, or what it stands in does.
func (e *elements) read(block []byte) {
	for _, m := range holds.FindAllSubmatch(block, -1) {
		name := strings.ToLower(string(m[2]))
		last := len(*e) - 1
		for last >= 0 && (*e)[last] != name {
			last--
		}
		switch {
		case len(m[1]) > 0:
			if last >= 0 {
				*e = (*e)[:last]
			}
		case (name == "li" || name == "td") && last >= 0 && last == len(*e)-1:
		case len(*e) < maxOpen:
			*e = append(*e, name)
		}
	}
}

// ownWords is a comment without what a mail program copied below its writer's words. A
// rule of Markdown, or the line below a title, is no signature.
func ownWords(body string) string {
	end := 0
	for l := range mail.Lines(rule.ReplaceAllString(body, "***")) {
		end = l.N
	}
	lines := strings.SplitAfter(body, "\n")
	return strings.Join(lines[:min(end, len(lines))], "")
}

var rule = regexp.MustCompile(`(?m)^ {0,3}-[- \t]*-[- \t\r]*$`)
