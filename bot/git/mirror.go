package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
)

// Mirror is a bare repository of the bot's own that follows a remote. One git
// fetches into it at a time: who comes second waits.
type Mirror struct {
	*Repo
	URL string

	o      MirrorOptions
	lender *Repo     // whose objects are borrowed
	tidied time.Time // it was last
}

// MirrorOptions say how a remote is followed.
type MirrorOptions struct {
	Options
	// Refspecs are what is fetched; all branches and nothing else by default.
	Refspecs []string
	// Borrow is a repository on this machine whose objects need not be fetched
	// again. It has to stay: git keeps looking there.
	Borrow string
	// Timeout bounds one fetch; 10 minutes by default, which is enough for the
	// 1 GiB that an epoch of a large list archive has, at 2 MiB a second.
	Timeout time.Duration
}

// Move is what a fetch did to one ref.
type Move struct {
	Ref      string
	Old, New string // "" when the ref appeared, or is gone
	// Rewritten: Old is not in the history of New. Old can still be read here.
	Rewritten bool
}

func (m Move) String() string {
	switch {
	case m.Old == "":
		return m.Ref + " appeared"
	case m.New == "":
		return m.Ref + " is gone"
	case m.Rewritten:
		return fmt.Sprintf("%s was rewritten: %.12s is not in the history of %.12s", m.Ref, m.Old, m.New)
	}
	return fmt.Sprintf("%s moved from %.12s to %.12s", m.Ref, m.Old, m.New)
}

// OpenMirror opens the mirror at dir, and makes it when it is not there.
func OpenMirror(ctx context.Context, dir, url string, o MirrorOptions) (*Mirror, error) {
	if url == "" || strings.HasPrefix(url, "-") || strings.Contains(url, "::") {
		return nil, &Error{Doing: "opening a mirror", Repo: url, Err: ErrRemote,
			Advice: "give a path, or a file, http, https, git or ssh address"}
	}
	if len(o.Refspecs) == 0 {
		o.Refspecs = []string{"+refs/heads/*:refs/heads/*"}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Minute
	}
	if err := checkVersion(ctx, o.program()); err != nil {
		return nil, err
	}
	m := &Mirror{URL: url, o: o}
	if err := m.make(ctx, dir); err != nil {
		return nil, err
	}
	var err error
	if m.Repo, err = Open(ctx, dir, o.Options); err != nil {
		return nil, err
	}
	return m, nil
}

// make makes what a mirror lacks at dir: all of it, or what a kill in the middle left out.
func (m *Mirror) make(ctx context.Context, dir string) error {
	whole := true
	for _, part := range []string{"HEAD", "config", "objects", "refs"} {
		_, err := os.Stat(filepath.Join(dir, part))
		whole = whole && !errors.Is(err, os.ErrNotExist)
	}
	if whole && m.o.Borrow == "" {
		return nil
	}
	held, unlock, err := alone(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	if !whole {
		if err := clearLeft(dir); err != nil {
			return err
		}
		// No template: a template's hooks are not ours.
		v := invocation{git: m.o.program(), doing: "making a mirror", repo: dir, held: held,
			args: []string{"init", "-q", "--bare", "--template=", "-b", "main", dir}}
		if _, err := output(ctx, v); err != nil {
			return err
		}
	}
	if m.o.Borrow != "" {
		return m.borrow(ctx, dir)
	}
	return nil
}

// borrow makes git look for objects in a repository on this machine, too.
func (m *Mirror) borrow(ctx context.Context, dir string) error {
	from, err := Open(ctx, m.o.Borrow, m.o.Options)
	if err != nil {
		return err
	}
	info := filepath.Join(dir, "objects", "info")
	line := filepath.Join(from.Common, "objects") + "\n"
	err = os.MkdirAll(info, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(info, "alternates"), []byte(line), 0o644)
	}
	if err != nil {
		_ = from.Close()
		return &Error{Doing: "making a mirror", Repo: dir, Err: err}
	}
	m.lender = from
	return nil
}

// Close ends what the mirror holds.
func (m *Mirror) Close() error {
	if m.lender != nil {
		_ = m.lender.Close()
	}
	return m.Repo.Close()
}

