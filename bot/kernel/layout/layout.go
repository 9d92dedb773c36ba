// Package layout finds how the paths of a repository stand to the kernel's: as they
// are in a kernel tree, below a folder of a package, or a driver at the root.
package layout

import (
	"context"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Found is a layout and how it is known.
type Found struct {
	change.Layout
	// Detected: the table of drivers says so; else it was configured, or is the
	// kernel's own.
	Detected bool
}

// Say is one sentence for people, "" for the kernel's own layout.
func (f Found) Say() string {
	if len(f.Moves) == 0 || f.Kernel() {
		return ""
	}
	var parts []string
	for _, m := range f.Moves {
		from, to := m.From+"/", m.To
		if m.From == "" {
			from = "its root"
		}
		if to == "" {
			to = "the kernel's root"
		}
		parts = append(parts, from+" is "+to)
	}
	s := strings.Join(parts, ", ")
	if f.Detected {
		s += ", by the names of its files (root: or --root says otherwise)"
	}
	return s
}

// Of is the layout of a revision: as root says, in the form of change.ParseLayout,
// and by the table of drivers where root is "". What the table leaves in doubt is
// taken for the kernel's own layout.
func Of(ctx context.Context, r *git.Repo, rev, root string) (Found, error) {
	return Listed(root, func(deep bool) ([]string, error) {
		args := []string{"-z", "--name-only", rev}
		if deep {
			args = append([]string{"-r"}, args...)
		}
		names, err := r.Output(ctx, "listing files", append([]string{"ls-tree"}, args...)...)
		return strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00"), err
	})
}

// Listed is Of, of a tree that list tells: the names in its root, or all its files.
func Listed(root string, list func(deep bool) ([]string, error)) (Found, error) {
	if root != "" {
		l, err := change.ParseLayout(root)
		return Found{Layout: l}, err
	}
	top, err := list(false)
	if err != nil {
		return Found{}, err
	}
	if slices.Contains(top, "MAINTAINERS") && slices.Contains(top, "drivers") && slices.Contains(top, "fs") {
		return Found{}, nil // a kernel tree
	}
	all, err := list(true)
	if err != nil {
		return Found{}, err
	}
	l, ok := silicon.Default().Drivers().Layout(all)
	if !ok {
		return Found{}, nil
	}
	return Found{Layout: l, Detected: true}, nil
}

// Patch is the layout of the repository that a patch is for, when nothing but the
// patch is at hand: as root says, in the form of change.ParseLayout, or by the table
// of drivers where that leaves no doubt. A root is for patches that are not the
// kernel's; one whose paths all are stays as it is.
func Patch(c *change.Change, root string) (Found, error) {
	paths := pathsOf(c)
	if root != "" {
		l, err := change.ParseLayout(root)
		if err != nil || !slices.ContainsFunc(paths, func(p string) bool { return !change.KernelPath(p) }) {
			return Found{}, err
		}
		return Found{Layout: l}, nil
	}
	if n := c.Neighbour(); n != "" && n != change.OtherProject {
		return Found{}, nil
	}
	drivers := silicon.Default().Drivers()
	l, ok := drivers.PatchLayout(paths, c.Subject)
	if !ok && !slices.ContainsFunc(paths, change.KernelFolder) {
		l, ok = drivers.Layout(paths)
		// One folder of a program (migration/) has names of a driver sooner than a whole tree.
		ok = ok && !slices.ContainsFunc(l.Moves, func(m change.Move) bool { return m.To != "" && !silicon.SourceFolder(m.From) })
	}
	if !ok {
		return Found{}, nil
	}
	return Found{Layout: l, Detected: true}, nil
}

func pathsOf(c *change.Change) []string {
	var out []string
	for _, f := range c.Named().Files {
		if f.NewName != "" {
			out = append(out, f.NewName)
		} else {
			out = append(out, f.OldName)
		}
	}
	return out
}
