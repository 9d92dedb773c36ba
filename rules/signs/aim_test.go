package signs

import "testing"

// Where an author wants a series to go, and what is none of that.
func TestAim(t *testing.T) {
	for text, want := range map[string]string{
		"If there is time, the fixes are probably good\nmaterial for the 6.18 release cycle.": "6.18",
		"Patches 1 and 2 are meant for v6.18-rc.":                                             "6.18",
		"I'd like to see this in the 6.19 merge window.":                                      "6.19",
		"This is net-next material.":                                                          "",
		"These are material for net-next.":                                                    "next",
		"The rest is intended for the next merge window.":                                     "next",
		"This is not meant for -next.":                                                        "",
		"> Please send it for the next merge window.":                                         "",
		"The driver was added in 6.18-rc1.":                                                   "",
		"Intended for review; tested on linux-next and applied to 6.18-rc1 before.":           "",
		"Please note that the commit is the one in -next.":                                    "",
		"Please apply; rebased to linux-next.":                                                "",
	} {
		if got, _ := Aim(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
