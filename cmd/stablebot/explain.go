package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

func explainCommand() *cobra.Command {
	var c configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Tell everything known about one judged change",
		Long: `Tells everything the bot knows about a change: the verdict, what moved the score,
every rule with its source, the series, what was said and what became of it.
ID is a Message-ID, or a commit SHA of at least 7 digits.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			found, err := s.Explain(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(found)
			}
			return printCase(folded(cmd.OutOrStdout(), len("verdict   ")), found)
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "all of it as one JSON object")
	return cmd
}

// configFlags name the configuration, or the state folder alone.
type configFlags struct{ file, state, store string }

func (c *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&c.file, "config", "c", "stablebot.yaml", "configuration `file`")
	cmd.Flags().StringVar(&c.state, "state-dir", "", "state `folder`, instead of the configuration's")
	cmd.Flags().StringVar(&c.store, "store", "", "store, postgres://`…` or a file, instead of the configuration's")
}

// where is the store that the flags and the configuration name.
func (c *configFlags) where() (string, error) {
	switch {
	case c.store != "":
		return c.store, nil
	case c.state != "":
		return storeFile(c.state), nil
	}
	cfg, err := readConfig(c.file)
	if err != nil {
		return "", err
	}
	return storeOf(cfg), nil
}

// openStore opens the store for reading.
func (c *configFlags) openStore(cmd *cobra.Command) (*store.Store, error) {
	where, err := c.where()
	if err != nil {
		return nil, err
	}
	return store.OpenReadOnly(cmd.Context(), where)
}

// openForWriting opens a store that is there.
func (c *configFlags) openForWriting(cmd *cobra.Command) (*store.Store, error) {
	where, err := c.where()
	if err != nil {
		return nil, err
	}
	if !store.IsAddress(where) {
		if _, err := os.Stat(where); err != nil {
			return nil, fmt.Errorf("there is no store yet: %w", err)
		}
	}
	return store.Open(cmd.Context(), where)
}

func (c *configFlags) stateDir() (string, error) {
	if c.state != "" {
		return c.state, nil
	}
	cfg, err := readConfig(c.file)
	if err != nil {
		return "", err
	}
	return cfg.State, nil
}

func printCase(w io.Writer, c *store.Case) error {
	p := &printer{w: w}
	if j := c.Judged; j != nil {
		printJudgement(p, &j.Judgement)
		p.f("judged %s, %s\n", times(c.Revision), stamp(j.At))
	} else if c.Mail != nil {
		p.f("%s\n%s, from %s: no change was judged", printable(c.Mail.Subject), c.Mail.ID, c.Mail.Sender)
		if c.Mail.Note != "" {
			p.f(": %s", printable(c.Mail.Note))
		}
		p.f("\n")
	}
	if m := c.Mail; m != nil {
		p.f("\nmail      %s\nreceived  %s from %s\n", m.ID, stamp(m.Received), m.Source)
		if len(m.Lists) > 0 {
			p.f("lists     %s\n", strings.Join(m.Lists, ", "))
		}
		if m.Note != "" {
			p.f("note      %s\n", printable(m.Note))
		}
	}
	if s := c.Series; s != nil {
		p.f("\nseries    %s, version %d, %d of %d patches\n", printable(s.Title), s.Version, s.Have(), s.Of)
		if s.Quiet != "" {
			p.f("no reply  %s\n", printable(s.Quiet))
		}
		if !c.Unsettled.IsZero() {
			p.f("waits     until %s for what is missing\n", stamp(c.Unsettled))
		}
		for _, mate := range c.Mates {
			p.f("  %-22s %s\n", label(&mate.Judgement), printable(mate.Subject))
		}
		for _, r := range c.Replies {
			p.f("  reply from %s: %s\n", r.Sender, printable(r.Subject))
		}
	}
	for _, a := range c.Actions {
		p.f("\n%s %s: %s", a.Kind, a.State, printable(a.Line))
		if a.Problem != "" {
			p.f(" (%s)", printable(a.Problem))
		}
		p.f("\n")
	}
	for _, o := range c.Orders {
		p.f("\n%s, %s: %s", stamp(o.At), printable(o.Who.String()), printable(o.Line))
		if o.Refused != "" {
			p.f(" (refused: %s)", printable(o.Refused))
		}
		p.f("\n")
	}
	for _, n := range c.Notes {
		p.f("\n%s, %s: %s\n", stamp(n.At), n.Who, printable(n.Body))
	}
	return p.err
}

func printJudgement(p *printer, j *verdict.Judgement) {
	p.f("%s\n%s by %s\n\n", printable(j.Subject), j.ID, printable(j.Author))
	p.f("verdict   %s", label(j))
	if j.When != "" {
		p.f(", %s", j.When)
	}
	p.f("\nbecause   %s\nscore     %.2f that stable takes it; worth %.2f, once merged, where the bug is; %.2f that it is a fix (weights %s)\n",
		printable(j.Reason), j.Score, j.Worth, j.Fix, j.Weights)
	p.f("size      %d lines with context, +%d -%d in %d files", j.Size.LinesWithContext, j.Size.Added, j.Size.Removed, j.Size.Files)
	if j.Size.TableLines > 0 {
		p.f(", %d of them table", j.Size.TableLines)
	}
	p.f("\n")
	for i, s := range j.Silicon {
		p.f("%-9s %s (%s): %s", map[bool]string{true: "silicon", false: ""}[i == 0], s.Name, s.Driver, s.State)
		if s.Since != "" {
			p.f(", supported since %s", s.Since)
		}
		p.f("\n")
	}
	for i, b := range j.Branches {
		p.f("%-9s %s: %s, %s%s\n", map[bool]string{true: "branches", false: ""}[i == 0], b.Name, b.State, b.Applies, reachOf(&j.Branches[i]))
	}
	if j.Error != nil {
		p.f("error     %s\n", printable(*j.Error))
	}
	p.f("\nwhat moved its worth (log-odds):\n")
	for _, c := range j.Contributions {
		p.f("  %+6.2f  %s = %.3g\n", c.Add(), c.Name, c.Value)
	}
	printFindings(p, j)
}

// printFindings cites each section of the kernel's documents once, below.
func printFindings(p *printer, j *verdict.Judgement) {
	p.f("\nrules:\n")
	var cited []string
	for _, r := range j.Rules {
		if r.Outcome == rules.NotApplicable {
			continue
		}
		mark := ""
		if def := rules.ByID(r.ID); def != nil && r.Outcome != rules.Unknown {
			ref := fmt.Sprintf("%s, %q", def.Ref.File, def.Ref.Section)
			if !slices.Contains(cited, ref) {
				cited = append(cited, ref)
			}
			mark = fmt.Sprintf(" [%d]", slices.Index(cited, ref)+1)
		}
		p.f("  %-8s %s: %s%s\n", r.Outcome, r.ID, printable(r.Reason), mark)
	}
	for i, ref := range cited {
		p.f("  [%d] %s\n", i+1, ref)
	}
	p.f("\n")
}

// reachOf says what a branch is told, and what made its score another than the worth.
func reachOf(b *verdict.Branch) string {
	if b.Verdict == nil {
		return ""
	}
	s := ": " + string(*b.Verdict)
	if b.ReasonClass != "" {
		s += " " + string(b.ReasonClass)
	}
	if b.State != verdict.Affected {
		return s
	}
	s += fmt.Sprintf(", score %.2f", b.Score)
	for _, c := range b.Reach {
		s += fmt.Sprintf("; %+.2f %s", c.Add(), model.Doc(c.Name))
	}
	return s
}

// printer keeps the first error, so that a page of output is checked once.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, a...)
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
