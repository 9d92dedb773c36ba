package rows

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/colorprofile"

	"github.com/stablebot/stablebot/bot/console"
)

// Output buffers what is printed; to a terminal it is written line by line, in
// the colours that the terminal has.
type Output struct {
	w      *bufio.Writer
	live   bool // a terminal
	header string
}

// rowHang is where what a row says further begins: under the score.
const rowHang = 25

// New is an output for the table, whose rows fit the reader's terminal.
func New(w io.Writer) *Output {
	o := Plain(w)
	o.header = Header()
	if width := console.Width(w); width > 0 {
		to := w
		if o.live {
			to = colorprofile.NewWriter(w, os.Environ())
		}
		o.w = bufio.NewWriterSize(console.Fold(to, width, rowHang), 64<<10)
	}
	return o
}

// Plain is an output without a header, for lines that no terminal folds.
func Plain(w io.Writer) *Output {
	o := &Output{live: console.IsTerminal(w)}
	if o.live {
		w = colorprofile.NewWriter(w, os.Environ()) // drops what the terminal or NO_COLOR does not want
	}
	o.w = bufio.NewWriterSize(w, 64<<10)
	return o
}

// Put writes one change, or what else is one piece; the header goes before the first.
func (o *Output) Put(b []byte) error {
	if o.header != "" {
		b = append([]byte(o.header), b...)
		o.header = ""
	}
	_, err := o.w.Write(b)
	if err == nil && o.live {
		err = o.w.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// Flush writes what is held.
func (o *Output) Flush() error {
	if err := o.w.Flush(); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
