package trees

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/rules/change"
)

// patchQueue is a repository that keeps what is about to go into stable branches
// as files: queue-6.6/name.patch, as stable-queue does.
type patchQueue struct {
	*repo
	tip string

	mu   sync.Mutex
	days map[int64]string         // day → the commit of that day
	read map[string][]queuedPatch // tree of a folder → its patches
}

// queuedPatch is one file of a queue.
type queuedPatch struct {
	file  string
	title uint64
	date  int64
	named []string // commits that it says it is
}

// Bounds of a queue: the largest so far held 1,200 patches.
const (
	maxQueued    = 5000
	maxQueueFile = 1 << 20
	maxQueues    = 256 // folders and days kept
)

// openQueue opens a queue of files; nil when the revision has none: it is a
// branch then.
func (s *Set) openQueue(ctx context.Context, m Remote) (*patchQueue, error) {
	if strings.Contains(m.Ref, "*") {
		return nil, nil
	}
	r, err := s.repo(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	ref := m.Ref
	if ref == "" {
		ref = "HEAD"
	}
	tip, err := r.Resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	t, err := r.at(ctx, tip)
	if err != nil {
		return nil, err
	}
	names, err := t.Names(ctx, "")
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "queue-") }) {
		return nil, nil
	}
	return &patchQueue{repo: r, tip: tip, days: map[int64]string{}, read: map[string][]queuedPatch{}}, nil
}

// on is the commit of the queue on a day; the zero day is today.
func (q *patchQueue) on(ctx context.Context, day time.Time) (string, error) {
	if day.IsZero() {
		return q.tip, nil
	}
	q.mu.Lock()
	id, ok := q.days[day.Unix()]
	q.mu.Unlock()
	if ok {
		return id, nil
	}
	out, err := q.Output(ctx, "finding the queue of a day", "rev-list", "-1", "--before="+strconv.FormatInt(day.Unix(), 10), q.tip)
	if err != nil {
		return "", err
	}
	id = strings.TrimSpace(string(out)) // none: the queue is younger
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.days) >= maxQueues {
		clear(q.days)
	}
	q.days[day.Unix()] = id
	return id, nil
}

// has reports whether a change is queued for a branch, as which file. alone says
// that no other change of mainline has its title.
func (q *patchQueue) has(ctx context.Context, branch string, m *mainline, me same, alone bool, day time.Time) (file string, ok bool,
	err error) {
	id, err := q.on(ctx, day)
	if err != nil || id == "" {
		return "", false, err
	}
	t, err := q.at(ctx, id)
	if err != nil {
		return "", false, err
	}
	folder := "queue-" + branch
	e, err := t.Entry(ctx, folder)
	if err != nil || e.Mode != apply.Folder {
		return "", false, err
	}
	q.mu.Lock()
	ps, known := q.read[e.ID]
	q.mu.Unlock()
	if !known {
		names, err := t.Names(ctx, folder)
		if err != nil {
			return "", false, err
		}
		slices.Sort(names)
		for _, name := range names[:min(len(names), maxQueued)] {
			if path.Ext(name) != ".patch" {
				continue
			}
			f, err := t.Entry(ctx, folder+"/"+name)
			if err != nil {
				return "", false, err
			}
			img, err := t.Image(ctx, f)
			if err != nil {
				return "", false, err
			}
			if p, ok := readQueued(img.Data); ok {
				p.file = folder + "/" + name
				ps = append(ps, p)
			}
		}
		q.mu.Lock()
		if len(q.read) >= maxQueues {
			clear(q.read)
		}
		q.read[e.ID] = ps
		q.mu.Unlock()
	}
	for _, p := range ps {
		if p.title == me.title && (alone || p.date == me.date) {
			return p.file, true, nil
		}
		for _, sha := range p.named {
			if at := m.Find(sha); at != 0 && slices.Contains(me.all, at) {
				return p.file, true, nil
			}
		}
	}
	return "", false, nil
}

// readQueued reads the header and the marks of one patch file; false for what is
// no mail.
func readQueued(data []byte) (queuedPatch, bool) {
	if len(data) > maxQueueFile {
		data = data[:maxQueueFile]
	}
	if bytes.HasPrefix(data, []byte("From ")) { // the line of an mbox
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return queuedPatch{}, false
	}
	title := m.Header.Get("Subject")
	if d, err := new(mime.WordDecoder).DecodeHeader(title); err == nil {
		title = d
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || title == "" {
		return queuedPatch{}, false
	}
	date, _ := m.Header.Date() // without one the title alone can tell
	c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: title, Date: date, Text: string(body)})
	p := queuedPatch{title: change.TitleKey(c.Subject), date: c.Date.Unix()}
	if of := marks(c); len(of) > 0 {
		p.named = []string{of[0].SHA}
	}
	return p, true
}

// queuedIn says where a change is queued for a branch, in a branch of what is
// about to go in, or among the patches of a queue.
func (s *Set) queuedIn(ctx context.Context, v view, me same, asOf time.Time) (sha, file string, ok bool) {
	for _, q := range v.queues {
		if sha, _, ok := s.has(q.at(asOf), me); ok {
			return sha, "", true
		}
	}
	alone := me.at != 0 && len(s.main.Titled(me.title)) == len(me.all)
	for _, q := range s.queues {
		file, ok, err := q.has(ctx, v.name, s.main, me, alone, asOf)
		if err == nil && ok {
			id, _ := q.on(ctx, asOf)
			return id, fmt.Sprintf("as %s of %s", file, q.Path), true
		}
	}
	return "", "", false
}
