package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
)

// letters makes mails of what a person posts: a file of git format-patch, an mbox
// of several, or a mail as it is. The mbox lines go, and a mail without a list or a
// date gets the demo's list and now, so that it is answered as a list's would be.
func letters(raw []byte, list string, now time.Time) ([][]byte, error) {
	r, err := mail.NewReader(bytes.NewReader(raw), "what was posted")
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for {
		m, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		out = append(out, addressed(bytes.Clone(m), list, now))
	}
	if len(out) == 0 {
		return nil, errors.New("it is empty")
	}
	return out, nil
}

// addressed adds the header lines that a list or a mail program would have added.
func addressed(raw []byte, list string, now time.Time) []byte {
	m, err := mail.Scan(raw)
	if err != nil {
		return raw
	}
	var head bytes.Buffer
	if m.ListID == "" {
		fmt.Fprintf(&head, "List-Id: <%s>\n", list)
	}
	if m.Synthetic {
		fmt.Fprintf(&head, "Message-ID: <%s>\n", m.ID)
	}
	if m.Date.IsZero() {
		fmt.Fprintf(&head, "Date: %s\n", now.Format(time.RFC1123Z))
	}
	if m.Subject == "" && m.From.Address == "" {
		head.WriteString("\n") // a bare diff has no header of its own to join
	}
	return append(head.Bytes(), raw...)
}
