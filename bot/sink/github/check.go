package github

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// conclusion is neutral whatever the verdict: a red cross blocks merges, and
// whether a fix is for stable does not make it right or wrong.
func (j *job) conclusion() string {
	if j.Check.Failed {
		return "failure"
	}
	return "neutral"
}

// checkRun writes the check run of the head, as an App may.
func (j *job) checkRun(ctx context.Context) error {
	app, name := j.client.AppID(), CheckName(j.Number)
	list, _, err := j.c.Checks.ListCheckRunsForRef(ctx, j.owner, j.repo, j.Head, &gh.ListCheckRunsOptions{
		CheckName: gh.String(name), Filter: gh.String("latest"), AppID: &app})
	if j.lost(err) {
		return nil
	}
	if err != nil {
		return github.Temporary(j.about("reading the checks of"), err)
	}
	out := &gh.CheckRunOutput{Title: &j.Check.Title, Summary: &j.Check.Summary}
	conclusion, done := j.conclusion(), "completed"
	for _, run := range list.CheckRuns {
		if run.GetName() != name || run.GetHeadSHA() != j.Head {
			continue
		}
		if run.GetStatus() == done && run.GetConclusion() == conclusion && run.GetOutput().GetTitle() == j.Check.Title &&
			same(run.GetOutput().GetSummary(), j.Check.Summary) {
			return nil
		}
		_, _, err := j.c.Checks.UpdateCheckRun(ctx, j.owner, j.repo, run.GetID(), gh.UpdateCheckRunOptions{
			Name: name, Status: &done, Conclusion: &conclusion, DetailsURL: j.link(), Output: out})
		return github.Temporary(j.about("updating the check of"), err)
	}
	_, _, err = j.c.Checks.CreateCheckRun(ctx, j.owner, j.repo, gh.CreateCheckRunOptions{
		Name: name, HeadSHA: j.Head, Status: &done, Conclusion: &conclusion, DetailsURL: j.link(), Output: out})
	if j.lost(err) {
		return nil
	}
	return github.Temporary(j.about("writing the check of"), err)
}

// status writes the commit status of the head, as a token may. Statuses only
// pile up (GitHub takes 1,000 of a context), so the same one is not set again.
func (j *job) status(ctx context.Context) error {
	state, name := "success", CheckName(j.Number) // there is no neutral one
	if j.Check.Failed {
		state = "error"
	}
	list, _, err := j.c.Repositories.ListStatuses(ctx, j.owner, j.repo, j.Head, &gh.ListOptions{PerPage: 100})
	if j.lost(err) {
		return nil
	}
	if err != nil {
		return github.Temporary(j.about("reading the statuses of"), err)
	}
	for _, s := range list { // newest first
		if s.GetContext() != name {
			continue
		}
		if s.GetState() == state && s.GetDescription() == j.Check.Title {
			return nil
		}
		break
	}
	_, _, err = j.c.Repositories.CreateStatus(ctx, j.owner, j.repo, j.Head, &gh.RepoStatus{
		State: &state, Context: gh.String(name), Description: &j.Check.Title, TargetURL: j.link()})
	if j.lost(err) {
		return nil
	}
	return github.Temporary(j.about("writing the status of"), err)
}

// lost reports that the commit is not there: pushed away before its check came.
func (j *job) lost(err error) bool {
	s := github.Status(err)
	if s != http.StatusNotFound && (s != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), "No commit found")) {
		return false
	}
	j.log.Info("the commit is gone", zap.String(flow.KeySeries, j.Key), zap.String(flow.KeyCommit, j.Head))
	return true
}

// link is the details page, nil without one.
func (j *job) link() *string {
	if j.details == "" || j.Check.Private {
		return nil
	}
	u := strings.TrimRight(j.details, "/") + "/" + url.PathEscape(flow.InPull(j.Head, j.Key))
	return &u
}
