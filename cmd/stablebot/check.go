package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
)

// checked is one entry of what b4 reads from a check command.
type checked struct {
	Tool    string        `json:"tool"`
	Status  report.Status `json:"status"` // pass, warn or fail
	Summary string        `json:"summary"`
	URL     string        `json:"url,omitempty"`
	Details string        `json:"details"`
}

func checkCommand() *cobra.Command {
	var t wire.Branches
	var weights, details string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge one mail on standard input, as a check command of b4",
		Long: `Reads one message from standard input and prints a JSON array of checks, as b4
review asks of its check commands. For b4's configuration:

  [b4]
    review-perpatch-check-cmd = stablebot check --trees /home/me/linux

warn is what asks for something: a tag that is missing, a fix that stable kernels
cannot take, evidence that a person should look at. pass asks for nothing. A
message that is no fix, a cover letter among them, has nothing to report: [].
A message that cannot be read is an error, not a verdict.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.Check(); err != nil {
				return err
			}
			out, err := check(cmd, &t, weights, report.Bot{Details: details})
			if err != nil {
				return err
			}
			e := json.NewEncoder(cmd.OutOrStdout())
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(out)
		},
	}
	branchFlags(&t, cmd.Flags())
	cmd.Flags().StringVar(&weights, "weights", "", "a weights `file` instead of the built-in one")
	cmd.Flags().StringVar(&details, "details", "", "`URL` prefix of a stablebot's pages, for the link")
	return cmd
}

func check(cmd *cobra.Command, t *wire.Branches, weights string, b report.Bot) ([]checked, error) {
	none := []checked{}
	judge, err := wire.LoadJudge(weights)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(bufio.NewReader(cmd.InOrStdin()), mail.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the message on standard input: %w", err)
	}
	m, err := mail.Parse(raw)
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, errors.New("there is no message on standard input; it is to be piped in")
	case err != nil:
		return nil, fmt.Errorf("reading the message on standard input: %w", err)
	case m.Damaged != nil && (m.Change == nil || len(m.Change.Files) == 0):
		return nil, fmt.Errorf("reading the patch <%s>: %w", m.ID, m.Damaged)
	case !m.IsPatch:
		return none, nil
	}
	wire.Placer(nil)("", m.Change)
	set, err := t.Open(cmd.Context())
	if err != nil {
		return nil, err
	}
	var tree *rules.Tree
	if set != nil {
		defer func() { _ = set.Close() }()
		live.NewPiles(set) // asked only where the patch is merged and does not apply
		if tree, err = set.Facts(cmd.Context(), m.Change, nil, judge.AsOf); err != nil {
			return nil, err
		}
	}
	j := judge.Change(m.Change, nil, tree)
	refs := map[string]rules.Ref{}
	for _, r := range judge.Suite {
		refs[r.ID] = r.Ref
	}
	c, say, err := report.CheckOf(report.Posting{Of: 1, Have: 1, Version: m.Prefix.Version, Refs: refs,
		Patches: []report.Patch{{Judgement: j, N: m.Prefix.N, Change: m.Change}}}, b)
	if err != nil || !say {
		return none, err
	}
	if c.Status == report.Pending { // b4 knows pass, warn and fail
		c.Status = report.Warn
	}
	return []checked{{Tool: "stablebot", Status: c.Status, Summary: c.Summary, URL: c.URL, Details: c.Details}}, nil
}
