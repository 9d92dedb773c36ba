package github

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/strictyaml"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/verdict"
)

// PolicyFile is read from a repository's default branch, never from a pull
// request's own: who opens one must not decide about the bot.
const PolicyFile = ".stablebot.yml"

// maxPolicy bounds a stranger's file, in bytes: a policy is a page.
const maxPolicy = 16 << 10

// DefaultLabels are the labels, in the colours that GitHub's own palette gives
// to good, bad, waiting and open.
func DefaultLabels() []flow.LabelName {
	return []flow.LabelName{
		{Verdict: verdict.StableEligible, Name: "stable-eligible", Color: "0e8a16",
			Description: "Fix for hardware on sale that a stable branch needs and can take"},
		{Verdict: verdict.DKMSOnly, Name: "dkms-only", Color: "d93f0b", Description: "Fix for hardware on sale that stable branches do not take"},
		{Verdict: report.Mixed, Name: "stable-mixed", Color: "bfd4f2",
			Description: "One stable branch can take this fix, and another that needs it cannot"},
		{Verdict: verdict.Wait, Name: "stable-wait", Color: "fbca04",
			Description: "For stable, but not yet: a delay was asked for, or something is missing"},
		{Verdict: verdict.Uncertain, Name: "stable-uncertain", Color: "c5def5",
			Description: "Whether stable takes it is open: a person should decide"},
	}
}

// file is the policy file.
type file struct {
	Enabled  bool              `yaml:"enabled"`
	Labels   bool              `yaml:"labels"`
	Check    bool              `yaml:"check"`
	Comment  bool              `yaml:"comment"`
	Verdicts []string          `yaml:"verdicts"` // which get a comment
	Ignore   []string          `yaml:"ignore"`   // authors
	Names    config.LabelNames `yaml:"names"`
	// Backports: those into stable and distribution branches are labelled, too.
	Backports bool     `yaml:"label_backports"`
	Branches  branches `yaml:"branches"`
}

// branches says what branches are whose names do not, by patterns: "lts/*".
type branches struct {
	Mainline     []string `yaml:"mainline"`
	Stable       []string `yaml:"stable"`
	Distribution []string `yaml:"distribution"`
}

func (b branches) validate() (out []strictyaml.Problem) {
	for _, of := range []struct {
		name     string
		patterns []string
	}{{"mainline", b.Mainline}, {"stable", b.Stable}, {"distribution", b.Distribution}} {
		for i, p := range of.patterns {
			if _, err := path.Match(p, ""); err != nil {
				out = append(out, strictyaml.Problem{Path: fmt.Sprintf("branches.%s[%d]", of.name, i),
					Message: fmt.Sprintf("%q is no pattern: write * for any letters but a slash", p)})
			}
		}
	}
	return out
}

// Everything is what a repository gets that the configuration names and that
// has no policy file.
func Everything(labels []flow.LabelName) flow.PullPolicy {
	return flow.PullPolicy{Asked: true, Labels: true, Check: true, Comment: true, Names: labels}
}

// ParsePolicy reads a policy file over what the configuration says. The error
// names every problem with its line.
func ParsePolicy(b []byte, labels []flow.LabelName) (flow.PullPolicy, error) {
	f := file{Enabled: true, Labels: true, Check: true, Comment: true}
	err := strictyaml.Read(PolicyFile, b, maxPolicy, &f, func() (out []strictyaml.Problem) {
		for i, v := range f.Verdicts {
			if verdict.Verdict(v).Silent() || !slices.ContainsFunc(labels, func(l flow.LabelName) bool { return string(l.Verdict) == v }) {
				out = append(out, strictyaml.Problem{Path: fmt.Sprintf("verdicts[%d]", i),
					Message: fmt.Sprintf("%q is none of stable-eligible, dkms-only, mixed, wait, uncertain", v)})
			}
		}
		return slices.Concat(out, f.Names.Validate("names"), f.Branches.validate())
	})
	if err != nil {
		return flow.PullPolicy{}, err
	}
	p := flow.PullPolicy{Asked: f.Enabled, Labels: f.Labels, Check: f.Check, Comment: f.Comment, Ignore: f.Ignore, Backports: f.Backports,
		Mainline: f.Branches.Mainline, Stable: f.Branches.Stable, Distribution: f.Branches.Distribution}
	for _, v := range f.Verdicts {
		p.Verdicts = append(p.Verdicts, verdict.Verdict(v))
	}
	p.Names = merged(labels, f.Names)
	return p, nil
}

func merged(labels []flow.LabelName, n config.LabelNames) []flow.LabelName {
	out := slices.Clone(labels)
	for i := range out {
		var l config.Label
		switch out[i].Verdict {
		case verdict.StableEligible:
			l = n.StableEligible
		case verdict.DKMSOnly:
			l = n.DKMSOnly
		case report.Mixed:
			l = n.Mixed
		case verdict.Wait:
			l = n.Wait
		case verdict.Uncertain:
			l = n.Uncertain
		}
		for _, f := range []struct {
			to   *string
			from string
		}{{&out[i].Name, l.Name}, {&out[i].Color, strings.ToLower(l.Color)}, {&out[i].Description, l.Description}} {
			if f.from != "" {
				*f.to = f.from
			}
		}
	}
	return out
}

// LabelsOf lays the configuration's names over the defaults.
func LabelsOf(n config.LabelNames) []flow.LabelName { return merged(DefaultLabels(), n) }
