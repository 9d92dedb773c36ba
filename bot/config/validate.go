package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/internal/strictyaml"
	"github.com/stablebot/stablebot/rules/change"
)

// minKeep: a series is judged again, when a branch moves, until it is 90 days old.
const minKeep = 90 * 24 * time.Hour

// validate returns what is wrong with the values, by path. Positions are
// filled in by the reader.
func (c *Config) validate() []strictyaml.Problem {
	var v validator
	if c.State == "" {
		v.add("state", "a folder is needed for the store and the outbox")
	}
	if hasPassword(c.Store.Address) {
		v.add("store.address", "a password must not stand here; put it into ~/.pgpass, a file named with ?passfile=, or PGPASSWORD")
	}
	if k := c.Store.Keep.Std(); k != 0 && k < minKeep {
		v.add("store.keep", "%s is too short: later versions and replies come for months; at least 90d", k)
	}
	for i, r := range c.Roles {
		v.oneOf(fmt.Sprintf("roles[%d]", i), r, "source", "worker", "web")
	}
	if c.Workers < 0 {
		v.add("workers", "%d is below zero", c.Workers)
	}
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "json", "console")
	answers := slices.ContainsFunc(c.Lists, func(l List) bool { return l.Reply == "author" || l.Reply == "all" })
	if answers {
		v.address("bot.address", c.Bot.Address, "replies need a From address")
		if c.Bot.Contact == "" {
			v.add("bot.contact", "a person who answers for the bot is needed before it may write to a list")
		}
	}
	names := map[string]string{}
	name := func(path, n string) {
		switch {
		case n == "":
			v.add(path+".name", "is missing; it names the source in logs and in the store")
		case names[n] != "":
			v.add(path+".name", "%q is the name of %s already", n, names[n])
		case strings.ContainsAny(n, "/: \t"):
			v.add(path+".name", "%q: no space, colon or slash in a name", n)
		case strings.HasPrefix(n, "backfill-"):
			v.add(path+".name", "%q: such names are those of backfills, of which nothing is said", n)
		}
		names[n] = path
	}
	for i, s := range c.Sources.IMAP {
		p := fmt.Sprintf("sources.imap[%d]", i)
		name(p, s.Name)
		s.validate(&v, p)
	}
	for i, s := range c.Sources.Archive {
		p := fmt.Sprintf("sources.archive[%d]", i)
		name(p, s.Name)
		v.remote(p+".url", s.URL, "the public-inbox repository to fetch")
		v.day(p+".since", s.Since)
		v.notNegative(p+".every", s.Every)
	}
	for i, s := range c.Sources.Git {
		p := fmt.Sprintf("sources.git[%d]", i)
		name(p, s.Name)
		v.remote(p+".url", s.URL, "the repository to fetch")
		v.oneOf(p+".role", s.Role, "mainline", "stable", "queue", "distro", "vendor")
		if len(s.Branches) == 0 {
			v.add(p+".branches", "at least one branch is needed, for instance [master]")
		}
		v.notNegative(p+".every", s.Every)
		v.root(p+".root", s.Root)
	}
	if title, ok := strings.CutPrefix(c.Trees.Releases, "title:"); c.Trees.Releases != "tags" && (!ok || strings.Count(title, "%s") != 1 || strings.Count(title, "%") != 1) {
		v.add("trees.releases", "%q: write tags, or title:TEXT with one %%s for the release", c.Trees.Releases)
	}
	for branch, day := range c.Trees.Ended {
		v.day("trees.ended", day)
		if day == "" {
			v.add("trees.ended", "%s has no day; write %s: 2025-12-31", branch, branch)
		}
	}
	for i, s := range c.Sources.GitHub {
		p := fmt.Sprintf("sources.github[%d]", i)
		name(p, s.Name)
		s.validate(&v, p)
	}
	c.validateDigests(&v)
	for i, w := range c.Patchwork {
		p := fmt.Sprintf("patchwork[%d]", i)
		name(p, w.Name)
		w.validate(&v, p)
	}
	seen := map[string]bool{}
	for i, l := range c.Lists {
		p := fmt.Sprintf("lists[%d]", i)
		v.need(p+".id", l.ID, "the list's List-Id or posting address")
		if seen[strings.ToLower(l.ID)] {
			v.add(p+".id", "%q has a policy already", l.ID)
		}
		seen[strings.ToLower(l.ID)] = true
		v.oneOf(p+".reply", l.Reply, "", "none", "author", "all")
		v.root(p+".root", l.Root)
		for j, w := range l.Verdicts {
			v.oneOf(fmt.Sprintf("%s.verdicts[%d]", p, j), w, "stable-eligible", "dkms-only", "below-bar", "wait", "uncertain", "not-needed", "out-of-scope")
		}
		if l.PerHour < 0 || l.PerDay < 0 {
			v.add(p, "a cap below zero")
		}
		if m := l.MinMargin; m != nil && (*m < 0 || *m > 1) {
			v.add(p+".min_margin", "%g: it is a distance between two chances, from 0 to 1", *m)
		}
		if l.Silence != "" {
			if _, _, err := Hours(l.Silence); err != nil {
				v.add(p+".silence", "%v", err)
			}
		}
		if _, err := time.LoadLocation(l.Zone); err != nil {
			v.add(p+".zone", "%q is no time zone; write Europe/Berlin", l.Zone)
		}
		if (l.Reply == "author" || l.Reply == "all") && (l.PerHour == 0 || l.PerDay == 0) {
			v.add(p, "a list that is answered needs per_hour and per_day, so that a mistake stays small")
		}
	}
	c.Web.validate(&v)
	c.SMTP.validate(&v, c.Bot.Address)
	if c.Caps.PerHour < 0 || c.Caps.PerDay < 0 {
		v.add("caps", "a cap below zero")
	}
	if c.SMTP.Send && (c.Caps.PerHour == 0 || c.Caps.PerDay == 0) {
		v.add("caps", "a bot that sends needs per_hour and per_day for all lists together, so that a mistake stays small")
	}
	for i, a := range c.Commands.Allow {
		v.address(fmt.Sprintf("commands.allow[%d]", i), a, "commands are taken from addresses")
	}
	c.Trust.validate(&v, c.Commands.Enabled, names)
	for i, a := range c.Security {
		if local, domain, ok := strings.Cut(a, "@"); !ok || local+domain == "" || strings.ContainsAny(a, " <>,") {
			v.add(fmt.Sprintf("security_addresses[%d]", i), "%q is no address; write secure@example.org, secure@ for every domain, or @psirt.example.org", a)
		}
	}
	v.notNegative("series.settle", c.Series.Settle)
	v.notNegative("max_age", c.MaxAge)
	return v.problems
}

