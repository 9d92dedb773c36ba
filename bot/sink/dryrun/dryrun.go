// Package dryrun shows in files what a sink would have written somewhere else:
// nothing leaves the machine. Each file is what it would be now, so carrying out
// an action again changes nothing.
package dryrun

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
)

// Show is what an action looks like: a file's name, in parts below the folder,
// and its text. Without a name there is nothing to see.
type Show func(a flow.Action) (name []string, text []byte, err error)

// Folder is a sink that writes files.
type Folder struct {
	name, dir string
	show      Show
}

var _ flow.Sink = (*Folder)(nil)

// New returns a sink of this name that writes below dir.
func New(name, dir string, show Show) *Folder { return &Folder{name, dir, show} }

// Name implements flow.Sink.
func (f *Folder) Name() string { return f.name }

// Idempotent implements flow.Sink.
func (f *Folder) Idempotent() bool { return true }

// Deliver implements flow.Sink.
func (f *Folder) Deliver(_ context.Context, a flow.Action) error {
	name, text, err := f.show(a)
	if err != nil || len(name) == 0 {
		return err
	}
	file := f.dir
	for _, part := range name {
		file = filepath.Join(file, safe(part))
	}
	dir := filepath.Dir(file)
	tmp := filepath.Join(dir, "."+filepath.Base(file))
	if err = os.MkdirAll(dir, 0o700); err == nil {
		err = os.WriteFile(tmp, text, 0o600)
	}
	if err == nil {
		err = os.Rename(tmp, file)
	}
	if err != nil {
		return fmt.Errorf("showing what %s would be told: %w", f.name, err)
	}
	return nil
}

// safe keeps a stranger's name inside its folder.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == 0 {
			return '_'
		}
		return r
	}, s)
	if s == "" || strings.HasPrefix(s, ".") {
		s = "_" + s
	}
	return s
}
