package progress

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// paper is what a terminal was sent.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

func (p *paper) until(t *testing.T, want string) {
	t.Helper()
	for range 500 {
		if strings.Contains(p.text(), want) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("%q was not drawn; there is %q", want, p.text())
}

func screen() (*Screen, *paper) {
	p := &paper{}
	return &Screen{w: p, live: true, tick: time.Millisecond}, p
}

func TestDrawn(t *testing.T) {
	s, p := screen()
	outer := s.Begin("judging", 4)
	outer.Add(1)
	outer.At("drm: a title")
	p.until(t, "/s, 1 s left")
	p.until(t, "judging drm: a title, ")
	p.until(t, "(1/4)")
	inner := s.Begin("reading 6.1", 0)
	p.until(t, "reading 6.1, 1 s so far")
	inner.Total(2)
	inner.Set(1)
	p.until(t, "(1/2)")
	inner.End()
	inner.End() // twice is once
	outer.Set(3)
	p.until(t, "(3/4)")
	outer.End()
	if s.drawn != nil || len(s.bars) != 0 {
		t.Error("a bar stands after all work ended")
	}
	end := p.text()
	time.Sleep(5 * time.Millisecond)
	if p.text() != end {
		t.Error("something is drawn after all work ended")
	}
}

// TestLinesStandAbove: what is written takes the bar away first, and it comes back.
func TestLinesStandAbove(t *testing.T) {
	s, p := screen()
	file := filepath.Join(t.TempDir(), "tty")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b := s.Begin("judging", 9)
	p.until(t, "judging")
	w := &above{s: s, f: f}
	if _, err := w.Write([]byte("a line\n")); err != nil {
		t.Fatal(err)
	}
	before := strings.Count(p.text(), "judging")
	b.Add(5)
	p.until(t, "(5/9)")
	if strings.Count(p.text(), "judging") == before {
		t.Error("the bar did not come back")
	}
	b.End()
	if got, _ := os.ReadFile(file); string(got) != "a line\n" {
		t.Errorf("the line is %q", got)
	}
}

// TestNothingOnAPipe: no bar, no goroutine, and the writer as it was.
func TestNothingOnAPipe(t *testing.T) {
	var out bytes.Buffer
	s := NewScreen(&out)
	ctx := With(context.Background(), s)
	b := Begin(ctx, "judging", 3)
	b.Add(1)
	b.Set(2)
	b.Total(5)
	b.At("x")
	b.End()
	if b != nil || out.Len() > 0 || s.Writer(&out) != &out {
		t.Errorf("a pipe got %q", out.String())
	}
	if Begin(context.Background(), "no screen", 0) != nil {
		t.Error("a bar without a screen")
	}
}

// TestShort: what is over within a moment shows nothing.
func TestShort(t *testing.T) {
	s, p := screen()
	s.after = time.Hour
	b := s.Begin("judging", 3)
	time.Sleep(5 * time.Millisecond)
	b.End()
	if p.text() != "" {
		t.Errorf("it showed %q", p.text())
	}
}

func TestRate(t *testing.T) {
	for took, want := range map[time.Duration]string{time.Second: "30/s", 2 * time.Minute: "15.0/min"} {
		if got := rate(30, took); got != want {
			t.Errorf("30 in %v is %q, want %q", took, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "1 s", 59 * time.Second: "59 s", 90 * time.Second: "2 min", 90 * time.Minute: "1.5 h"} {
		if got := words(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	if got := clipped(strings.Repeat("ä", 50)); len([]rune(got)) != names {
		t.Errorf("clipped to %q", got)
	}
}

// A title may be anybody's text: none of it reaches the terminal as a command.
func TestClipped(t *testing.T) {
	if got := clipped("x\x1b]0;y\a\u202ez"); strings.ContainsAny(got, "\x1b\a\u202e") || !strings.Contains(got, "x") {
		t.Errorf("%q", got)
	}
}
