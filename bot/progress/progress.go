// Package progress shows a person at a terminal how far long work is: what is being
// done, how far, how fast, how long it still takes.
//
// Invariants: a writer that is no terminal gets nothing but what is written to it. One
// bar is drawn at a time, that of the work begun last. What is written through
// Screen.Writer stands above the bar and is never torn by it. Work that is over within a
// moment shows no bar. The work never waits for the drawing: it counts, and a goroutine
// draws. The rate is that of this run, whatever an earlier one had done.
package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"github.com/stablebot/stablebot/rules/change"
)

const (
	after = time.Second            // a bar that flashes by is noise
	every = 200 * time.Millisecond // between two drawings
	names = 40                     // columns for what is being read
)

// Screen is a terminal that bars are drawn on; on anything else it draws nothing.
type Screen struct {
	w           io.Writer
	live        bool
	after, tick time.Duration

	mu    sync.Mutex
	bars  []*Bar // the innermost last
	drawn *Bar   // what stands on the terminal
}

// NewScreen draws on w, where that is a terminal.
func NewScreen(w io.Writer) *Screen {
	return &Screen{w: w, live: IsTerminal(w), after: after, tick: every}
}

// Live reports whether anything is drawn at all: what only serves a bar need not be counted.
func (s *Screen) Live() bool { return s != nil && s.live }

// IsTerminal reports whether w is one, also behind Screen.Writer.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && isatty.IsTerminal(f.Fd())
}

// Bar is one piece of work. A nil Bar counts nothing, so that callers need not ask.
type Bar struct {
	s     *Screen
	what  string
	total atomic.Int64
	done  atomic.Int64
	at    atomic.Pointer[string]
	start time.Time
	stop  chan struct{}
	bar   *progressbar.ProgressBar
	known bool // bar was made with a total
	count bool // and shows how much is done
}

// Begin says what is done from now on; total is 0 where nobody knows how much it is.
// End has to be called.
func (s *Screen) Begin(what string, total int) *Bar {
	if !s.Live() {
		return nil
	}
	b := &Bar{s: s, what: what, start: time.Now(), stop: make(chan struct{})}
	b.total.Store(int64(total))
	s.mu.Lock()
	s.bars = append(s.bars, b)
	s.mu.Unlock()
	go b.keepDrawing()
	return b
}

func (b *Bar) keepDrawing() {
	t := time.NewTicker(b.s.tick)
	defer t.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-t.C:
			b.draw()
		}
	}
}

// Add counts n more.
func (b *Bar) Add(n int) {
	if b != nil {
		b.done.Add(int64(n))
	}
}

// Set says how much is done.
func (b *Bar) Set(n int) {
	if b != nil {
		b.done.Store(int64(n))
	}
}

// Total says how much there is, once that is known.
func (b *Bar) Total(n int) {
	if b != nil {
		b.total.Store(int64(n))
	}
}

// At names what is being read.
func (b *Bar) At(name string) {
	if b != nil {
		b.at.Store(&name)
	}
}

// End takes the bar away.
func (b *Bar) End() {
	if b == nil {
		return
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	i := slices.Index(b.s.bars, b)
	if i < 0 {
		return // it ended before
	}
	close(b.stop)
	b.s.bars = slices.Delete(b.s.bars, i, i+1)
	b.s.clear()
}

// draw shows the bar where it is the innermost one and has lasted.
func (b *Bar) draw() {
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.bars); n == 0 || s.bars[n-1] != b || time.Since(b.start) < s.after {
		return
	}
	if s.drawn != b {
		s.clear()
	}
	total, counted := b.total.Load(), b.done.Load() > 0
	if b.bar == nil || b.known != (total > 0) || b.count != counted {
		s.clear()
		b.make(total, counted)
	}
	b.bar.Describe(b.says(total))
	if total > 0 {
		b.bar.ChangeMax64(max(total, b.done.Load()))
	}
	_ = b.bar.Set64(b.done.Load()) // a bar that cannot be drawn is no reason to stop
	s.drawn = b
}

// make is called again when it turns out how much there is.
func (b *Bar) make(total int64, count bool) {
	b.known, b.count = total > 0, count
	if !b.known {
		total = -1
	}
	options := []progressbar.Option{progressbar.OptionSetWriter(b.s.w), progressbar.OptionFullWidth(),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetSpinnerChangeInterval(0)} // it is drawn when we say so
	if count || b.known {
		options = append(options, progressbar.OptionShowCount())
	}
	b.bar = progressbar.NewOptions64(total, options...)
}

// says is the text beside the bar.
func (b *Bar) says(total int64) string {
	out := b.what
	if at := b.at.Load(); at != nil && *at != "" {
		out += " " + clipped(*at)
	}
	took, done := time.Since(b.start), b.done.Load()
	switch {
	case done == 0:
		out += fmt.Sprintf(", %s so far", words(took))
	case total > done:
		out += fmt.Sprintf(", %s, %s left", rate(done, took), words(time.Duration(float64(took)/float64(done)*float64(total-done))))
	default:
		out += ", " + rate(done, took)
	}
	return out
}

// rate is how fast it goes: by the minute where less than one is done in a second.
func rate(done int64, took time.Duration) string {
	if perSecond := float64(done) / took.Seconds(); perSecond >= 1 {
		return fmt.Sprintf("%.0f/s", perSecond)
	}
	return fmt.Sprintf("%.1f/min", float64(done)/took.Minutes())
}

// clipped is a name that leaves room for the bar.
func clipped(s string) string {
	r := []rune(change.Plain(s)) // titles are strangers' text
	if len(r) <= names {
		return string(r)
	}
	return string(r[:names-1]) + "…"
}

// words is a time as a person says it.
func words(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// clear takes what is drawn off the terminal; mu is held.
func (s *Screen) clear() {
	if s.drawn != nil {
		_ = s.drawn.bar.Clear()
		s.drawn = nil
	}
}

// Writer is w, with the bar out of the way of what is written to it: lines stand above
// the bar, which comes back with the next drawing.
func (s *Screen) Writer(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && s.Live() && IsTerminal(w) {
		return &above{f: f, s: s}
	}
	return w
}

// above is a terminal that a bar is drawn on as well. It is still seen to be one.
type above struct {
	f *os.File
	s *Screen
}

func (a *above) Fd() uintptr                { return a.f.Fd() }
func (a *above) Read(p []byte) (int, error) { return a.f.Read(p) }
func (a *above) Close() error               { return a.f.Close() }

func (a *above) Write(p []byte) (int, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.s.clear()
	return a.f.Write(p)
}

type key struct{}

// With lets what ctx is handed to begin bars on the screen.
func With(ctx context.Context, s *Screen) context.Context { return context.WithValue(ctx, key{}, s) }

// On is the screen of ctx; nil, which draws nothing, where it has none.
func On(ctx context.Context) *Screen {
	s, _ := ctx.Value(key{}).(*Screen)
	return s
}

// Begin begins a bar on the screen of ctx.
func Begin(ctx context.Context, what string, total int) *Bar { return On(ctx).Begin(what, total) }
