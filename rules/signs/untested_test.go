package signs

import "testing"

// Who says of what that it was not tested: the author of his patch, or somebody of
// something else.
func TestUntested(t *testing.T) {
	for text, want := range map[string]bool{
		"This patch is untested!\nI do not have access to a real device to test it.": true,
		"I don't have access to such hardware, so this was written by the manual.":   true,
		"Untested, for lack of a board.":                                             true,
		"Found by code inspection, untested.":                                        true,
		"It compiles, but has not been tested beyond that.":                          true,
		"The chip never uses that unit so this is untested.":                         true,
		"- Compile tested only":                                                      true,
		"The change has not been tested on hardware.":                                true,

		"This was previously untested and broke with the third ring.":        false,
		"Untested hardware is not affected by this.":                         false,
		"The new buffer code has not been tested properly, so take it back.": false,
		"The mode, which is not tested by the firmware, hangs.":              false,
		"> This patch is untested!\nIt was run on two boards since.":         false,
		"The second board was not added because I have no hardware to test.": false,
		"I can't test all hosts.":                                            false,
		"This was not tested with the 1234:5678 device.":                     false,
		"The driver needs access to the hardware before the clock is on.":    false,
		"The pointer is not tested for NULL before.":                         false,
	} {
		if _, got := Noted(text, WordNotRun, ""); got != want {
			t.Errorf("%q: not run %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"Lets the driver be compile tested everywhere.", "> Compile tested."} {
		if _, got := Noted(text, WordCompiled, ""); got {
			t.Errorf("%q: compiled", text)
		}
	}
}
