package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/truth"
	"github.com/stablebot/stablebot/rules"
)

// mailCorpus is the last version of each title in an archive or in files.
type mailCorpus struct {
	name  string
	since time.Time
	in    *input
	mu    sync.Mutex
	last  map[string]string // folded title → Message-ID; taken out when judged
}

func (m *mailCorpus) close() { m.in.close() }

// openMails reads the mails once for the last version of each title.
func (o *corpusOptions) openMails(ctx context.Context, args []string) (*mailCorpus, error) {
	if o.archive == "" && (len(args) == 0 || slices.Contains(args, "-")) {
		return nil, usagef("name what to judge: --git REPO, --archive PUBLIC-INBOX, or files; mails are read twice, which standard input cannot")
	}
	if o.archive != "" && len(args) > 0 {
		return nil, usagef("--archive takes no files")
	}
	cl := &classifyOptions{archive: o.archive, since: o.since, jobs: o.jobs, quiet: true}
	m := &mailCorpus{name: o.archive, since: o.since.Time, last: map[string]string{}}
	var err error
	if o.archive != "" {
		m.in, err = cl.archiveInput(ctx)
	} else {
		m.name = strings.Join(args, ", ")
		m.in = cl.mailInput(os.Stdin, args)
	}
	if err != nil {
		return nil, err
	}
	type at struct {
		title, id string
		version   int
		date      time.Time
	}
	newest := map[string]*at{}
	err = m.in.walk(ctx, func(u unit) outcome {
		if msg := m.patch(u); msg != nil {
			return outcome{value: &at{truth.Fold(msg.Change.Subject), msg.ID, msg.Change.Prefix.Version, msg.Date}}
		}
		return outcome{}
	}, func(r outcome) error {
		a, ok := r.value.(*at)
		if !ok {
			return nil
		}
		if old := newest[a.title]; old == nil || a.version > old.version || a.version == old.version && !a.date.Before(old.date) {
			newest[a.title], m.last[a.title] = a, a.id
		}
		return nil
	})
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// patch is the message when it is a patch of the protocol: no cover letter, no
// post for a stable branch, no automatic selection, not older than since.
func (m *mailCorpus) patch(u unit) *mail.Message {
	if u.err != nil {
		return nil
	}
	msg, err := mail.Parse(u.raw)
	if err != nil || !msg.IsPatch || msg.Date.Before(m.since) || (&rules.Facts{Change: msg.Change}).Submission() {
		return nil
	}
	return msg
}

// subject is the mail when it is the last version of its title, else nil. The
// same mail may stand in an archive twice; it counts once.
func (m *mailCorpus) subject(u unit) *subject {
	msg := m.patch(u)
	if msg == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	title := truth.Fold(msg.Change.Subject)
	if m.last[title] != msg.ID {
		return nil
	}
	delete(m.last, title)
	return &subject{change: msg.Change, asOf: msg.Date}
}
