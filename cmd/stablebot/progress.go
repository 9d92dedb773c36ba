package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

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
	if width := widthOf(w); width > 0 {
		to := w
		if o.live {
			to = colorprofile.NewWriter(w, os.Environ())
		}
		o.w = bufio.NewWriterSize(&folder{w: to, width: width, hang: rowHang}, 64<<10)
	}
	return o
}

func newOutput(w io.Writer) *output {
	o := &output{live: isTerminal(w)}
	if o.live {
		w = colorprofile.NewWriter(w, os.Environ()) // drops what the terminal or NO_COLOR does not want
	}
	o.w = bufio.NewWriterSize(w, 64<<10)
	return o
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
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

// progress shows a bar with rate and time left on a terminal, once the work
// has taken longer than a moment; elsewhere it shows nothing.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar
	shown bool
	quiet bool
	total int
	start time.Time
	last  int
}

// barAfter: a bar that flashes by for a second is noise.
const barAfter = time.Second

func newProgress(w io.Writer, quiet bool, total int) *progress {
	p := &progress{w: w, quiet: quiet, total: total, start: time.Now()}
	if quiet || !isTerminal(w) {
		return p
	}
	if total <= 0 {
		total = -1
	}
	p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("judging"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	return p
}

func (p *progress) done(n int) {
	if p.bar == nil || n-p.last < 64 || time.Since(p.start) < barAfter {
		return
	}
	p.last, p.shown = n, true
	_ = p.bar.Set(n) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) clear() {
	if p.shown {
		_ = p.bar.Clear()
	}
}

// summary says in one line what came of it.
func (p *progress) summary(units, judged, unjudged int, counts map[verdict.Verdict]int) {
	if p.quiet {
		return
	}
	var parts []string
	for _, v := range verdict.Verdicts {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	took := time.Since(p.start)
	line := fmt.Sprintf("%s of %d judged in %s", several(judged, "change"), units, took.Round(time.Millisecond))
	if took > barAfter {
		line += fmt.Sprintf(" (%.0f/s)", float64(units)/took.Seconds())
	}
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if unjudged > 0 {
		line += fmt.Sprintf("; %d could not be read in full", unjudged)
	}
	fmt.Fprintln(p.w, line)
}

// several is a number with its noun.
func several(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
