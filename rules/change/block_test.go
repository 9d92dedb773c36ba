package change

import "testing"

// A blank line behind the Fixes tag takes it out of the trailers that git reads.
func TestFixesCutOff(t *testing.T) {
	const fixes, signed = "Fixes: 0123456789ab (\"drm/x: add y\")\n", "Signed-off-by: Ada Example <ada@example.org>\n"
	for body, want := range map[string]bool{
		"It hangs.\n\n" + fixes + signed:                                         false,
		"It hangs.\n\n" + fixes + "\n" + signed:                                  true,
		"It hangs.\n\n" + fixes + "Cc: a@example.org\n\n" + signed:               true,
		"It hangs.\n\n" + fixes + "[ada: split]\n\n" + signed:                    true,
		"It hangs.\n\n" + signed + "\n" + fixes:                                  false,
		"It hangs.\n\n" + fixes:                                                  false,
		"It hangs.\n\n" + fixes + "\nThe rest is cleaned up later.\n\n" + signed: false,
		"It hangs.\n\n" + signed:                                                 false,
		"":                                                                       false,
	} {
		c := &Change{Body: body, Trailers: ParseTrailers(body)}
		if got := c.FixesCutOff(); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}
