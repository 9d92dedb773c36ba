package git

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
)

// Clone is a repository of ours in a temporary folder, with a work tree to try
// things in. It sees the objects of the repositories that it was made from
// through its alternates and copies none; they are only read. What a clone does
// depends on nobody's configuration.
type Clone struct {
	*Repo
	Tree string // the work tree

	top string
}

// NewClone makes an empty one. Close removes it.
func NewClone(ctx context.Context, o Options, lenders ...*Repo) (*Clone, error) {
	doing := "making a scratch repository"
	top, err := os.MkdirTemp("", "stablebot-scratch-")
	if err != nil {
		return nil, &Error{Doing: doing, Err: err, Advice: "a temporary folder is needed for it"}
	}
	c := &Clone{Tree: filepath.Join(top, "tree"), top: top}
	format := "--object-format=sha1"
	var alternates strings.Builder
	for _, r := range lenders {
		if r.Digits() == 64 {
			format = "--object-format=sha256"
		}
		alternates.WriteString(filepath.Join(r.Common, "objects") + "\n")
	}
	// No template: a template's hooks are not ours.
	_, err = output(ctx, invocation{git: o.program(), doing: doing, repo: c.Tree, env: nobody(),
		args: []string{"init", "-q", "--template=", format, "-b", "main", c.Tree}})
	if err == nil {
		info := filepath.Join(c.Tree, ".git", "objects", "info")
		err = os.MkdirAll(info, 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(info, "alternates"), []byte(alternates.String()), 0o644)
		}
	}
	if err == nil {
		c.Repo, err = Open(ctx, c.Tree, o)
	}
	if err != nil {
		_ = os.RemoveAll(top)
		return nil, err
	}
	return c, nil
}

// nobody is an environment without anybody's settings. The names are those of
// commits that never leave the clone.
func nobody() []string {
	return []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_COMMITTER_NAME=stablebot", "GIT_COMMITTER_EMAIL=stablebot@localhost", "GIT_COMMITTER_DATE=@0 +0000"}
}

// Call is one git command in a clone.
type Call struct {
	Doing string // for errors
	Args  []string
	In    []byte
	Env   []string // "GIT_AUTHOR_NAME=…"
}

// Do runs a command in the work tree. The answer is there with an error too:
// some commands say no with their status and why on their output.
func (c *Clone) Do(ctx context.Context, call Call) ([]byte, error) {
	v := invocation{git: c.o.program(), doing: call.Doing, repo: c.Tree, dir: c.Tree, args: call.Args, env: append(nobody(), call.Env...)}
	if call.In != nil {
		v.in = bytes.NewReader(call.In)
	}
	return output(ctx, v)
}

// Sparse puts the tree of a commit into the index and only the given paths into
// the work tree, and makes it the current commit: a kernel's 80,000 files need
// not be written to try a patch on three.
func (c *Clone) Sparse(ctx context.Context, commit string, paths []string) error {
	var b strings.Builder
	for _, p := range paths {
		b.WriteString("/" + literal.Replace(p) + "\n")
	}
	info := filepath.Join(c.Tree, ".git", "info")
	err := os.MkdirAll(info, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(info, "sparse-checkout"), []byte(b.String()), 0o644)
	}
	if err != nil {
		return &Error{Doing: "choosing files to check out", Repo: c.Tree, Err: err}
	}
	for _, args := range [][]string{
		{"update-ref", "--no-deref", "HEAD", commit},
		{"-c", "core.sparseCheckout=true", "read-tree", "--reset", "-u", commit},
	} {
		if _, err := c.Do(ctx, Call{Doing: "checking out " + commit, Args: args}); err != nil {
			return err
		}
	}
	return nil
}

// literal quotes what is a pattern in a sparse-checkout file.
var literal = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// Close removes the clone.
func (c *Clone) Close() error {
	err := c.Repo.Close()
	if e := os.RemoveAll(c.top); err == nil && e != nil {
		err = &Error{Doing: "removing a scratch repository", Repo: c.Tree, Err: e}
	}
	return err
}
