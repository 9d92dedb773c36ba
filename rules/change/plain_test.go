package change

import (
	"strings"
	"testing"
	"unicode"
)

// unseen are all characters that a reader does not see, or by which he sees others
// elsewhere: C0, DEL, C1, bidi, zero width, variants, tags, blanks that look like none.
func unseen() []rune {
	out := []rune{0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x2800, 0x3164, 0xfeff, 0xffa0}
	for _, r := range [][2]rune{{0, 0x1f}, {0x7f, 0x9f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2064}, {0x2066, 0x206f},
		{0xfe00, 0xfe0f}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}, {0xe0100, 0xe01ef}} {
		for c := r[0]; c <= r[1]; c++ {
			out = append(out, c)
		}
	}
	return out
}

func TestPlain(t *testing.T) {
	for _, r := range unseen() {
		want := "ab: c d"
		if unicode.IsSpace(r) {
			want = "a b: c d"
		}
		s := "a" + string(r) + "b: c d"
		if got := Plain(s); got != want {
			t.Errorf("%U: %q, want %q", r, got, want)
		}
		if !Unseen(r) {
			t.Errorf("%U is seen", r)
		}
		if got := Clip(s, 100); got != want {
			t.Errorf("%U: clipped to %q, want %q", r, got, want)
		}
		if a, b := TitleKey(s), TitleKey(want); a != b {
			t.Errorf("%U: a title has another key with it", r)
		}
	}
	for _, s := range []string{"", "drm/amdgpu: fix a hang", "Łukasz Żółć, 王 ü é", "a \"quote\" – dash…", "\ufffd"} {
		if got := Plain(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got := Plain("raw \x9b31m"); strings.ContainsRune(got, 0x9b) || strings.Contains(got, "\x9b") {
		t.Errorf("a byte that an 8-bit terminal obeys: %q", got)
	}
}
