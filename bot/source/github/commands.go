package github

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v58/github"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/rules/verdict"
)

// commandWord begins a command, at the start of a line.
const commandWord = "/stablebot"

// maxCommands is how many commands of one comment are obeyed, as by mail.
const maxCommands = 3

// commands returns what people asked for in the comments of a pull request and
// did not get yet.
func (s *Source) commands(ctx context.Context, c *gh.Client, p flow.PullState) ([]flow.Command, error) {
	owner, name, err := github.Split(p.Repo)
	if err != nil {
		return nil, err
	}
	obeyed, err := s.queue.Obeyed(ctx, p.Key)
	if err != nil {
		return nil, err
	}
	var out []flow.Command
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
				if may[login], err = s.mayWrite(ctx, c, owner, name, login); err != nil {
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

// mayWrite asks GitHub: what a webhook says of an author's association is not
// whether they may write. That somebody may not is remembered for a while, so that
// a stranger's comments cost nothing.
func (s *Source) mayWrite(ctx context.Context, c *gh.Client, owner, name, login string) (bool, error) {
	repo, now := owner+"/"+name, s.cfg.Now()
	if s.strangers.known(repo, login, now) {
		return false, nil
	}
	level, _, err := c.Repositories.GetPermissionLevel(ctx, owner, name, login)
	if err != nil && github.Status(err) != http.StatusNotFound {
		return false, github.Temporary("asking what "+login+" may do in "+repo, err)
	}
	if err == nil && slices.Contains([]string{"admin", "write"}, level.GetPermission()) {
		return true, nil
	}
	s.strangers.add(repo, login, now)
	return false, nil
}

// strangers are those who may not write to a repository, and when that was said.
type strangers struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// How long somebody is a stranger, and how many are remembered.
const (
	strangerFor  = 10 * time.Minute
	maxStrangers = 10_000
)

func (s *strangers) known(repo, login string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.seen[strings.ToLower(repo+" "+login)]
	return ok && now.Sub(at) < strangerFor
}

func (s *strangers) add(repo, login string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil || len(s.seen) >= maxStrangers {
		s.seen = map[string]time.Time{}
	}
	s.seen[strings.ToLower(repo+" "+login)] = now
}

// worthFetching reports whether a comment has a command that its author may have
// the say to give. Polling finds what this passes over.
func (s *Source) worthFetching(repo string, comment *gh.IssueComment) bool {
	found := parseCommands(comment.GetBody())
	return len(found) > 0 && !stranger(comment.GetAuthorAssociation()) &&
		!s.strangers.known(repo, comment.GetUser().GetLogin(), s.cfg.Now())
}

// parseCommands finds the commands in a comment: at the start of a line, not
// quoted, not in a code block, and not where GitHub shows nothing. What cannot be
// understood is a refused command, so that its author learns that.
func parseCommands(body string) (out []flow.Command) {
	fence, hidden := "", false
	rest := body
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if fence == "" {
			var touched bool
			if touched, hidden = commented(line, rest, hidden); touched {
				continue
			}
		}
		line = strings.TrimRight(line, "\r\t ")
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
		words, ok := strings.CutPrefix(line, commandWord)
		if !ok || fence != "" || words != "" && words[0] != ' ' && words[0] != '\t' {
			continue
		}
		if len(out) == maxCommands {
			return out
		}
		out = append(out, parseCommand(words))
	}
	return out
}

// commented reports whether a line stands in an HTML comment, which readers do not
// see, or has a part of one, and whether the next line begins in one.
func commented(line, rest string, hidden bool) (touched, still bool) {
	for {
		if hidden {
			_, after, ends := strings.Cut(line, "-->")
			if !ends {
				return true, true
			}
			touched, hidden, line = true, false, after
			continue
		}
		before, after, begins := strings.Cut(line, "<!--")
		if !begins {
			return touched, false
		}
		if !strings.Contains(after, "-->") && !strings.Contains(rest, "-->") && strings.TrimLeft(before, " ") != "" {
			return touched, false // no comment: it never ends, and begins no line
		}
		touched, hidden, line = true, true, after
	}
}

func parseCommand(rest string) flow.Command {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return flow.Command{Refused: "no command was given"}
	}
	c := flow.Command{Verb: strings.ToLower(words[0])}
	switch c.Verb {
	case flow.VerbRecheck, flow.VerbExplain:
	case flow.VerbOverride:
		if len(words) < 2 {
			c.Refused = "no verdict was given"
			return c
		}
		c.Verdict = verdict.Verdict(strings.TrimPrefix(strings.ToLower(words[1]), "stable-"))
		if c.Verdict == "eligible" {
			c.Verdict = verdict.StableEligible
		}
		if !slices.Contains([]verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain,
			verdict.NotNeeded, verdict.OutOfScope, flow.OverrideNone}, c.Verdict) {
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
