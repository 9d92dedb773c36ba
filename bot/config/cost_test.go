package config

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// expensive are files that took seconds or gigabytes, and shapes near them: a head, and
// what is repeated behind it.
var expensive = []struct{ head, unit, tail string }{
	{"", "[", ""},
	{"lists: ", "[", ""},
	{"lists: ", "{a: ", ""},
	{"", "- ", ""},
	{"lists:\n", "- ", "a\n"},
	{"", "? ", ""},
	{"", ": ", ""},
	{"", "a: ", ""},
	{"", "- a: ", ""},
	{"", "[]", ""},
	{"lists: [", "a, ", "]"},
	{"lists: [", "[a], ", "]"},
	{"", "a:\n", ""},
	{"", "a: &a [*a]\n", ""},
	{"", "\"a\n", ""},
	{"", "'a' ", ""},
	{"", "#\n", ""},
	{"", "#[\n", ""},
	{"", "---\n", ""},
	{"", "--- [a]\n", ""},
	{"", "a: b\n...\n", ""},
	{"", "--- [[[[\n", ""},
	{"", "<", ""},
	{"a: ", "<", ""},
	{"a: |\n", " \n", ""},
	{"a: |+\n", "\n", ""},
	{"", "a: &b [*b, *b]\n", ""},
	{"{", "a, ", "}"},
	{"{", "? a, ", "}"},
	{"", "# a\na: b\n", ""},
	{"", "%TAG ! a\n", ""},
	{"", "!a ", ""},
	{"", "&a ", ""},
	{"a: |\n", " x\n", ""},
	{"state: \"", "a\n", "\""},
	{"", "x", ": y\n"},
	{"lists:\n", "  - {id: a, reply: author, per_hour: 1, per_day: 1}\n", ""},
	{"sources:\n  git:\n", "    - {name: a, url: b}\n", ""},
	{"opt_out:\n", "  - a@example.org\n", ""},
	{"security_addresses:\n", "  - a@\n", ""},
}

func inflated(head, unit, tail string, size int) []byte {
	return []byte(head + strings.Repeat(unit, max(1, (size-len(head)-len(tail))/max(1, len(unit)))) + tail)
}

func costs(t *testing.T, b []byte) {
	t.Helper()
	if err := oracle.Check(len(b), func() {
		if _, err := Parse("f", b); err != nil {
			_ = err.Error()
		}
	}); err != nil {
		t.Errorf("%.40q: %v", b, err)
	}
}

// TestCost: no file costs more than a second a MB, or 300 MiB, up to the size that is
// read, and none beyond it.
func TestCost(t *testing.T) {
	for _, x := range expensive {
		costs(t, inflated(x.head, x.unit, x.tail, maxFile))
	}
	var steps strings.Builder
	for i := range 600 {
		steps.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	costs(t, []byte(steps.String()))
	_, err := Parse("f", inflated("", "# a\n", "", maxFile+8))
	if err == nil || !strings.Contains(err.Error(), "bytes; at most 131072 are read") {
		t.Errorf("a file that is too large: %v", err)
	}
}

// TestNested: what is nested deeper than anything that is configured is refused with its
// place, and brackets in comments and quotes are none.
func TestNested(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("[", 17):                           "f:1:17: nested deeper than 16",
		strings.Repeat("- ", 17):                          "f:1:33: nested deeper than 16",
		"# " + strings.Repeat("[", 99) + "\nlog: {}\n":    "",
		"state: '" + strings.Repeat("{", 99) + "'\n":      "",
		"state: x # " + strings.Repeat("- ", 99) + "\n":   "",
		strings.Repeat(" ", 99) + "# far right\nlog: {}":  "",
		"opt_out: [a,\n" + strings.Repeat(" ", 99) + "b]": "",
	} {
		_, err := Parse("f", []byte(text))
		got := ""
		if err != nil && strings.Contains(err.Error(), "nested") {
			got, _, _ = strings.Cut(err.Error(), "\n")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzConfigCost repeats a shape, as TestCost does.
func FuzzConfigCost(f *testing.F) {
	for _, x := range expensive {
		f.Add(x.head, x.unit, x.tail)
	}
	f.Fuzz(func(t *testing.T, head, unit, tail string) {
		const most = 4 << 10
		costs(t, inflated(head[:min(len(head), most)], unit[:min(len(unit), most)], tail[:min(len(tail), most)], 32<<10))
	})
}
