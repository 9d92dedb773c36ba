package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	manual "github.com/spf13/cobra/doc"
)

// manualCommand is for the release script: packages have pages and completions.
func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "manual FOLDER",
		Short:  "Write the manual pages and the completions of shells into a folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(cmd *cobra.Command, args []string) error { return writeManual(cmd.Root(), args[0]) },
	}
}

func writeManual(root *cobra.Command, folder string) error {
	for _, sub := range []string{"man", "completions"} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o750); err != nil {
			return fmt.Errorf("writing the manual: %w", err)
		}
	}
	root.DisableAutoGenTag = true // the same tag gives the same bytes
	day := time.Unix(0, 0).UTC()
	if err := manual.GenManTree(root, &manual.GenManHeader{Section: "1", Source: "stablebot", Manual: "stablebot", Date: &day},
		filepath.Join(folder, "man")); err != nil {
		return fmt.Errorf("writing the manual pages: %w", err)
	}
	at := func(name string) string { return filepath.Join(folder, "completions", name) }
	for name, write := range map[string]func(string) error{
		"stablebot.bash": func(f string) error { return root.GenBashCompletionFileV2(f, true) },
		"_stablebot":     root.GenZshCompletionFile,
		"stablebot.fish": func(f string) error { return root.GenFishCompletionFile(f, true) },
	} {
		if err := write(at(name)); err != nil {
			return fmt.Errorf("writing the completion %s: %w", name, err)
		}
	}
	return nil
}
