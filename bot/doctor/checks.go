package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
)

// watched says what is read; a bot without anything to read only looks well.
func watched(c *config.Config) (string, error) {
	git := 0
	for _, g := range c.Sources.Git {
		if !g.TreesOnly && (g.Role == "mainline" || g.Role == "vendor") {
			git++
		}
	}
	var parts []string
	for _, s := range []struct {
		n    int
		what string
	}{{len(c.Sources.IMAP), "IMAP account"}, {len(c.Sources.Archive), "archive"}, {git, "git branch to judge"},
		{len(c.Sources.GitHub), "GitHub account"}} {
		if s.n > 0 {
			parts = append(parts, fmt.Sprintf("%d × %s", s.n, s.what))
		}
	}
	if len(parts) == 0 {
		return "", errors.New("there is nothing to watch: configure an imap, archive, git (role mainline or vendor) or github source under " +
			"sources")
	}
	return strings.Join(parts, ", "), nil
}

// placeholders refuses to send under an address that nobody can own (RFC 2606).
func placeholders(c *config.Config) (string, error) {
	var bad []string
	for _, a := range []struct{ key, address string }{{"bot.address", c.Bot.Address}, {"bot.contact", c.Bot.Contact},
		{"smtp.user", c.SMTP.User}, {"smtp.address", c.SMTP.Address}} {
		if reserved(a.address) {
			bad = append(bad, a.key+" is "+a.address)
		}
	}
	switch {
	case len(bad) == 0:
		return "bot.address and bot.contact are real", nil
	case c.SMTP.Send:
		return "", fmt.Errorf("smtp.send is on and %s, an example; write the real one before anything is sent", strings.Join(bad, ", and "))
	}
	return "examples still, to be changed before smtp.send is: " + strings.Join(bad, ", "), nil
}

func reserved(address string) bool {
	_, host, found := strings.Cut(address, "@")
	if !found {
		host, _, _ = strings.Cut(address, ":")
	}
	host = "." + strings.ToLower(strings.TrimSuffix(host, "."))
	for _, name := range []string{".example.org", ".example.com", ".example.net", ".example", ".invalid"} {
		if strings.HasSuffix(host, name) {
			return true
		}
	}
	return false
}

// listens reports whether the dashboard's address is free, or a dashboard of ours is
// there already.
func listens(ctx context.Context, address string) (string, error) {
	url := "http://" + address + "/"
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err == nil {
		return url, l.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, rerr := http.NewRequestWithContext(ctx, http.MethodGet, url+"static/icon.svg", nil)
	if rerr != nil {
		return "", rerr
	}
	answer, rerr := http.DefaultClient.Do(req)
	if rerr == nil {
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK && strings.HasPrefix(answer.Header.Get("Content-Type"), "image/svg") {
			return url + " is served already, by a bot or stablebot serve", nil
		}
	}
	return "", fmt.Errorf("%w; set web.listen to another address, or end what uses this one (ss -ltnp shows it)", err)
}

// unknownLists says of which configured lists no mail has come, though mail has: a
// List-Id that is mistyped has a policy that never counts.
func (d *doctor) unknownLists(ctx context.Context, c *config.Config) {
	s, err := store.OpenReadOnly(ctx, wire.StoreOf(c))
	if err != nil {
		return // the check of the store says so
	}
	defer func() { _ = s.Close() }()
	have, err := s.ListIDs(ctx, 5)
	if err != nil || len(have) == 0 {
		return
	}
	for _, l := range c.Lists {
		if n, err := s.MailsOf(ctx, l.ID); err == nil && n == 0 {
			d.say("note", "list "+l.ID, "no mail of it has come; lists that mail came from: "+console.Printable(strings.Join(have, ", ")))
		}
	}
}
