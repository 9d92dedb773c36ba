package change

import "strings"

// FixesCutOff reports whether a blank line stands between a Fixes tag and the trailers that
// end the message. For git the last paragraph alone has trailers, so the tag is none.
func (c *Change) FixesCutOff() bool {
	at := 0
	trailer := map[int]bool{}
	for _, t := range c.Trailers {
		if t.FromThread == "" && t.Line > 0 {
			trailer[t.Line] = true
			if t.Key == "Fixes" {
				at = t.Line
			}
		}
	}
	blank, lineNo := false, 0
	for line := range strings.Lines(c.Body) {
		lineNo++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case at == 0 || lineNo <= at:
		case strings.TrimSpace(line) == "":
			blank = true
		case trailer[lineNo] && blank:
			return true
		case !trailer[lineNo] && line[0] != ' ' && line[0] != '\t' && line[0] != '(' && line[0] != '[': // prose, and no wrapped value
			return false
		}
	}
	return false
}
