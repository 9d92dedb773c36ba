package mail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// The places where a stranger may say the same thing very often.
const (
	inOneLine = iota // of the message
	inLines          // of the message
	inNotes          // below the dashes
	inTags           // of the message's end
	addedLine        // one line of the diff
	addedLines
	changedLines
	renamedLines
	contextLines
	inHunks
	places
)

// repeated is a mail that says head, then unit until it has size bytes, then tail, at a place.
func repeated(place uint8, size int, head, unit, tail string) *change.Change {
	unit = strings.NewReplacer("\x00", "", "\r", "").Replace(unit)
	if unit == "" {
		unit = " "
	}
	line := strings.NewReplacer("\n", " ").Replace(unit)
	line, head = line[:min(len(line), maxLine/2)], head[:min(len(head), maxLine/4)]
	n := max(1, (size-len(head)-len(tail))/(len(unit)+1))
	text, diff := "A hang.\n", "@@ -1,3 +1,4 @@ static int f(void)\n a\n b\n+\tif (x)\n c\n"
	hunk := func(old, added int, body string) string {
		return fmt.Sprintf("@@ -1,%d +1,%d @@ static int f(void)\n%s", old, added, body)
	}
	first := strings.ReplaceAll(head, "\n", " ")
	switch place % places {
	case inOneLine:
		text = head + strings.Repeat(line, n) + tail + "\n"
	case inLines:
		text = head + strings.Repeat(unit+"\n", n) + tail + "\n"
	case inNotes:
		text += "---\n" + head + strings.Repeat(line, n) + tail + "\n"
	case inTags:
		text += "\nTested-by: " + first + strings.Repeat(line, n/2) + "\n" + strings.Repeat("Reported-by: "+line+"\n", max(1, size/2/(len(line)+13)))
	case addedLine:
		diff = hunk(1, 2, " a\n+"+first+strings.Repeat(line, min(n, (maxLine-len(first))/len(line)))+"\n")
	case addedLines:
		diff = hunk(1, n+2, " a\n+"+first+"\n"+strings.Repeat("+"+line+"\n", n))
	case changedLines:
		diff = hunk(n+1, n+1, " a\n"+strings.Repeat("-"+line+"\n+"+first+line+"\n", n))
	case renamedLines: // one word is another one, beside many that stay
		rest, lines := strings.Repeat(line, min(n, maxLine/len(line)/2+1)), 4
		diff = hunk(lines+1, lines+1, " a\n"+strings.Repeat("-a "+rest+"\n", lines)+strings.Repeat("+"+strings.Repeat("x", maxLine/2)+first+" "+rest+"\n", lines))
	case contextLines:
		diff = hunk(n, n+1, strings.Repeat(" "+line+"\n", n)+"+"+first+"\n")
	case inHunks:
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "@@ -%d,2 +%d,3 @@ %s\n %s\n+%s\n c\n", 1+9*i, 1+9*i, line, line, first)
		}
		diff = b.String()
	}
	const file = "diff --git a/drivers/gpu/drm/amd/amdgpu/a.c b/drivers/gpu/drm/amd/amdgpu/a.c\n" +
		"--- a/drivers/gpu/drm/amd/amdgpu/a.c\n+++ b/drivers/gpu/drm/amd/amdgpu/a.c\n"
	c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] drm/amdgpu: fix a hang", Text: text, Diff: file + diff})
	return c
}

// readSigns is every reader of rules/signs.
func readSigns(c *change.Change) {
	w := signs.ReadWords(c)
	_, _ = w.Evidence(signs.WordHang), w.NothingChanges()
	for _, l := range w.Links {
		_ = signs.DistroLink(l.URL)
	}
	tags := signs.ReadTags(c)
	_, _ = tags.Evidence("Reported-by"), tags.Fuzzer()
	_ = signs.ReadCode(c)
	_ = signs.ReadPrints(c.Files)
	_, _ = signs.Renames(c.Files)
	_ = signs.Reorders(c.Files)
	_ = signs.SignedShift(c.Files)
	_ = signs.OnlyQualifiers(c.Files)
	_ = signs.PutTwice(c.Files, c.Body)
	_, _ = signs.Noted(c.Notes, signs.WordRan, "tested")
}

