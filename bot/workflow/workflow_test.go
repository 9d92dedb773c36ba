package workflow

import (
	"strings"
	"testing"
)

func TestReadEvent(t *testing.T) {
	for _, bad := range []string{"", "{", `{"action":"push","after":"0123"}`} {
		if e, err := ReadEvent(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, e)
		}
	}
}

// TestAnnotationsAreCommands: what a stranger wrote is text of a command, never another.
func TestAnnotationsAreCommands(t *testing.T) {
	var out strings.Builder
	all := []Annotation{{Rule: "size", File: "a,b:c\n::error::x", Line: 3, Text: "100% of\n::set-output name=x::y", Commit: "0123456789abcdef"}}
	for range 12 {
		all = append(all, all[0])
	}
	if err := WriteAnnotations(&out, all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 10 {
		t.Errorf("%d lines", len(lines))
	}
	if want := "::notice title=stablebot%3A size,file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=3::100%25 of%0A::set-output name=x::y (0123456789ab)"; lines[0] != want {
		t.Errorf("%s", lines[0])
	}
}
