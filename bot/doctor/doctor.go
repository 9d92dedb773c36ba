// Package doctor looks at each part of a configured bot and says what to do about it.
// It changes nothing but the folders that run would make.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

// Hang is the column at which what is said of a part begins.
const Hang = 31

// Examine looks at git, at the configuration in file and at all that it names, and
// writes a line for each to w. Offline leaves out what another machine has to answer,
// and the reading of the whole store.
func Examine(ctx context.Context, w io.Writer, file string, offline bool) error {
	d := &doctor{w: w, offline: offline}
	d.check("git program", func() (string, error) { return gitVersion(ctx) })
	c, err := config.Read(file)
	if err != nil {
		return usage.Wrap(err)
	}
	d.say("ok", "configuration", file)
	d.checkAll(ctx, c)
	if d.failed > 0 {
		return fmt.Errorf("%d of %s failed", d.failed, change.Count(d.done, "check"))
	}
	return nil
}

// doctor runs the checks one after another; a failed one does not stop the rest.
type doctor struct {
	w            io.Writer
	done, failed int
	offline      bool
}

func (d *doctor) say(how, what, more string) {
	fmt.Fprintf(d.w, "%-5s %-24s %s\n", how, console.Printable(what), console.Lines(more))
}

func (d *doctor) check(what string, f func() (string, error)) {
	d.done++
	more, err := f()
	if err != nil {
		d.failed++
		d.say("FAIL", what, strings.ReplaceAll(err.Error(), "\n", "\n"+strings.Repeat(" ", Hang)))
		return
	}
	d.say("ok", what, more)
}

// checkTime bounds each check: a server that does not answer is a finding too.
const checkTime = 30 * time.Second

// within gives a check its time.
func within(ctx context.Context, f func(context.Context) (string, error)) func() (string, error) {
	return func() (string, error) {
		ctx, cancel := context.WithTimeout(ctx, checkTime)
		defer cancel()
		return f(ctx)
	}
}

func (d *doctor) checkAll(ctx context.Context, c *config.Config) {
	d.check("weights", func() (string, error) {
		j, err := wire.LoadJudge(c.Weights)
		if err != nil {
			return "", err
		}
		return j.Model.Version, nil
	})
	d.check("state folder", func() (string, error) { return c.State, writable(c.State) })
	if !d.offline {
		d.check("store", within(ctx, func(ctx context.Context) (string, error) { return checkStore(ctx, wire.StoreOf(c)) }))
		d.sayAside(ctx, wire.StoreOf(c))
	}
	d.sources(ctx, c)
	d.check("addresses", func() (string, error) { return placeholders(c) })
	d.sinks(ctx, c)
	if c.Web.Listen != "" {
		d.check("dashboard", func() (string, error) {
			a, err := wire.AccessOf(c.Web)
			if err := errors.Join(err, a.Check()); err != nil {
				return "", err
			}
			return listens(ctx, c.Web.Listen)
		})
	}
	d.lists(ctx, c)
}

// sources are what is read, and the trees that it is held against.
func (d *doctor) sources(ctx context.Context, c *config.Config) {
	kept, err := wire.Trees(c, zap.NewNop())
	if err != nil {
		d.check("trees", func() (string, error) { return "", err })
	}
	srcs, err := wire.Sources(c, kept, zap.NewNop())
	if err != nil {
		d.check("sources", func() (string, error) { return "", err })
	}
	for _, s := range srcs {
		d.check(s.Name(), within(ctx, func(ctx context.Context) (string, error) {
			if d.offline {
				return "configured", s.Close()
			}
			return "reachable", errors.Join(s.Check(ctx), s.Close())
		}))
	}
	switch {
	case kept != nil && len(kept.Remotes()) == 1:
		d.say("note", "trees", "there is mainline and no stable branch: add a git source with the role stable, and each change is held "+
			"against its branches")
	case kept != nil:
		d.checkTrees(ctx, kept)
	case len(c.Sources.Git) > 0:
		d.say("note", "trees", "no git source has the role mainline: nothing is known of branches")
	}
	d.layouts(ctx, c)
	d.check("sources", func() (string, error) { return watched(c) })
}

// sinks are where something is sent.
func (d *doctor) sinks(ctx context.Context, c *config.Config) {
	if c.SMTP.Address != "" {
		d.check("smtp", within(ctx, func(ctx context.Context) (string, error) {
			s, err := wire.MailSink(c, zap.NewNop())
			if err != nil || d.offline {
				return "configured", err
			}
			return fmt.Sprintf("logged in at %s, %d DKIM keys", c.SMTP.Address, len(c.SMTP.DKIM)), s.Check(ctx)
		}))
	}
	for _, w := range c.Patchwork {
		d.check("patchwork "+w.Name, within(ctx, func(ctx context.Context) (string, error) {
			s, err := wire.PatchworkSink(w)
			if err != nil {
				return "", err
			}
			return "has the project " + w.Project, s.Check(ctx)
		}))
		if !w.Send {
			d.say("note", "patchwork "+w.Name, "send is off: checks are shown in "+wire.ChecksDir(c.State))
		}
	}
	if !c.SMTP.Send {
		d.say("note", "sending", "smtp.send is off: nothing leaves this machine")
	}
	if why := wire.Stopped(c.State); strings.HasPrefix(why, "stopped") {
		d.say("note", "sending", why+"; end it with: stablebot actions resume")
	} else if why != "" {
		d.say("note", "sending", why)
	}
}

