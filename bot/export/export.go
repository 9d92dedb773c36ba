// Package export makes what people send and ship: a mail or a series for the
// stable team, and a DKMS source package for users of kernels that stable cannot
// help.
//
// Promises:
//
//   - Nothing is written that was not seen to apply: each series is applied with
//     `git am` to the tip of its branch, and the tree that comes out is compared
//     with the one that was meant.
//   - The user's repositories are only read; all work is done in a git.Clone.
//   - Authors, dates and words of a commit stay as they are. What is added stands
//     around them: which commit it is upstream, what it is needed for, each
//     deviation from mainline. A sign-off is added for the user's own identity
//     and for nobody else.
//   - A folder that has something in it is not written over.
package export

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// StableList is where stable submissions go, as stable-kernel-rules.rst says.
const StableList = "stable@vger.kernel.org"

// What callers branch on.
var (
	ErrUnfit    = errors.New("cannot be exported")
	ErrConflict = errors.New("does not apply")
	ErrPresent  = errors.New("the branch has it already")
)

// Branch is what is exported for.
type Branch struct {
	Name string // "6.12"
	Tip  string // full commit id
	Repo *git.Repo
}

// Tree is the branch as stable's subjects name it: "6.12.y".
func (b Branch) Tree() string {
	if b.Name != "" && strings.Trim(b.Name, "0123456789.") == "" {
		return b.Name + ".y"
	}
	return b.Name
}

// Identity is who sends.
type Identity struct{ Name, Email string }

// Known reports whether there is one.
func (i Identity) Known() bool { return i.Name != "" && i.Email != "" }

func (i Identity) String() string { return i.Name + " <" + i.Email + ">" }

// WhoAmI is the identity that the user's own git uses in a repository. It is
// never guessed from a login or a host name.
func WhoAmI(ctx context.Context, r *git.Repo) (Identity, error) {
	var id Identity
	for key, to := range map[string]*string{"user.name": &id.Name, "user.email": &id.Email} {
		value, err := r.Setting(ctx, key)
		if err != nil {
			return Identity{}, err
		}
		*to = value
		if strings.ContainsAny(*to, "<>\n\r") {
			return Identity{}, fmt.Errorf("asking git for %s: %q is no name or address; mend it with git config", key, *to)
		}
	}
	return id, nil
}

// emptyDir makes a folder, and refuses one that has something in it.
func emptyDir(dir string) error {
	old, err := os.ReadDir(dir)
	switch {
	case err == nil && len(old) > 0:
		return fmt.Errorf("%s has %s in it; name a folder that is empty or not there", dir, old[0].Name())
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("looking into %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making a folder for what is exported: %w", err)
	}
	return nil
}

// file is something to be written, by its path below the folder.
type file struct {
	name string
	data []byte
	mode os.FileMode
}

func writeFiles(dir string, files []file) error {
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.name)) {
			return fmt.Errorf("writing what is exported: %q leads out of %s", f.name, dir)
		}
	}
	if err := emptyDir(dir); err != nil {
		return err
	}
	for _, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(f.name))
		err := os.MkdirAll(filepath.Dir(to), 0o755)
		if err == nil {
			mode := f.mode
			if mode == 0 {
				mode = 0o644
			}
			err = os.WriteFile(to, f.data, mode)
		}
		if err != nil {
			return fmt.Errorf("writing what is exported: %w", err)
		}
	}
	return nil
}
