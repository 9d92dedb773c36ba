package github

import (
	"context"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// labels brings the bot's labels to what is wanted.
func (j *job) labels(ctx context.Context) error {
	have, err := j.present(ctx)
	if err != nil {
		return err
	}
	var add *flow.LabelName
	var remove []string
	for i, l := range j.Labels.Ours {
		there := have[strings.ToLower(l.Name)]
		switch wanted := l.Name == j.Labels.Want; {
		case wanted && !there:
			add = &j.Labels.Ours[i]
		case !wanted && there:
			remove = append(remove, l.Name)
		}
	}
	if add == nil && len(remove) == 0 {
		return nil
	}
	last, err := j.record(ctx)
	if err != nil {
		return err
	}
	for _, name := range remove {
		if e, ok := last[strings.ToLower(name)]; !ok || e.GetEvent() != "labeled" || !j.mine(e.GetActor()) {
			j.log.Info("a person's label is left", zap.String(flow.KeySeries, j.Key), zap.String("label", name))
			continue
		}
		_, err := j.c.Issues.RemoveLabelForIssue(ctx, j.owner, j.repo, j.Number, name)
		if err != nil && github.Status(err) != http.StatusNotFound { // not there is what was wanted
			return github.Temporary(j.about("taking the label "+name+" off"), err)
		}
	}
	if add == nil {
		return nil
	}
	if e, ok := last[strings.ToLower(add.Name)]; ok && e.GetEvent() == "unlabeled" && !j.mine(e.GetActor()) &&
		e.GetCreatedAt().After(j.Labels.Since) {
		j.log.Info("a person took the label off; it is not set again", zap.String(flow.KeySeries, j.Key), zap.String("label", add.Name))
		return nil
	}
	if err := j.ensure(ctx, *add); err != nil {
		return err
	}
	_, _, err = j.c.Issues.AddLabelsToIssue(ctx, j.owner, j.repo, j.Number, []string{add.Name})
	return github.Temporary(j.about("labelling"), err)
}

// present is the label names of the pull request, in lower case: GitHub does
// not tell cases apart.
func (j *job) present(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	o := &gh.ListOptions{PerPage: 100}
	for {
		list, resp, err := j.c.Issues.ListLabelsByIssue(ctx, j.owner, j.repo, j.Number, o)
		if err != nil {
			return nil, github.Temporary(j.about("reading the labels of"), err)
		}
		for _, l := range list {
			out[strings.ToLower(l.GetName())] = true
		}
		if !github.More(resp, &o.Page) {
			return out, nil
		}
	}
}

// record is the last time that each label was set or taken off.
func (j *job) record(ctx context.Context) (map[string]*gh.IssueEvent, error) {
	out := map[string]*gh.IssueEvent{}
	o := &gh.ListOptions{PerPage: 100}
	for {
		list, resp, err := j.c.Issues.ListIssueEvents(ctx, j.owner, j.repo, j.Number, o)
		if err != nil {
			return nil, github.Temporary(j.about("reading who labelled"), err)
		}
		for _, e := range list { // oldest first
			if e.GetEvent() == "labeled" || e.GetEvent() == "unlabeled" {
				out[strings.ToLower(e.GetLabel().GetName())] = e
			}
		}
		if !github.More(resp, &o.Page) {
			return out, nil
		}
	}
}

// ensure creates a label that the repository lacks. One that is there keeps
// its colour and description: people may have chosen them.
func (j *job) ensure(ctx context.Context, l flow.LabelName) error {
	key := strings.ToLower(j.Repo + "\n" + l.Name)
	j.mu.Lock()
	known := j.known[key]
	j.mu.Unlock()
	if known {
		return nil
	}
	_, _, err := j.c.Issues.GetLabel(ctx, j.owner, j.repo, l.Name)
	if github.Status(err) == http.StatusNotFound {
		_, _, err = j.c.Issues.CreateLabel(ctx, j.owner, j.repo, &gh.Label{Name: &l.Name, Color: &l.Color, Description: &l.Description})
		if github.Status(err) == http.StatusUnprocessableEntity {
			err = nil // somebody was faster; if it is something else, labelling says so
		}
	}
	if err != nil {
		return github.Temporary("creating the label "+l.Name+" in "+j.Repo, err)
	}
	j.mu.Lock()
	j.known[key] = true
	j.mu.Unlock()
	return nil
}
