package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/rules/verdict"
)

// output buffers what is printed; to a terminal it is written line by line, in
// the colours that the terminal has.
type output struct {
	w      *bufio.Writer
	live   bool // a terminal
	header string
}

// rowHang is where what a row says further begins: under the score.
const rowHang = 25

// newRows is an output for the table, whose rows fit the reader's terminal.
func newRows(w io.Writer) *output {
	o := newOutput(w)
	if width := console.Width(w); width > 0 {
		to := w
		if o.live {
			to = colorprofile.NewWriter(w, os.Environ())
		}
		o.w = bufio.NewWriterSize(console.Fold(to, width, rowHang), 64<<10)
	}
	return o
}

func newOutput(w io.Writer) *output {
	o := &output{live: console.IsTerminal(w)}
	if o.live {
		w = colorprofile.NewWriter(w, os.Environ()) // drops what the terminal or NO_COLOR does not want
	}
	o.w = bufio.NewWriterSize(w, 64<<10)
	return o
}

func (o *output) write(b []byte) error {
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

func (o *output) flush() error {
	if err := o.w.Flush(); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// summary says in one line what came of it.
func summary(w io.Writer, took time.Duration, units, judged, unjudged int, counts map[verdict.Verdict]int) {
	var parts []string
	for _, v := range verdict.Verdicts {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	line := fmt.Sprintf("%s of %d judged in %s", console.Several(judged, "change"), units, took.Round(time.Millisecond))
	if took > time.Second {
		line += fmt.Sprintf(" (%.0f/s)", float64(units)/took.Seconds())
	}
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if unjudged > 0 {
		line += fmt.Sprintf("; %d could not be read in full", unjudged)
	}
	fmt.Fprintln(w, line)
}
