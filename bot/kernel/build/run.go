package build

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// derived is what allmodconfig is told beforehand: warnings stay warnings, and nothing is
// asked for that only makes an object slower to compile or needs programs beside the
// compiler.
const derived = `CONFIG_WERROR=n
CONFIG_DRM_I915_WERROR=n
CONFIG_DRM_XE_WERROR=n
CONFIG_DRM_WERROR=n
CONFIG_GCC_PLUGINS=n
CONFIG_DEBUG_INFO_NONE=y
CONFIG_DEBUG_INFO_BTF=n
CONFIG_MODVERSIONS=n
CONFIG_MODULE_SIG=n
CONFIG_KASAN=n
CONFIG_KCSAN=n
CONFIG_KCOV=n
CONFIG_UBSAN=n
CONFIG_SYSTEM_TRUSTED_KEYS=""
CONFIG_SYSTEM_REVOCATION_KEYS=""
`

// madeBy is part of a tree's name: a tree of an earlier way to make programs would have all
// of them made anew.
const madeBy = "hostcc "

// configKey names a configuration by what is in it, and the compiler.
func configKey(o Options) (string, error) {
	data := []byte(derived)
	if o.Config != "" {
		var err error
		if data, err = os.ReadFile(o.Config); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(append(data, madeBy+o.Compiler...))
	return fmt.Sprintf("%.5x", sum[:]), nil
}

// configure writes the .config.
func (t *tree) configure(ctx context.Context) (why string, err error) {
	args := []string{"allmodconfig"}
	if t.o.Config == "" {
		all := filepath.Join(t.dir, "derived.config")
		if err := os.WriteFile(all, []byte(derived), 0o600); err != nil {
			return "", fmt.Errorf("the configuration: %w", err)
		}
		args = append(args, "KCONFIG_ALLCONFIG="+all)
	} else {
		data, err := os.ReadFile(t.o.Config)
		if err != nil {
			return "", fmt.Errorf("the configuration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(t.src, ".config"), data, 0o600); err != nil {
			return "", fmt.Errorf("the configuration: %w", err)
		}
		args = []string{"olddefconfig"}
	}
	out, err := t.make(ctx, t.o.Timeout, args...)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && full(out):
		return "", syscall.ENOSPC
	case err != nil:
		return "the tree cannot be configured: " + first(out, err), nil
	}
	return "", nil
}

// maxOutput bounds what is kept of a compiler's words.
const maxOutput = 1 << 20

// capped keeps the beginning of what is written.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if room := maxOutput - c.Len(); room > 0 {
		c.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// make runs make in the tree, bounded, with nothing of our environment.
func (t *tree) make(ctx context.Context, most time.Duration, args ...string) (string, error) {
	ctx, end := context.WithTimeout(ctx, most)
	defer end()
	cc := t.o.Compiler
	if p, err := exec.LookPath("ccache"); err == nil {
		cc = p + " " + cc
	}
	all := append([]string{"-s", "-k", fmt.Sprintf("-j%d", t.o.Jobs), "CC=" + cc,
		"HOSTCC=" + t.hostCompiler(), "HOSTCXX=" + t.hostCompiler()}, args...)
	// Seconds of a processor, KiB of memory, KiB of a file.
	script := fmt.Sprintf("ulimit -t %d; ulimit -v %d; ulimit -f %d; exec nice -n 10 make \"$@\"", int(most.Seconds())*t.o.Jobs, 8<<20, 2<<20)
	home := filepath.Join(t.dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("the folder for builds: %w", err)
	}
	run := func(apart bool) (string, error) {
		cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", script, "make"}, all...)...)
		cmd.Dir = t.src
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LC_ALL=C", "KBUILD_BUILD_TIMESTAMP=1970-01-01",
			"KBUILD_BUILD_USER=stablebot", "KBUILD_BUILD_HOST=localhost", "CCACHE_DIR=" + filepath.Join(t.o.Dir, "ccache"), "CCACHE_MAXSIZE=2G"}
		var out capped
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.WaitDelay = 5 * time.Second
		bound(cmd, apart)
		err := cmd.Run()
		return out.String(), err
	}
	out, err := run(true)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		out, err = run(false) // namespaces are not for us here
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("it took longer than %v", most)
	}
	return out, err
}

// log is what compiling an object said.
type log struct {
	Failed   bool     `json:"failed,omitempty"`
	First    string   `json:"first,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

var (
	diagnosis = regexp.MustCompile(`(?m)^([^\s:]+):(\d+):(?:\d+:)? (error|fatal error|warning): (.*)$`)
	placed    = regexp.MustCompile(`:\d+:(\d+:)? `)
)

func unplaced(line string) string { return placed.ReplaceAllString(line, ": ") }

// compile makes one object anew.
func (t *tree) compile(ctx context.Context, object string) (log, error) {
	if err := os.Remove(filepath.Join(t.src, filepath.FromSlash(object))); err != nil && !errors.Is(err, os.ErrNotExist) {
		return log{}, fmt.Errorf("an object of the tree: %w", err)
	}
	out, err := t.make(ctx, t.o.Timeout, object)
	switch {
	case ctx.Err() != nil:
		return log{}, ctx.Err()
	case err != nil && full(out):
		return log{}, syscall.ENOSPC
	}
	out = t.told(out)
	l := log{Failed: err != nil}
	for _, m := range diagnosis.FindAllStringSubmatch(out, -1) {
		line := m[0]
		switch {
		case m[3] == "warning":
			l.Warnings = append(l.Warnings, line)
		case l.First == "":
			l.First = line
		}
	}
	slices.Sort(l.Warnings)
	l.Warnings = slices.Compact(l.Warnings)
	if l.Failed && l.First == "" {
		l.First = first(out, err)
	}
	return l, nil
}

func full(out string) bool { return strings.Contains(out, "No space left on device") }

// first is the line that tells what went wrong: a program's own before what make says of
// its end.
func first(out string, err error) string {
	var other, by string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "make"):
			if by == "" && strings.Contains(line, "***") {
				by = line
			}
		case strings.Contains(line, "rror") || strings.Contains(line, "not found"):
			return line
		default:
			other = cmp.Or(other, line)
		}
	}
	return cmp.Or(other, by, err.Error())
}
