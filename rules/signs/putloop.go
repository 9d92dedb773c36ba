package signs

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// selfPutting are the iterators that give back the element they leave, by the function
// that does it: whoever leaves the loop early has to give back the one in hand, and nobody
// else.
var selfPutting = map[string]*regexp.Regexp{
	"pci_dev_put": regexp.MustCompile(`\b(for_each_pci_dev)\(`),
	"of_node_put": regexp.MustCompile(`\b(for_each_(?:available_|reserved_|)child_of_node|for_each_child_of_node_with_prefix|for_each_node_(?:by_name|by_type|with_property)|` +
		`for_each_compatible_node|for_each_matching_node(?:_and_match)?|for_each_of_cpu_node|for_each_endpoint_of_node|for_each_of_graph_port(?:_endpoint)?)\(`),
	"fwnode_handle_put": regexp.MustCompile(`\b(fwnode_for_each_(?:available_|)(?:child_node|parent_node)|device_for_each_child_node|fwnode_graph_for_each_endpoint)\(`),
}

// putCall is a line that gives back a reference.
var putCall = regexp.MustCompile(`^(\s+)(pci_dev_put|of_node_put|fwnode_handle_put)\((\w+)\);\s*$`)

// Put is a line that gives back what an iterator gives back itself.
type Put struct {
	At             Evidence
	Name, Iterator string
	Shown          bool // the hunk shows the iterator around it, or the message says that it is
	Only           bool // nothing else changes
}

// PutTwice finds a line that gives back what the iterator around it gives back itself when
// it goes on: a put too many, whatever the message says of a leak. The iterator is the one
// that the hunk shows around the line, or the only one of its kind that the message names.
func PutTwice(files []*gitdiff.File, message string) (out Put) {
	if !puts(files) {
		return out
	}
	only := true
	left := maxPuts
	told := sync.OnceValues(func() (string, bool) { // once: the message may be long
		name := namedIn(message)
		return name, name != "" && inLoop(message)
	})
	for _, f := range files {
		for _, h := range f.TextFragments {
			after, at := newSide(h)
			for i, l := range after {
				if !l.added || strings.TrimSpace(l.text) == "" {
					continue
				}
				var m []string
				if len(l.text) <= longestLine {
					m = putCall.FindStringSubmatch(l.text)
				}
				if m != nil {
					left--
				}
				if m == nil || left < 0 || gets(after, m[3]) {
					only = false
					continue
				}
				name, loop := around(after[max(0, i-reach):i], m[2], m[3], len(m[1]))
				shown := name != ""
				if !shown && m[2] == named {
					name, shown = told()
					loop = -1
				}
				if name == "" || !goesOn(after[i+1:min(len(after), i+1+reach)], len(m[1]), loop) {
					only = false
					continue
				}
				if out.Name == "" || shown && !out.Shown {
					out = Put{At: Evidence{File: FileName(f), Line: at + i, Text: Shorten(strings.TrimSpace(l.text))}, Name: m[2], Iterator: name, Shown: shown}
				}
			}
			only = only && h.LinesDeleted == 0
		}
	}
	out.Only = only && out.Name != ""
	return out
}

// Bounds on what is looked at: lines that give something back, and lines around one; none
// is longer than longestLine.
const (
	maxPuts = 200
	reach   = 200
)

// puts reports whether a line that is added gives something back at all, which few changes
// do: only those are worth the look around each line.
func puts(files []*gitdiff.File) bool {
	for _, f := range files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Op == gitdiff.OpAdd && strings.Contains(l.Line, "_put(") {
					return true
				}
			}
		}
	}
	return false
}

// gets reports whether a hunk takes a reference of the variable itself, which the line
// that gives one back is then for.
func gets(after []side, name string) bool {
	for _, l := range after[:min(len(after), 5*reach)] {
		if strings.Contains(l.text, "_get("+name+")") {
			return true
		}
		if to, from, is := strings.Cut(l.text, " = "); is && strings.TrimLeft(to, " \t") == name && strings.Contains(from, "get") {
			return true
		}
	}
	return false
}

