package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stablebot/stablebot/bot/kernel/audit"
)

// hostile is a report whose strings are a stranger's.
func hostile() *audit.Report {
	return &audit.Report{Branch: "6.1", Items: []*audit.Item{
		{ID: strings.Repeat("a", 40), Title: "gpu: <script>x</script> | `@all` " + strings.Repeat("long ", 40), Class: audit.Different, Upstream: strings.Repeat("b", 40),
			Hunks: []audit.Hunk{{File: "a.c", Func: "f", Line: 3, Ours: []string{"+<b>"}}},
			Findings: []audit.Finding{{Kind: audit.Mended, Commit: strings.Repeat("c", 40), Text: "mended by \x1b[31m" + strings.Repeat("word ", 50)},
				{Kind: audit.Differs, File: "a.c", Line: 3, Text: strings.Repeat("x", 300)}}},
		{ID: strings.Repeat("d", 40), Title: "sound", Class: audit.Exact, Unchecked: []string{"its bug"}},
	}}
}

// TestTable: no line is longer than it may be, and nothing drives the terminal.
func TestTable(t *testing.T) {
	for _, width := range []int{80, 140} {
		var b strings.Builder
		if err := hostile().Text(&b, width, true); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
		if strings.Contains(b.String(), "\x1b") || !strings.Contains(b.String(), "not checked: its bug") {
			t.Errorf("got\n%s", b.String())
		}
	}
}

// TestForms: markup of strangers is text, and JSON is an object a line.
func TestForms(t *testing.T) {
	var md, html, js strings.Builder
	r := hostile()
	if err := r.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	if err := audit.HTML(&html, []*audit.Report{r, {Branch: "6.6"}}); err != nil {
		t.Fatal(err)
	}
	if err := r.JSON(&js); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"markdown": md.String(), "page": html.String()} {
		if strings.Contains(text, "<script>x") || strings.Contains(text, "+<b>") {
			t.Errorf("%s: markup in\n%s", name, text)
		}
	}
	if strings.Contains(md.String(), "@all") || !strings.Contains(md.String(), "mended-upstream") {
		t.Errorf("got\n%s", md.String())
	}
	for _, want := range []string{"not in this audit", "differs in 1 place<", "<th>6.6</th>"} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("no %q in\n%s", want, html.String())
		}
	}
	lines := strings.Split(strings.TrimSpace(js.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var x map[string]any
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		if x["sound"] != (i == 1) || x["findings"] == nil {
			t.Errorf("got %s", line)
		}
	}
}
