package wire

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/change"
)

// plainly leaves out of log lines what nobody sees: the answers of servers and the words
// of strangers stand in them, and a log is read on a terminal. The encoders write the
// control characters of ASCII as escapes themselves.
type plainly struct{ w io.Writer }

func (p plainly) Write(b []byte) (int, error) {
	seen := bytes.Map(func(r rune) rune {
		if r >= utf8.RuneSelf && change.Unseen(r) {
			return -1
		}
		return r
	}, b)
	if _, err := p.w.Write(seen); err != nil {
		return 0, err
	}
	return len(b), nil
}
