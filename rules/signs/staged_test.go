package signs

import "testing"

// What an author made happen, and what happened to somebody.
func TestStaged(t *testing.T) {
	for text, want := range map[string]bool{
		"I wrote a software harness that calls the handler in a loop in QEMU.":           true,
		"Reproduced under UML and KASAN via a KUnit harness.":                            true,
		"This was found with fault injection.":                                           true,
		"Reproduced by failslab.":                                                        true,
		"A program injects a delay into the removal and simulates the interrupt.":        true,
		"With an msleep() added before the lock to widen the race window, KASAN reports": false, // added stands behind it
		"Adding an msleep() before the lock widens the race window.":                     true,
		"The recovery can be injected with a tool of the firmware on errors.":            false,
		"> This was found with fault injection.":                                         false,
		"Add fault injection support to the driver.":                                     false,
		"The test harness reports a timeout on the second board.":                        false,
		"Adding a delay gives the supply the time it needs.":                             false,
		"The error is injected into the log by the firmware.":                            false,
		"The simulated display of the demo is black.":                                    false,
	} {
		if got := Staged(text) != (Evidence{}); got != want {
			t.Errorf("%q: staged %v, want %v", text, got, want)
		}
	}
}
