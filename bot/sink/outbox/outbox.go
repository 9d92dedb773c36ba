// Package outbox is the dry-run sink: a maildir that any mail program opens.
// Nothing leaves the machine.
//
// The name of a file is derived from the action's key, and a file appears in
// new/ complete or not at all. So delivering an action again changes nothing,
// also after a person has read the mail and the program moved it to cur/.
package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stablebot/stablebot/bot/flow"
)

// Outbox is a maildir.
type Outbox struct{ dir, name string }

var _ flow.Sink = (*Outbox)(nil)

// Open creates the maildir at dir if need be. name is the sink's.
func Open(name, dir string) (*Outbox, error) {
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("creating the outbox: %w", err)
		}
	}
	return &Outbox{dir: dir, name: name}, nil
}

// Name implements flow.Sink.
func (o *Outbox) Name() string { return o.name }

// Dir is the maildir.
func (o *Outbox) Dir() string { return o.dir }

// Idempotent implements flow.Sink.
func (o *Outbox) Idempotent() bool { return true }

// File is the name that an action gets in new/.
func File(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16]) + ".stablebot"
}

// Deliver implements flow.Sink. The mail is on the disk when it returns.
func (o *Outbox) Deliver(_ context.Context, a flow.Action) error {
	name := File(a.Key)
	there, err := o.has(name)
	if err != nil || there {
		return o.wrap(a, err)
	}
	return o.wrap(a, o.write(name, bytes.ReplaceAll(a.Message, []byte("\r\n"), []byte("\n"))))
}

// has looks in new/, and in cur/, where the name has flags behind it.
func (o *Outbox) has(name string) (bool, error) {
	if _, err := os.Stat(filepath.Join(o.dir, "new", name)); err == nil {
		return true, nil
	}
	read, err := filepath.Glob(filepath.Join(escape(o.dir), "cur", name+"*"))
	return len(read) > 0, err
}

// escape quotes what a folder's name may have that Glob takes for a pattern.
func escape(s string) string {
	var b []rune
	for _, r := range s {
		switch r {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, r)
	}
	return string(b)
}

func (o *Outbox) write(name string, mail []byte) error {
	tmp := filepath.Join(o.dir, "tmp", name)
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(mail)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, filepath.Join(o.dir, "new", name)); err != nil {
		return err
	}
	return syncDir(filepath.Join(o.dir, "new"))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// wrap marks what may pass: a full disk, too many open files.
func (o *Outbox) wrap(a flow.Action, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("writing %s to the outbox %s: %w: no space is left; free some, it is tried again (%w)", a.Key, o.dir, flow.ErrTemporary,
			err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.EIO):
		return fmt.Errorf("writing %s to the outbox %s: %w (%w)", a.Key, o.dir, flow.ErrTemporary, err)
	}
	return fmt.Errorf("writing %s to the outbox %s: %w", a.Key, o.dir, err)
}
