package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/source/archive"
)

// lastMails is how far back from its newest mail an archive is read for what is in review: a
// batch is released within days, and a proposal within weeks.
const lastMails = 30 * 24 * time.Hour

// LastMails are those of a public-inbox archive; nil when the folder is none.
func LastMails(ctx context.Context, dir string) (audit.Mails, error) {
	a, err := archive.Open(ctx, dir, git.Options{})
	if errors.Is(err, archive.ErrFormat) || isNoRepository(err, dir) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(a.Epochs) == 0 {
		return nil, a.Close()
	}
	return func(yield func(audit.Posted, error) bool) {
		defer func() { _ = a.Close() }()
		last := a.Epochs[len(a.Epochs)-1]
		tip, err := last.Repo.Commit(ctx, last.Tip)
		if err != nil {
			yield(audit.Posted{}, fmt.Errorf("reading the archive %s: %w", dir, err))
			return
		}
		type posted struct {
			audit.Posted
			read bool
		}
		err = archive.Read(ctx, a, archive.Options{Since: tip.Committer.Date.Add(-lastMails)}, func(m *archive.Mail) posted {
			return posted{audit.Posted{Name: fmt.Sprintf("%.12s", m.Commit), Raw: append([]byte(nil), m.Raw...)}, m.Err == nil}
		}, func(p posted) error {
			if p.read && !yield(p.Posted, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(audit.Posted{}, fmt.Errorf("reading the archive %s: %w", dir, err))
		}
	}, nil
}

// isNoRepository reports whether a folder has nothing of an archive in it, rather than one
// that is damaged.
func isNoRepository(err error, dir string) bool {
	var e *git.Error
	_, objects := os.Stat(filepath.Join(dir, "objects"))
	return errors.Is(err, git.ErrNotRepository) && errors.As(err, &e) && e.Repo == dir && errors.Is(objects, fs.ErrNotExist)
}

// errEnough ends a reading.
var errEnough = errors.New("that is enough")
