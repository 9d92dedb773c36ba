package report

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestInNumber(t *testing.T) {
	for _, tt := range []struct{ finding, one, many string }{
		{"its title reports a leak", "its title reports a leak", "their titles report a leak"},
		{"shows the kernel's trace", "it shows the kernel's trace", "they show the kernel's trace"},
		{"reports a hung task and names the kernel's message", "it reports a hung task and names the kernel's message",
			"they report a hung task and name the kernel's message"},
		{"syzbot reports a kernel WARNING; its trace is shown", "syzbot reports a kernel WARNING; its trace is shown",
			"syzbot reports a kernel WARNING; their traces are shown"},
		{"a fix by its Fixes tag; against it: no symptom was found in its message",
			"a fix by its Fixes tag; against it: no symptom was found in its message",
			"fixes by their Fixes tags; against each: no symptom was found in their messages"},
		{"its title is a clean-up's, its Fixes tag calls it a fix", "its title is a clean-up's, its Fixes tag calls it a fix",
			"their titles are those of clean-ups, their Fixes tags call them fixes"},
		{"reports a crash and shows the kernel's trace of it; against it: 143 lines",
			"it reports a crash and shows the kernel's trace of it; against it: 143 lines",
			"they report a crash and show the kernel's trace of it; against each: 143 lines"},
		{"adds no feature by its title", "it adds no feature by its title", "they add no feature by their titles"},
		{"does not present itself as a fix", "it does not present itself as a fix", "they do not present themselves as fixes"},
		{"a fix by its Fixes tag", "a fix by its Fixes tag", "fixes by their Fixes tags"},
		{"somebody reported it", "somebody reported it", "somebody reported them"},
		{"neither a tag nor its title calls it a fix", "neither a tag nor its title calls it a fix",
			"neither tags nor their titles call them fixes"},
		{"143 lines with context", "143 lines with context", "143 lines with context"},
	} {
		if got := inNumber(tt.finding, 1); got != tt.one {
			t.Errorf("one: %q, want %q", got, tt.one)
		}
		if got := inNumber(tt.finding, 2); got != tt.many {
			t.Errorf("many: %q, want %q", got, tt.many)
		}
	}
}

// What a golden reply says of a patch does not begin with a verb that has no subject.
func TestSubjects(t *testing.T) {
	bare := regexp.MustCompile(`(?:favour|Against it|against it|against each|Patch \d+|Patches [\d, and]+|(?:Both|All \d+) patches): (\w+s) `)
	noun := map[string]bool{"its": true, "boards": true, "lines": true, "fixes": true}
	files, err := filepath.Glob("../../fixtures/replies/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden replies: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range bare.FindAllSubmatch(text, -1) {
			if !noun[string(m[1])] {
				t.Errorf("%s: %q", filepath.Base(f), m[0])
			}
		}
	}
}
