package change

import (
	"testing"
	"time"
)

// What no release may have yet: by its base, its tree, its author's words, its robot.
func TestYoung(t *testing.T) {
	fixes := []Fixes{{SHA: "65b044cee9fb", Subject: "x: remove the helpers"}}
	for _, tt := range []struct {
		name string
		c    Change
		want string
	}{
		{"on its culprit", Change{Fixes: fixes, Base: "65b044cee9fb00112233445566778899aabbccdd"}, "the patch stands on top of its culprit"},
		{"on another commit", Change{Fixes: fixes, Base: "75b044cee9fb00112233445566778899aabbccdd"}, ""},
		{"for a tree of the next release", Change{Prefix: Prefix{Words: []string{"net-next"}}, Fixes: fixes}, "it is posted for net-next"},
		{"its author's words", Change{Body: "This mends my recent\nchange of the FIFO."}, `its author writes "my recent change"`},
		{"for a tree of the next release, by its title", Change{Subject: "x: fixes on usb-next"}, `its author writes "on usb-next"`},
		{"what a version was made to fit", Change{Body: "It leaks.\n\nChanges in v2:\n- rebased onto the recently merged rework"}, ""},
		{"new in this cycle", Change{Body: "The driver is new in this\ncycle."}, `its author writes "new in this cycle"`},
		{"came with this merge window", Change{Body: "It was merged during the current merge window."}, `its author writes "merged during the current merge window"`},
		{"no release", Change{Body: "The code is not yet in any released kernel."}, `its author writes "not yet in any released kernel"`},
		{"no release, below the message", Change{Notes: "It is not in any\nreleased kernel yet."}, `its author writes "not in any released kernel"`},
		{"what it was made to fit, below the message", Change{Notes: "Based on the recently merged rings."}, ""},
		{"next only", Change{Body: "The culprit is only in linux-next."}, `its author writes "is only in linux-next"`},
		{"not only there", Change{Body: "The culprit is not only in linux-next."}, ""},
		{"another cycle", Change{Body: "One request is added in this duty cycle."}, ""},
		{"an old thing of late", Change{Body: "Users recently met this."}, ""},
		{"the build robot", Change{Trailers: []Trailer{{Key: "Closes", Value: "https://lore.example.org/oe-kbuild-all/1-lkp@example.org/"}}},
			"the robot found it that builds what is in development"},
		{"and asks for stable", Change{Fixes: fixes, Prefix: Prefix{Words: []string{"net-next"}}, Stable: []StableTag{{}}}, ""},
	} {
		if got := tt.c.Young(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What a cover letter says, and the commit that a series is based on, hold for its patches.
func TestYoungBy(t *testing.T) {
	c := Change{Fixes: []Fixes{{SHA: "65b044cee9fb"}}}
	const base = "\nbase-commit: 65b044cee9fb00112233445566778899aabbccdd\n"
	for _, tt := range []struct{ name, title, text, want string }{
		{"words", "x: fixes for the queue", "Fixes for the recently merged\nqueue.", `its author writes "recently merged" of the series`},
		{"title", "x: fixes on usb-next", "One fix.", `its author writes "on usb-next" of the series`},
		{"base", "x: fixes", "One fix." + base, "the series stands on top of its culprit"},
		{"nothing", "x: fixes", "One fix.", ""},
	} {
		if got := c.YoungBy(tt.title, tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	c.Stable = []StableTag{{}}
	if got := c.YoungBy("x", "recently merged"+base); got != "" {
		t.Errorf("a patch whose author asks for stable: %q", got)
	}
}

// A bug that came with a release candidate is in no release until that is out; a
// candidate on which something was tested says nothing.
func TestUnreleased(t *testing.T) {
	march := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC) // 6.14 came on the 24th
	for body, want := range map[string]string{
		"The card hangs. This was introduced in v6.14-rc1.":        "introduced in v6.14-rc1",
		"Since 6.14-rc2 the link is lost.":                         "Since 6.14-rc2",
		"A regression\nof 6.14-rc1.":                               "regression of 6.14-rc1",
		"Introduced in v6.13-rc1, and still there.":                "",
		"The driver is new in Linux 6.14.":                         "new in Linux 6.14",
		"The check was added for the upcoming v6.15 in a hurry.":   "added for the upcoming v6.15",
		"The ring was introduced in v6.12.":                        "",
		"The mode was introduced in 6.15 of the datasheet.":        "",
		"Introduced in DisplayPort v6.14":                          "",
		"Tested on 6.14-rc4.":                                      "",
		"I have rebased it onto 6.14-rc6-next.":                    "",
		"The hang is there since 6.6; seen with 6.12 and 6.14-rc1": "",
		"Broken since 6.6 and 6.14-rc1.":                           "",
		"It hangs.":                                                "",
	} {
		c := &Change{Subject: "drm/x: fix a hang", Body: body, Date: march}
		if got := c.Unreleased(); got != want {
			t.Errorf("%q: %q, want %q", body, got, want)
		}
	}
	if got := (&Change{Body: "introduced in v6.14-rc1", Date: march.AddDate(0, 1, 0)}).Unreleased(); got != "" {
		t.Errorf("after the release: %q", got)
	}
}
