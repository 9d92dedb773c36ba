package classify

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
)

// layout is how the repository is laid out at the newest revision that is judged.
func (o *Options) layout(ctx context.Context, repo *git.Repo, revs []string) (layout.Found, error) {
	rev := "HEAD"
	for _, r := range revs {
		if r != "" && r[0] != '^' && r[0] != '-' {
			if _, to, ok := strings.Cut(r, ".."); ok {
				r = strings.TrimPrefix(to, ".")
			}
			rev = strings.TrimSuffix(r, "^!")
			break
		}
	}
	if rev == "" {
		rev = "HEAD"
	}
	found, err := layout.Of(ctx, repo, rev, o.Root)
	if err != nil && o.Root != "" {
		return found, usage.Errorf("--root: %v", err)
	}
	if err != nil {
		return layout.Found{}, nil //nolint:nilerr // a revision that is none, or lacks objects: reading its commits says so
	}
	return found, nil
}

// input is where units come from. walk hands each one to work, several at a
// time, and the results to emit in input order.
type input struct {
	walk  func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error
	total int           // 0: not known
	place layout.Found  // of the repository that commits come from
	empty func() string // what to say when nothing came, and what to do
	again bool          // walk may be called more than once
	close func()
}

// input opens what the flags name.
func (o *Options) input(ctx context.Context, stdin io.Reader, args []string, dash int) (*input, error) {
	switch {
	case o.Git != "":
		return o.gitInput(ctx, args, dash)
	case o.Archive != "":
		return o.archiveInput(ctx)
	default:
		return o.mailInput(stdin, args), nil
	}
}

// mailInput reads files, folders and standard input.
func (o *Options) mailInput(stdin io.Reader, args []string) *input {
	if len(args) == 0 {
		args = []string{"-"}
	}
	return &input{
		again: !slices.Contains(args, "-"),
		empty: func() string { return strings.Join(args, ", ") + ": there is no mail in it" },
		close: func() {},
		walk: o.ordered(func(_ context.Context, put func(unit) error) error {
			if o.Trees.Repo != "" {
				put = withMates(put)
			}
			for _, a := range args {
				if err := mail.Each(stdin, a, func(raw []byte, origin string, err error) error {
					return put(unit{raw: raw, origin: origin, err: err})
				}); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// ordered makes a walk of a producer. The window keeps both processors busy
// while one large mail is judged, and bounds what is in memory.
func (o *Options) ordered(produce func(context.Context, func(unit) error) error) func(context.Context, func(unit) outcome,
	func(outcome) error) error {
	return func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error {
		return archive.Ordered(ctx, o.Jobs, 32*o.Jobs, produce, work, emit)
	}
}

// archiveInput reads a public-inbox.
func (o *Options) archiveInput(ctx context.Context) (*input, error) {
	a, err := archive.Open(ctx, o.Archive, git.Options{})
	if err != nil {
		return nil, err
	}
	in := &input{again: true, close: func() { _ = a.Close() }, empty: func() string { return o.emptyArchive(ctx, a) }}
	if o.screen(ctx).Live() {
		if in.total, err = a.Count(ctx); err != nil {
			in.close()
			return nil, err
		}
	}
	opt := archive.Options{Since: o.Since.Time, AsOf: o.end(), Workers: o.Jobs}
	in.walk = func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error {
		return archive.Read(ctx, a, opt, func(m *archive.Mail) outcome {
			return work(unit{raw: m.Raw, origin: m.Commit, err: m.Err})
		}, emit)
	}
	return in, nil
}

// maxMates is how many patches of a series are kept for those that follow.
const maxMates = 256

// withMates gives each patch those of its series that came just before it: what of a
// posted series a branch lacks, no tree tells.
func withMates(put func(unit) error) func(unit) error {
	var mates []*change.Change
	var from string
	return func(u unit) error {
		m, err := mail.Parse(u.raw)
		if u.err != nil || err != nil || m.Change == nil || m.Change.Prefix.Of == 0 {
			mates = nil
			return put(u)
		}
		c := m.Change
		if n := len(mates); n > 0 {
			last := mates[n-1].Prefix
			if n > maxMates || from != m.From.Address || last.Of != c.Prefix.Of || last.Version != c.Prefix.Version || last.N >= c.Prefix.N {
				mates = nil
			}
		}
		u.before = slices.Clip(mates)
		mates, from = append(u.before, c), m.From.Address
		return put(u)
	}
}

// gitInput reads commits.
func (o *Options) gitInput(ctx context.Context, args []string, dash int) (*input, error) {
	repo, err := git.Open(ctx, o.Git, git.Options{})
	if err != nil {
		return nil, err
	}
	revs, paths := args, []string(nil)
	if dash >= 0 {
		revs, paths = args[:dash], args[dash:]
	}
	place, err := o.layout(ctx, repo, revs)
	if err != nil {
		_ = repo.Close()
		return nil, err
	}
	queries := o.queries(revs, paths)
	return &input{
		again: true,
		close: func() { _ = repo.Close() },
		place: place,
		empty: func() string { return o.emptyRange(repo, revs, paths) },
		walk: o.ordered(func(ctx context.Context, put func(unit) error) error {
			for _, q := range queries {
				for c, err := range repo.Commits(ctx, q) {
					if err != nil {
						return err
					}
					if o.outside(c.Author.Date) {
						continue
					}
					if err := put(unit{commit: c, origin: c.ID}); err != nil {
						return err
					}
				}
			}
			return nil
		}),
	}, nil
}

// queries are what to ask git for: ranges together, as git log takes them, and each
// revision that stands alone by itself. In one walk the parents that one commit leaves
// out would leave out another commit that was named. With --since, or an option of git
// log, all is one history.
func (o *Options) queries(revs, paths []string) []git.Query {
	ranged := func(rev string) bool {
		return strings.Contains(rev, "..") || strings.HasSuffix(rev, "^!") || strings.HasSuffix(rev, "^@") || strings.Contains(rev, "^-")
	}
	if !o.Since.IsZero() || len(revs) == 0 || slices.ContainsFunc(revs, func(r string) bool {
		return strings.HasPrefix(r, "-") ||
			strings.HasPrefix(r, "^")
	}) {
		return []git.Query{{Revs: revs, Paths: paths, NoMerges: true, Since: o.committed()}} // one history
	}
	var out []git.Query
	at := -1 // of the query that has the ranges
	for _, rev := range revs {
		switch {
		case !ranged(rev):
			out = append(out, git.Query{Revs: []string{rev + "^!"}, Paths: paths})
		case at < 0:
			at = len(out)
			out = append(out, git.Query{Revs: []string{rev}, Paths: paths, NoMerges: true})
		default:
			out[at].Revs = append(out[at].Revs, rev)
		}
	}
	return out
}
