package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	mailtext "github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/source/remote"
)

// Config is one archive on a remote, followed by a running bot.
type Config struct {
	Name  string
	URL   string // of the archive, or of its only epoch: anything git can fetch
	List  string // the configured list that it is the archive of, "" when List-Id decides
	State string // the folder that the copies are kept in
	Since time.Time
	Every time.Duration // between two fetches; 5 minutes when 0
	Git   git.MirrorOptions
}

const defaultEvery = 5 * time.Minute

// newEpochEvery is how often the remote is asked for an epoch after the newest.
// One lasts for years: public-inbox begins a new one after 1 GiB.
const newEpochEvery = time.Hour

// overlap is how far behind the last message the reading resumes when the
// remote has a history that shares nothing with ours. Mails known by their
// Message-ID are dropped by the pipeline, so it costs little.
const overlap = 14 * 24 * time.Hour

// layouts are where an archive keeps epoch N: as public-inbox serves it, as it
// stores it, and as mirrors by hand do.
var layouts = []string{"%s/%d", "%s/git/%d.git", "%s/%d.git"}

// Source follows an archive.
//
// Its cursor is "EPOCH:COMMIT:TIME" of the last message, TIME being its arrival
// in Unix seconds.
type Source struct {
	cfg  Config
	name string
	log  *zap.Logger

	layout  string // one of layouts, or "%[1]s" for a single repository
	mirrors []*git.Mirror
	first   int // the epoch of mirrors[0]
	asked   time.Time

	listSaid bool // that the list is another one
}

var _ flow.Source = (*Source)(nil)

// NewSource checks the configuration; it does not connect.
func NewSource(cfg Config, log *zap.Logger) (*Source, error) {
	bad := remote.Check(cfg.Name, cfg.URL, "public-inbox archive", cfg.State)
	if len(bad) > 0 {
		return nil, fmt.Errorf("archive %q: %w", cfg.Name, errors.Join(bad...))
	}
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	cfg.Git.Refspecs = []string{"+HEAD:refs/heads/main"}
	name := "archive:" + cfg.Name
	return &Source{cfg: cfg, name: name, log: log.With(zap.String(flow.KeySource, name))}, nil
}

// Name is "archive:NAME", and the key of the cursor.
func (s *Source) Name() string { return s.name }

// Wait waits for the interval to pass: an archive announces nothing.
func (s *Source) Wait(ctx context.Context) error { return remote.Wait(ctx, s.cfg.Every) }

// Close ends the git processes.
func (s *Source) Close() error {
	var err error
	for _, m := range s.mirrors {
		err = errors.Join(err, m.Close())
	}
	s.mirrors = nil
	return err
}

// Check looks at the remote without fetching.
func (s *Source) Check(ctx context.Context) error {
	if _, err := s.find(ctx); err != nil {
		return fmt.Errorf("checking %s: %w", s.name, err)
	}
	return nil
}

// Poll fetches and delivers what came since the cursor.
func (s *Source) Poll(ctx context.Context, in flow.Intake) error {
	return remote.Polled(ctx, s.name, s.poll(ctx, in))
}

func (s *Source) poll(ctx context.Context, in flow.Intake) error {
	stored, err := in.Cursor(ctx, s.name)
	if err != nil {
		return err
	}
	at, err := parseCursor(stored)
	if err != nil {
		return err
	}
	if s.layout == "" {
		if s.layout, err = s.find(ctx); err != nil {
			return err
		}
	}
	if err := s.fetch(ctx, at); err != nil {
		return err
	}
	a, o, err := s.since(ctx, at)
	if err != nil || len(a.Epochs) == 0 {
		return err
	}
	newest := a.Epochs[len(a.Epochs)-1]
	read := 0
	if at.commit != "" || !s.cfg.Since.IsZero() {
		o.Workers = 1 // the pipeline takes one at a time
		if err := Read(ctx, a, o, s.item, func(i flow.Item) error {
			if read++; read == 1 {
				s.sayList(i)
			}
			return in.Accept(ctx, i)
		}); err != nil {
			return err
		}
	}
	// Deletions, and messages that are no news, leave the cursor behind.
	tip, err := newest.Repo.Commit(ctx, newest.Tip)
	if err != nil {
		return err
	}
	if at.commit == "" {
		s.sayFirst(a, read, tip.Committer.Date)
	}
	end := cursor{newest.N, newest.Tip, tip.Committer.Date}
	if now, err := in.Cursor(ctx, s.name); err != nil || now == end.String() {
		return err
	}
	return in.Advance(ctx, s.name, end.String())
}

