// Package config reads the bot's configuration file.
//
// Reading is strict: an unknown or misspelt key is an error, because a bot that
// ignores one does something other than its owner thinks. All problems are
// reported at once, each with line and column. Secrets never stand in the
// file; it names the file, environment variable or command that has them.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Config is the whole file. Default gives what holds when a key is absent.
type Config struct {
	File    string   `yaml:"-"`     // that it was read from, "" for none
	State   string   `yaml:"state"` // folder for the store, mirrors and the outbox
	Store   Store    `yaml:"store"`
	Roles   []string `yaml:"roles"`   // source, worker, web; empty: all of them
	Workers int      `yaml:"workers"` // judging at the same time; 0: as many as processors
	Log     Log      `yaml:"log"`
	Bot     Bot      `yaml:"bot"`
	// QuotaGB is how much of the disk the state may take, 0 for 50: an alarm is given
	// before it is used up, and then nothing more is taken in.
	QuotaGB int      `yaml:"quota_gb"`
	Weights string   `yaml:"weights"` // a weights file instead of the built-in one
	Sources Sources  `yaml:"sources"`
	Lists   []List   `yaml:"lists"`
	Series  Series   `yaml:"series"`
	OptOut  []string `yaml:"opt_out"` // addresses never written to
	MaxAge  Duration `yaml:"max_age"` // older mail is judged and recorded, never answered

	Trees    Trees    `yaml:"trees"`
	Web      Web      `yaml:"web"`
	SMTP     SMTP     `yaml:"smtp"`
	Caps     Caps     `yaml:"caps"`
	Commands Commands `yaml:"commands"`
	Trust    Trust    `yaml:"trust"`
	// Security are addresses of security contacts besides the usual ones; a mail to
	// one of them is judged and never shown or answered: "secure@", "@psirt.example.org".
	Security []string `yaml:"security_addresses"`

	Patchwork []Patchwork `yaml:"patchwork"`
	Digests   []Digest    `yaml:"digests"`
}

// Links are addresses with one %s, for a Message-ID or a commit; empty: no link.
type Links struct {
	Mail      string `yaml:"mail"`      // https://lore.kernel.org/r/%s
	Patchwork string `yaml:"patchwork"` // https://patchwork.kernel.org/project/x/list/?msgid=%s
	Tree      string `yaml:"tree"`      // https://git.kernel.org/linus/%s
}

// Web is the dashboard, with its API, feeds, metrics and health.
type Web struct {
	Listen    string `yaml:"listen"`     // host:port; empty: off
	TokenFile string `yaml:"token_file"` // the token that opens it; without, it listens on loopback only
	Public    bool   `yaml:"public"`     // whoever reaches it may look; deciding needs the token
	// URL is where readers of a reply reach it, https://bot.example.org; empty: they do
	// not, and no reply has a link to it.
	URL string `yaml:"url"`
	// Links are where a mail or a commit is read elsewhere.
	Links Links `yaml:"links"`
	// A reverse proxy that knows its users names them in a header, which counts
	// from its addresses only: "10.0.0.7" or "10.0.0.0/24".
	ProxyHeader string   `yaml:"proxy_header"`
	ProxyFrom   []string `yaml:"proxy_from"`
}

// DetailsURL is where the page of a change stands, "" where readers reach none: what
// bot.details says, or the dashboard's own pages.
func (c *Config) DetailsURL() string {
	switch {
	case c.Bot.Details != "":
		return c.Bot.Details
	case c.Web.URL != "":
		return strings.TrimRight(c.Web.URL, "/") + "/changes/"
	}
	return ""
}

// Token reads the token, "" when none is configured.
func (w Web) Token() (string, error) {
	if w.TokenFile == "" {
		return "", nil
	}
	return password("web", w.TokenFile, "", nil)
}

