package flow

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"regexp"

	"github.com/stablebot/stablebot/rules/change"
)

// OtherID is the ID of a mail whose Message-ID another mail has.
func OtherID(messageID, print string) string { return messageID + otherMark + print }

const otherMark = "~"

var otherID = regexp.MustCompile(otherMark + `[0-9a-f]{16}$`)

// MessageID is the Message-ID of a mail by its ID.
func MessageID(id string) string { return otherID.ReplaceAllString(id, "") }

// EncodeChange writes a change so that another process can judge it.
func EncodeChange(c *change.Change) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("encoding commit %s: %w", c.ID, err)
	}
	return b.Bytes(), nil
}

// DecodeChange reads what EncodeChange wrote.
func DecodeChange(b []byte) (*change.Change, error) {
	c := &change.Change{}
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(c); err != nil {
		return nil, fmt.Errorf("decoding a stored commit: %w", err)
	}
	return c, nil
}
