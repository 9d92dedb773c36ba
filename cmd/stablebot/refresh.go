package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/kernel/drivers"
	"github.com/stablebot/stablebot/bot/kernel/drivers/kept"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
)

func refreshCommand() *cobra.Command {
	var repos []string
	var out string
	cmd := &cobra.Command{
		Use:   "refresh --repo TREE [--repo TREE]… --out FOLDER",
		Short: "Make the table of all drivers from kernel trees",
		Long: `Reads kernel trees and writes the table of their drivers: which files belong to
which module, for the devices of which buses, chosen by which symbol, kept by
whom. TREE is a folder with a kernel's source, or a git repository with a
revision: linux@v6.12. Trees of several releases say since when a driver is
there.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(repos) == 0 || out == "" {
				return usage.Errorf("say which trees to read with --repo, and where to write with --out")
			}
			return refresh(cmd.Context(), cmd.OutOrStdout(), repos, out)
		},
	}
	cmd.Flags().StringArrayVar(&repos, "repo", nil, "a kernel tree: a folder, or a git repository as PATH@REVISION; may be given again")
	cmd.Flags().StringVar(&out, "out", "", "folder to write drivers.txt and ids.txt.gz into")
	return cmd
}

func refresh(ctx context.Context, w io.Writer, repos []string, out string) error {
	var trees []*drivers.Tree
	for _, r := range repos {
		t, err := kept.ReadTree(ctx, r)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: Linux %s, %s and libraries\n", r, t.Release, change.Count(t.Len(), "driver"))
		trees = append(trees, t)
	}
	table := drivers.Join(trees...)
	rows, ids, err := kept.Write(table, out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s and %s of %s: %d KB\n", change.Count(len(table.Drivers), "driver"), change.Count(len(table.IDs), "device ID"),
		strings.Join(table.Releases, ", "), (rows+ids)>>10)
	return err
}