// side is a line of a hunk as it is after the change.
type side struct {
	text  string
	added bool
}

func newSide(h *gitdiff.TextFragment) (out []side, at int) {
	out = make([]side, 0, len(h.Lines))
	for _, l := range h.Lines {
		if l.Op != gitdiff.OpDelete {
			out = append(out, side{l.Line, l.Op == gitdiff.OpAdd})
		}
	}
	return out, int(h.NewPosition)
}

// around finds the iterator over a variable whose body the line after these stands in, and
// how deep that stands.
func around(before []side, put, over string, indent int) (name string, loop int) {
	for i := len(before) - 1; i >= 0; i-- {
		text := before[i].text
		if len(text) > longestLine {
			continue
		}
		deep := depth(text)
		if strings.TrimSpace(text) == "" || deep >= indent {
			continue
		}
		if m := selfPutting[put].FindStringSubmatch(text); m != nil && goesOver(text, m[1]) == over {
			return m[1], deep
		}
		if deep == 0 {
			break // the function begins
		}
		indent = deep
	}
	return "", 0
}

// named is what gives back the elements of an iterator that a message may name, where the
// hunk shows none: of PCI devices alone, as a loop over nodes often holds others, which it
// has to give back.
const named = "pci_dev_put"

// namedIn is the iterator of that kind that a message names, "" where there are several.
func namedIn(message string) string {
	name := ""
	for _, m := range selfPutting[named].FindAllStringSubmatch(message[:min(len(message), maxMessage)], 8) {
		if name != "" && name != m[1] {
			return ""
		}
		name = m[1]
	}
	return name
}

// inLoop reports whether a message says that what it adds stands in the loop.
func inLoop(message string) bool {
	low := oneLine(strings.ToLower(message[:min(len(message), maxMessage)]))
	return slices.ContainsFunc([]string{"each iteration", "every iteration", "each round", "every round", "end of the loop", "inside the loop", "in the loop body", "within the loop"},
		func(w string) bool { return strings.Contains(low, w) })
}

// maxMessage bounds what is read of a message for one phrase.
const maxMessage = 1 << 16

// goesOver is the variable that an iterator puts and gets on a line that begins its loop,
// "" where that does not show: the first argument, or the second where the first is what
// the elements belong to.
func goesOver(line, iterator string) string {
	_, args, _ := strings.Cut(line, iterator+"(")
	want := 0
	for _, of := range [...]string{"child", "endpoint", "graph_port", "parent_node"} {
		if strings.Contains(iterator, of) {
			want = 1
		}
	}
	open, from := 0, 0
	for i, c := range args {
		switch {
		case c == '(':
			open++
		case c == ')' && open > 0:
			open--
		case c == ')', c == ',' && open == 0:
			if want == 0 {
				return strings.TrimSpace(args[from:i])
			}
			want, from = want-1, i+1
		}
	}
	return ""
}

// goesOn reports whether the loop goes on after a line: its block ends there, or it says
// so, and nothing leaves the loop. The loop's own depth is -1 where it is not shown.
func goesOn(after []side, indent, loop int) bool {
	for i, l := range after {
		text := strings.TrimSpace(l.text)
		switch {
		case text == "":
			continue
		case text == "continue;":
			return true
		case strings.HasPrefix(text, "}") && depth(l.text) > 0 && depth(l.text) < indent:
			return depth(l.text) == loop || !leaves(after[i+1:], depth(l.text))
		default:
			return false
		}
	}
	return false
}

// leaves reports whether what comes next in the block around, down to depth, leaves it.
func leaves(after []side, block int) bool {
	for _, l := range after {
		text := strings.TrimSpace(l.text)
		if text == "" {
			continue
		}
		if depth(l.text) < block {
			return false
		}
		for _, word := range [...]string{"break;", "return", "goto "} {
			if strings.HasPrefix(text, word) {
				return depth(l.text) == block
			}
		}
	}
	return false
}

// depth counts the blanks that a line begins with.
func depth(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
