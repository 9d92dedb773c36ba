package change

import "testing"

// TestNotedNeeds: what stands below "---" is read as what it says.
func TestNotedNeeds(t *testing.T) {
	const link = "https://lore.example.org/linux-usb/1@example.org/"
	for notes, want := range map[string]string{
		"This depends on " + link:                                        "1@example.org",
		"The clock patch should be merged first:\n" + link:               "1@example.org",
		"Made on top of the series at\n" + link + ".":                    "1@example.org",
		"Must be applied after <1@example.org>, else it does not build.": "1@example.org",
		"It is on top of the series of Ada <ada@example.org>:\n" + link:  "1@example.org",
		"Made on top of usb-next.":                                       "",
		"It does not depend on " + link:                                  "",
		"v2: no longer on top of " + link:                                "",
		"Changes in v2:\n- depends on " + link + " now":                  "",
		"v1: " + link:                 "",
		"Found while reading " + link: "",
	} {
		got := ""
		for _, n := range notedNeeds(notes) {
			got += n.MessageID
		}
		if got != want {
			t.Errorf("%q needs %q, want %q", notes, got, want)
		}
	}
}

func TestAmends(t *testing.T) {
	for notes, want := range map[string]bool{
		"This is an amend to the patch I replied to.": true,
		"Please fold into the patch\nabove.":          true,
		"Amends the documentation too.":               false,
		"":                                            false,
	} {
		if got := (&Change{Notes: notes}).Amends(); got != want {
			t.Errorf("%q: %v", notes, got)
		}
	}
}
