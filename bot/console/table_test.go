package console

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTableFits: rows fit what the reader has, and a program gets them whole.
func TestTableFits(t *testing.T) {
	head := []string{"NAME", "ROLE", "DATE", "REPOSITORY"}
	rows := [][]string{{"linux-6.12.y", "stable", "2026-01-20", strings.Repeat("/a-long-folder", 12)},
		{strings.Repeat("distribution-", 5), "distro", "2026-01-20", "/x"}}
	t.Setenv("COLUMNS", "80") // of the window that a pipe was started in
	for _, width := range []string{"80", "140", ""} {
		var out strings.Builder
		n, err := strconv.Atoi(width)
		if err != nil {
			n = Width(&out)
		}
		if err := printFitted(&out, n, head, rows); err != nil {
			t.Fatal(err)
		}
		most := 0
		for line := range strings.Lines(out.String()) {
			most = max(most, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
		}
		switch {
		case width == "80" && most > 80, width == "140" && most > 140:
			t.Errorf("%s columns: %d wide\n%s", width, most, out.String())
		case width == "" && !strings.Contains(out.String(), rows[0][3]):
			t.Errorf("cut for a program:\n%s", out.String())
		case !strings.Contains(out.String(), "linux-6.12.y"):
			t.Errorf("%s columns: the name is cut\n%s", width, out.String())
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"short\n", "short\n"},
		{"one two three four\n", "one two\n  three\n  four\n"},
		{"  in one two\n", "  in one\n    two\n"},
		{"averyveryverylongword\n", "averyveryv\n  erylongw\n  ord\n"},
		{"\x1b[32mgreen\x1b[0m two x\n", "\x1b[32mgreen\x1b[0m two\n  x\n"},
		{"é é é é é é\n", "é é é é é\n  é\n"},
	} {
		var out strings.Builder
		f := &folder{w: &out, width: 10, hang: 2}
		for i := range len(c.in) { // whatever comes together
			if _, err := f.Write([]byte(c.in[i : i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, out.String(), c.want)
		}
	}
}
