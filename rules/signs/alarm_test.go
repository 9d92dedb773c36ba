package signs

import "testing"

// What an author calls a false alarm of a compiler, and what he does not.
func TestFalseAlarm(t *testing.T) {
	for text, want := range map[string]bool{
		"gcc-11 warns of the copy. This seems to be a false positive.":             true,
		"usb: acme: work around bogus clang shift warning":                         true,
		"smatch complains; that is a false-positive.":                              true,
		"gcc warns of the copy. This is not a false positive: the field is short.": false,
		"lockdep reports a false positive, as the compiler inlines the lock.":      false,
		"The bogus interrupt hangs the card, and clang builds warn of it.":         false,
		"The false positive WARN on timeout goes.":                                 false,
	} {
		if got := FalseAlarm(text) != (Evidence{}); got != want {
			t.Errorf("%q: false alarm %v, want %v", text, got, want)
		}
	}
}

// Warnings of the kernel that go, and nothing else.
func TestOnlyWarnings(t *testing.T) {
	for hunk, want := range map[string]bool{
		"-\tWARN_ON(busy);\n": true,
		"-\tWARN(1, \"busy\\n\");\n+\tdev_dbg(dev, \"busy\\n\");\n": true,
		"-\tWARN_ON(busy);\n+\tWARN_ON_ONCE(busy);\n":               true,
		"-\tWARN_ON(busy);\n+\tacme_stop(dev);\n":                   false,
		"-\tif (WARN_ON(busy))\n-\t\treturn;\n":                     false,
		"+\tWARN_ON(busy);\n":                                       false,
	} {
		if got := OnlyWarnings(hunkOf(t, "drivers/acme/a.c", hunk).Files); got != want {
			t.Errorf("%q: %v, want %v", hunk, got, want)
		}
	}
}

// A condition that is always true is noise of a checker, or the bug where something comes
// of it.
func TestAlwaysTrue(t *testing.T) {
	for text, want := range map[string]bool{
		"smatch: the condition is always true.\n":                                              true,
		"The condition is always true on the first round, causing the\nloop to end at once.\n": false,
	} {
		if _, got := Noted(text, WordNoise, ""); got != want {
			t.Errorf("%q: noise %v, want %v", text, got, want)
		}
	}
}
