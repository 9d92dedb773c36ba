package model

import (
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Model is a weights file, checked and indexed. It is safe for concurrent use:
// nothing in it changes.
type Model struct {
	Version    string
	Thresholds Thresholds

	file                              Weights
	tree, untagged, commit, mail, fix head
}

type head struct {
	bias  float64
	terms []term
}

type term struct {
	column int
	weight float64
}

func (m *Model) set(name string, h head) {
	switch name {
	case HeadTree:
		m.tree = h
	case HeadUntagged:
		m.untagged = h
	case HeadCommit:
		m.commit = h
	case HeadMail:
		m.mail = h
	case HeadFix:
		m.fix = h
	}
}

// File is what the model was read from.
func (m *Model) File() Weights { return m.file }

// HeadOf names the head that judges f.
func HeadOf(f *rules.Facts) string {
	switch {
	case f.Tree != nil && f.Tree.Last.Known:
		return HeadTree
	case f.Change.Kind == change.Commit:
		return HeadCommit
	}
	return HeadMail
}

// ThresholdsFor are those of the head that judges f, or else the file's.
func (m *Model) ThresholdsFor(f *rules.Facts) Thresholds {
	if t := m.file.Heads[HeadOf(f)].Thresholds; t != nil {
		return *t
	}
	return m.Thresholds
}

// Score judges one change. The features read the same passes over message and
// diff that the rules read, so findings add nothing that is not in them yet.
func (m *Model) Score(f *rules.Facts, _ []rules.Finding) Score {
	h := &m.mail
	switch HeadOf(f) {
	case HeadTree:
		h = &m.tree
	case HeadCommit:
		h = &m.commit
	}
	return m.score(measure(f, false), h)
}

// ScoreUntagged judges as if the change did not ask for stable.
func (m *Model) ScoreUntagged(f *rules.Facts) Score {
	h := &m.mail
	if HeadOf(f) != HeadMail {
		h = &m.untagged
	}
	return m.score(measure(f, true), h)
}

func (m *Model) score(x *measured, h *head) Score {
	out := Score{Contributions: make([]Contribution, 1, 32)}
	out.Contributions[0] = Contribution{Name: "bias", Value: 1, Weight: h.bias}
	z := h.bias
	for _, t := range h.terms {
		if v := specs[t.column].of(x); v != 0 {
			out.Contributions = append(out.Contributions, Contribution{specs[t.column].name, v, t.weight})
			z += v * t.weight
		}
	}
	out.P = Logistic(z)
	z = m.fix.bias
	for _, t := range m.fix.terms {
		z += t.weight * specs[t.column].of(x)
	}
	out.Fix = Logistic(z)
	return out
}

// ClassOf is the reason class that a negative contribution speaks for:
// "too-big", "abi", "enablement", or "" for none of them.
func ClassOf(name string) string {
	for _, c := range classes {
		if strings.HasPrefix(name, c.prefix) {
			return c.class
		}
	}
	return ""
}

// RuleOf is the id of the rule that speaks of the same thing as a feature, ""
// when none does: the feature's contribution is what that finding weighs.
func RuleOf(name string) string {
	for _, r := range ruleOf {
		if strings.HasPrefix(name, r.prefix) {
			return r.rule
		}
	}
	return ""
}

// Doc is what a feature measures, "" for an unknown name.
func Doc(name string) string {
	if i, ok := column[name]; ok {
		return specs[i].doc
	}
	return branchDocs[name]
}

// classes of feature families, the longest prefix first where one holds another.
var classes = []struct{ prefix, class string }{
	{"size.headers", "abi"}, {"size.header-only", "abi"},
	{"size.new-files", "enablement"}, {"size.deleted-files", ""}, {"size.removal", ""}, {"size.comments", ""}, {"size.one-line", ""}, {"size.insert", ""}, {"size.rows", ""},
	{"size.", "too-big"},
	{"files.uapi", "abi"}, {"title.uapi", "abi"}, {"text.uapi", "abi"},
	{"code.adds.ioctl", "abi"}, {"code.adds.sysfs", "abi"}, {"code.adds.param", "abi"}, {"code.adds.export", "abi"},
	{"files.units", "enablement"}, {"title.feature", "enablement"}, {"text.feature", "enablement"},
	{"title.bringup", "enablement"}, {"text.bringup", "enablement"}, {"code.adds.driver", "enablement"},
	{"code.adds.config", "enablement"}, {"code.adds.firmware", "enablement"}, {"title.needs-firmware", "enablement"}, {"text.needs-firmware", "enablement"},
	{"tree.last.", "enablement"}, {"tree.lts.", "enablement"},
}

// ruleOf of feature families.
var ruleOf = []struct{ prefix, rule string }{
	{"tag.stable", "stable-request"}, {"tag.noautosel", "not-declined"}, {"tag.fixes", "fixes-tag"}, {"title.fix", "fixes-tag"}, {"claims", "fixes-tag"},
	{"cherry-pick", "mainline"}, {"tree.culprit", "culprit"}, {"tree.landing", "mainline"}, {"tree.arrived", "mainline"}, {"tree.company", "mainline"}, {"tree.last.", "affected"}, {"tree.lts.", "affected"}, {"tree.old-lts.", "affected"},
	{"size.tables", "tables"}, {"size.rows", "tables"}, {"size.new-files", "no-new-driver"}, {"files.units", "no-new-driver"}, {"size.", "size"},
	{"files.uapi", "no-new-uapi"}, {"title.uapi", "no-new-uapi"}, {"text.uapi", "no-new-uapi"}, {"code.adds.ioctl", "no-new-uapi"}, {"code.adds.sysfs", "no-new-uapi"}, {"code.adds.param", "no-new-uapi"},
	{"code.adds.config", "no-new-kconfig"}, {"code.adds.firmware", "no-firmware"}, {"title.needs-firmware", "no-firmware"}, {"text.needs-firmware", "no-firmware"},
	{"title.feature", "no-enablement"}, {"text.feature", "no-enablement"}, {"title.bringup", "no-enablement"}, {"text.bringup", "no-enablement"},
	{"title.id", "device-id"}, {"text.id", "device-id"}, {"code.adds.id", "device-id"},
	{"title.build", "build-error"}, {"text.build", "build-error"}, {"title.performance", "performance"}, {"text.performance", "performance"},
	{"title.theory", "no-theory"}, {"text.theory", "no-theory"}, {"title.race", "no-theory"}, {"text.race", "no-theory"},
	{"title.trivial", "not-trivial"}, {"text.trivial", "not-trivial"}, {"title.cleanup", "not-trivial"}, {"text.cleanup", "not-trivial"},
	{"title.checker", "not-trivial"}, {"text.checker", "not-trivial"}, {"title.docs", "not-trivial"}, {"text.docs", "not-trivial"}, {"title.debug", "not-trivial"}, {"text.debug", "not-trivial"},
	{"files.whitespace", "not-trivial"}, {"files.no-code", "not-trivial"},
	{"vouch.reviewed", "reviewed"}, {"vouch.acked", "reviewed"}, {"vouch.tested", "tested"}, {"text.tested", "tested"}, {"text.untested", "tested"},
	{"vouch.reported", "reported"}, {"vouch.robot", "reported"}, {"vouch.bug", "reported"}, {"vouch.signed", "sign-off"},
	{"title.", "real-bug"}, {"text.", "real-bug"}, {"stack-trace", "real-bug"},
}
