package report

import (
	"strings"
	"testing"
)

// TestNoLinks: what strangers write is text in a comment: no link, mention, reference or
// HTML, whatever its case, and no character that turns or hides what stands beside it.
func TestNoLinks(t *testing.T) {
	for in, never := range map[string][]string{
		"see www.evil.example.com/x":           {"www."},
		"see WwW.evil.example.com":             {"WwW."},
		"(www.evil.example.com)":               {"www."},
		"https://evil.example.com":             {"https://"},
		"ftp://evil.example.com":               {"ftp://"},
		"[text](https://evil.example.com)":     {"[text](", "://"},
		"@somebody and #12, GH-12":             {"@somebody", "#12", "GH-12"},
		"<img src=x> <!-- x -->":               {"<img", "<!--"},
		"a\u202eb\u2066c\u200bd\u00ade\x1b[1m": {"\u202e", "\u2066", "\u200b", "\u00ad", "\x1b"},
	} {
		got := Markdown(in)
		for _, n := range never {
			if strings.Contains(got, n) {
				t.Errorf("%q becomes %q, with %q in it", in, got, n)
			}
		}
	}
}