func (t Trust) validate(v *validator, commands bool, sources map[string]string) {
	if commands && !t.DKIM {
		v.add("trust.dkim", "is false, so no command can be proven; leave commands.enabled out then")
	}
	if t.Resolver != "" {
		if _, _, err := net.SplitHostPort(t.Resolver); err != nil {
			v.add("trust.resolver", "%q: host:port is needed, for instance 127.0.0.1:53", t.Resolver)
		}
	}
	for i, s := range t.Sources {
		name := s
		if _, short, ok := strings.Cut(s, ":"); ok {
			name = short
		}
		name, _, _ = strings.Cut(name, "/")
		if sources[name] == "" {
			v.add(fmt.Sprintf("trust.sources[%d]", i), "%q is no source of this configuration; write imap:NAME or archive:NAME", s)
		}
	}
	for i, a := range t.StableTeam {
		v.address(fmt.Sprintf("trust.stable_team[%d]", i), a, "people are known by their addresses")
	}
}

func (w Web) validate(v *validator) {
	if w.Listen == "" {
		if w.TokenFile != "" || w.Public || w.URL != "" || w.ProxyHeader != "" || len(w.ProxyFrom) > 0 {
			v.add("web.listen", "is missing, so there is no dashboard; write 127.0.0.1:8078")
		}
		return
	}
	if _, _, err := net.SplitHostPort(w.Listen); err != nil {
		v.add("web.listen", "%q: host:port is needed, for instance 127.0.0.1:8078", w.Listen)
	} else if !Loopback(w.Listen) && w.TokenFile == "" && w.ProxyHeader == "" {
		v.add("web.listen", "others can reach %s: set web.token_file or a proxy header, or listen on 127.0.0.1", w.Listen)
	}
	if w.URL != "" {
		if u, err := url.Parse(w.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			v.add("web.url", "%q: an address that readers can open is needed, for instance https://bot.example.org", w.URL)
		}
		if w.TokenFile != "" && !w.Public {
			v.add("web.url", "replies would link to pages that need a token: set web.public, or leave web.url out")
		}
	}
	for _, l := range []struct{ key, value string }{{"mail", w.Links.Mail}, {"patchwork", w.Links.Patchwork}, {"tree", w.Links.Tree}} {
		u, err := url.Parse(strings.Replace(l.value, "%s", "x", 1))
		if l.value != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Count(l.value, "%s") != 1) {
			v.add("web.links."+l.key, "%q: an address with one %%s is needed, for instance https://lore.kernel.org/r/%%s", l.value)
		}
	}
	if _, err := w.Trusted(); err != nil {
		v.add("web.proxy_from", "%v", err)
	}
	if (w.ProxyHeader == "") != (len(w.ProxyFrom) == 0) {
		v.add("web", "proxy_header and proxy_from belong together: a header counts from named addresses only")
	}
	if w.Public && w.TokenFile == "" && w.ProxyHeader == "" {
		v.add("web.public", "everybody who reaches it may look and decide already; public is for a dashboard with a token")
	}
}

