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