// Trusted are the addresses of ProxyFrom.
func (w Web) Trusted() (out []netip.Prefix, err error) {
	for _, s := range w.ProxyFrom {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, fmt.Errorf("%q is no address or network; write 10.0.0.7 or 10.0.0.0/24", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}

// Loopback reports whether an address to listen on is reached from this machine
// alone.
func Loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// SMTP is the account that replies are sent with. Without send nothing leaves
// the machine: replies go to the outbox.
type SMTP struct {
	Send         bool     `yaml:"send"`
	Address      string   `yaml:"address"` // host:port
	TLS          string   `yaml:"tls"`     // implicit, starttls, none (loopback only)
	CAFile       string   `yaml:"ca_file"` // extra root certificates, PEM
	User         string   `yaml:"user"`
	Auth         string   `yaml:"auth"` // plain, xoauth2, oauthbearer; empty: the server trusts this machine
	PasswordFile string   `yaml:"password_file"`
	PasswordEnv  string   `yaml:"password_env"`
	TokenCommand []string `yaml:"token_command"` // prints an OAuth access token; run before each connect
	Bounces      string   `yaml:"bounces"`       // envelope sender; empty: bot.address
	Hello        string   `yaml:"hello"`         // name to greet with; empty: the domain of the envelope sender
	DKIM         []DKIM   `yaml:"dkim"`          // each key adds a signature
}

// DKIM is one signing key.
type DKIM struct {
	Selector string `yaml:"selector"`
	Domain   string `yaml:"domain"`   // empty: the domain of bot.address
	KeyFile  string `yaml:"key_file"` // PEM, RSA or Ed25519
}

// Caps limit the replies to all lists together; 0 is no limit.
type Caps struct {
	PerHour int `yaml:"per_hour"`
	PerDay  int `yaml:"per_day"`
}

// Commands says who may give the bot commands by mail, and decline patches,
// besides their authors. Senders are proven by DKIM.
type Commands struct {
	Enabled     bool     `yaml:"enabled"`     // commands; what is said of a patch is heard without it
	Allow       []string `yaml:"allow"`       // addresses whose word counts everywhere
	Maintainers string   `yaml:"maintainers"` // a MAINTAINERS file; its maintainers speak for their files
}

// Trust says how it is found out who sent a mail.
type Trust struct {
	DKIM     bool   `yaml:"dkim"`     // look up the keys of signatures
	Resolver string `yaml:"resolver"` // host:port of the name server to ask; empty: the machine's own
	// Sources are those whose mails are believed to be from whom they name, since
	// somebody sees to that before: "imap:work". Commands need a signature all the same.
	Sources    []string `yaml:"sources"`
	StableTeam []string `yaml:"stable_team"` // who decides about stable branches; empty: those of kernel.org
}

// Store says where everything is remembered, and for how long.
type Store struct {
	// Address is postgres://user@host/database, or a file; empty: a file in the
	// state folder. A password comes from PGPASSWORD or a passfile.
	Address string `yaml:"address"`
	// Keep is how long mails and what names people are kept; 0: for ever.
	Keep Duration `yaml:"keep"`
}

// Log says how much is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // json, console
}

// Bot is how the bot presents itself.
type Bot struct {
	Name    string `yaml:"name"`
	Address string `yaml:"address"` // From of every reply
	Contact string `yaml:"contact"` // the person who answers for the bot, shown in the footer
	Details string `yaml:"details"` // URL prefix of the pages of changes, where they do not stand under web.url
}

// Sources are everything that brings mail or commits.
type Sources struct {
	IMAP    []IMAP    `yaml:"imap"`
	Archive []Archive `yaml:"archive"`
	Git     []Git     `yaml:"git"`
	GitHub  []GitHub  `yaml:"github"`
}

// IMAP is one account.
type IMAP struct {
	Name         string   `yaml:"name"`
	Address      string   `yaml:"address"` // host:port
	TLS          string   `yaml:"tls"`     // implicit, starttls, none (loopback only)
	CAFile       string   `yaml:"ca_file"` // extra root certificates, PEM
	User         string   `yaml:"user"`
	Auth         string   `yaml:"auth"` // plain, login, xoauth2, oauthbearer
	PasswordFile string   `yaml:"password_file"`
	PasswordEnv  string   `yaml:"password_env"`
	TokenCommand []string `yaml:"token_command"` // prints an OAuth access token; run before each connect
	Folders      []string `yaml:"folders"`
	Every        Duration `yaml:"every"` // polling interval when the server has no IDLE
}

// Archive is one public-inbox v2 repository.
type Archive struct {
	Name  string   `yaml:"name"`
	URL   string   `yaml:"url"`   // anything git can fetch
	List  string   `yaml:"list"`  // List-Id this archive is of, when its mails do not say
	Since string   `yaml:"since"` // first run: only messages from this day on, 2026-01-31; empty: from now on
	Every Duration `yaml:"every"`
}

// Git is one remote whose new commits are judged.
type Git struct {
	Name     string   `yaml:"name"`
	URL      string   `yaml:"url"`
	Role     string   `yaml:"role"` // mainline, stable, queue, distro, vendor
	Branches []string `yaml:"branches"`
	Paths    []string `yaml:"paths"` // only commits that touch these
	// Root says how its paths stand to the kernel's: the kernel's folder that its root
	// is, or FOLDER=KERNELFOLDER; "." for the kernel's root. Empty: found by the names
	// of its files.
	Root  string   `yaml:"root"`
	Since string   `yaml:"since"` // first run: from this revision or day on; empty: from the tip on
	Every Duration `yaml:"every"`

	// TreesOnly: it is fetched for the trees and its commits are not judged.
	TreesOnly bool `yaml:"-"`
}

// Trees says what cannot be seen in the git remotes that branches are looked up
// in: those of sources.git, by their roles. Without one of the role mainline
// nothing is known of branches.
type Trees struct {
	// Releases is how mainline releases are marked: "tags", or "title:TEXT" with
	// one %s for the number, the title of the commit that closes a release.
	Releases string `yaml:"releases"`
	// Lifetimes is a file that says which branches are alive: kernel.org's
	// releases.json, or lines such as "5.4 2025-12-31". Ended goes before it.
	Lifetimes string `yaml:"lifetimes"`
	// Ended: branches that take nothing any more, with the day: {"5.4": 2025-12-31}.
	Ended map[string]string `yaml:"ended"`
	// Vulns is a local clone of the kernel's vulns repository, for CVE numbers.
	Vulns string `yaml:"vulns"`
}

// List is the policy for one mailing list. A list that is not named here is
// muted: its mail is judged and recorded, and nobody is written to.
type List struct {
	ID       string   `yaml:"id"`       // List-Id without angle brackets, or the posting address
	Reply    string   `yaml:"reply"`    // none, author, all
	Verdicts []string `yaml:"verdicts"` // which verdicts are answered; empty: stable-eligible and dkms-only, below-bar left out
	// MinMargin is how far the chance of a label has to be from the line that decides
	// it before it is told; absent: wide.
	MinMargin *float64 `yaml:"min_margin"`
	// WithoutTrees answers also where no tree that is configured has the code.
	WithoutTrees bool `yaml:"without_trees"`
	// Root is the kernel's folder that the root of the patches is, as root: of a git
	// remote, where the list is an out-of-tree driver's. Empty: found where a patch
	// leaves no doubt.
	Root string `yaml:"root"`

	Ignore  []string `yaml:"ignore"`   // senders never answered here
	PerHour int      `yaml:"per_hour"` // cap on replies; 0: none are sent
	PerDay  int      `yaml:"per_day"`

	DryRun  bool   `yaml:"dry_run"` // to the outbox, though smtp.send is on
	Approve bool   `yaml:"approve"` // each reply waits for "stablebot actions approve"
	Silence string `yaml:"silence"` // nothing is sent in these hours: "22:00-07:00"
	Zone    string `yaml:"zone"`    // of silence: "Europe/Berlin"; empty: UTC
}

// Hours reads "22:00-07:00".
func Hours(s string) (from, to time.Duration, err error) {
	var fh, fm, th, tm int
	n, err := fmt.Sscanf(s, "%d:%d-%d:%d", &fh, &fm, &th, &tm)
	if err != nil || n != 4 || fh < 0 || fh > 23 || th < 0 || th > 23 || fm < 0 || fm > 59 || tm < 0 || tm > 59 ||
		fmt.Sprintf("%02d:%02d-%02d:%02d", fh, fm, th, tm) != s {
		return 0, 0, fmt.Errorf("%q are no hours; write 22:00-07:00", s)
	}
	at := func(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }
	return at(fh, fm), at(th, tm), nil
}

// Series says how long an incomplete series is waited for.
type Series struct {
	Settle Duration `yaml:"settle"`
}

// Duration is a time.Duration that YAML writes as "10m".
type Duration time.Duration

// UnmarshalText reads "90s", "10m", "24h" and days as "7d".
func (d *Duration) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	var days int
	if n, err := fmt.Sscanf(s, "%dd", &days); n == 1 && err == nil && strings.HasSuffix(s, "d") {
		*d = Duration(time.Duration(days) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is no duration; write 90s, 10m, 24h or 7d", s)
	}
	*d = Duration(v)
	return nil
}

// Std is d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Default is the configuration before the file is read.
func Default() Config {
	return Config{
		State: "stablebot-state",
		Log:   Log{Level: "info", Format: "json"},
		Bot:   Bot{Name: "stablebot"},
		// A series trickles in over a minute or two; greylisting and list
		// moderation can hold a part back for some ten minutes.
		Trees:  Trees{Releases: "tags"},
		Trust:  Trust{DKIM: true},
		Series: Series{Settle: Duration(15 * time.Minute)},
		// An answer to a patch that was settled last week is noise.
		MaxAge: Duration(72 * time.Hour),
	}
}

// Password resolves the secret of an account. It is read anew for each
// connection, so a rotated secret needs no restart.
func (c IMAP) Password() (string, error) {
	return password(c.Name, c.PasswordFile, c.PasswordEnv, c.TokenCommand)
}

// Password resolves the secret of the account, anew for each connection.
func (c SMTP) Password() (string, error) {
	return password("smtp", c.PasswordFile, c.PasswordEnv, c.TokenCommand)
}

func password(name, file, env string, command []string) (string, error) {
	switch {
	case len(command) > 0:
		out, err := exec.Command(command[0], command[1:]...).Output()
		if err != nil {
			return "", fmt.Errorf("getting a token for %s with %q: %w; run that command by hand to see why", name, command[0], err)
		}
		return strings.TrimSpace(string(out)), nil
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading the password of %s: %w", name, err)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	default:
		v, ok := os.LookupEnv(env)
		if !ok {
			return "", fmt.Errorf("the password of %s is to come from the environment variable %s, which is not set", name, env)
		}
		return v, nil
	}
}
