package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/trees"
)

// branchOptions are the flags that say which git remotes are looked at.
type branchOptions struct {
	repo, mainline, releases string
	stable                   []string
}

func (t *branchOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&t.repo, "trees", "", "say for each stable branch of this `repository` whether it needs the change and can take it")
	f.StringVar(&t.mainline, "mainline", "", "the development `branch` there; master or main when not given")
	f.StringSliceVar(&t.stable, "stable", nil, "the stable `branches` there, names or patterns; linux-*.y or *-lts when not given")
	f.StringVar(&t.releases, "releases", "tags", "where a release ends: at its tag v6.1 (`tags`), or at a commit with a title: title:\"Reduce diff with Linux %s\"")
}

func (t *branchOptions) check() error {
	if t.repo == "" && (t.mainline != "" || len(t.stable) > 0) {
		return usagef("--mainline and --stable name branches of a repository: give it with --trees")
	}
	if title, ok := strings.CutPrefix(t.releases, "title:"); t.releases != "tags" && (!ok || strings.Count(title, "%s") != 1 || strings.Count(title, "%") != 1) {
		return usagef("--releases %q: write tags, or title:TEXT with one %%s for the release", t.releases)
	}
	return nil
}

// open opens the trees; nil when none are asked for.
func (t *branchOptions) open(ctx context.Context) (*trees.Set, error) {
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
	cfg.Remotes = []trees.Remote{{Role: trees.Mainline, Path: t.repo, Ref: mainline}}
	if len(t.stable) > 0 {
		for _, ref := range t.stable {
			cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: t.repo, Ref: ref})
		}
		return trees.Open(ctx, cfg)
	}
	for _, pattern := range trees.DefaultStable {
		with := cfg
		with.Remotes = append(cfg.Remotes[:1:1], trees.Remote{Role: trees.Stable, Path: t.repo, Ref: pattern})
		s, err := trees.Open(ctx, with)
		if !errors.Is(err, trees.ErrNoBranch) {
			return s, err
		}
	}
	return nil, usagef("%s has no branch like %s; name the stable branches with --stable", t.repo, strings.Join(trees.DefaultStable, ", "))
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
	return "", usagef("%s has neither master nor main; name the development branch with --mainline", t.repo)
}