// sayFirst says what the first look at an archive brought: one that brings nothing
// looks like one that does not work.
func (s *Source) sayFirst(a *Archive, read int, newest time.Time) {
	day := zap.String("newest", newest.Format(time.DateOnly))
	switch {
	case s.cfg.Since.IsZero():
		s.log.Info("mail that comes from now on is read; for what is there already, set since for this archive, or run stablebot backfill", day)
	case read == 0:
		s.log.Warn("the archive has no mail since that day; set since to an earlier one, or run stablebot backfill",
			zap.String("since", s.cfg.Since.Format(time.DateOnly)), day)
	}
	if a.Epochs[0].Repo.Shallow {
		s.log.Warn("the archive is shallow: older mail is not in it, and patches of a series may be missing; git fetch --unshallow brings the "+
			"rest",
			zap.String("repository", git.Redact(s.cfg.URL)))
	}
}

// sayList says that the archive is that of another list than the configured one, whose
// policy would then be that of a list which does not exist.
func (s *Source) sayList(i flow.Item) {
	m, err := mailtext.Scan(i.Mail)
	if s.cfg.List == "" || err != nil || m.ListID == "" || strings.EqualFold(m.ListID, s.cfg.List) || s.listSaid {
		return
	}
	s.listSaid = true
	s.log.Warn("the mails of this archive name another list than its configuration; see list of this source",
		zap.String("configured", s.cfg.List), zap.String("named", m.ListID))
}

// item makes what the pipeline takes out of a mail.
func (s *Source) item(m *Mail) flow.Item {
	return flow.Item{
		Source:   s.name,
		List:     s.cfg.List,
		Cursor:   cursor{m.Epoch, m.Commit, m.Received}.String(),
		Received: m.Received,
		Mail:     bytes.Clone(m.Raw),
		Err:      m.Err,
	}
}

// find learns how the remote is laid out.
func (s *Source) find(ctx context.Context) (string, error) {
	r, first := git.LookAt(ctx, s.cfg.URL, s.cfg.Git.Options)
	if first == nil && r.Refs["HEAD"] != "" {
		return "%[1]s", nil
	}
	for _, l := range layouts {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if r, err := git.LookAt(ctx, fmt.Sprintf(l, s.cfg.URL, 0), s.cfg.Git.Options); err == nil && r.Refs["HEAD"] != "" {
			return l, nil
		}
	}
	if first == nil {
		first = &git.Error{Doing: "looking at a remote", Repo: s.cfg.URL, Err: ErrFormat, Advice: "it has no commit and no epochs"}
	}
	return "", first
}

func (s *Source) url(n int) string { return fmt.Sprintf(s.layout, s.cfg.URL, n) }

func (s *Source) single() bool { return s.layout == "%[1]s" }

func (s *Source) mirror(ctx context.Context, n int) (*git.Mirror, error) {
	dir := filepath.Join(s.cfg.State, "archive", s.cfg.Name, "git", strconv.Itoa(n)+".git")
	return git.OpenMirror(ctx, dir, s.url(n), s.cfg.Git)
}