func (s IMAP) validate(v *validator, p string) {
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		v.add(p+".address", "%q: host:port is needed, for instance imap.example.org:993", s.Address)
	}
	v.oneOf(p+".tls", s.TLS, "", "implicit", "starttls", "none")
	if ip := net.ParseIP(host); s.TLS == "none" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		v.add(p+".tls", "a password would cross the network in the clear; none is for loopback only")
	}
	v.need(p+".user", s.User, "the account's user name")
	v.oneOf(p+".auth", s.Auth, "", "plain", "login", "xoauth2", "oauthbearer")
	n := 0
	for _, set := range []bool{s.PasswordFile != "", s.PasswordEnv != "", len(s.TokenCommand) > 0} {
		if set {
			n++
		}
	}
	if n != 1 {
		v.add(p, "exactly one of password_file, password_env and token_command is needed, %d are set", n)
	}
	if len(s.Folders) == 0 {
		v.add(p+".folders", "at least one folder is needed, for instance [INBOX]")
	}
	v.notNegative(p+".every", s.Every)
}

func (s SMTP) validate(v *validator, from string) {
	if !s.Send && s.Address == "" {
		return
	}
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		v.add("smtp.address", "%q: host:port is needed, for instance smtp.example.org:465", s.Address)
	}
	v.oneOf("smtp.tls", s.TLS, "", "implicit", "starttls", "none")
	if ip := net.ParseIP(host); s.TLS == "none" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		v.add("smtp.tls", "a password would cross the network in the clear; none is for loopback only")
	}
	v.oneOf("smtp.auth", s.Auth, "", "plain", "xoauth2", "oauthbearer")
	n := 0
	for _, set := range []bool{s.PasswordFile != "", s.PasswordEnv != "", len(s.TokenCommand) > 0} {
		if set {
			n++
		}
	}
	switch {
	case s.Auth != "" && n != 1:
		v.add("smtp", "exactly one of password_file, password_env and token_command is needed, %d are set", n)
	case s.Auth != "":
		v.need("smtp.user", s.User, "the account's user name")
	case n > 0 || s.User != "":
		v.add("smtp.auth", "is missing: plain, xoauth2 or oauthbearer")
	}
	v.address("bot.address", from, "mails need a From address")
	if s.Bounces != "" {
		v.address("smtp.bounces", s.Bounces, "bounces go there")
	}
	for i, k := range s.DKIM {
		p := fmt.Sprintf("smtp.dkim[%d]", i)
		v.need(p+".selector", k.Selector, "the name under which the public key is in the DNS")
		v.need(p+".key_file", k.KeyFile, "the private key, PEM")
	}
}

type validator struct{ problems []strictyaml.Problem }

func (v *validator) add(path, format string, a ...any) {
	v.problems = append(v.problems, strictyaml.Problem{Path: path, Message: fmt.Sprintf(format, a...)})
}

func (v *validator) need(path, value, what string) {
	if value == "" {
		v.add(path, "is missing: %s", what)
	}
}

// remote refuses an address that cannot be read as one: a password with a slash or a
// blank in it would be taken for a part of the path, and shown. It is not repeated.
func (v *validator) remote(path, value, what string) {
	v.need(path, value, what)
	scheme, rest, is := strings.Cut(value, "://")
	u, err := url.Parse(value)
	if is && (err != nil || strings.ContainsAny(rest, " \t\r\n") || scheme == "" || takenForPort(u)) {
		v.add(path, "is no address: in a name or password write %%2F for a slash, %%20 for a blank, %%40 for an at sign; or leave it out and use a credential helper of git")
	}
}

// takenForPort reports whether an address may have a password whose beginning, digits in
// front of a slash, is read as a port.
func takenForPort(u *url.URL) bool {
	return u.User == nil && u.Port() != "" && strings.Contains(u.EscapedPath()+u.RawQuery+u.EscapedFragment(), "@")
}

var passwordWord = regexp.MustCompile(`(?i)(?:^|[\s?&])password\s*=`)

// hasPassword reports whether a password may stand in the address of a database, in either
// of its forms.
func hasPassword(address string) bool {
	if passwordWord.MatchString(address) {
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return strings.Contains(address, "://") && strings.Contains(address, "@")
	}
	_, set := u.User.Password()
	return set || takenForPort(u)
}

func (v *validator) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.add(path, "%q is none of %s", value, strings.TrimPrefix(strings.Join(allowed, ", "), ", "))
	}
}

func (v *validator) address(path, value, why string) {
	if i := strings.IndexByte(value, '@'); i < 1 || i == len(value)-1 || strings.ContainsAny(value, " <>\r\n") {
		v.add(path, "%q is no address; %s", value, why)
	}
}

func (v *validator) notNegative(path string, d Duration) {
	if d < 0 {
		v.add(path, "%s is negative", d.Std())
	}
}

func (v *validator) day(path, value string) {
	if value == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		v.add(path, "%q is no day; write 2026-01-31", value)
	}
}

// root checks how a repository is said to be laid out.
func (v *validator) root(path, s string) {
	if s == "" {
		return
	}
	if _, err := change.ParseLayout(s); err != nil {
		v.add(path, "%v", err)
	}
}
