package imap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	imap "github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// Whatever a server answers, the source ends with mails or an error, and
// go-imap's reader, whose panic nobody could catch, sees nothing that makes it
// panic. TAG in an answer stands for the tag of the command.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		listOne, fetchOne,
		"* 1 FETCH\r\nTAG OK x\r\n", "* FETCH\r\n", "* EXISTS\r\n", "* 1 EXPUNGE\r\n", "* x RECENT\r\n",
		"* 1 FETCH (UID 1 BODY[] {5}\r\nabc\r\n)\r\nTAG OK x\r\n", "* 1 FETCH (UID {3}\r\nabc FLAGS x)\r\nTAG OK x\r\n",
		"* 1 FETCH (UID 1 ENVELOPE (NIL))\r\nTAG OK x\r\n", "* 1 FETCH (UID 1 BODYSTRUCTURE (NIL))\r\nTAG OK x\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (A B)] {1}\r\nx)\r\nTAG OK x\r\n", "* 1 FETCH (UID 1 BODY[]<0> \"x\")\r\nTAG OK x\r\n",
		"+ go on\r\nTAG OK x\r\n", "* OK [UIDNEXT] x\r\nTAG NO [X Y] z\r\n", "* BYE\r\n", "* CAPABILITY (\r\n",
		"* 1 fetch\n", "* {1}\r\nx FETCH\r\n", "{1}\r\n* 1 FETCH\r\n", "* \"1\" FETCH\r\n", "* 1  FETCH\r\n", "\r* 1 FETCH\r\n", "* 1 FETCH)\r\n",
		"* 1 FETCH \r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		ours, theirs := net.Pipe()
		go func() {
			b := make([]byte, 4096)
			n, _ := theirs.Read(b)
			tag, _, _ := bytes.Cut(b[:n], []byte(" "))
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			_, _ = theirs.Write(bytes.ReplaceAll(answer, []byte("TAG"), tag))
			_ = theirs.Close()
		}()
		w := &wire{Conn: ours, start: time.Now()}
		cfg := &Config{Silence: 5 * time.Second, MaxMail: 1 << 20}
		s := &v1{cfg: cfg, log: zap.NewNop(), wire: w, lines: newLines(w, true, cfg.MaxMail, zap.NewNop())}
		c, err := client.New(s.lines)
		if err != nil {
			t.Fatal(err)
		}
		s.c, c.ErrorLog = c, s.lines
		close(s.lines.ready)
		c.SetState(imap.SelectedState, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = s.fetch(ctx, []uint32{1}, false)
		if ctx.Err() != nil {
			t.Fatal("hangs")
		}
		if no := new(refusal); err != nil && !errors.As(err, &no) && !errors.Is(err, flow.ErrTemporary) {
			t.Fatalf("neither a refusal nor a lost connection: %v", err)
		}
		s.close()
	})
}
