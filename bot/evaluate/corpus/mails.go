package corpus

import (
	"bufio"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// mails are the patches of archives, or of files, in the form in which they were
// posted last.
type mails struct {
	name string
	o    *Options
	open []opened
	x    *index
	owed map[key]key // commit or origin of a last version → its title; taken out when judged
	have map[key]int // series → how many of its patches were posted
	left map[key]bool
}

type opened struct {
	List
	a *archive.Archive
}

// posted is one mail of an input.
type posted struct {
	raw    []byte // valid until the worker returns
	origin string
	list   int
	sent   time.Time // the archive's day, not later than it came; the zero time of a file
	err    error
}

// parse reads the mail. A date that lies behind the mail's arrival is a wrong clock.
func (p *posted) parse() (*mail.Message, error) {
	msg, err := mail.Parse(p.raw)
	if err != nil || p.sent.IsZero() || !msg.Date.After(p.sent) {
		return msg, err
	}
	if msg.Date = p.sent; msg.Change != nil {
		msg.Change.Date = p.sent
	}
	return msg, nil
}

func (m *mails) close() {
	for _, l := range m.open {
		_ = l.a.Close()
	}
}

// openMails reads the mails once: for the last version of each title, and for what
// became of it.
func (c *Corpus) openMails(ctx context.Context) (_ *mails, err error) {
	m := &mails{o: c.o, x: newIndex(), owed: map[key]key{}, have: map[key]int{}, left: map[key]bool{}}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	if len(c.o.Lists) == 0 && c.o.Files == nil {
		return nil, usage.Errorf("name what to judge: --git REPO, --archive PUBLIC-INBOX, or files; mails are read twice, " +
			"which standard input cannot")
	}
	var names []string
	for _, l := range c.o.Lists {
		a, err := archive.Open(ctx, l.Path, git.Options{})
		if err != nil {
			return nil, err
		}
		m.open = append(m.open, opened{l, a})
		if l.Use == Judge {
			names = append(names, l.Name)
		}
	}
	if m.name = strings.Join(names, ", "); c.o.Files != nil {
		m.name = "files"
	}
	for i, l := range m.open {
		c.o.Say("reading what became of the patches of %s", l.Name)
		if err := m.titles(ctx, i); err != nil {
			return nil, err
		}
		err := archive.Read(ctx, l.a, archive.Options{Since: c.o.Since, Workers: c.o.Jobs}, func(a *archive.Mail) bool {
			m.index(&posted{raw: a.Raw, origin: a.Commit, list: i, sent: a.Sent, err: a.Err})
			return true
		}, func(bool) error { return nil })
		if err != nil {
			return nil, err
		}
	}
	if c.o.Files != nil {
		err := walkFiles(ctx, c.o, func(p *posted) bool { m.index(p); return true }, func(bool) error { return nil })
		if err != nil {
			return nil, err
		}
	}
	m.x.settle()
	m.choose()
	return m, nil
}

// index takes a mail in.
func (m *mails) index(p *posted) {
	if p.err != nil {
		return
	}
	msg, err := p.parse()
	if err != nil || msg.Date.Before(m.o.Since) {
		return
	}
	m.x.add(msg, p.list, p.origin)
}

// titles reads when each title was posted from the subjects that an archive's
// commits have: a culprit may be older than what is judged.
func (m *mails) titles(ctx context.Context, i int) error {
	for _, e := range m.open[i].a.Epochs {
		p, err := e.Repo.Start(ctx, "reading subjects", "log", "--first-parent", "--no-show-signature", "--format=%at %s", e.Tip)
		if err != nil {
			return err
		}
		in := bufio.NewScanner(p.Out)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			at, subject, _ := strings.Cut(in.Text(), " ")
			prefix, title := change.ParseSubject(subject)
			seconds, err := strconv.ParseInt(at, 10, 64)
			if err != nil || prefix.Reply || !prefix.Patch || len(prefix.Trees) > 0 || prefix.AutoSel {
				continue
			}
			m.x.subject(titleKey(title), int32(seconds/86400))
		}
		err = in.Err()
		if err == nil {
			err = p.Wait()
		}
		p.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// choose settles which mails are judged: the last version of each title that was
// posted to a list that is to be judged, and to none that is to be left out.
func (m *mails) choose() {
	use := func(p *post) Use {
		if len(m.open) == 0 {
			return Judge
		}
		return m.open[p.list].Use
	}
	best := map[key]int32{}
	for i := range m.x.posts {
		p := &m.x.posts[i]
		if p.of > 0 {
			m.have[p.series]++
		}
		switch use(p) {
		case LeaveOut:
			m.left[p.title] = true
		case Judge:
			old, ok := best[p.title]
			// A title that was posted to several lists counts for the first.
			if q := &m.x.posts[old]; !ok || p.list < q.list || p.list == q.list &&
				(p.version > q.version || p.version == q.version && p.day >= q.day) {
				best[p.title] = int32(i)
			}
		}
	}
	for title, i := range best {
		if !m.left[title] {
			m.owed[m.x.posts[i].commit] = title
		}
	}
}

// walk hands out the mails that are judged.
func walk[R any](ctx context.Context, m *mails, work func(*posted) R, emit func(R) error) error {
	if m.o.Files != nil {
		return walkFiles(ctx, m.o, work, emit)
	}
	for i, l := range m.open {
		if l.Use != Judge {
			continue
		}
		o := archive.Options{Since: m.o.Since, Workers: m.o.Jobs, Only: func(e *archive.Entry) bool {
			_,
				ok := m.owed[keyOf(e.Commit)]
			return ok
		}}
		err := archive.Read(ctx, l.a, o, func(a *archive.Mail) R {
			return work(&posted{raw: a.Raw, origin: a.Commit, list: i, sent: a.Sent, err: a.Err})
		}, emit)
		if err != nil {
			return err
		}
	}
	return nil
}

func walkFiles[R any](ctx context.Context, o *Options, work func(*posted) R, emit func(R) error) error {
	return archive.Ordered(ctx, o.Jobs, 32*o.Jobs, func(_ context.Context, put func(*posted) error) error {
		n := 0
		return o.Files(func(raw []byte, _ string, err error) error {
			n++ // the place in the input: the same mail may be in it twice
			return put(&posted{raw: raw, origin: strconv.Itoa(n), err: err})
		})
	}, work, emit)
}

// subject is the mail when it is judged, else nil.
func (m *mails) subject(c *Corpus, p *posted) *Subject {
	title, ok := m.owed[keyOf(p.origin)]
	if !ok || p.err != nil {
		return nil
	}
	msg, err := p.parse()
	if err != nil || msg.Change == nil || c.o.Only != nil && !c.o.Only(msg.Change) {
		return nil
	}
	s := &Subject{Change: msg.Change, AsOf: msg.Date}
	if len(m.open) > 0 {
		s.Group = m.open[p.list].Name
	}
	if x := msg.Change.Prefix; x.Of > 0 {
		s.Series = &rules.Series{Version: x.Version, N: x.N, Of: x.Of, Have: m.have[keyOf(series.Key(msg))]}
	}
	m.label(c, s, title)
	if !s.Label.Known {
		c.count(&c.Counts.Unknown)
		return nil
	}
	return s
}

// label says what became of a patch.
func (m *mails) label(c *Corpus, s *Subject, title key) {
	l := c.labels.Label(s.Change)
	later, text := m.x.later(title)
	if later != 0 {
		other := *s.Change
		other.Subject = text
		if o := c.labels.Label(&other); o.Taken {
			l, l.Later = o, text
		}
		l.Mask = truth.Superseded
	}
	if e, ok := m.x.merged[title]; ok {
		l.Merged, l.MergedOn = e.how, dayTime(e.day)
	} else if l.Taken && l.Later == "" {
		l.Merged = truth.InTable
	}
	at := s.AsOf
	if l.Merged == truth.Applied {
		at = l.MergedOn
	}
	bug := m.bug(c, s.Change)
	switch {
	case l.Mask != "":
	case l.Merged == "" && c.coverage != nil && c.coverage.Ended(s.AsOf):
		l.Mask = truth.Beyond
	case l.Merged == "":
		l.Mask = truth.Unmerged
	case l.Taken:
	case c.coverage != nil:
		l.Mask = c.coverage.Mask(bug, at)
	}
	if l.Mask == "" {
		l.Trust = 1
	}
	s.Label = l
}

// bug is what the archives tell of where the bug of a patch is: its culprits were
// posted on a day, or named in a notice, and no release before that has them.
func (m *mails) bug(c *Corpus, ch *change.Change) truth.Bug {
	b := truth.Bug{Asked: askedFrom(ch)}
	for _, f := range ch.Fixes {
		since := m.release(f)
		if since == "" {
			b.Since = ""
			b.Backported = nil
			return b // of one that is not found, nothing is known
		}
		if b.Since == "" || release.Newer(b.Since, since) {
			b.Since = since
		}
		if f.Subject != "" {
			b.Backported = append(b.Backported, c.labels.Label(&change.Change{Subject: f.Subject}).In...)
		}
	}
	return b
}

// release is the first that can have carried a culprit, "" when it is not known.
func (m *mails) release(f change.Fixes) string {
	fix := strings.Contains(strings.ToLower(f.Subject), "fix")
	if len(f.SHA) >= 12 {
		if day, ok := m.x.ids[f.SHA[:12]]; ok {
			return truth.ReleaseOf(dayTime(day), fix)
		}
	}
	if f.Subject == "" {
		return ""
	}
	if day, ok := m.x.before[titleKey(f.Subject)]; ok {
		return truth.ReleaseOf(dayTime(day), fix)
	}
	return ""
}

// askedFrom is the oldest branch that the author asks for, "" when he asks for
// none, or for all.
func askedFrom(c *change.Change) string {
	oldest := ""
	for _, t := range c.Stable {
		if t.NoAutosel || t.Recipient {
			continue
		}
		if len(t.Versions) == 0 {
			return ""
		}
		for _, v := range t.Versions {
			if oldest == "" || release.Newer(oldest, v) {
				oldest = v
			}
		}
	}
	return oldest
}

// Foreign reports whether a patch touches no folder of the kernel: lists carry
// the patches of libraries and tools as well.
func Foreign(c *change.Change) bool {
	if slices.ContainsFunc(c.Prefix.Words, func(w string) bool { return slices.Contains(projects, w) }) {
		return true
	}
	for _, f := range c.Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		if change.KernelPath(name) {
			return false
		}
	}
	return true
}

// projects are those whose patches say so in the brackets of the subject.
var projects = strings.Fields("bluez iproute2 iproute2-next rdma-core mmc-utils ethtool iw crda hostap wireless-regdb usbutils " +
	"igt-gpu-tools libdrm mesa")
