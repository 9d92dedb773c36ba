package refusal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/rules/change"
)

const fix = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

// expensive are words of a file of refusals that cost too much, and shapes near them.
var expensive = []string{"*/", "*", "a*/", "[a]*", "?/", "*a", "\\*", "[^a]", "/*\n", "*/*/*/*\n", "drivers/*/*/x # y\n",
	"1a2b3c4d5e6f\ty\n",
	"Omitted-fix: 1a2b3c4d5e6f (\"a", "Omitted-fix: 1a2b3c4d5e6f (\"a\") b\n", "\"", "#", "\t", "x ", "\n"}

// asked reads a file of refusals and asks it about a commit of many files, some deep.
func asked(text string) {
	var files []string
	for i := range 100 {
		files = append(files, strings.Repeat("a/", i)+"x.c", strings.Repeat("a", 40*i))
	}
	files = append(files, strings.Repeat("a/", 2000)+"x.c")
	no := New()
	if err := no.Read(strings.NewReader(text), "no"); err != nil {
		_ = err.Error()
	}
	_ = no.Of(fix, "drm: fix it", files)
	_ = no.Of(fix, "drm: fix it", files[len(files)-1:])
	if c, err := change.Parse(change.Input{Kind: change.Commit, Subject: "drm: fix it", Text: "x\n\n" + text}); err == nil {
		_ = Trailers(c, nil)
	}
}

// TestCost: a pattern of 64 kB took a minute.
func TestCost(t *testing.T) {
	for _, unit := range expensive {
		for _, tail := range []string{"", "x", "/x # reason\n"} {
			text := strings.Repeat(unit, (64<<10)/len(unit)) + tail
			if err := oracle.Check(len(text), func() { asked(text) }); err != nil {
				t.Errorf("%q: %v", unit, err)
			}
		}
	}
}

// TestRefusedPatterns: what is too long or has too many stars is told, and not at length.
func TestRefusedPatterns(t *testing.T) {
	for glob, want := range map[string]string{
		strings.Repeat("a", 256) + "/": "no, line 1: " + fmt.Sprintf("%.60q", strings.Repeat("a", 60)) +
			" as a pattern of paths: it has 257 bytes, at most 256 are taken",
		strings.Repeat("*/", 17):        "it has 17 stars, at most 16 are taken",
		strings.Repeat("*/", 16):        "",
		strings.Repeat("a", 255) + "/":  "",
		"[" + strings.Repeat("a", 3000): "is neither a commit with a reason nor a pattern",
	} {
		err := New().Read(strings.NewReader(glob+"\treason\n"), "no")
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || len(err.Error()) > 200) {
			t.Errorf("%.20q: %v, want %q", glob, err, want)
		}
	}
}

// FuzzRefusalCost repeats words of a file of refusals.
func FuzzRefusalCost(f *testing.F) {
	for _, unit := range expensive {
		f.Add("", unit, "")
		f.Add("drivers/", unit, "/x # reason\n")
	}
	f.Fuzz(func(t *testing.T, head, unit, tail string) {
		const most = 4 << 10
		text := head[:min(len(head), most)] + strings.Repeat(unit, most/max(1, len(unit))) + tail[:min(len(tail), most)]
		if err := oracle.Check(len(text), func() { asked(text) }); err != nil {
			t.Fatal(err)
		}
	})
}
