package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/stablebot/stablebot/bot/git"
)

// MaxMail is the largest message that is read into memory. A larger one is
// streamed past and comes with its size and an error.
const MaxMail = 32 << 20

// ErrTooLarge marks a message above MaxMail.
var ErrTooLarge = errors.New("message is too large")

// Mail is one message as the archive has it.
type Mail struct {
	Entry
	Size int64
	// Raw is the RFC 5322 text. It lives in a buffer that is used again: whatever
	// is kept after the call has to be copied.
	Raw []byte
	// Err says why Raw is nil: git.ErrMissing, git.ErrCorrupt, ErrTooLarge.
	Err error
}

// What is in memory at a time. The smallest buffer takes 40 usual mails, so
// that changing hands costs nothing, and stays in the cache of the processor
// between git, the reader and the worker.
const (
	bufferSize = 512 << 10
	// bufferTotal bounds all buffers together: one message of the largest size
	// and a window of usual buffers beside it.
	bufferTotal = 48 << 20
)

// Read hands every message to work, on several goroutines, and the results to
// emit, on this one, in the order of the archive. work must not keep Raw.
func Read[R any](ctx context.Context, a *Archive, o Options, work func(*Mail) R, emit func(R) error) error {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &buffers{memory: semaphore.NewWeighted(bufferTotal)}
	return Ordered(ctx, workers, 2*workers+2,
		func(ctx context.Context, put func(*batch) error) error { return a.produce(ctx, o, b, put) },
		func(in *batch) *results[R] {
			out := &results[R]{batch: in, r: make([]R, len(in.mails))}
			for i := range in.mails {
				out.r[i] = work(&in.mails[i])
			}
			return out
		},
		func(out *results[R]) error {
			b.release(out.batch)
			for _, r := range out.r {
				if err := emit(r); err != nil {
					return err
				}
			}
			return nil
		})
}

type results[R any] struct {
	batch *batch
	r     []R
}

// batch is a buffer and the mails in it.
type batch struct {
	buf   []byte
	mails []Mail
}

// buffers hands out buffers within a bound.
type buffers struct {
	memory *semaphore.Weighted
	pool   sync.Pool
}

func (b *buffers) get(ctx context.Context, size int) (*batch, error) {
	if err := b.memory.Acquire(ctx, int64(size)); err != nil {
		return nil, context.Cause(ctx)
	}
	if size == bufferSize {
		if in, ok := b.pool.Get().(*batch); ok {
			return in, nil
		}
	}
	return &batch{buf: make([]byte, size)}, nil
}

func (b *buffers) release(in *batch) {
	size := len(in.buf)
	if size == bufferSize {
		clear(in.mails)
		in.mails = in.mails[:0]
		b.pool.Put(in)
	}
	b.memory.Release(int64(size))
}

