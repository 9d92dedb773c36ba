package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

func branchesCommand() *cobra.Command {
	var o wire.Branches
	var asJSON bool
	var day string
	cmd := &cobra.Command{
		Use:   "branches --trees REPO",
		Short: "Show the branches that changes are looked up in, and which are alive",
		Long: `Lists mainline, the stable branches, the kernels of distributions, what is queued
and the vendor's tree, as they are found in git repositories on this machine:
their role, whether they still take fixes, where they stand and since when.

  stablebot branches --trees linux --ended releases.json
  stablebot branches --trees linux --queue stable-queue --vendor backports#main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Repo == "" {
				return usage.Errorf("name the repository that has mainline and the stable branches with --trees")
			}
			if err := o.Check(); err != nil {
				return err
			}
			var asOf time.Time
			if day != "" {
				d, err := time.Parse(time.DateOnly, day)
				if err != nil {
					return usage.Errorf("--as-of %q is no day; write 2024-05-31", day)
				}
				asOf = d.Add(24*time.Hour - time.Second)
			}
			missed := 0
			o.Missing = func(r trees.Remote, err error) {
				missed++
				fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: left out the %s remote %s: %s\n", r.Role, r.Path, console.Lines(err.Error()))
			}
			set, err := o.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = set.Close() }()
			if err := showBranches(cmd.OutOrStdout(), set.List(cmd.Context(), asOf), asJSON); err != nil {
				return err
			}
			if missed > 0 {
				return usage.ErrReported
			}
			return nil
		},
	}
	branchFlags(&o, cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&day, "as-of", "", "as they were at the end of this `day`: 2024-05-31")
	return cmd
}

func showBranches(w io.Writer, list []trees.Branch, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		for _, b := range list {
			if err := enc.Encode(b); err != nil {
				return fmt.Errorf("listing branches: %w", err)
			}
		}
		return nil
	}
	var rows [][]string
	for _, b := range list {
		state, date := b.State, "-"
		if b.Ended != nil {
			state += " " + b.Ended.Format(time.DateOnly)
		}
		if !b.Date.IsZero() {
			date = b.Date.Format(time.DateOnly)
		}
		rows = append(rows, []string{console.Printable(b.Name), string(b.Role), state, console.Dash(b.Release), fmt.Sprintf("%.12s", console.Dash(b.Tip)), date,
			strconv.Itoa(b.Own), console.Printable(b.Path)})
	}
	return console.Table(w, []string{"NAME", "ROLE", "STATE", "RELEASE", "TIP", "DATE", "OWN", "REPOSITORY"}, rows)
}
