package change

import "time"

// Input is what a mail or a commit gives, transfer-decoded.
type Input struct {
	ID      string
	Kind    Kind
	Subject string // decoded and unfolded, brackets and Re: still in it
	Author  Person // the sender or git author; an in-body From overrides it
	Date    time.Time
	// Text is all below the header: message, "---", notes, diff, signature for
	// a mail; the message below the title for a commit.
	Text string
	// Diff is the patch when it is not in Text: a commit's, or an attachment.
	Diff   string
	To, Cc []string
}
