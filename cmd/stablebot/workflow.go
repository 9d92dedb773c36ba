package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/bot/workflow"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

type workflowOptions struct {
	repo, event, sarif, weights string
	labels                      bool
	trees                       wire.Branches
}

func workflowCommand() *cobra.Command {
	var o workflowOptions
	cmd := &cobra.Command{
		Use:   "workflow",
		Short: "Judge the pull request that a GitHub workflow runs for",
		Long: `Judges the commits of a pull request in the checkout of a GitHub workflow: sets its
label, writes the summary of the job, annotates what stands in the way, and writes
SARIF. deploy/action has the action that calls it. What it reads of GitHub comes from
the environment of the job: GITHUB_EVENT_PATH, GITHUB_API_URL, GITHUB_TOKEN,
GITHUB_STEP_SUMMARY and GITHUB_OUTPUT.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "git", ".", "the checkout, with the commits of the pull request and of its base")
	f.StringVar(&o.event, "event", os.Getenv("GITHUB_EVENT_PATH"), "the `file` with GitHub's event")
	f.StringVar(&o.sarif, "sarif", "", "write the findings into this `file`")
	f.BoolVar(&o.labels, "labels", false, "set the label of the pull request; needs GITHUB_TOKEN and pull-requests: write")
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	branchFlags(&o.trees, f)
	return cmd
}

func (o *workflowOptions) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	if o.event == "" {
		return usage.Errorf("there is no event: run this in a workflow, or name the file with --event")
	}
	f, err := os.Open(o.event)
	if err != nil {
		return fmt.Errorf("reading GitHub's event: %w", err)
	}
	e, err := workflow.ReadEvent(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return usage.Wrap(err)
	}
	patches, cut, err := o.judge(ctx, e)
	if err != nil {
		return err
	}
	r := workflow.Judge(e, patches, report.Bot{Name: "stablebot", Version: wire.Version()}, time.Now())
	found := workflow.Annotations(patches)
	if cut != "" {
		r.Summary += "\n" + cut + "\n"
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "::warning title=stablebot::%s\n", cut); err != nil {
			return err
		}
	}
	if err := workflow.WriteAnnotations(cmd.OutOrStdout(), found); err != nil {
		return err
	}
	if o.sarif != "" {
		if err := console.ToFile(cmd.OutOrStdout(), o.sarif, func(w io.Writer) error {
			return workflow.WriteSARIF(w, wire.Version(),
				found)
		}); err != nil {
			return err
		}
	}
	if err := errors.Join(appendTo("GITHUB_STEP_SUMMARY", "## stablebot: "+r.Title+"\n\n"+r.Summary+"\n"),
		appendTo("GITHUB_OUTPUT", fmt.Sprintf("verdict=%s\nlabel=%s\n", r.Verdict, r.Label))); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s#%d: %s (%s)\n", e.Repository.Name, e.Pull.Number, r.Verdict,
		console.Printable(r.Title)); err != nil || !o.labels {
		return err
	}
	c, err := github.New(github.Config{URL: os.Getenv("GITHUB_API_URL"), Version: wire.Version(), Login: workflow.Login,
		Token: func() (string, error) {
			if t := os.Getenv("GITHUB_TOKEN"); t != "" {
				return t, nil
			}
			return "", errors.New("--labels needs GITHUB_TOKEN")
		}})
	if err != nil {
		return usage.Wrap(err)
	}
	return r.Labels(ctx, c, zap.NewNop())
}

// judge judges the commits that the pull request adds, and says what the checkout hides.
func (o *workflowOptions) judge(ctx context.Context, e *workflow.Event) (out []report.Patch, cut string, err error) {
	judge, err := wire.LoadJudge(o.weights)
	if err != nil {
		return nil, "", err
	}
	set, err := o.trees.Open(ctx)
	if err != nil {
		return nil, "", err
	}
	if set != nil {
		defer func() { _ = set.Close() }()
	}
	repo, err := git.Open(ctx, o.repo, trusted)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = repo.Close() }()
	if cut, err = workflow.Shallow(ctx, repo, e); err != nil {
		return nil, "", err
	}
	var js []verdict.Judgement
	for c, err := range repo.Commits(ctx, git.Query{Revs: []string{e.Range()}, NoMerges: true, OldestFirst: true}) {
		if err != nil {
			return nil, "", fmt.Errorf("%w; check out with fetch-depth: 0, so that the base is there", err)
		}
		ch, err := c.Change()
		if err != nil {
			return nil, "", fmt.Errorf("reading commit %.12s: %w", c.ID, err)
		}
		ch.Proposed = !e.Base().Backport() // no mainline has it yet, and its author can still change it
		var tree *rules.Tree
		if set != nil {
			if tree, err = set.Facts(ctx, ch, nil, judge.AsOf); err != nil {
				return nil, "", err
			}
		}
		js = append(js, judge.Change(ch, nil, tree))
		out = append(out, report.Patch{N: len(out) + 1, Change: ch, Tree: tree})
	}
	for i, j := range verdict.Share(js) {
		out[i].Judgement = j
	}
	return out, cut, nil
}

// appendTo adds to a file that the environment names; without one there is no reader.
func appendTo(variable, text string) error {
	name := os.Getenv(variable)
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", variable, err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
