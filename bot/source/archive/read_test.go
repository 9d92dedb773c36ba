package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// mail writes a small message; size pads its body.
func mail(id string, size int) string {
	return "From: Ada Author <ada@example.org>\nMessage-ID: <" + id + "@example.org>\nSubject: " + id + "\n\n" + strings.Repeat("x", size) +
		"\n"
}

// read returns "subject" for each mail, or "!reason".
func read(t *testing.T, path string, o Options) []string {
	t.Helper()
	a, err := Open(t.Context(), path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	var got []string
	err = Read(t.Context(), a, o, func(m *Mail) string {
		switch {
		case errors.Is(m.Err, git.ErrMissing):
			return "!missing"
		case errors.Is(m.Err, git.ErrCorrupt):
			return "!corrupt"
		case errors.Is(m.Err, ErrTooLarge):
			return fmt.Sprintf("!%d", m.Size)
		case m.Err != nil:
			return "!" + m.Err.Error()
		case int64(len(m.Raw)) != m.Size:
			return "!size"
		}
		_, s, _ := bytes.Cut(m.Raw, []byte("Subject: "))
		s, _, _ = bytes.Cut(s, []byte("\n"))
		return string(s)
	}, func(s string) error { got = append(got, s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestOrderAndSizes(t *testing.T) {
	// Sizes around the buffer's, so that messages begin and end on each side of
	// its border; many enough for several buffers and chunks.
	dir := t.TempDir()
	box := gittest.NewInbox(t, dir)
	rng := rand.New(rand.NewPCG(1, 2))
	var messages []gittest.Message
	var want []string
	for i := range 700 {
		size := rng.IntN(6000)
		switch i {
		case 10:
			size = bufferSize - 200
		case 11, 12:
			size = bufferSize - 90 + i
		case 13:
			size = 3 * bufferSize
		case 400:
			size = MaxMail - 500
		case 401:
			size = MaxMail
		}
		id := fmt.Sprintf("m%d", i)
		m := mail(id, size)
		if i == 401 {
			id = fmt.Sprintf("!%d", len(m))
		}
		messages, want = append(messages, gittest.Message{Raw: m}), append(want, id)
	}
	box.Add(messages...)
	for _, workers := range []int{1, 4} {
		same(t, read(t, dir, Options{Workers: workers}), want...)
	}
}

func TestDeletions(t *testing.T) {
	dir := t.TempDir()
	e0 := gittest.NewInbox(t, filepath.Join(dir, "git", "0.git"))
	e0.Add(
		gittest.Message{Raw: mail("keep", 1)},
		gittest.Message{Raw: mail("same-epoch", 1)},
		gittest.Message{Raw: mail("later-epoch", 1)},
		gittest.Message{Raw: mail("other-bytes", 1)},
		gittest.Message{Raw: mail("same-epoch", 1), Delete: true},
		gittest.Message{Raw: mail("came-again", 1)},
		gittest.Message{Raw: mail("came-again", 1), Delete: true},
		gittest.Message{Raw: mail("came-again", 1)},
	)
	e1 := gittest.NewInbox(t, filepath.Join(dir, "git", "1.git"))
	e1.Add(
		gittest.Message{Raw: mail("second", 1)},
		gittest.Message{Raw: mail("later-epoch", 1), Delete: true},
		gittest.Message{Raw: "Message-id:\n <other-bytes@example.org>\n\nas somebody else got it\n", Delete: true},
		gittest.Message{Raw: mail("third", 1)},
	)
	gittest.NewBare(t, filepath.Join(dir, "git", "2.git")) // just begun
	all := gittest.NewBare(t, filepath.Join(dir, "all.git"))
	if err := os.WriteFile(filepath.Join(all.Dir, "objects", "info", "alternates"),
		[]byte("../../git/0.git/objects\n../../git/1.git/objects\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	gone := 0
	want := []string{"keep", "came-again", "second", "third"}
	same(t, read(t, dir, Options{Gone: func(Entry) { gone++ }}), want...)
	if gone != 4 {
		t.Errorf("%d messages counted as taken back, want 4", gone)
	}
	same(t, read(t, filepath.Join(dir, "git"), Options{}), want...)
	same(t, read(t, filepath.Join(dir, "all.git"), Options{}), want...)
	same(t, read(t, e1.Dir, Options{}), "second", "third")
	// Behind a commit, earlier deletions say nothing about later messages.
	after := e0.Git("rev-parse", "main~1")
	same(t, read(t, e0.Dir, Options{After: map[int]string{0: after}}), "came-again")
}

func TestDates(t *testing.T) {
	dir := t.TempDir()
	day := func(d int) time.Time { return time.Date(2024, 3, d, 0, 0, 0, 0, time.UTC) }
	gittest.NewInbox(t, dir).Add(
		gittest.Message{Raw: mail("imported", 1), Date: day(20), Sent: day(2)},
		gittest.Message{Raw: mail("fast-clock", 1), Date: day(5), Sent: day(28)},
		gittest.Message{Raw: mail("usual", 1), Date: day(8), Sent: day(8)},
	)
	same(t, read(t, dir, Options{Since: day(5)}), "fast-clock", "usual")
	same(t, read(t, dir, Options{AsOf: day(5)}), "imported", "fast-clock")
}

func TestUnreadableMessages(t *testing.T) {
	work := gittest.New(t)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		work.Put("m", mail(id, 2000), "message")
	}
	work.Lose("HEAD~3:m")
	work.Damage("HEAD~1:m")
	same(t, read(t, work.Dir, Options{}), "a", "!missing", "c", "!corrupt", "e")
}

func TestOpenErrors(t *testing.T) {
	code := gittest.New(t)
	code.Put("main.c", "int main;\n", "code")
	if _, err := Open(t.Context(), code.Dir, git.Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("ordinary repository: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(code.Dir, "absent"), git.Options{}); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("absent: %v", err)
	}
}

func TestEmitErrorEnds(t *testing.T) {
	dir := t.TempDir()
	var m []gittest.Message
	for i := range 300 {
		m = append(m, gittest.Message{Raw: mail(fmt.Sprint(i), 9000)})
	}
	gittest.NewInbox(t, dir).Add(m...)
	a, err := Open(t.Context(), dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	full := errors.New("disk full")
	if err := Read(t.Context(), a, Options{}, func(*Mail) int { return 0 }, func(int) error { return full }); !errors.Is(err, full) {
		t.Errorf("emit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Read(ctx, a, Options{}, func(*Mail) int { cancel(); return 0 }, func(int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOrdered(t *testing.T) {
	const jobs, window = 500, 7
	var inside, most int
	busy := make(chan int, jobs) // +1 and -1, summed up on one goroutine
	done := make(chan struct{})
	go func() {
		for d := range busy {
			inside += d
			most = max(most, inside)
		}
		close(done)
	}()
	next := 0
	err := Ordered(t.Context(), 3, window,
		func(_ context.Context, put func(int) error) error {
			for i := range jobs {
				if err := put(i); err != nil {
					return err
				}
				busy <- 1
			}
			return nil
		},
		func(i int) int {
			if i%50 == 0 {
				time.Sleep(time.Millisecond)
			}
			return i
		},
		func(i int) error {
			if i != next {
				t.Fatalf("got %d, want %d", i, next)
			}
			next++
			busy <- -1
			return nil
		})
	close(busy)
	<-done
	if err != nil || next != jobs {
		t.Errorf("%d of %d, %v", next, jobs, err)
	}
	if most > window+1 { // put returns a moment before it is counted
		t.Errorf("%d jobs at a time, window is %d", most, window)
	}
}
