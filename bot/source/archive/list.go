package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stablebot/stablebot/bot/git"
)

// Entry is where one message stands.
type Entry struct {
	Epoch    int
	Commit   string
	Blob     string
	Received time.Time // when the archive took it in: the commit's date
	// Sent is what the Date header says, but not later than Received: clocks
	// run fast, and nothing arrives before it is sent. Archives that were filled
	// from old mailboxes have it alone to go by.
	Sent time.Time
}

// Options of a reading.
type Options struct {
	Since   time.Time         // only messages sent at or after, when set
	AsOf    time.Time         // only messages sent at or before, when set
	After   map[int]string    // per epoch: only commits that are not in this one's history
	Gone    func(Entry)       // told of each message that was taken back, if set
	Only    func(*Entry) bool // messages to read, if set; the others are not asked for
	Workers int               // how many judge in parallel; one a processor when 0
}

// logArgs list commits with what they changed, against the only parent that
// counts, by plumbing that no configuration bends.
var logArgs = []string{"log", "--first-parent", "-m", "--root", "--raw", "--no-abbrev", "--no-renames", "--no-color",
	"--no-decorate", "--no-notes", "--no-show-signature", "--no-ext-diff", "--ignore-submodules=none"}

// chunkSize is how many messages are listed, asked for and counted at a time.
const chunkSize = 64

// maxRecord is as much as is read of what one commit changed: a message is one file.
const maxRecord = 1 << 20

