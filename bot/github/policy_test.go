package github

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// hostilePolicies once took minutes: 60 kB of brackets took 100 seconds.
var hostilePolicies = map[string]string{
	"brackets":     strings.Repeat("[", 60000),
	"closed":       "verdicts: " + strings.Repeat("[", 8000) + strings.Repeat("]", 8000),
	"braces":       strings.Repeat("{a: ", 4000),
	"dashes":       strings.Repeat("- ", 8000),
	"questions":    strings.Repeat("? ", 8000),
	"keys":         strings.Repeat("a: ", 5000),
	"lines":        strings.Repeat("a:\n", 5000),
	"nested lines": func() (s string) { return indented(120) }(),
	"anchors":      strings.Repeat("a: &a [*a]\n", 1400),
	"laughs": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d " +
		"[*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nignore: *e\n",
	"quotes":       strings.Repeat("\"a\n", 5000),
	"comments":     strings.Repeat("#\n", 8000),
	"empty second": "enabled: true\n---\n",
	"no values":    "enabled: !a\nnames: &b\nverdicts: [!c, &d]\n",
	"documents":    strings.Repeat("---\n", 4000),
	"names":        "ignore: [" + strings.Repeat("a, ", 5000) + "]",
	"block":        "a: |\n" + strings.Repeat(" x\n", 5000),
	"tags":         strings.Repeat("!a ", 5000),
}

func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestHostilePolicies(t *testing.T) {
	for name, text := range hostilePolicies {
		cost := oracle.Measure(func() { _, _ = ParsePolicy([]byte(text), DefaultLabels()) })
		if cost.CPU > oracle.Allowed(len(text)) || cost.Peak > oracle.Memory {
			t.Errorf("%s: %d bytes took %v and %d MiB", name, len(text), cost.CPU, cost.Peak>>20)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("enabled: true\nlabels: false\nverdicts: [stable-eligible]\nnames: {wait: {name: x, color: ff0000}}\n")
	for _, text := range hostilePolicies {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := oracle.Check(len(text), func() { _, _ = ParsePolicy([]byte(text), DefaultLabels()) }); err != nil {
			t.Fatal(err)
		}
	})
}
