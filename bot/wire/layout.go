package wire

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/rules/change"
)

// LayoutOf gives trees the layout of a vendor's repository: as root says, or found.
func LayoutOf(root string) func(context.Context, *git.Repo, string) (change.Layout, error) {
	return func(ctx context.Context, r *git.Repo, rev string) (change.Layout, error) {
		found, err := layout.Of(ctx, r, rev, root)
		return found.Layout, err
	}
}

// layoutSaid is layoutOf with a sentence for the log.
func layoutSaid(root string) func(context.Context, *git.Repo, string) (change.Layout, string, error) {
	return func(ctx context.Context, r *git.Repo, rev string) (change.Layout, string, error) {
		found, err := layout.Of(ctx, r, rev, root)
		return found.Layout, found.Say(), err
	}
}

// layoutListed gives the layout of a repository of GitHub: as roots say, or found.
func layoutListed(roots map[string]string) func(string, func(bool) ([]string, error)) (change.Layout, string, error) {
	return func(repo string, list func(bool) ([]string, error)) (change.Layout, string, error) {
		root := ""
		for name, r := range roots {
			if strings.EqualFold(name, repo) {
				root = r
			}
		}
		found, err := layout.Listed(root, list)
		return found.Layout, found.Say(), err
	}
}

// Placer brings the paths of a list's patches into the kernel's layout: as root: of
// the list says, or as the patch itself leaves no doubt.
func Placer(lists []config.List) func(list string, c *change.Change) {
	return func(list string, c *change.Change) {
		root := ""
		for _, l := range lists {
			if strings.EqualFold(l.ID, list) {
				root = l.Root
			}
		}
		if found, err := layout.Patch(c, root); err == nil { // a root that is none is refused with the configuration
			c.Place(found.Layout)
		}
	}
}

// layoutNotes says of each git remote that is not laid out as the kernel how it is, by
// the name of its component. What cannot be looked at now is left out.
func layoutNotes(c *config.Config) func(context.Context) map[string]string {
	var mu sync.Mutex
	var notes map[string]string
	var made time.Time
	return func(ctx context.Context) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		if notes != nil && time.Since(made) < layoutsFresh {
			return notes
		}
		notes, made = map[string]string{}, time.Now()
		for _, g := range c.Sources.Git {
			dir := filepath.Join(Mirrors(c.State), "git", g.Name+".git")
			if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
				continue
			}
			if say, err := LayoutIn(ctx, dir, g); err == nil && say != "" {
				notes["source.git:"+g.Name] = say
			}
		}
		return notes
	}
}

// layoutsFresh is how long the page believes what it was told of layouts.
const layoutsFresh = 10 * time.Minute

func LayoutIn(ctx context.Context, dir string, g config.Git) (string, error) {
	r, err := git.Open(ctx, dir, git.Options{})
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	refs, err := r.Refs(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for ref := range refs {
		if strings.HasPrefix(ref, "refs/heads/") {
			names = append(names, ref)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	slices.Sort(names)
	found, err := layout.Of(ctx, r, names[0], g.Root)
	return found.Say(), err
}
