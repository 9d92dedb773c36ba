package main

import (
	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/wire"
)

// branchFlags are the flags that say which git remotes are looked at.
func branchFlags(t *wire.Branches, f *pflag.FlagSet) {
	t.Warn = stderr
	f.StringVar(&t.Repo, "trees", "", "say for each stable branch of this `repository` whether it needs the change and can take it")
	f.StringVar(&t.Mainline, "mainline", "", "the development `branch` there; master or main when not given")
	f.StringSliceVar(&t.Stable, "stable", nil, "the stable `branches` there, names or patterns; linux-*.y or *-lts when not given")
	f.StringSliceVar(&t.Queue, "queue", nil, "what is about to go into stable: `PATH[#REF]` of stable-queue, or of branches such as those of stable-rc")
	f.StringSliceVar(&t.Distro, "distro", nil, "a distribution's kernel, judged like a stable branch: `NAME=PATH[#REF]`")
	f.StringSliceVar(&t.Vendor, "vendor", nil, "the out-of-tree driver: `PATH[#REF]`")
	f.StringVar(&t.Ended, "ended", "", "which branches are alive: kernel.org's releases.json, or a `file` with lines such as \"5.4 2025-12-31\"")
	f.StringVar(&t.Releases, "releases", "tags", "where a release ends: at its tag v6.1 (`tags`), or at a commit with a title: title:\"Reduce diff with Linux %s\"")
}
