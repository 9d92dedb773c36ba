package mail

import "testing"

// An answer drops a patch where it says so itself, in a few words; a question, a wish and
// what it quotes drop nothing.
func TestDropped(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"Now dropped, thanks.\n\ngreg k-h\n", true},
		{"On Tue, somebody wrote:\n> please drop this\n\nDropped, thanks!\n", true},
		{"I'll drop it from all queues.\n", true},
		{"Ok, I've dropped this one now. Sorry for the noise.\n", true},
		{"Thanks for noticing it. This is now dropped from the 6.1 queue\n", true},
		{"> Now dropped, thanks.\n\nThank you!\n", false},
		{"Should this be dropped?\n", false},
		{"Please drop it, it was not tested.\n", false},
		{"This was not dropped, see above.\n", false},
		{"Packets were dropped on that board.\n", false},
		{"Looks good.\n-- \ndropped\n", false},
		{"It applies.\n", false},
	} {
		if got := dropped(c.text); got != c.want {
			t.Errorf("%q: %v", c.text, got)
		}
	}
}