// said and coded are a beginning, what is said very often, and an end, in a text and in a
// diff: each took minutes or gigabytes of a reader, or would of one written without thought.
var (
	said = [...][3]string{
		{"", "+0x", ""}, {"", "f+0x1a/0x2c ", ""}, {strings.Repeat("x ", 40), "oops: ", ""}, {"x ", "call trace: ", ""},
		{"0123456789ab ", "hang ", ""}, {"commit 0123456789ab ", "use-after-free ", ""}, {"v2: ", "build failure ", ""},
		{"-w", "-hang", ""}, {"", "undefined behaviour ", "cppcheck"}, {"", "harmless ", ""}, {"", "link-down ", ""},
		{"", "a://b", ""}, {"", "://", ""}, {"", "(\"x ", ""}, {"", "(e.g. hang", ""}, {"", "no functional change", ""},
		{"", "1: error: ", ""}, {"", "*error*", ""}, {"", "tested on build with gcc ", ""}, {"", "fixed ", ""},
		{"", "a <a@b> # compile ", ""}, {"", "regression might be this patch ", ""}, {"", " \t", ""}, {"", "\xff", ""},
	}
	coded = [...][3]string{
		{"", "\tof_node_put(a);", ""}, {"\tfor_each_child_of_node(a, b) {", "\t\tof_node_put(b);", ""}, {"for_each_pci_dev(a)", "\tpci_dev_put(a);", ""},
		{"\ta = of_node_get(b);", "\tof_node_put(b);", ""}, {"", "IP_VERSION(", ""},
		{"", "dev_err(dev, \"x\");", ""}, {"", "if (x) dev_err(dev, \"x\");", ""}, {"", "printk(\"", ""}, {"", "{", ""},
		{"", "ba ", ""}, {"aaaaaaaaaaaaaaaa", "a ", ""}, {"", "1 << 31 ", ""}, {"", "static const ", ""}, {"", "/*", ""}, {"", "\"\\", ""},
		{"", "!a.b", ""}, {"", "goto ", ""}, {"", "case CHIP_A:", ""}, {"", "#define A ", ""}, {"", "0x1", ""}, {"", "a_lock(", ""},
	}
)

// maxLine leaves a line of a diff readable: a longer one is refused (change.MaxLine).
const maxLine = change.MaxLine - 1<<10

// costOf are the seeds' size, the largest that a fuzzer turns over often enough and at which
// what is quadratic is over the bound.
const costOf = 64 << 10

func seeds(f *testing.F, add func(place uint8, head, unit, tail string)) {
	f.Helper()
	for _, s := range said {
		for _, place := range [...]uint8{inOneLine, inNotes, inTags} {
			add(place, s[0], s[1], s[2])
		}
	}
	for _, s := range coded {
		for _, place := range [...]uint8{addedLine, addedLines, renamedLines, contextLines} {
			add(place, s[0], s[1], s[2])
		}
	}
}

func FuzzSignsCost(f *testing.F) {
	seeds(f, func(place uint8, head, unit, tail string) { f.Add(place, head, unit, tail) })
	f.Fuzz(func(t *testing.T, place uint8, head, unit, tail string) {
		c := repeated(place, costOf, head, unit, tail)
		costs(t, costOf, func() { readSigns(c) })
	})
}

func FuzzRulesCost(f *testing.F) {
	seeds(f, func(place uint8, head, unit, tail string) { f.Add(place, head, unit, tail) })
	f.Fuzz(func(t *testing.T, place uint8, head, unit, tail string) {
		c := repeated(place, costOf, head, unit, tail)
		costs(t, costOf, func() { rules.Check(rules.Suite, &rules.Facts{Change: c}) })
	})
}
