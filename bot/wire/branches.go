package wire

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/usage"
)

// ReadConfig reads a configuration; it makes a bad configuration a usage error.
func ReadConfig(file string) (*config.Config, error) {
	c, err := config.Read(file)
	if err != nil {
		return nil, usage.Wrap(err)
	}
	return c, nil
}

// Branches name the git remotes that are looked at. A repository, with mainline and
// its stable branches, or the configuration of a bot, whose copies are read.
type Branches struct {
	Repo, Mainline, Releases, Ended string
	Config                          string // with trees of its own, instead of Repo
	Stable, Queue, Distro, Vendor   []string
	Missing                         func(trees.Remote, error) // nil: a remote that cannot be read is an error
	Warn                            io.Writer                 // what makes answers weaker than they look; nil: nobody reads it
}

// Check refuses what contradicts itself.
func (t *Branches) Check() error {
	if t.Repo == "" && (t.Mainline != "" || len(t.Stable) > 0) {
		return usage.Errorf("--mainline and --stable name branches of a repository: give it with --trees")
	}
	if t.Repo == "" && (len(t.Queue)+len(t.Distro)+len(t.Vendor) > 0 || t.Ended != "") {
		return usage.Errorf("--queue, --distro, --vendor and --ended add to mainline and its stable branches: give their repository with --trees")
	}
	for _, d := range t.Distro {
		if name, at, ok := strings.Cut(d, "="); !ok || name == "" || at == "" {
			return usage.Errorf("--distro %q: write NAME=PATH or NAME=PATH#REF", d)
		}
	}
	if title, ok := strings.CutPrefix(t.Releases, "title:"); t.Releases != "tags" &&
		(!ok || strings.Count(title, "%s") != 1 || strings.Count(title, "%") != 1) {
		return usage.Errorf("--releases %q: write tags, or title:TEXT with one %%s for the release", t.Releases)
	}
	return nil
}

// Open opens the trees; nil when none are asked for. Check comes before it.
func (t *Branches) Open(ctx context.Context) (*trees.Set, error) {
	if t.Repo == "" && t.Config != "" {
		return t.configured(ctx)
	}
	if t.Repo == "" {
		return nil, nil
	}
	cfg := trees.Config{Git: git.Options{Trust: true}}
	cfg.TitleMarks, _ = strings.CutPrefix(t.Releases, "title:")
	if t.Releases == "tags" {
		cfg.TitleMarks = ""
	}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.State = filepath.Join(dir, "stablebot", "trees")
	}
	mainline, err := t.FindMainline(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Remotes = append([]trees.Remote{{Role: trees.Mainline, Path: t.Repo, Ref: mainline}}, t.others()...)
	if cfg.Lifetimes, err = t.lifetimes(); err != nil {
		return nil, err
	}
	cfg.Missing = t.Missing
	stable := t.Stable
	if len(stable) == 0 {
		if stable, err = trees.FindStable(ctx, t.Repo, cfg.Git); err != nil {
			return nil, err
		}
	}
	for _, ref := range stable {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: t.Repo, Ref: ref})
	}
	if len(stable) > 0 {
		set, err := trees.Open(ctx, cfg)
		if err == nil {
			t.tell(ctx, set)
		}
		return set, err
	}
	return nil, usage.Errorf("%s has no branch like %s; name the stable branches with --stable", t.Repo,
		strings.Join(trees.DefaultStable, ", "))
}

// configured opens the copies that a bot keeps of its trees.
func (t *Branches) configured(ctx context.Context) (*trees.Set, error) {
	c, err := ReadConfig(t.Config)
	if err != nil {
		return nil, err
	}
	p, missing, err := PastOf(ctx, c)
	if err == nil && p == nil {
		err = usage.Errorf("%s has no trees that were fetched yet (%s); stablebot run fetches them, or name a repository with --trees", t.Config,
			strings.Join(missing, ", "))
	}
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		fmt.Fprintf(t.warns(), "stablebot: not fetched yet, so nothing is said of them: %s; stablebot run fetches what %s names\n",
			console.Printable(strings.Join(missing, ", ")), console.Printable(t.Config))
	}
	return p.Set, nil
}

func (t *Branches) warns() io.Writer {
	if t.Warn == nil {
		return io.Discard
	}
	return t.Warn
}

// tell says what makes answers weaker than they look: they are given all the same.
func (t *Branches) tell(ctx context.Context, set *trees.Set) {
	w := t.warns()
	if set.LastRelease() == "" {
		fmt.Fprintf(w, "stablebot: no release is marked in %s: which kernel a commit came with, and how old a branch is, is unknown; "+
			"fetch its tags, or name the commits that close a release with --releases 'title:TEXT %%s'\n", console.Printable(t.Repo))
	}
	r, err := git.Open(ctx, t.Repo, git.Options{Trust: true})
	if err != nil {
		return
	}
	defer func() { _ = r.Close() }()
	if r.Partial {
		fmt.Fprintf(w, "stablebot: %s is a partial clone: what is not in it is unknown, and nothing is fetched; git fetch --refetch "+
			"--no-filter brings all\n", console.Printable(t.Repo))
	}
	if r.Shallow {
		fmt.Fprintf(w, "stablebot: %s is shallow: commits before its cut are unknown; git fetch --unshallow brings them\n",
			console.Printable(t.Repo))
	}
}

// others are the remotes besides mainline and its stable branches.
func (t *Branches) others() []trees.Remote {
	var out []trees.Remote
	for _, q := range t.Queue {
		path, ref, _ := strings.Cut(q, "#")
		out = append(out, trees.Remote{Role: trees.Queue, Path: path, Ref: ref})
	}
	for _, d := range t.Distro {
		name, at, _ := strings.Cut(d, "=")
		path, ref, _ := strings.Cut(at, "#")
		out = append(out, trees.Remote{Role: trees.Distro, Path: path, Ref: headOr(ref), Name: name})
	}
	for _, v := range t.Vendor {
		path, ref, _ := strings.Cut(v, "#")
		out = append(out, trees.Remote{Role: trees.Vendor, Path: path, Ref: headOr(ref), Name: filepath.Base(path), Layout: LayoutOf("")})
	}
	return out
}

func headOr(ref string) string {
	if ref == "" {
		return "HEAD"
	}
	return ref
}

func (t *Branches) lifetimes() (*trees.Lifetimes, error) {
	l, err := ReadLifetimes(t.Ended)
	if err != nil {
		return nil, usage.Wrap(fmt.Errorf("--ended: %w", err))
	}
	return l, nil
}

// FindMainline is the branch that was named, or the one that is called so.
func (t *Branches) FindMainline(ctx context.Context) (string, error) {
	if t.Mainline != "" {
		return t.Mainline, nil
	}
	r, err := git.Open(ctx, t.Repo, git.Options{Trust: true})
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	for _, name := range []string{"refs/heads/master", "refs/heads/main", "refs/remotes/origin/master"} {
		if _, err := r.Resolve(ctx, name); err == nil {
			return name, nil
		}
	}
	return "", usage.Errorf("%s has neither master nor main; name the development branch with --mainline", t.Repo)
}

// Past opens the trees as they were, for mails of the past.
func (t *Branches) Past(ctx context.Context) (*Past, error) {
	set, err := t.Open(ctx)
	if err != nil {
		return nil, err
	}
	live.NewPiles(set)
	return &Past{Past: live.Past{Set: set}, Close: set.Close}, nil
}