// lists are what is answered.
func (d *doctor) lists(ctx context.Context, c *config.Config) {
	into := wire.OutboxDir(c.State)
	if c.SMTP.Send {
		into = "the mail server " + c.SMTP.Address
	}
	muted := true
	for _, l := range c.Lists {
		if l.Reply == "author" || l.Reply == "all" {
			muted = false
			d.say("note", "list "+l.ID, fmt.Sprintf("is answered (to: %s), at most %d an hour and %d a day, into %s", l.Reply, l.PerHour, l.PerDay,
				into))
		}
	}
	if muted {
		d.say("note", "lists", "all are muted: mail is judged and recorded, no reply is written")
	}
	if !d.offline {
		d.unknownLists(ctx, c)
	}
}

// checkTrees opens the copies as run would, without fetching. The first reading
// of a kernel's history takes its time, and is kept for run.
func (d *doctor) checkTrees(ctx context.Context, t *live.Trees) {
	for _, r := range t.Remotes() {
		if !r.Fetched() {
			d.say("note", "trees", "git:"+r.Name+" was not fetched yet; the first run does")
			return
		}
	}
	defer func() {
		if err := t.Close(); err != nil {
			d.say("note", "trees", err.Error())
		}
	}()
	d.check("trees", func() (string, error) {
		set, missing, err := t.Open(ctx) // the index of prerequisites is made by run
		if err != nil {
			return "", fmt.Errorf("%w; stablebot branches shows what a repository has", err)
		}
		if missing != nil {
			return "", fmt.Errorf("%w; see branches and role of that source", missing)
		}
		if len(set.Branches()) == 0 {
			return "", errors.New("there is mainline and no stable branch; add a source with the role stable")
		}
		last := set.LastRelease()
		if last == "" {
			return "", errors.New("no release is marked in mainline; set trees.releases to what closes one there")
		}
		return fmt.Sprintf("mainline at %.12s, last release %s; branches %s", set.Mainline().Tip, last, strings.Join(set.Branches(), ", ")), nil
	})
	for _, r := range t.Remotes() {
		for _, pattern := range r.Branches {
			if n, err := matching(ctx, r.Dir(), pattern); err != nil {
				d.say("note", "trees", err.Error())
			} else if n == 0 {
				d.say("note", "trees", fmt.Sprintf("git:%s has no branch that is or matches %s; git ls-remote --heads says which it has", r.Name,
					pattern))
			}
		}
	}
	if t.Set() == nil {
		return
	}
	d.check("MAINTAINERS", func() (string, error) {
		m, err := (&live.Maintainers{Trees: t}).Read(ctx)
		if errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision) {
			return "mainline has none: only authors and commands.allow may give commands", nil
		}
		if err != nil {
			return "", err
		}
		return change.Count(m.Len(), "section") + " in mainline", nil
	})
}

// sayAside tells what was put aside, if there is a store at all.
func (d *doctor) sayAside(ctx context.Context, where string) {
	s, err := store.OpenReadOnly(ctx, where)
	if err != nil {
		return // the check of the store says so
	}
	defer func() { _ = s.Close() }()
	all, err := s.Aside(ctx, 5)
	if err != nil {
		return
	}
	for _, a := range all {
		d.say("note", "put aside", fmt.Sprintf("%s %s after %s: %s", a.Kind, a.Key, change.Count(a.N, "attempt"), a.Problem))
	}
}

// matching counts the branches of a copy that a name or pattern means.
func matching(ctx context.Context, dir, pattern string) (int, error) {
	r, err := git.Open(ctx, dir, git.Options{})
	if err != nil {
		return 0, fmt.Errorf("listing the branches of %s: %w", dir, err)
	}
	refs, err := r.Refs(ctx, "refs/heads/"+pattern)
	return len(refs), errors.Join(err, r.Close())
}

func gitVersion(ctx context.Context) (string, error) {
	version, err := git.Version(ctx)
	if err != nil {
		return "", err
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return "", fmt.Errorf("git says its version is %q, which is none", version)
	}
	if major < 2 || major == 2 && minor < 38 {
		return "", fmt.Errorf("git %s is too old; 2.38 or newer is needed", version)
	}
	return version, nil
}

// writable makes the folder, as run would, and tries it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("%w; set state to a folder that this user may write", err)
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return fmt.Errorf("%w; give this user the right to write there, or set state to another folder", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func checkStore(ctx context.Context, file string) (string, error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) && !store.IsAddress(file) {
		return "not there yet; the first run makes it", nil
	}
	s, err := store.OpenReadOnly(ctx, file)
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	if err := s.Check(ctx); err != nil {
		return "", err
	}
	n, err := s.Counts(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s judged, %d series waiting",
		change.Count(n.Mails, "mail"), change.Count(n.Judgements, "change"), n.Unsettled), nil
}
