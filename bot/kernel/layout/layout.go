// Package layout finds how the paths of a repository stand to the kernel's: as they
// are in a kernel tree, below a folder of a package, or a driver at the root.
package layout

import (
	"context"
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
	if root != "" {
		l, err := change.ParseLayout(root)
		return Found{Layout: l}, err
	}
	top, err := r.Output(ctx, "listing files", "ls-tree", "--name-only", rev)
	if err != nil {
		return Found{}, err
	}
	if s := "\n" + string(top); strings.Contains(s, "\nMAINTAINERS\n") && strings.Contains(s, "\ndrivers\n") && strings.Contains(s, "\nfs\n") {
		return Found{}, nil // a kernel tree
	}
	all, err := r.Output(ctx, "listing files", "ls-tree", "-r", "-z", "--name-only", rev)
	if err != nil {
		return Found{}, err
	}
	l, ok := silicon.Default().Drivers().Layout(strings.Split(strings.TrimSuffix(string(all), "\x00"), "\x00"))
	if !ok {
		return Found{}, nil
	}
	return Found{Layout: l, Detected: true}, nil
}
