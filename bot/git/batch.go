package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Object is one object of a repository.
type Object struct {
	ID   string
	Type string // "blob", "commit", "tree", "tag"
	Size int64
	Data []byte // nil from Stat, and when larger than MaxObject
}

// MaxObject is the largest object that Object reads into memory: no source file
// comes near, and no patch mail passes a list server with it.
const MaxObject = 32 << 20

// Object reads one object by any name git knows: "v6.1:MAINTAINERS". An absent
// one is ErrMissing. One long-lived git answers all questions of a repository,
// 0.1 ms each instead of the 4 ms of a new process.
func (r *Repo) Object(ctx context.Context, name string) (Object, error) {
	return r.ask(ctx, "contents", name)
}

// Stat is Object without the content.
func (r *Repo) Stat(ctx context.Context, name string) (Object, error) {
	return r.ask(ctx, "info", name)
}

// sizes looks up how large objects are, all at once; 0 for one that cannot be
// read, which whoever reads it finds out.
func (r *Repo) sizes(ctx context.Context, ids []string) ([]int64, error) {
	out := make([]int64, len(ids))
	r.mu.Lock()
	defer r.mu.Unlock()
	for at := 0; at < len(ids); {
		if err := ctx.Err(); err != nil {
			return nil, &Error{Doing: "reading commits", Repo: r.Path, Err: context.Cause(ctx)}
		}
		if err := r.startBatch(ctx); err != nil {
			return nil, err
		}
		part := ids[at:min(at+ahead, len(ids))] // as many as any pipe holds
		stop := context.AfterFunc(ctx, r.batch.end)
		err := r.batch.sizes(part, out[at:])
		stop()
		at += len(part)
		if err != nil { // git died: of what, the reader of these finds out
			dead := r.batch
			r.batch = nil
			dead.end()
			_ = dead.p.Wait()
		}
	}
	return out, nil
}

func (b *batch) sizes(ids []string, to []int64) error {
	var q strings.Builder
	for _, id := range ids {
		if strings.ContainsAny(id, "\n\x00") {
			id = "0"
		}
		q.WriteString("info " + id + "\n")
	}
	if _, err := io.WriteString(b.p.In, q.String()); err != nil {
		return err
	}
	for i := range ids {
		line, err := b.out.ReadString('\n')
		if err != nil {
			return err
		}
		if f := strings.Fields(line); len(f) == 3 {
			to[i], _ = strconv.ParseInt(f[2], 10, 64)
		}
	}
	return nil
}

// startBatch sees to it that one runs.
func (r *Repo) startBatch(ctx context.Context) error {
	if r.batch != nil {
		return nil
	}
	// The process outlives this question, so it has a context of its own.
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	p, err := r.StartFed(own, "reading objects", "cat-file", "--batch-command")
	if err != nil {
		end()
		return err
	}
	r.batch = &batch{p: p, out: bufio.NewReaderSize(p.Out, 64<<10), end: end}
	return nil
}

// batch is a running cat-file --batch-command.
type batch struct {
	p   *Proc
	out *bufio.Reader
	end context.CancelFunc
}

func (b *batch) close() {
	b.end()
	b.p.Close()
}

// ask puts one question. A process that has died since the last one (somebody
// ended it, the machine ran short of memory) is started again, once; a process
// that dies of the question itself would do so again.
func (r *Repo) ask(ctx context.Context, verb, name string) (Object, error) {
	doing := "reading " + name
	if strings.ContainsAny(name, "\n\x00") || name == "" {
		return Object{}, &Error{Doing: "reading an object", Repo: r.Path, Err: ErrNoRevision, Advice: "a name is one line"}
	}
	if !r.plainName(name) {
		_ = r.shadow.refresh() // the name may begin with HEAD
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for fresh := false; ; {
		if err := ctx.Err(); err != nil {
			return Object{}, &Error{Doing: doing, Repo: r.Path, Err: context.Cause(ctx)}
		}
		if r.batch == nil {
			if err := r.startBatch(ctx); err != nil {
				return Object{}, err
			}
			fresh = true
		}
		stop := context.AfterFunc(ctx, func(b *batch) func() { return b.end }(r.batch))
		o, err := r.batch.ask(verb, name, doing, r.Path)
		stop()
		if err == nil {
			return o, nil
		}
		var answer *Error // and not the end of the process
		if errors.As(err, &answer) {
			return o, answer
		}
		dead := r.batch
		r.batch = nil
		dead.end()
		waited := dead.p.Wait()
		if ctx.Err() != nil || !fresh {
			continue // ctx is looked at above
		}
		e := &Error{Doing: doing, Repo: r.Path, Err: err, Stderr: dead.p.errs.String()}
		if waited != nil {
			e.Advice, e.Err = classify(e.Stderr, err)
		}
		return Object{}, e
	}
}

func (b *batch) ask(verb, name, doing, repo string) (Object, error) {
	if _, err := fmt.Fprintf(b.p.In, "%s %s\n", verb, name); err != nil {
		return Object{}, err
	}
	line, err := b.out.ReadString('\n')
	if err != nil {
		return Object{}, fmt.Errorf("git ended: %w", err)
	}
	line = strings.TrimSuffix(line, "\n")
	f := strings.Split(line, " ")
	if len(f) != 3 || strings.HasSuffix(line, " missing") || strings.HasSuffix(line, " ambiguous") {
		e := &Error{Doing: doing, Repo: repo, Err: ErrMissing, Advice: "see that the name is right and the clone is complete"}
		if strings.HasSuffix(line, " ambiguous") {
			e.Err, e.Advice = ErrNoRevision, "several objects begin with these digits: give more of them"
		}
		return Object{}, e
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return Object{}, fmt.Errorf("git answered %q", line)
	}
	o := Object{ID: f[0], Type: f[1], Size: size}
	if verb != "contents" {
		return o, nil
	}
	if size > MaxObject {
		if _, err := io.CopyN(io.Discard, b.out, size+1); err != nil {
			return Object{}, err
		}
		return o, &Error{Doing: doing, Repo: repo, Err: fmt.Errorf("object has %d bytes, more than the %d that are read", size, MaxObject)}
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(b.out, data); err != nil {
		return Object{}, fmt.Errorf("git ended: %w", err)
	}
	o.Data = data[:size:size]
	return o, nil
}

// plainName reports whether name needs no refs to be found.
func (r *Repo) plainName(name string) bool {
	end := strings.IndexAny(name, ":^~")
	if end < 0 {
		end = len(name)
	}
	return r.isName(name[:end])
}
