package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/silicon"
)

func siliconCommand() *cobra.Command {
	var asJSON bool
	var driver, root string
	cmd := &cobra.Command{
		Use:   "silicon [PATCH…]",
		Short: "List the catalogue of chips, or show what a patch touches and why",
		Long: `Without arguments, lists every chip and IP block the catalogue knows, with where
its facts come from. With patches, shows which of them each one touches, and the
path, line or word by which it was recognised.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			w := cmd.OutOrStdout()
			if len(args) == 0 {
				return listSilicon(w, driver, asJSON)
			}
			for _, a := range args {
				if err := matchSilicon(cmd.InOrStdin(), w, a, root, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&driver, "driver", "", "list only this driver's")
	cmd.Flags().StringVar(&root, "root", "", "the kernel's `folder` that the root of an out-of-tree repository is, or FOLDER=KERNELFOLDER; found by the names of its files when not given")
	cmd.AddCommand(refreshCommand())
	return cmd
}

func listSilicon(w io.Writer, driver string, asJSON bool) error {
	enc := json.NewEncoder(w)
	var rows [][]string
	n := 0
	for _, e := range silicon.Default().Entries() {
		if driver != "" && !slices.Contains(e.Drivers, driver) {
			continue
		}
		n++
		if asJSON {
			if err := enc.Encode(e); err != nil {
				return fmt.Errorf("listing the catalogue: %w", err)
			}
			continue
		}
		rows = append(rows, []string{strings.Join(e.Drivers, ","), e.Name, e.Kind, string(e.State), console.Dash(e.Since), console.Dash(e.Launched), e.Source})
	}
	if n == 0 {
		return usage.Errorf("the catalogue has no driver %q; `stablebot silicon` lists them", driver)
	}
	if asJSON {
		return nil
	}
	return console.Table(w, []string{"DRIVER", "NAME", "KIND", "STATE", "SINCE", "ON SALE", "FACTS FROM"}, rows)
}

func matchSilicon(stdin io.Reader, w io.Writer, name, root string, asJSON bool) error {
	return mail.Each(stdin, name, func(raw []byte, origin string, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", origin, err)
		}
		m, err := mail.Parse(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", origin, err)
		}
		if m.Change == nil {
			_, err := fmt.Fprintf(w, "%s: no patch: %s\n", console.Printable(origin), console.Printable(m.NoPatch))
			return err
		}
		found, err := layout.Patch(m.Change, root)
		if err != nil {
			return usage.Errorf("--root: %w", err)
		}
		m.Change.Place(found.Layout)
		matches := silicon.Default().Match(m.Change)
		if asJSON {
			return errors.Join(json.NewEncoder(w).Encode(map[string]any{"id": m.ID, "subject": m.Change.Subject, "silicon": matches}))
		}
		fmt.Fprintf(w, "%s\n", console.Printable(m.Change.Subject))
		if say := found.Say(); say != "" {
			fmt.Fprintf(w, "  layout: %s\n", say)
		}
		if len(matches) == 0 {
			if why := silicon.Default().NoHardware(m.Change); why != "" {
				fmt.Fprintf(w, "  no hardware: %s\n", why)
			} else {
				fmt.Fprintf(w, "  hardware uncertain: %s; --root drivers/… says where they stand there\n", silicon.NoPath)
			}
		}
		for _, s := range matches {
			fmt.Fprintf(w, "  %s (%s): %s", s.Label(), strings.TrimPrefix(s.Driver+", "+s.Kind, ", "), s.State)
			if s.Since != "" {
				fmt.Fprintf(w, ", supported since %s", s.Since)
			}
			if s.Launched != "" {
				fmt.Fprintf(w, ", on sale since %s", s.Launched)
			}
			if s.Config != "" {
				fmt.Fprintf(w, ", CONFIG_%s", s.Config)
			}
			if s.Why != "" {
				fmt.Fprintf(w, "\n      %s", s.Why)
			}
			fmt.Fprintln(w)
			for _, at := range s.Where {
				place := at.File
				if at.Line > 0 {
					place = fmt.Sprintf("%s:%d", at.File, at.Line)
				}
				fmt.Fprintf(w, "      %s %s\n", at.In, strings.TrimSpace(console.Printable(at.Text)+"  "+place))
			}
		}
		return nil
	})
}
