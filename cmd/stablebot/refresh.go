package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/drivers"
	"github.com/stablebot/stablebot/bot/usage"
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
		t, err := readTree(ctx, r)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: Linux %s, %d drivers and libraries\n", r, t.Release, t.Len())
		trees = append(trees, t)
	}
	table := drivers.Join(trees...)
	rows, ids, err := writeDrivers(table, out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d drivers and %d device IDs of %s: %d KB\n", len(table.Drivers), len(table.IDs),
		strings.Join(table.Releases, ", "), (rows+ids)>>10)
	return err
}

// writeDrivers writes a table into a folder, and returns the sizes of its files.
func writeDrivers(table *drivers.Table, out string) (rows, ids int, err error) {
	text, idText := table.Encode("Which driver each file of the kernel belongs to. Made by `stablebot silicon refresh`; drivers.go tells the form.")
	packed, err := pack(idText)
	if err != nil {
		return 0, 0, err
	}
	err = errors.Join(os.WriteFile(filepath.Join(out, "drivers.txt"), []byte(text), 0o644), //nolint:gosec // data for everybody
		os.WriteFile(filepath.Join(out, "ids.txt.gz"), packed, 0o644)) //nolint:gosec // as above
	if err != nil {
		return 0, 0, fmt.Errorf("writing the table: %w", err)
	}
	return len(text), len(packed), nil
}

// readTree reads a folder, or a revision of a repository.
func readTree(ctx context.Context, name string) (*drivers.Tree, error) {
	path, rev, ok := strings.Cut(name, "@")
	if !ok {
		if _, err := os.Stat(filepath.Join(path, "MAINTAINERS")); err == nil {
			return drivers.Folder(path)
		}
		rev = "HEAD"
	}
	repo, err := git.Open(ctx, path, git.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = repo.Close() }()
	return drivers.Revision(ctx, repo, rev)
}

// pack makes the same bytes of the same text: no time stands in them.
func pack(text string) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = io.WriteString(z, text); err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}
