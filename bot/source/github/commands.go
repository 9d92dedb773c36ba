package github

import (
	"context"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v58/github"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/rules/verdict"
)

// commandWord begins a command, at the start of a line.
const commandWord = "/stablebot"

// maxCommands is how many commands of one comment are obeyed, as by mail.
const maxCommands = 3

// commands returns what people asked for in the comments of a pull request and
// did not get yet.
func (s *Source) commands(ctx context.Context, c *gh.Client, p bot.PullState) ([]bot.Command, error) {
	owner, name, err := github.Split(p.Repo)
	if err != nil {
		return nil, err
	}
	obeyed, err := s.queue.Obeyed(ctx, p.Key)
	if err != nil {
		return nil, err
	}
	var out []bot.Command
	may := map[string]bool{}
	o := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	for {
		list, resp, err := c.Issues.ListComments(ctx, owner, name, p.Number, o)
		if err != nil {
			return nil, github.Temporary("reading the comments of "+p.Key, err)
		}
		for _, comment := range list {
			who := comment.GetUser()
			if obeyed[comment.GetID()] || who.GetType() == "Bot" {
				continue
			}
			found := parseCommands(comment.GetBody())
			if len(found) == 0 {
				continue
			}
			login := who.GetLogin()
			if _, asked := may[login]; !asked {
				if may[login], err = mayWrite(ctx, c, owner, name, login); err != nil {
					return nil, err
				}
			}
			for _, cmd := range found {
				cmd.Comment, cmd.Who, cmd.At = comment.GetID(), login, comment.GetCreatedAt().Time
				if !may[login] {
					cmd.Refused = "no write access to the repository"
				}
				out = append(out, cmd)
			}
		}
		if !github.More(resp, &o.Page) {
			return out, nil
		}
	}
}

// mayWrite asks GitHub, each time: what a webhook says of an author's
// association is not whether they may write.
func mayWrite(ctx context.Context, c *gh.Client, owner, name, login string) (bool, error) {
	level, _, err := c.Repositories.GetPermissionLevel(ctx, owner, name, login)
	if github.Status(err) == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, github.Temporary("asking what "+login+" may do in "+owner+"/"+name, err)
	}
	return slices.Contains([]string{"admin", "write"}, level.GetPermission()), nil
}

// parseCommands finds the commands in a comment: at the start of a line, not
// quoted, not in a code block, and not where GitHub shows nothing. What cannot be understood is a refused command,
// so that its author learns that.
func parseCommands(body string) (out []bot.Command) {
	fence := ""
	hidden := false // in an HTML comment
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n\t ")
		bare := strings.TrimLeft(line, " ")
		if len(line)-len(bare) < 4 && (strings.HasPrefix(bare, "```") || strings.HasPrefix(bare, "~~~")) {
			switch {
			case fence == "":
				fence = bare[:3]
			case strings.HasPrefix(bare, fence):
				fence = ""
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, commandWord)
		was := hidden
		if fence == "" {
			hidden = hides(line, hidden)
		}
		if !ok || was || hidden || fence != "" || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			continue
		}
		if len(out) == maxCommands {
			return out
		}
		out = append(out, parseCommand(rest))
	}
	return out
}

// hides reports whether an HTML comment is open behind a line.
func hides(line string, hidden bool) bool {
	for {
		mark := "<!--"
		if hidden {
			mark = "-->"
		}
		_, rest, found := strings.Cut(line, mark)
		if !found {
			return hidden
		}
		hidden, line = !hidden, rest
	}
}

func parseCommand(rest string) bot.Command {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return bot.Command{Refused: "no command was given"}
	}
	c := bot.Command{Verb: strings.ToLower(words[0])}
	switch c.Verb {
	case bot.VerbRecheck, bot.VerbExplain:
	case bot.VerbOverride:
		if len(words) < 2 {
			c.Refused = "no verdict was given"
			return c
		}
		c.Verdict = verdict.Verdict(strings.TrimPrefix(strings.ToLower(words[1]), "stable-"))
		if c.Verdict == "eligible" {
			c.Verdict = verdict.StableEligible
		}
		if !slices.Contains([]verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain,
			verdict.NotNeeded, verdict.OutOfScope, bot.OverrideNone}, c.Verdict) {
			c.Verdict, c.Refused = "", "there is no such verdict"
			return c
		}
		c.Reason = cut(strings.Join(words[2:], " "))
	default:
		c.Verb, c.Refused = cut(c.Verb), "there is no such command"
	}
	return c
}

// maxReason bounds what is stored and shown of a person's reason.
const maxReason = 300

func cut(s string) string {
	if r := []rune(s); len(r) > maxReason {
		return string(r[:maxReason])
	}
	return s
}
