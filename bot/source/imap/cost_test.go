package imap

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	imap "github.com/emersion/go-imap"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// answers is a connection on which a server says something, and then no more.
type answers struct {
	net.Conn
	io.Reader
}

func (a answers) Read(p []byte) (int, error) { return a.Reader.Read(p) }

// wordy are parts of answers that are repeated: each opens, nests or goes on.
var wordy = [][3]string{
	{"", "* 1 FETCH (UID 1 FLAGS ())\r\n", ""}, {"* 1 FETCH ", "(", ""}, {"* 1 FETCH (UID 1 FLAGS (", "a ", "))\r\n"},
	{"* 1 FETCH (UID 1 X \"", "\\\"", "\")\r\n"}, {"* 1 FETCH (UID 1", " BODY[]<0>", " \"x\")\r\n"}, {"* 1 FETCH (", "UID 1 ", ")\r\n"},
	{"* 1 FETCH (UID 1", " BODY[] {1}\r\nx", ")\r\n"}, {"", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n", ""}, {"* CAPABILITY", " A", "\r\n"},
	{"", "* OK [UIDNEXT 1] x\r\n", ""}, {"", "* 1 EXISTS\r\n", ""}, {"", "{0}\r\n", ""}, {"* X ", "{1}\r\nx", "\r\n"}, {"", "+ x\r\n", ""},
	{"a NO [", "x ", "]\r\n"}, {"* BYE ", "x", "\r\n"},
	{"* 1 FETCH (UID 1 ENVELOPE (", "NIL ", "))\r\n"}, {"* 1 FETCH (UID 1 ENVELOPE ", "(", "\r\n"},
	{"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (", "A ", ")] {1}\r\nx)\r\n"}, {"* LIST (", "\\A ", ") \"/\" x\r\n"},
	{"* 1 FETCH (BODYSTRUCTURE ", "((", ")\r\n"},
	{"* 1 FETCH (UID 1 X \"", "a", "\")\r\n"}, {"* 1 FETCH (UID 1 ", "a", ")\r\n"}, {"", "\r\n", ""}, {"* ", "1 ", "\r\n"},
}

// FuzzSourceCost reads what a server says as go-imap does, on the goroutine whose time is
// taken: response by response, with the mails that are in them.
func FuzzSourceCost(f *testing.F) {
	for _, w := range wordy {
		f.Add(w[0], w[1], w[2])
	}
	f.Fuzz(func(t *testing.T, head, unit, tail string) {
		const most = 32 << 10
		text := head[:min(len(head), most)] + strings.Repeat(unit, most/max(1, len(unit))) + tail[:min(len(tail), most)]
		if err := oracle.Check(len(text), func() { heard(text) }); err != nil {
			t.Fatal(err)
		}
	})
}

func heard(text string) {
	l := newLines(answers{Reader: strings.NewReader(text)}, true, 1<<20, zap.NewNop())
	close(l.ready)
	r := imap.NewReader(bufio.NewReader(l))
	for {
		resp, err := imap.ReadResp(r)
		if err != nil {
			return
		}
		data, ok := resp.(*imap.DataResp)
		if !ok || len(data.Fields) < 3 {
			continue
		}
		if fields, ok := data.Fields[2].([]any); ok {
			m := &imap.Message{}
			if m.Parse(fields) != nil {
				continue
			}
			for _, lit := range m.Body {
				if lit == nil {
					continue
				}
				if b, err := bytesOf(lit); err == nil {
					_ = bytes.Count(b, []byte("\n"))
				}
			}
		}
	}
}
