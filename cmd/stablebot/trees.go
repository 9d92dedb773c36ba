package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

// branchOptions are the flags that say which git remotes are looked at.
type branchOptions struct {
	repo, mainline, releases, ended string
	config                          string // with trees of its own, instead of repo
	stable, queue, distro, vendor   []string
	missing                         func(trees.Remote, error) // nil: a remote that cannot be read is an error
}

func (t *branchOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&t.repo, "trees", "", "say for each stable branch of this `repository` whether it needs the change and can take it")
	f.StringVar(&t.mainline, "mainline", "", "the development `branch` there; master or main when not given")
	f.StringSliceVar(&t.stable, "stable", nil, "the stable `branches` there, names or patterns; linux-*.y or *-lts when not given")
	f.StringSliceVar(&t.queue, "queue", nil, "what is about to go into stable: `PATH[#REF]` of stable-queue, or of branches such as those of stable-rc")
	f.StringSliceVar(&t.distro, "distro", nil, "a distribution's kernel, judged like a stable branch: `NAME=PATH[#REF]`")
	f.StringSliceVar(&t.vendor, "vendor", nil, "the out-of-tree driver: `PATH[#REF]`")
	f.StringVar(&t.ended, "ended", "", "which branches are alive: kernel.org's releases.json, or a `file` with lines such as \"5.4 2025-12-31\"")
	f.StringVar(&t.releases, "releases", "tags", "where a release ends: at its tag v6.1 (`tags`), or at a commit with a title: title:\"Reduce diff with Linux %s\"")
}

func (t *branchOptions) check() error {
	if t.repo == "" && (t.mainline != "" || len(t.stable) > 0) {
		return usage.Errorf("--mainline and --stable name branches of a repository: give it with --trees")
	}
	if t.repo == "" && (len(t.queue)+len(t.distro)+len(t.vendor) > 0 || t.ended != "") {
		return usage.Errorf("--queue, --distro, --vendor and --ended add to mainline and its stable branches: give their repository with --trees")
	}
	for _, d := range t.distro {
		if name, at, ok := strings.Cut(d, "="); !ok || name == "" || at == "" {
			return usage.Errorf("--distro %q: write NAME=PATH or NAME=PATH#REF", d)
		}
	}
	if title, ok := strings.CutPrefix(t.releases, "title:"); t.releases != "tags" &&
		(!ok || strings.Count(title, "%s") != 1 || strings.Count(title, "%") != 1) {
		return usage.Errorf("--releases %q: write tags, or title:TEXT with one %%s for the release", t.releases)
	}
	return nil
}

// open opens the trees; nil when none are asked for.
func (t *branchOptions) open(ctx context.Context) (*trees.Set, error) {
	if t.repo == "" && t.config != "" {
		return t.configured(ctx)
	}
	if t.repo == "" {
		return nil, nil
	}
	cfg := trees.Config{Git: git.Options{Trust: true}}
	cfg.TitleMarks, _ = strings.CutPrefix(t.releases, "title:")
	if t.releases == "tags" {
		cfg.TitleMarks = ""
	}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.State = filepath.Join(dir, "stablebot", "trees")
	}
	mainline, err := t.findMainline(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Remotes = append([]trees.Remote{{Role: trees.Mainline, Path: t.repo, Ref: mainline}}, t.others()...)
	if cfg.Lifetimes, err = t.lifetimes(); err != nil {
		return nil, err
	}
	cfg.Missing = t.missing
	stable := t.stable
	if len(stable) == 0 {
		if stable, err = trees.FindStable(ctx, t.repo, cfg.Git); err != nil {
			return nil, err
		}
	}
	for _, ref := range stable {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: t.repo, Ref: ref})
	}
	if len(stable) > 0 {
		set, err := trees.Open(ctx, cfg)
		if err == nil {
			t.tell(ctx, stderr, set)
		}
		return set, err
	}
	return nil, usage.Errorf("%s has no branch like %s; name the stable branches with --stable", t.repo, strings.Join(trees.DefaultStable, ", "))
}

// configured opens the copies that a bot keeps of its trees.
func (t *branchOptions) configured(ctx context.Context) (*trees.Set, error) {
	c, err := readConfig(t.config)
	if err != nil {
		return nil, err
	}
	p, missing, err := wire.PastOf(ctx, c)
	if err == nil && p == nil {
		err = usage.Errorf("%s has no trees that were fetched yet (%s); stablebot run fetches them, or name a repository with --trees", t.config,
			strings.Join(missing, ", "))
	}
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		fmt.Fprintf(stderr, "stablebot: not fetched yet, so nothing is said of them: %s; stablebot run fetches what %s names\n",
			console.Printable(strings.Join(missing, ", ")), console.Printable(t.config))
	}
	return p.Set, nil
}

// tell says what makes answers weaker than they look: they are given all the same.
func (t *branchOptions) tell(ctx context.Context, w io.Writer, set *trees.Set) {
	if set.LastRelease() == "" {
		fmt.Fprintf(w, "stablebot: no release is marked in %s: which kernel a commit came with, and how old a branch is, is unknown; "+
			"fetch its tags, or name the commits that close a release with --releases 'title:TEXT %%s'\n", console.Printable(t.repo))
	}
	r, err := git.Open(ctx, t.repo, git.Options{Trust: true})
	if err != nil {
		return
	}
	defer func() { _ = r.Close() }()
	if r.Partial {
		fmt.Fprintf(w, "stablebot: %s is a partial clone: what is not in it is unknown, and nothing is fetched; git fetch --refetch "+
			"--no-filter brings all\n", console.Printable(t.repo))
	}
	if r.Shallow {
		fmt.Fprintf(w, "stablebot: %s is shallow: commits before its cut are unknown; git fetch --unshallow brings them\n", console.Printable(t.repo))
	}
}

// others are the remotes besides mainline and its stable branches.
func (t *branchOptions) others() []trees.Remote {
	var out []trees.Remote
	for _, q := range t.queue {
		path, ref, _ := strings.Cut(q, "#")
		out = append(out, trees.Remote{Role: trees.Queue, Path: path, Ref: ref})
	}
	for _, d := range t.distro {
		name, at, _ := strings.Cut(d, "=")
		path, ref, _ := strings.Cut(at, "#")
		out = append(out, trees.Remote{Role: trees.Distro, Path: path, Ref: headOr(ref), Name: name})
	}
	for _, v := range t.vendor {
		path, ref, _ := strings.Cut(v, "#")
		out = append(out, trees.Remote{Role: trees.Vendor, Path: path, Ref: headOr(ref), Name: filepath.Base(path), Layout: wire.LayoutOf("")})
	}
	return out
}

func headOr(ref string) string {
	if ref == "" {
		return "HEAD"
	}
	return ref
}

func (t *branchOptions) lifetimes() (*trees.Lifetimes, error) {
	l, err := wire.ReadLifetimes(t.ended)
	if err != nil {
		return nil, usage.Wrap(fmt.Errorf("--ended: %w", err))
	}
	return l, nil
}

func (t *branchOptions) findMainline(ctx context.Context) (string, error) {
	if t.mainline != "" {
		return t.mainline, nil
	}
	r, err := git.Open(ctx, t.repo, git.Options{Trust: true})
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	for _, name := range []string{"refs/heads/master", "refs/heads/main", "refs/remotes/origin/master"} {
		if _, err := r.Resolve(ctx, name); err == nil {
			return name, nil
		}
	}
	return "", usage.Errorf("%s has neither master nor main; name the development branch with --mainline", t.repo)
}
