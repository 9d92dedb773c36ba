package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

// errFindings says that what was audited is not sound.
var errFindings = errors.New("the audit found something")

// auditOptions are the flags.
type auditOptions struct {
	branches                wire.Branches
	onto                    string
	no                      []string
	vulns                   string
	asJSON, asMarkdown, all bool
	html                    string
}

func auditCommand() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit --trees REPO (RANGE | BRANCH | QUEUE-FOLDER | MBOX | ARCHIVE)…",
		Short: "Say whether what was selected for a stable branch is sound there",
		Long: `Reads commits of a stable branch, a checkout of stable-queue, patches of an mbox or a
maildir, or the newest batches in review and proposals (AUTOSEL) of a list's archive, each
branch by itself and each commit at its parent, and says what is not sound: prerequisites and names that are
missing or come later, a bug or hardware that the branch does not have, what mainline
reverted or mended since, parts of a series, content that is not upstream's, a newer
branch without it, and what people have refused. What could not be read is told as not
checked.

  stablebot audit --trees linux v6.1.90..linux-6.1.y
  stablebot audit --trees linux --html audit.html linux-6.1.y linux-6.6.y
  stablebot audit --trees linux --no blacklist.conf stable-queue
  stablebot audit --trees linux --for 6.1 --markdown batch.mbox

Exit status: 0 nothing was found, 3 something was, 1 it could not be done, 2 the
command line is wrong.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	branchFlags(&o.branches, f)
	f.StringVar(&o.onto, "for", "", "the `branch` of patches that do not say it, 6.1")
	f.StringSliceVar(&o.no, "no", nil, "`files` of what people have refused: lines \"sha<TAB>reason\", or SUSE's blacklist.conf")
	f.StringVar(&o.vulns, "vulns", "", "a clone of the kernel's vulns repository, to check CVE numbers by: its `folder`")
	f.BoolVar(&o.all, "all", false, "what is sound too, and what could not be checked")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object a commit")
	f.BoolVar(&o.asMarkdown, "markdown", false, "a table for a review")
	f.StringVar(&o.html, "html", "", "write a page, upstream commits by branches, into this `file`; - for standard output")
	return cmd
}

func (o *auditOptions) run(cmd *cobra.Command, args []string) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if o.branches.Repo == "" {
		return usage.Errorf("name the repository that has mainline and the stable branches with --trees")
	}
	if err := o.branches.Check(); err != nil {
		return err
	}
	no, err := o.refusals()
	if err != nil {
		return err
	}
	numbers, err := cve.Open(ctx, o.vulns)
	if err != nil {
		return usage.Errorf("--vulns: %v", err)
	}
	set, err := o.branches.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = set.Close() }()
	live.Frugal()
	source := audit.Source{Set: set, Repo: o.branches.Repo, For: o.onto, Git: trusted, CVE: numbers, Archive: wire.LastMails}
	reports, err := source.Audit(ctx, args, no)
	if err != nil {
		return err
	}
	found := false
	for _, r := range reports {
		found = found || r.Findings() > 0
	}
	if o.html != "" {
		err = console.ToFile(out, o.html, func(w io.Writer) error { return audit.HTML(w, reports) })
	}
	if o.html != "-" && err == nil {
		err = o.print(out, reports)
	}
	if err == nil && found {
		err = errFindings
	}
	return err
}

func (o *auditOptions) print(out io.Writer, reports []*audit.Report) error {
	for _, r := range reports {
		var err error
		switch {
		case o.asJSON:
			err = r.JSON(out)
		case o.asMarkdown:
			err = r.Markdown(out)
		default:
			err = r.Text(out, console.Columns(), o.all)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *auditOptions) refusals() (*refusal.List, error) {
	no := refusal.New()
	for _, name := range o.no {
		if err := no.ReadFile(name); err != nil {
			return nil, usage.Errorf("--no: %v", err)
		}
	}
	return no, nil
}