// tips tells a fetch what the lender has. Git would ask the lender's repository
// itself, under its own configuration.
func (m *Mirror) tips() string {
	if m.lender == nil {
		return "true"
	}
	return shellQuoted(m.o.program()) + " --git-dir=" + shellQuoted(m.lender.shadow.dir) + " for-each-ref --format='%(objectname)' refs/ --"
}

func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// local is the folder that an address names on this machine, "" for another one.
func local(url string) string {
	path, isFile := strings.CutPrefix(url, "file://")
	if !isFile && strings.Contains(url, "://") {
		return ""
	}
	for _, try := range []string{path, path + ".git"} { // as git tries them
		if st, err := os.Stat(try); err == nil && st.IsDir() {
			return try
		}
	}
	return ""
}

// through is the address to fetch from: the shadow of a repository on this
// machine, since git would serve it under that repository's own configuration.
func through(ctx context.Context, url string, o Options) (address string, release func(), err error) {
	path := local(url)
	if path == "" {
		return url, func() {}, nil
	}
	_, inTree := os.Stat(filepath.Join(path, ".git"))
	if _, bare := os.Stat(filepath.Join(path, "HEAD")); inTree != nil && bare != nil {
		// Not a folder of a repository, which is no address.
		return "", nil, &Error{Doing: "looking at a remote", Repo: url, Err: ErrRemote, Advice: "give the path of a git repository"}
	}
	r, err := Open(ctx, path, o)
	if err != nil {
		return "", nil, err
	}
	return r.shadow.dir, func() { _ = r.Close() }, nil
}

// remoteError says of a repository that was to be fetched from what is wrong with it.
func remoteError(err error) error {
	var e *Error
	if errors.As(err, &e) && (errors.Is(e.Err, ErrNotRepository) || errors.Is(e.Err, ErrNotFound)) {
		e.Err = ErrRemote
	}
	return err
}

// network is the environment of the commands that may use it. Nothing is
// asked; only transports that git itself brings are used; a connection that
// moves less than 1 KiB a second for 30 seconds is given up.
func network() []string {
	env := []string{"GIT_ALLOW_PROTOCOL=file:git:http:https:ssh", "GIT_HTTP_LOW_SPEED_LIMIT=1024", "GIT_HTTP_LOW_SPEED_TIME=30",
		"GCM_INTERACTIVE=never"}
	if os.Getenv("GIT_SSH_COMMAND") == "" && os.Getenv("GIT_SSH") == "" {
		env = append(env, "GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=20")
	}
	return env
}

// maxRefs bounds the branches and tags of one remote: git writes a file for each, and a
// kernel's stable tree has 5,500.
const maxRefs = 20_000

func tooManyRefs(doing, url string) error {
	return &Error{Doing: doing, Repo: url, Err: fmt.Errorf("%w: the remote has more than %d branches and tags", ErrTooMuch, maxRefs),
		Advice: "follow a repository that has the branches you need and few others"}
}

// few says why not all refs that match can be fetched for the first time: nobody knows then
// how many there are.
func (m *Mirror) few(ctx context.Context, have map[string]string) error {
	if len(have) > 0 || !slices.ContainsFunc(m.o.Refspecs, func(s string) bool { return strings.Contains(s, "*") }) {
		return nil
	}
	_, err := LookAt(ctx, m.URL, m.o.Options)
	return err
}

