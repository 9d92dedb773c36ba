package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Proc is a running git command with its answer as a stream. It is read by one
// goroutine; Close may be called at any time, more than once.
type Proc struct {
	Out *os.File       // git's standard output
	In  io.WriteCloser // git's standard input, nil when it was given at the start

	ctx    context.Context
	cmd    *exec.Cmd
	errs   *tail
	doing  string
	repo   string
	args   []string
	waited sync.Once
	err    error
}

// invocation is everything that may differ between two git commands.
type invocation struct {
	git   string   // the program
	doing string   // for errors
	repo  string   // for errors
	dir   string   // working directory, "" for the present one
	env   []string // added to what every command gets
	args  []string
	in    io.Reader // standard input, nil for none
	pipe  bool      // give Proc.In instead
	held  *os.File  // a lock that git inherits, nil for none

	settings settings
}

// settings say whose configuration a command obeys beside that of its repository.
type settings int

const (
	nobodys  settings = iota // none: the answer is the same for everybody
	usersOwn                 // the user's, and their environment's: for the network, and to be told who the user is
)

// scrubbed are variables of the caller's environment that would point git at
// another repository or make it ask, write, or trace into our streams.
var scrubbed = []string{
	"GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_OBJECT_DIRECTORY=", "GIT_ALTERNATE_OBJECT_DIRECTORIES=",
	"GIT_COMMON_DIR=", "GIT_NAMESPACE=", "GIT_CEILING_DIRECTORIES=", "GIT_SHALLOW_FILE=", "GIT_PREFIX=",
	"GIT_EXTERNAL_DIFF=", "GIT_DIFF_OPTS=", "GIT_TRACE", "GIT_PAGER=", "GIT_LITERAL_PATHSPECS=", "GIT_GLOB_PATHSPECS=",
	"GIT_NOGLOB_PATHSPECS=", "GIT_ICASE_PATHSPECS=", "GIT_CONFIG=", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_QUARANTINE_PATH=",
	"GIT_GRAFT_FILE=", "GIT_REPLACE_REF_BASE=", "GIT_ATTR_SOURCE=", "LC_", "LANG=", "LANGUAGE=",
}

// environment is the caller's without the scrubbed variables, and with what
// keeps git quiet, in the C locale, and away from the network.
func environment(whose settings, extra []string) []string {
	drop := scrubbed
	if whose == nobodys {
		drop = []string{"GIT_", "SSH_ASKPASS=", "LC_", "LANG=", "LANGUAGE="}
	}
	env := make([]string, 0, len(os.Environ())+24)
next:
	for _, v := range os.Environ() {
		for _, s := range drop {
			if strings.HasPrefix(v, s) && !strings.HasPrefix(v, "GIT_EXEC_PATH=") {
				continue next
			}
		}
		env = append(env, v)
	}
	if whose == nobodys {
		env = append(env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	}
	env = append(env,
		"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "GIT_ASKPASS=", "SSH_ASKPASS=",
		"GIT_ATTR_NOSYSTEM=1", "GIT_ADVICE=0", "GIT_NO_REPLACE_OBJECTS=1",
		// An absent object stays absent: git 2.45 and newer obey the first, the
		// second forbids every transport to the older ones.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none",
	)
	return append(env, extra...)
}

// quiet are options for every command, should a repository of ours be made to
// name something: nothing is run, and nothing is cleaned up behind the user's back.
var quiet = []string{
	"--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c",
	"core.attributesFile=/dev/null",
	"-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "log.showSignature=false", "-c", "core.quotePath=true",
	"-c", "i18n.logOutputEncoding=UTF-8",
}

func start(ctx context.Context, v invocation) (*Proc, error) {
	p := &Proc{ctx: ctx, errs: &tail{}, doing: v.doing, repo: v.repo, args: v.args}
	p.cmd = exec.CommandContext(ctx, v.git, append(append([]string(nil), quiet...), v.args...)...)
	ownGroup(p.cmd)
	p.cmd.Dir = v.dir
	p.cmd.Env = environment(v.settings, v.env)
	p.cmd.Stderr = p.errs
	p.cmd.Stdin = v.in
	if v.held != nil {
		p.cmd.ExtraFiles = []*os.File{v.held}
	}
	// A grandchild that keeps the pipes open must not keep us.
	p.cmd.WaitDelay = 2 * time.Second
	if v.pipe {
		in, err := p.cmd.StdinPipe()
		if err != nil {
			return nil, p.fail(err)
		}
		p.In = in
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, p.fail(err)
	}
	widen(w)
	p.Out, p.cmd.Stdout = r, w
	err = p.cmd.Start()
	_ = w.Close() // git's end
	if err != nil {
		_ = r.Close()
		return nil, p.fail(err)
	}
	return p, nil
}

// Wait returns how git ended. The output must have been read to its end.
func (p *Proc) Wait() error {
	p.waited.Do(func() {
		err := p.cmd.Wait()
		_ = p.Out.Close()
		if err != nil {
			p.err = p.fail(err)
		}
	})
	return p.err
}

// Close ends git if it still runs. What it had to say is lost.
func (p *Proc) Close() {
	_ = killGroup(p.cmd)
	_ = p.Wait()
}

// fail makes the typed error out of how git ended.
func (p *Proc) fail(err error) error {
	e := &Error{Doing: p.doing, Repo: p.repo, Args: p.args, Stderr: p.errs.String()}
	switch cause := context.Cause(p.ctx); {
	case cause != nil:
		e.Err = cause
	case errors.Is(err, exec.ErrNotFound):
		e.Err, e.Advice = ErrNoGit, "install git 2.38 or newer"
	default:
		e.Advice, e.Err = classify(e.Stderr, err)
	}
	return e
}

// maxOutput bounds an answer that is read whole: the names of the 90,000 files of a
// kernel are 4 MiB, 100,000 refs less than 10 MiB.
const maxOutput = 64 << 20

// output runs a command to its end. Its answer has to be small.
func output(ctx context.Context, v invocation) ([]byte, error) {
	p, err := start(ctx, v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, readErr := b.ReadFrom(io.LimitReader(p.Out, maxOutput+1))
	if b.Len() > maxOutput {
		p.Close()
		return nil, p.fail(fmt.Errorf("%w: git's answer is longer than %d MiB", ErrTooMuch, maxOutput>>20))
	}
	if err := p.Wait(); err != nil {
		return b.Bytes(), err
	}
	if readErr != nil {
		return b.Bytes(), p.fail(readErr)
	}
	return b.Bytes(), nil
}

// tail keeps the last 8 KiB written to it: git says last why it died.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
