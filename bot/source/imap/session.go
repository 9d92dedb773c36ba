package imap

import (
	"context"
	"time"
)

// session is what the source needs of a logged-in connection. Errors are
// *refusal (the server said no, the connection lives) or wrap
// flow.ErrTemporary (the connection is lost).
type session interface {
	// open opens the folder read-only; calling it again refreshes the answer.
	open(ctx context.Context, folder string) (mailbox, error)
	// list returns the mails with a UID above after, ascending.
	list(ctx context.Context, after uint32) ([]listed, error)
	// fetch downloads mails, or the first headPart bytes of their headers.
	fetch(ctx context.Context, uids []uint32, headOnly bool) ([]message, error)
	// idle returns nil when the server announced mail since the last open,
	// after atMost, or after every when the server cannot announce.
	idle(ctx context.Context, atMost, every time.Duration) error
	close()
}

type mailbox struct {
	validity uint32
	next     uint32 // 0: the server does not say
}

type listed struct{ uid, size uint32 }

type message struct {
	uid      uint32
	received time.Time
	body     []byte
	err      error // body is not the whole mail, and why
}