// Fetch brings the mirror up to date and tells what moved, in the order of the
// names. What a remote has rewritten is followed, and the old commits are kept.
// A remote that cannot be read is ErrRemote; the mirror stays as it was.
func (m *Mirror) Fetch(ctx context.Context) ([]Move, error) {
	limited, cancel := context.WithTimeoutCause(ctx, m.o.Timeout,
		fmt.Errorf("%w: it took longer than %v", ErrRemote, m.o.Timeout))
	defer cancel()
	held, unlock, err := alone(limited, m.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := clearLeft(m.Dir); err != nil {
		return nil, err
	}
	before, err := m.Refs(ctx)
	if err != nil {
		return nil, err
	}
	url, release, err := through(ctx, m.URL, m.o.Options)
	if err != nil {
		return nil, remoteError(err)
	}
	defer release()
	if err := m.few(limited, before); err != nil {
		return nil, err
	}
	err = m.fetch(limited, url, held)
	if here := local(m.URL); here != "" && m.o.Borrow == "" && errors.Is(err, ErrMissing) {
		// A repository on this machine that lacks objects cannot be copied, but
		// what it has can be read where it is.
		if m.o.Borrow, err = filepath.Abs(here); err != nil {
			return nil, &Error{Doing: "fetching", Repo: m.URL, Err: err}
		}
		if err := m.borrow(ctx, m.Dir); err != nil {
			return nil, err
		}
		err = m.fetch(limited, url, held)
	}
	if err != nil {
		return nil, remoteError(err)
	}
	m.tidy(ctx, held)
	after, err := m.Refs(ctx)
	if err != nil {
		return nil, err
	}
	return m.moves(ctx, before, after)
}

func (m *Mirror) fetch(ctx context.Context, url string, held *os.File) error {
	args := append([]string{"--git-dir=" + m.Dir, "-c", "core.askPass=", "-c", "credential.interactive=never",
		"-c", "core.alternateRefsCommand=" + m.tips(), "fetch", "--quiet", "--prune", "--no-tags",
		"--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules", "--end-of-options", url}, m.o.Refspecs...)
	_, err := output(ctx, invocation{git: m.Repo.o.program(), doing: "fetching", repo: m.URL, args: args, env: network(), settings: usersOwn,
		held: held})
	return err
}

func (m *Mirror) moves(ctx context.Context, before, after map[string]string) ([]Move, error) {
	var moves []Move
	for ref, new := range after {
		if old := before[ref]; old != new {
			moves = append(moves, Move{Ref: ref, Old: old, New: new})
		}
	}
	for ref, old := range before {
		if _, ok := after[ref]; !ok {
			moves = append(moves, Move{Ref: ref, Old: old})
		}
	}
	sort.Slice(moves, func(i, j int) bool { return moves[i].Ref < moves[j].Ref })
	for i, mv := range moves {
		if mv.Old != "" && mv.New != "" {
			forward, err := m.Ancestor(ctx, mv.Old, mv.New)
			if err != nil {
				return nil, err
			}
			moves[i].Rewritten = !forward
		}
	}
	return moves, nil
}

// Remote is what a remote says of itself.
type Remote struct {
	Default string            // full name of the branch that HEAD names, "" when it names none
	Refs    map[string]string // branches and tags by their full names, and HEAD
}

// LookAt asks a remote for its refs without fetching anything.
func LookAt(ctx context.Context, url string, o Options) (Remote, error) {
	r := Remote{Refs: map[string]string{}}
	if strings.HasPrefix(url, "-") || strings.Contains(url, "::") {
		return r, &Error{Doing: "looking at a remote", Repo: url, Err: ErrRemote,
			Advice: "give a path, or a file, http, https, git or ssh address"}
	}
	limited, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("%w: it took longer than a minute", ErrRemote))
	defer cancel()
	address, release, err := through(limited, url, o)
	if err != nil {
		return r, remoteError(err)
	}
	defer release()
	out, err := output(limited, invocation{git: o.program(), doing: "looking at a remote", repo: url, env: network(), settings: usersOwn,
		args: []string{"-c", "core.askPass=", "-c", "credential.interactive=never", "ls-remote", "--quiet", "--symref", "--end-of-options",
			address}})
	if err != nil {
		return r, remoteError(err)
	}
	for line := range strings.Lines(string(out)) {
		id, name, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if ref, isSym := strings.CutPrefix(id, "ref: "); isSym {
			if name == "HEAD" {
				r.Default = ref
			}
		} else if ok && (name == "HEAD" || strings.HasPrefix(name, "refs/heads/") || strings.HasPrefix(name, "refs/tags/")) &&
			!strings.HasSuffix(name, "^{}") {
			r.Refs[name] = id
		}
		if len(r.Refs) > maxRefs {
			return Remote{}, tooManyRefs("looking at a remote", url)
		}
	}
	return r, nil
}
