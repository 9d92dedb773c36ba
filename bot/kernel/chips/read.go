package chips

import (
	"path"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// atOnce is how many lines are matched together: the catalogue reports a bounded
// number of targets for one change, and a line of a table names a few.
const atOnce = 4

// read finds what the lines of a table name, and which of it is gated.
func (x *Index) read(driver, file string, img *apply.Image, f *found) {
	scope, block := "", "" // the function or table, and the line that says which block's versions follow
	var lines []string
	flush := func() {
		if len(lines) == 0 {
			return
		}
		for _, name := range x.lines(driver, file, scope, block, lines) {
			f.has[name] = true
		}
		lines = lines[:0]
	}
	var gate gate
	for n := range img.Lines() {
		s := string(img.Line(n))
		if opens(s) {
			flush()
			scope, block = s, ""
		}
		if strings.Contains(s, "_HWIP") {
			flush()
			block = s
		}
		if lines = append(lines, s); len(lines) == atOnce {
			flush()
		}
		if said, names := gate.line(s); said {
			to := f.open
			for _, name := range x.lines(driver, file, "", "", names) {
				if gate.how != "" {
					f.gated[name] = gate.how + " in " + path.Base(file)
				} else {
					to[name] = true
				}
			}
		}
	}
	flush()
}

// lines is what the catalogue finds in lines of a file, as if a patch added them.
func (x *Index) lines(driver, file, scope, block string, lines []string) []string {
	h := &gitdiff.TextFragment{Comment: strings.TrimSpace(scope), NewPosition: 1}
	if block != "" {
		h.Lines = append(h.Lines, gitdiff.Line{Op: gitdiff.OpContext, Line: block})
	}
	for _, l := range lines {
		h.Lines = append(h.Lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: l})
	}
	return x.match(driver, &gitdiff.File{NewName: file, TextFragments: []*gitdiff.TextFragment{h}})
}

// opens reports whether a line begins a function or a table.
func opens(s string) bool {
	s = strings.TrimRight(s, " \t\r\n")
	if s == "" {
		return false
	}
	c := s[0]
	return (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_') && !strings.HasSuffix(s, ";") && strings.ContainsAny(s, "({=")
}

// gate finds the two ways in which drivers keep hardware from being driven
// unless the user asks: a member of the description of a platform, as in i915
// and xe, and a flag in a line of the table of PCI ids, as in amdgpu.
type gate struct {
	how   string // of what line just told, "" for none
	names []string
	found bool
	in    bool
}

// line reads the next line. It tells what the lines that name hardware are once a
// description has ended, and of each line of a table of ids.
func (g *gate) line(s string) (bool, []string) {
	t := strings.TrimSpace(s)
	switch {
	case strings.Contains(t, "PCI_DEVICE") || strings.HasPrefix(t, "{0x1002"):
		g.how = ""
		if strings.Contains(t, "_EXP_HW_SUPPORT") {
			g.how = "experimental hardware flag"
		}
		return strings.Contains(t, "CHIP_"), []string{s}
	case strings.HasPrefix(s, "static const struct") && strings.HasSuffix(t, "{") && strings.Contains(t, "="):
		g.in, g.found, g.names = true, false, []string{s}
	case g.in && strings.HasPrefix(s, "}"):
		g.in, g.how = false, ""
		if g.found {
			g.how = "require_force_probe"
		}
		return true, g.names
	case g.in && strings.HasPrefix(t, "PLATFORM("):
		g.names = append(g.names, s)
	case g.in && strings.HasPrefix(t, ".require_force_probe") && (strings.Contains(t, "= 1") || strings.Contains(t, "= true")):
		g.found = true
	}
	return false, nil
}