// fetch brings the copies up to date, from the epoch of the cursor on.
func (s *Source) fetch(ctx context.Context, at cursor) error {
	if len(s.mirrors) == 0 {
		s.first = at.epoch
		if at.commit == "" {
			n, err := s.newest(ctx, 0)
			if err != nil {
				return err
			}
			s.first = n
		}
		m, err := s.mirror(ctx, s.first)
		if err != nil {
			return err
		}
		s.mirrors = []*git.Mirror{m}
	}
	if !s.single() && time.Since(s.asked) > newEpochEvery {
		last := s.first + len(s.mirrors) - 1
		n, err := s.newest(ctx, last)
		if err != nil {
			return err
		}
		for ; last < n; last++ {
			m, err := s.mirror(ctx, last+1)
			if err != nil {
				return err
			}
			s.mirrors = append(s.mirrors, m)
		}
		s.asked = time.Now()
	}
	// Older epochs do not change any more, but for a message that has to be
	// purged, and the one that was the newest until now.
	for i := range s.mirrors {
		if err := s.update(ctx, i); err != nil {
			return err
		}
	}
	// A first run that looks back needs the epochs of that time, too.
	for at.commit == "" && !s.cfg.Since.IsZero() && s.first > 0 {
		begun, err := s.begun(ctx, s.mirrors[0])
		if err != nil || begun.Before(s.cfg.Since) {
			return err
		}
		m, err := s.mirror(ctx, s.first-1)
		if err != nil {
			return err
		}
		s.first--
		s.mirrors = append([]*git.Mirror{m}, s.mirrors...)
		if err := s.update(ctx, 0); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) update(ctx context.Context, i int) error {
	moves, err := s.mirrors[i].Fetch(ctx)
	if err != nil {
		return err
	}
	for _, m := range moves {
		if m.Rewritten {
			s.log.Warn("the archive's history was rewritten; mails that are known are skipped",
				zap.Int("epoch", s.first+i), zap.String("old", m.Old), zap.String("new", m.New))
		}
	}
	return nil
}

// newest asks the remote which epoch is its last, n or later.
func (s *Source) newest(ctx context.Context, n int) (int, error) {
	if s.single() {
		return 0, nil
	}
	for {
		r, err := git.LookAt(ctx, s.url(n+1), s.cfg.Git.Options)
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err == nil && r.Refs["HEAD"] != "" {
			n++
			continue
		}
		// A remote that cannot be read at all is told by the fetch.
		return n, nil
	}
}

// begun is when an epoch's first message came.
func (s *Source) begun(ctx context.Context, m *git.Mirror) (time.Time, error) {
	ids, err := m.RevList(ctx, git.Query{Revs: []string{"main"}, OldestFirst: true, FirstParent: true})
	if err != nil {
		return time.Time{}, err
	}
	defer ids.Close()
	id, err := ids.Next()
	if err != nil {
		return time.Time{}, err
	}
	c, err := m.Commit(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	return c.Committer.Date, nil
}

// since says what to read after the cursor.
func (s *Source) since(ctx context.Context, at cursor) (*Archive, Options, error) {
	a := &Archive{Path: s.cfg.URL}
	var o Options
	if at.commit == "" {
		o.Since = s.cfg.Since
	}
	for i, m := range s.mirrors {
		refs, err := m.Refs(ctx, "refs/heads/main")
		if err != nil {
			return nil, o, err
		}
		e := Epoch{N: s.first + i, Repo: m.Repo, Tip: refs["refs/heads/main"]}
		if e.Tip == "" || e.N < at.epoch {
			continue
		}
		a.Epochs = append(a.Epochs, e)
		if at.commit == "" || e.N != at.epoch {
			continue
		}
		base := ""
		if _, err := m.Stat(ctx, at.commit+"^{commit}"); err == nil {
			if base, err = m.MergeBase(ctx, at.commit, e.Tip); err != nil {
				return nil, o, err
			}
		} else if !errors.Is(err, git.ErrMissing) {
			return nil, o, err
		}
		switch base {
		case at.commit:
		case "":
			o.Since = at.received.Add(-overlap)
			s.log.Warn("the archive shares no history with what was read; resuming by date", zap.Int("epoch", e.N), zap.Time("since", o.Since))
		default:
			s.log.Warn("the archive's history was rewritten behind what was read; resuming where the two part",
				zap.Int("epoch", e.N), zap.String(flow.KeyCommit, base))
		}
		if base != "" {
			o.After = map[int]string{e.N: base}
		}
	}
	return a, o, nil
}

type cursor struct {
	epoch    int
	commit   string
	received time.Time
}

func (c cursor) String() string {
	return strconv.Itoa(c.epoch) + ":" + c.commit + ":" + strconv.FormatInt(c.received.Unix(), 10)
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	f := strings.Split(s, ":")
	if len(f) == 3 {
		n, err1 := strconv.Atoi(f[0])
		t, err2 := strconv.ParseInt(f[2], 10, 64)
		if err1 == nil && err2 == nil && n >= 0 && f[1] != "" {
			return cursor{n, f[1], time.Unix(t, 0).UTC()}, nil
		}
	}
	return cursor{}, fmt.Errorf("the stored position %q is not EPOCH:COMMIT:TIME; remove it to begin anew", s)
}
