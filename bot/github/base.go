package github

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/release"
)

// BaseOf finds out what a branch is that pull requests go into: what the repository's
// policy says of it, else what its name says. A name that says nothing is that of a
// branch of development.
func BaseOf(branch string, p flow.PullPolicy) flow.Base {
	b := flow.Base{Branch: branch, Kind: byName(branch), Release: releaseIn(branch)}
	for _, said := range []struct {
		kind     flow.BaseKind
		patterns []string
	}{{flow.BaseMainline, p.Mainline}, {flow.BaseStable, p.Stable}, {flow.BaseDistro, p.Distribution}} {
		if slices.ContainsFunc(said.patterns, func(pattern string) bool { ok, _ := path.Match(pattern, branch); return ok }) {
			b.Kind = said.kind
		}
	}
	if b.Kind == flow.BaseMainline {
		b.Release = "" // what a branch of development is for is no branch to go to
	}
	return b
}

// distribution are words in the names of distributions' and vendors' kernel branches,
// with their numbers left out.
var distribution = []string{
	"rhel", "centos", "rocky", "alma", "almalinux", "ciq", "ciqlts", "oracle", "uek", "fedora", "amazon", "amzn",
	"ubuntu", "hwe", "oem", "bionic", "focal", "jammy", "noble", "oracular", "plucky", "questing", "resolute",
	"debian", "buster", "bullseye", "bookworm", "trixie", "forky", "sid", "rpi",
	"suse", "opensuse", "sle", "sles", "leap", "tumbleweed", "olk", "openeuler", "anolis", "android", "chromeos", "yocto", "openwrt",
}

// developing are words in the names of branches of development that may name the
// release that they are for, "drm-next-6.14".
var developing = []string{"next", "for", "fixes", "fix", "topic", "wip", "devel", "dev", "feature", "mainline", "master", "main", "merge",
	"pull"}

var (
	wordIn   = regexp.MustCompile(`[a-z]+`)
	numberIn = regexp.MustCompile(`(?:^|[^0-9.])v?([2-9]\.[0-9]+)(?:[^0-9.]|\.y|$)`)
)

func byName(branch string) flow.BaseKind {
	name := strings.ToLower(branch)
	has := func(of []string) bool {
		return slices.ContainsFunc(wordIn.FindAllString(name, -1), func(w string) bool { return slices.Contains(of, w) })
	}
	last := path.Base(name)
	switch {
	case has(distribution):
		return flow.BaseDistro
	case release.OfBranch(last) != "", release.Is(strings.TrimPrefix(last, "v")), strings.HasPrefix(last, "linux-rolling-"):
		return flow.BaseStable
	case has(developing):
		return flow.BaseMainline
	case releaseIn(branch) != "":
		return flow.BaseDistro // somebody's own of a release: "ti-linux-6.6.y"
	}
	return flow.BaseMainline
}

// releaseIn is the release that a branch's name names, "" for none.
func releaseIn(branch string) string {
	if r := release.OfBranch(path.Base(branch)); r != "" {
		return r
	}
	if m := numberIn.FindStringSubmatch(strings.ToLower(branch)); m != nil && release.Is(m[1]) {
		return m[1]
	}
	return ""
}
