package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/drift"
	"github.com/stablebot/stablebot/bot/usage"
)

// driftOptions are the flags.
type driftOptions struct {
	driver, folder, from, to, trees, arch string
	asJSON                                bool
}

func driftCommand() *cobra.Command {
	var o driftOptions
	cmd := &cobra.Command{
		Use:   "drift --driver FOLDER --from KERNEL --to KERNEL [--trees REPO]",
		Short: "Say what the next kernel changes under an out-of-tree driver",
		Long: `Lists each header, function, exported symbol, structure, member, enumerator, macro and
Kconfig symbol that the driver uses and that the second kernel removes or changes: where
either kernel has it, where the driver uses it, and whether the driver's own conditions on
the kernel's version see to it. Kernels are folders, or revisions of --trees, which also
names the commit that did it. Nothing is compiled.

  stablebot drift --driver rtw88 --from /usr/src/linux-source-6.1 --to linux-6.6
  stablebot drift --driver rtw88 --trees linux --from v6.12 --to linux-6.12.y

Exit status: 0 the driver's conditions see to each change, 1 they do not, or something
could not be read, 2 usage.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.driver, "driver", "", "the driver's source: a `folder`")
	f.StringVar(&o.folder, "folder", "", "only this `folder` of it")
	f.StringVar(&o.from, "from", "", "the `kernel` that the driver builds on: a folder, or a revision of --trees")
	f.StringVar(&o.to, "to", "", "the `kernel` that comes")
	f.StringVar(&o.trees, "trees", "", "the `repository` that both kernels are revisions of")
	f.StringVar(&o.arch, "arch", "x86", "the `architecture`, as arch/ or uname -m calls it")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object")
	return cmd
}

func (o *driftOptions) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	if o.driver == "" || o.from == "" || o.to == "" {
		return usage.Errorf("name the driver and both kernels: --driver, --from and --to")
	}
	q := drift.Question{Driver: drift.DriverIn(o.driver), Folder: o.folder, Arch: o.arch, FromSay: o.from, Say: o.to}
	if info, err := os.Stat(o.driver); err != nil || !info.IsDir() {
		return usage.Errorf("--driver %s is no folder", o.driver)
	}
	var repo *git.Repo
	if o.trees != "" {
		r, err := git.Open(ctx, o.trees, trusted)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		repo = r
	}
	from, err := o.kernel(ctx, repo, o.from, &q.From)
	if err != nil {
		return err
	}
	to, err := o.kernel(ctx, repo, o.to, &q.To)
	if err != nil {
		return err
	}
	r, err := drift.Compare(ctx, q)
	if err != nil {
		return err
	}
	if repo != nil {
		if err := r.Blame(ctx, repo, from, to); err != nil {
			return err
		}
	}
	write := r.Text
	if o.asJSON {
		write = r.JSON
	}
	if err := write(cmd.OutOrStdout()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if r.Open() > 0 {
		return usage.ErrReported
	}
	return nil
}

// kernel opens one: a revision where there is a repository, else a folder.
func (o *driftOptions) kernel(ctx context.Context, repo *git.Repo, name string, into *drift.Tree) (commit string, err error) {
	if repo != nil {
		commit, err = repo.Resolve(ctx, name)
		*into = drift.Revision{Repo: repo, Commit: commit}
		if errors.Is(err, git.ErrNoRevision) {
			err = usage.Errorf("%s has no revision %s", o.trees, name)
		}
		return commit, err
	}
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return "", usage.Errorf("%s is no folder; name a kernel's tree, or its repository with --trees", name)
	}
	*into = drift.Folder(name)
	return "", nil
}