// produce lists all epochs and fetches their blobs.
func (a *Archive) produce(ctx context.Context, o Options, b *buffers, put func(*batch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	g := a.findGone(ctx, o.After)
	var listing sync.WaitGroup
	defer listing.Wait()
	defer func() { cancel(nil); <-g.ready }()
	r := &reader{g: g, o: o, buffers: b, put: put, ctx: ctx}
	for _, e := range a.Epochs {
		chunks := make(chan []Entry, 8)
		listed := make(chan error, 1)
		listing.Go(func() {
			defer close(chunks)
			listed <- a.list(ctx, e, o, g, func(c []Entry) error {
				select {
				case chunks <- c:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
		})
		if err := r.epoch(e, chunks); err != nil {
			return err
		}
		if err := <-listed; err != nil {
			return err
		}
	}
	return r.flush()
}

// reader asks one git process after the other for blobs, an epoch each, and
// puts the answers into batches. One process inflates faster than two
// processors judge, and several would inflate the same delta bases.
type reader struct {
	ctx     context.Context
	g       *gone
	o       Options
	buffers *buffers
	put     func(*batch) error

	repo  *git.Repo
	p     *git.Proc
	asked [][]Entry // without an answer yet
	open  bool      // more may be asked

	in  *batch
	pos int // of in.buf: what is before belongs to mails
	end int // of in.buf: what was read
}

// askAhead is how many chunks git is asked for before their answers are read.
// 4 × 64 lines of at most 65 bytes fit into any pipe, so asking never waits.
// Git keeps at most 4 KiB of answers back, which is less than the answers to
// what it was asked beyond the first chunk, so reading never waits for ever.
const askAhead = 4

func (r *reader) epoch(e Epoch, chunks <-chan []Entry) error {
	r.repo, r.open, r.asked = e.Repo, true, nil
	defer func() {
		if r.p != nil {
			r.p.Close()
			r.p = nil
		}
	}()
	for {
		for r.open && len(r.asked) < askAhead {
			c, ok := <-chunks
			r.open = ok
			if ok {
				r.asked = append(r.asked, c)
			}
			if err := r.ask(c); err != nil {
				return err
			}
		}
		if len(r.asked) == 0 {
			return nil
		}
		if err := r.chunk(); err != nil {
			return err
		}
	}
}

// ask writes the questions of chunks, and, when no more come, closes the pipe,
// which makes git keep nothing back. A failure to write means that git has
// died, which reading its answers finds out.
func (r *reader) ask(chunks ...[]Entry) error {
	if r.p == nil {
		if len(r.asked) == 0 {
			return nil
		}
		p, err := r.repo.StartFed(r.ctx, "reading messages", "cat-file", "--batch", "--buffer")
		if err != nil {
			return err
		}
		r.p = p
	}
	for _, c := range chunks {
		q := make([]byte, 0, 65*chunkSize)
		for i := range c {
			q = append(append(q, c[i].Blob...), '\n')
		}
		_, _ = r.p.In.Write(q)
	}
	if !r.open {
		_ = r.p.In.Close()
	}
	return nil
}

// chunk reads the answers to the oldest questions.
func (r *reader) chunk() error {
	c := r.asked[0]
	for i := range c {
		err := r.mail(&c[i])
		if err == nil {
			continue
		}
		if !errors.Is(err, errDied) {
			return err
		}
		if r.ctx.Err() != nil {
			return context.Cause(r.ctx)
		}
		// Git died of this message: it is told so, and the others are asked for
		// again.
		died := r.p.Wait()
		if died == nil {
			died = &git.Error{Doing: "reading a message", Repo: r.repo.Path, Err: err}
		}
		r.p, r.end = nil, r.pos
		if err := r.add(Mail{Entry: c[i], Err: died}); err != nil {
			return err
		}
		r.asked[0] = c[i+1:]
		if err := r.ask(r.asked...); err != nil {
			return err
		}
	}
	r.asked = r.asked[1:]
	return nil
}

// errDied is git's end before its answer's.
var errDied = errors.New("git ended in the middle of its answer")

// mail reads one answer: "<blob> blob <size>", the message, a line end; or
// "<blob> missing".
func (r *reader) mail(e *Entry) error {
	line, err := r.line()
	if err != nil {
		return err
	}
	name, rest, _ := bytes.Cut(line, []byte{' '})
	if string(name) != e.Blob {
		return fmt.Errorf("reading messages in %s: asked git for %s and got %.80q", r.repo.Path, e.Blob, line)
	}
	kind, digits, ok := bytes.Cut(rest, []byte{' '})
	size, _ := strconv.ParseInt(string(digits), 10, 64)
	if !ok || string(kind) != "blob" {
		return r.add(Mail{Entry: *e, Err: &git.Error{Doing: "reading blob " + e.Blob, Repo: r.repo.Path, Err: git.ErrMissing,
			Advice: "the archive is incomplete: fetch it anew"}})
	}
	if size > MaxMail {
		if err := r.skip(size + 1); err != nil {
			return err
		}
		return r.add(Mail{Entry: *e, Size: size, Err: fmt.Errorf("%w: %d bytes, more than the %d that are read", ErrTooLarge, size, MaxMail)})
	}
	if err := r.need(int(size) + 1); err != nil {
		return err
	}
	raw := r.in.buf[r.pos : r.pos+int(size) : r.pos+int(size)]
	r.pos += int(size) + 1
	if r.g.message(raw) {
		if r.o.Gone != nil {
			r.o.Gone(*e)
		}
		return nil
	}
	return r.add(Mail{Entry: *e, Size: size, Raw: raw})
}

func (r *reader) add(m Mail) error {
	if r.in == nil {
		if err := r.renew(bufferSize); err != nil {
			return err
		}
	}
	r.in.mails = append(r.in.mails, m)
	return nil
}

// line reads up to a line end. Its bytes are good until the next call.
func (r *reader) line() ([]byte, error) {
	for seen := 0; ; {
		if r.in != nil {
			if i := bytes.IndexByte(r.in.buf[r.pos+seen:r.end], '\n'); i >= 0 {
				line := r.in.buf[r.pos : r.pos+seen+i]
				r.pos += seen + i + 1
				return line, nil
			}
			seen = r.end - r.pos
		}
		if err := r.need(seen + 1); err != nil {
			return nil, err
		}
	}
}

// need makes n unread bytes stand at pos, in a new buffer when this one has no
// room for them.
func (r *reader) need(n int) error {
	if r.in == nil || r.pos+n > len(r.in.buf) {
		if err := r.renew(max(bufferSize, n)); err != nil {
			return err
		}
	}
	for r.end-r.pos < n {
		k, err := r.p.Out.Read(r.in.buf[r.end:])
		r.end += k
		if k == 0 && err != nil {
			if err == io.EOF || errors.Is(err, os.ErrClosed) {
				return errDied
			}
			return fmt.Errorf("reading messages in %s: %w", r.repo.Path, err)
		}
	}
	return nil
}

// skip passes n bytes by.
func (r *reader) skip(n int64) error {
	for n > 0 {
		if r.pos == r.end {
			if err := r.renew(bufferSize); err != nil {
				return err
			}
			if err := r.need(1); err != nil {
				return err
			}
		}
		k := min(n, int64(r.end-r.pos))
		r.pos += int(k)
		n -= k
	}
	return nil
}

// renew hands the buffer on and goes on in a new one, with what was read of
// the next message.
func (r *reader) renew(size int) error {
	old, rest := r.in, []byte(nil)
	if old != nil {
		rest = old.buf[r.pos:r.end]
		if len(old.mails) == 0 && size == len(old.buf) {
			r.pos, r.end = 0, copy(old.buf, rest)
			return nil
		}
		// The batch will be used again once it is handed on.
		rest = bytes.Clone(rest)
		if err := r.flush(); err != nil {
			return err
		}
	}
	in, err := r.buffers.get(r.ctx, size)
	if err != nil {
		return err
	}
	r.in, r.pos, r.end = in, 0, copy(in.buf, rest)
	return nil
}

// flush hands the buffer on, if it holds a mail.
func (r *reader) flush() error {
	in := r.in
	if in == nil {
		return nil
	}
	r.in, r.pos, r.end = nil, 0, 0
	if len(in.mails) == 0 {
		r.buffers.release(in)
		return nil
	}
	return r.put(in)
}