// list sends the messages of one epoch in chunks, oldest first, without those
// that were taken back.
func (a *Archive) list(ctx context.Context, e Epoch, o Options, g *gone, send func([]Entry) error) error {
	args := append(append([]string(nil), logArgs...), "--reverse", "--format=%x00%H %ct %at", e.Tip)
	if after := o.After[e.N]; after != "" {
		args = append(args, "^"+after)
	}
	p, err := e.Repo.Start(ctx, "listing messages", append(args, "--")...)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := g.wait(ctx); err != nil {
		return err
	}
	l := &lister{epoch: e.N, o: o, g: g, send: send}
	in := bufio.NewReaderSize(p.Out, 64<<10)
	for {
		// A record: NUL, "commit ct at", empty line, ":… blob A\tm" lines.
		record, _, err := git.ReadUntil(in, 0, maxRecord)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := l.record(record); err != nil {
			return &git.Error{Doing: "listing messages", Repo: e.Repo.Path, Err: err}
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	return p.Wait()
}

type lister struct {
	epoch int
	o     Options
	g     *gone
	send  func([]Entry) error
	chunk []Entry
	// path and blob of the commit before: a commit that changes nothing holds
	// the same message once more.
	path, blob string
	any        bool
}

func (l *lister) record(s string) error {
	if s == "" {
		return nil // before the first NUL
	}
	head, rest, _ := strings.Cut(s, "\n")
	commit, dates, ok := strings.Cut(head, " ")
	ct, at, ok2 := strings.Cut(dates, " ")
	if !ok || !ok2 {
		return fmt.Errorf("git answered %.80q", head)
	}
	changed := false
	for line := range strings.Lines(rest) {
		if line[0] != ':' {
			continue
		}
		path, blob, status := parseRaw(line)
		if status == 'D' || path != "m" && path != "d" {
			continue
		}
		// A clumsy hand may leave d beside a new m: the one that was touched counts,
		// and m before d.
		if !changed || path == "m" {
			l.path, l.blob, changed = path, blob, true
		}
	}
	if l.path == "" {
		if !l.any && l.o.After[l.epoch] == "" && rest != "" {
			return fmt.Errorf("commit %.12s has neither m nor d: %w", commit, ErrFormat)
		}
		return nil
	}
	l.any = true
	e := Entry{Epoch: l.epoch, Commit: commit, Blob: l.blob, Received: unix(ct), Sent: unix(at)}
	if e.Sent.After(e.Received) {
		e.Sent = e.Received
	}
	if l.path == "d" {
		l.g.passed(e.Blob)
		return nil
	}
	if l.g.blob(e.Blob) {
		if l.o.Gone != nil {
			l.o.Gone(e)
		}
		return nil
	}
	if !l.o.Since.IsZero() && e.Sent.Before(l.o.Since) || !l.o.AsOf.IsZero() && e.Sent.After(l.o.AsOf) {
		return nil
	}
	if l.o.Only != nil && !l.o.Only(&e) {
		return nil
	}
	if l.chunk == nil {
		l.chunk = make([]Entry, 0, chunkSize)
	}
	l.chunk = append(l.chunk, e)
	if len(l.chunk) == chunkSize {
		return l.flush()
	}
	return nil
}

func (l *lister) flush() error {
	if len(l.chunk) == 0 {
		return nil
	}
	c := l.chunk
	l.chunk = nil
	return l.send(c)
}

// parseRaw takes ":100644 100644 <old> <new> M\tm" apart.
func parseRaw(line string) (path, blob string, status byte) {
	meta, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	f := strings.Fields(meta)
	if len(f) != 5 || f[4] == "" {
		return "", "", 'D'
	}
	return path, f[3], f[4][0]
}

func unix(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// gone knows the messages that were taken back, in any epoch. A deletion holds
// for the messages before it: one that comes again later stands. It holds a
// copy of the message, usually the very blob; when no message has that blob,
// its Message-ID says which one was meant. Nothing is written after ready but
// by the one goroutine that lists.
type gone struct {
	ready chan struct{}
	err   error

	blobs map[string]int      // blob → deletions still to come in the listing
	ids   map[string]struct{} // Message-IDs, for the whole archive
}

// findGone looks for deletions while the listing begins.
func (a *Archive) findGone(ctx context.Context, after map[int]string) *gone {
	g := &gone{ready: make(chan struct{}), blobs: map[string]int{}, ids: map[string]struct{}{}}
	go func() {
		defer close(g.ready)
		g.err = g.find(ctx, a, after)
	}()
	return g
}

func (g *gone) wait(ctx context.Context) error {
	select {
	case <-g.ready:
		return g.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *gone) find(ctx context.Context, a *Archive, after map[int]string) error {
	var mu sync.Mutex
	deleted := map[string]Epoch{}
	each := func(paths []string, see func(e Epoch, path, blob string)) error {
		eg, ctx := errgroup.WithContext(ctx)
		eg.SetLimit(2) // more only fight over the disk
		for _, e := range a.Epochs {
			eg.Go(func() error {
				args := append(append([]string(nil), logArgs...), "--format=", e.Tip)
				if c := after[e.N]; c != "" {
					args = append(args, "^"+c)
				}
				args = append(append(args, "--"), paths...)
				p, err := e.Repo.Start(ctx, "looking for deletions", args...)
				if err != nil {
					return err
				}
				defer p.Close()
				in := bufio.NewScanner(p.Out)
				for in.Scan() {
					if path, blob, status := parseRaw(in.Text()); status != 'D' {
						mu.Lock()
						see(e, path, blob)
						mu.Unlock()
					}
				}
				if err := in.Err(); err != nil {
					return err
				}
				return p.Wait()
			})
		}
		return eg.Wait()
	}
	if err := each([]string{"d"}, func(e Epoch, _, blob string) { deleted[blob] = e; g.blobs[blob]++ }); err != nil || len(deleted) == 0 {
		return err
	}
	// Which deletions name a message exactly? The others are rare enough to be
	// read one by one.
	err := each([]string{"m"}, func(_ Epoch, _, blob string) { delete(deleted, blob) })
	if err != nil {
		return err
	}
	for blob, e := range deleted {
		o, err := e.Repo.Object(ctx, blob)
		if errors.Is(err, git.ErrMissing) {
			continue
		} else if err != nil {
			return err
		}
		if id := messageID(o.Data); id != "" {
			g.ids[id] = struct{}{}
		}
	}
	return nil
}

// blob reports whether a message with this blob is taken back later on.
func (g *gone) blob(blob string) bool { return len(g.blobs) > 0 && g.blobs[blob] > 0 }

// passed is told of each deletion in the order of the listing.
func (g *gone) passed(blob string) { g.blobs[blob]-- }

// message is blob for those deletions that only their Message-ID explains.
func (g *gone) message(raw []byte) bool {
	if len(g.ids) == 0 {
		return false
	}
	_, ok := g.ids[messageID(raw)]
	return ok
}

// messageID returns the Message-ID of a raw message without its brackets.
func messageID(raw []byte) string {
	const key = "message-id:"
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte{'\n'})
		if line = bytes.TrimSuffix(line, []byte{'\r'}); len(line) == 0 {
			return ""
		}
		if len(line) >= len(key) && bytes.EqualFold(line[:len(key)], []byte(key)) {
			v := bytes.TrimSpace(line[len(key):])
			if len(v) == 0 { // folded
				line, _, _ = bytes.Cut(rest, []byte{'\n'})
				v = bytes.TrimSpace(line)
			}
			return string(bytes.Trim(v, "<>"))
		}
		raw = rest
	}
	return ""
}
