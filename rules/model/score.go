package model

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Model is a weights file, checked and indexed. It is safe for concurrent use:
// nothing in it changes.
type Model struct {
	Version    string
	Thresholds Thresholds

	file  Weights
	heads map[string]head
}

type head struct {
	bias  float64
	terms []term
}

// term is a weight of a column of the suite.
type term struct {
	column int
	weight float64
}

// columns are all that can weigh, in the order of a row.
var columns = rules.Columns(rules.Suite)

// column of each name, and the rule that each belongs to.
var column = func() map[string]int {
	out := make(map[string]int, len(columns))
	for i := range columns {
		out[columns[i].Name] = i
	}
	return out
}()

// Names are all that can weigh, in the order of a row.
func Names() []string {
	out := make([]string, len(columns))
	for i := range columns {
		out[i] = columns[i].Name
	}
	return out
}

// File is what the model was read from.
func (m *Model) File() Weights { return m.file }

// HeadOf names the head that judges f.
func HeadOf(f *rules.Facts) string {
	switch {
	case f.Tree != nil && f.Tree.Last.Known && f.Untagged:
		return HeadUntagged
	case f.Tree != nil && f.Tree.Last.Known:
		return HeadTree
	case f.Change.Kind == change.Commit && f.Untagged:
		return HeadUntagged
	case f.Change.Kind == change.Commit:
		return HeadCommit
	}
	return HeadMail
}

// Score adds up what the rules found of one change.
func (m *Model) Score(f *rules.Facts, found []rules.Finding) Score {
	h := m.heads[HeadOf(f)]
	out := Score{Contributions: make([]Contribution, 1, 32)}
	out.Contributions[0] = Contribution{Name: "bias", Value: 1, Weight: h.bias}
	of := byRule(found)
	z := h.bias
	for _, t := range h.terms {
		c := &columns[t.column]
		if v := number(c, of); v != 0 {
			out.Contributions = append(out.Contributions, Contribution{c.Name, v, t.weight})
			z += v * t.weight
		}
	}
	out.Worth = Logistic(z)
	z = m.heads[HeadFix].bias
	for _, t := range m.heads[HeadFix].terms {
		z += t.weight * number(&columns[t.column], of)
	}
	out.Fix = Logistic(z)
	return out
}

// byRule finds each rule's finding by its place in the suite; nil for one that did
// not run.
func byRule(found []rules.Finding) []*rules.Finding {
	out := make([]*rules.Finding, len(rules.Suite))
	for i, r := range rules.Suite {
		if i < len(found) && found[i].ID == r.ID {
			out[i] = &found[i]
		} else if j := slices.IndexFunc(found, func(f rules.Finding) bool { return f.ID == r.ID }); j >= 0 {
			out[i] = &found[j]
		}
	}
	return out
}

// number is what the findings say of a column.
func number(c *rules.Column, of []*rules.Finding) float64 {
	if f := of[c.Place]; f != nil {
		return c.Number(f)
	}
	return 0
}

// row is what the findings say of every column.
func row(found []rules.Finding) []float64 {
	of := byRule(found)
	out := make([]float64, len(columns))
	for i := range columns {
		out[i] = number(&columns[i], of)
	}
	return out
}

// ClassOf is the reason class that a negative contribution speaks for:
// "too-big", "abi", "enablement", "conflicts", or "" for none of them.
func ClassOf(name string) string {
	for _, c := range classes {
		if strings.HasPrefix(name, c.prefix) {
			return c.class
		}
	}
	return ""
}

// RuleOf is the id of the rule whose finding carries the number, "" when none does.
func RuleOf(name string) string {
	if i, ok := column[name]; ok {
		return columns[i].Rule.ID
	}
	return reachRule[name]
}

// Doc is what a number measures, "" for an unknown name.
func Doc(name string) string {
	if i, ok := column[name]; ok {
		return columns[i].Doc
	}
	return reachDocs[name]
}

// classes of families of numbers, the longest prefix first where one holds another.
var classes = []struct{ prefix, class string }{
	{"size.headers", "abi"}, {"size.header-only", "abi"},
	{"size.new-files", "enablement"}, {"size.deleted-files", ""}, {"size.removal", ""}, {"size.comments", ""}, {"size.one-line", ""},
	{"size.insert", ""}, {"size.rows", ""}, {"size=met", ""},
	{"size.", "too-big"}, {"size=", "too-big"},
	{"files.uapi", "abi"}, {"title.uapi", "abi"}, {"text.uapi", "abi"}, {"no-new-uapi=", "abi"}, {"no-new-kconfig=", "abi"},
	{"code.adds.ioctl", "abi"}, {"code.adds.sysfs", "abi"}, {"code.adds.param", "abi"}, {"code.adds.export", "abi"},
	{"files.units", "enablement"}, {"title.feature", "enablement"}, {"text.feature", "enablement"}, {"no-enablement=", "enablement"}, {"no-new-driver=", "enablement"},
	{"title.bringup", "enablement"}, {"text.bringup", "enablement"}, {"code.adds.driver", "enablement"},
	{"code.adds.config", "enablement"}, {"code.adds.firmware", "enablement"}, {"title.needs-firmware", "enablement"}, {"text.needs-firmware", "enablement"},
	{"reach.by-hand", "conflicts"}, {"reach.too-many", "too-big"}, {"reach.prerequisites", "too-big"}, {"reach.enabling", "enablement"},
}
