package change

import (
	"testing"
	"time"
)

// A bug that came with a release candidate is in no release until that is out; a
// candidate on which something was tested says nothing.
func TestUnreleased(t *testing.T) {
	march := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC) // 6.14 came on the 24th
	for body, want := range map[string]string{
		"The card hangs. This was introduced in v6.14-rc1.":        "introduced in v6.14-rc1",
		"Since 6.14-rc2 the link is lost.":                         "Since 6.14-rc2",
		"A regression\nof 6.14-rc1.":                               "regression of 6.14-rc1",
		"Introduced in v6.13-rc1, and still there.":                "",
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
