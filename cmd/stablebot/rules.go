package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules"
)

func rulesCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "rules [ID…]",
		Short: "Show the rules with their reasoning and sources",
		RunE: func(cmd *cobra.Command, args []string) error {
			suite := rules.Suite
			if len(args) > 0 {
				suite = nil
				for _, id := range args {
					r := ruleByID(id)
					if r == nil {
						return usage.Errorf("there is no rule %q; `stablebot rules` lists them", id)
					}
					suite = append(suite, r)
				}
			}
			if markdown {
				return rules.Markdown(cmd.OutOrStdout(), suite)
			}
			return printRules(cmd.OutOrStdout(), suite, len(args) > 0)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "as in rules/README.md")
	return cmd
}

func ruleByID(id string) *rules.Rule {
	for _, r := range rules.Suite {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// printRules prints one line a rule, or the whole of each when asked for by name.
func printRules(w io.Writer, suite []*rules.Rule, whole bool) error {
	for i, r := range suite {
		title, rest, _ := strings.Cut(r.Doc, "\n")
		if !whole {
			if _, err := fmt.Fprintf(w, "%-20s %s\n", r.ID, title); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		_, err := fmt.Fprintf(w, "%s: %s\n\n%s\n\nSource: %s, %q: %s\n", r.ID, title, strings.TrimSpace(rest), r.Ref.File, r.Ref.Section,
			r.Ref.Says)
		if err != nil {
			return err
		}
	}
	return nil
}
