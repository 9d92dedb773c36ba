// Package workflow judges a pull request inside the workflow that GitHub runs for it,
// without a bot: labels by the sink of the bot, a summary, annotations, and SARIF.
package workflow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	sink "github.com/stablebot/stablebot/bot/sink/github"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Login is who a workflow's own token acts as; it may not ask for that itself.
const Login = "github-actions[bot]"

// Event is what GitHub says of the pull request that a workflow runs for.
type Event struct {
	Pull struct {
		Number int    `json:"number"`
		Title  string `json:"title"`
		State  string `json:"state"`
		User   struct {
			Login string `json:"login"`
		} `json:"user"`
		Head struct {
			SHA string `json:"sha"`
		} `json:"head"`
		Base struct {
			SHA string `json:"sha"`
			Ref string `json:"ref"`
		} `json:"base"`
	} `json:"pull_request"`
	Repository struct {
		Name    string `json:"full_name"`
		Private bool   `json:"private"`
	} `json:"repository"`
}

// maxEvent is more than GitHub sends: 25 MB is the limit of its webhooks.
const maxEvent = 32 << 20

// ReadEvent reads the file that GITHUB_EVENT_PATH names.
func ReadEvent(r io.Reader) (*Event, error) {
	var e Event
	if err := json.NewDecoder(io.LimitReader(r, maxEvent)).Decode(&e); err != nil {
		return nil, fmt.Errorf("reading GitHub's event: %w", err)
	}
	if e.Pull.Number == 0 || e.Pull.Head.SHA == "" || e.Pull.Base.SHA == "" {
		return nil, errors.New("the event is not of a pull request; run this step on pull_request or pull_request_target")
	}
	return &e, nil
}

// Range is what the pull request adds, as git says it.
func (e *Event) Range() string { return e.Pull.Base.SHA + ".." + e.Pull.Head.SHA }

// Base is the branch that it goes into.
func (e *Event) Base() flow.Base { return github.BaseOf(e.Pull.Base.Ref, flow.PullPolicy{}) }

// Result is what a pull request was judged to be.
type Result struct {
	Verdict verdict.Verdict
	Label   string // that it is to have, "" for none
	Title   string
	Summary string // Markdown
	labels  *flow.Action
}

// Judge plans what the pull request is to look like.
func Judge(e *Event, patches []report.Patch, bot report.Bot, now time.Time) Result {
	refs := map[string]rules.Ref{}
	for _, r := range verdict.Default().Suite {
		refs[r.ID] = r.Ref
	}
	policy := flow.PullPolicy{Asked: true, Labels: true, Check: true, Names: github.DefaultLabels()}
	p := flow.Pull{State: flow.PullState{Key: fmt.Sprintf("%s#%d", e.Repository.Name, e.Pull.Number), Repo: e.Repository.Name,
		Number: e.Pull.Number},
		Head: e.Pull.Head.SHA, Title: e.Pull.Title, Author: e.Pull.User.Login, Base: e.Base(), Private: e.Repository.Private, Policy: policy}
	for _, x := range patches {
		p.Commits = append(p.Commits, flow.PullCommit{Change: x.Change})
	}
	made := plan.Desired(plan.PullBrief{Pull: p, Judged: patches, Target: plan.TargetOf(p.Base, nil), Sink: "github", Bot: bot, Refs: refs,
		Now: now})
	r := Result{Verdict: made.Verdict, Title: made.Quiet}
	for i, a := range made.Actions {
		var want flow.Desired
		if json.Unmarshal(a.Message, &want) != nil {
			continue // the plan wrote it
		}
		if want.Check != nil {
			r.Title, r.Summary = want.Check.Title, want.Check.Summary
		}
		if want.Labels != nil {
			r.Label, r.labels = want.Labels.Want, &made.Actions[i]
		}
	}
	if r.labels == nil { // nobody needs to hear of it: a label of before goes all the same
		body, err := json.Marshal(flow.Desired{Key: p.State.Key, Repo: p.State.Repo, Number: p.State.Number, Head: p.Head,
			Labels: &flow.DesiredLabels{Ours: policy.Names}})
		if err == nil {
			r.labels = &flow.Action{Key: p.State.Key + "/labels", Message: body}
		}
	}
	return r
}

// Labels sets the label, and takes off what the workflow set before.
func (r *Result) Labels(ctx context.Context, c *github.Client, log *zap.Logger) error {
	return sink.New("github", c, newest{}, "", log).Deliver(ctx, *r.labels)
}

// newest is the state of a workflow's run: its own plan is the only one.
type newest struct{}

func (newest) PullOf(context.Context, string) (*flow.PullState, error) { return &flow.PullState{}, nil }

// Annotation is a finding at a line of a file.
type Annotation struct {
	Rule, File, Text, Commit string
	Line                     int
}

// Annotations are the findings that stand in the way, where they name a file.
func Annotations(patches []report.Patch) (out []Annotation) {
	for _, p := range patches {
		for _, f := range p.Rules {
			if f.Outcome != rules.Unmet {
				continue
			}
			a := Annotation{Rule: f.ID, Text: f.Reason, Commit: p.ID}
			for _, e := range f.Evidence {
				if e.File != "" {
					a.File, a.Line = e.File, e.Line
					break
				}
			}
			if a.File == "" && p.Change != nil && len(p.Change.Files) > 0 {
				a.File = cmp.Or(p.Change.Files[0].NewName, p.Change.Files[0].OldName) // of the commit as a whole
			}
			out = append(out, a)
		}
	}
	return out
}

// escape is how a workflow command carries text.
var escape = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")

// WriteAnnotations writes them as workflow commands, at most ten: GitHub shows no more
// of a step.
func WriteAnnotations(w io.Writer, all []Annotation) error {
	for _, a := range all[:min(len(all), 10)] {
		at := "title=" + escape.Replace("stablebot: "+a.Rule)
		if a.File != "" {
			at += ",file=" + escape.Replace(a.File)
		}
		if a.Line > 0 {
			at += fmt.Sprintf(",line=%d", a.Line)
		}
		text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(fmt.Sprintf("%s (%.12s)", a.Text, a.Commit))
		if _, err := fmt.Fprintf(w, "::notice %s::%s\n", at, text); err != nil {
			return err
		}
	}
	return nil
}
