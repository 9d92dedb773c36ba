package series

import "testing"

func TestFormOnly(t *testing.T) {
	for text, want := range map[string]bool{
		"NAK\n":                             false,
		"NAK, this breaks the lamp.\n":      false,
		"NAK, the Fixes: tag is missing.\n": true,
		"NACK. No sign-off.\n":              true,
		"NAK: wrong tree, please resend for net.\nThe change itself looks good to me.\n\nThanks,\nBen\n":                          true,
		"> Fixes: 0123456789ab (\"clock: wind it\")\n\nNAK, that is not the culprit, it came with the\nlamp. Please send a v2.\n": true,
		"NAK, the Fixes tag is missing, and it breaks the lamp.\n":                                                                false,
		"NAK, the Fixes tag is missing. The clock must be stopped first by whoever holds the key.\n":                              false,
		"NAK for stable, the tag should go.\n":                                                                                    false,
		"NAK, it needs a stable tag and a Fixes tag.\n":                                                                           true,
		"The subject has no prefix.\n\nNacked-by: Ben Okafor <ben@example.com>\n":                                                 true,
		"Nacked-by: Ben Okafor <ben@example.com>\n":                                                                               false,
		"NAK - style is a guideline and clock.c reads better like this.\n":                                                        false,
		"On Mon, Ada wrote:\n> x\nNAK. Your commit message says nothing of why.\n":                                                true,
	} {
		if got := formOnly(text); got != want {
			t.Errorf("%q: %v; %q", text, got, sentences(text))
		}
	}
}

func TestIsNak(t *testing.T) {
	for line, want := range map[string]bool{
		"NAK": true, "NACK, no": true, "Nack.": true, "NAK for backporting this to anything": true, "NACK on this as it stands": true,
		"NAK - no": true, "NAK for the patch below": false, "Nack the transfer": false, "NAK that the sink sends": false, "NAKs are fine": false,
		"nack": false,
	} {
		if got := isNak(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
