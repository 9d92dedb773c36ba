package git

import (
	"bytes"
	"context"
	"errors"
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

	remove func()
}

// NewClone makes an empty one. Close removes it.
func NewClone(ctx context.Context, o Options, lenders ...*Repo) (*Clone, error) {
	doing := "making a scratch repository"
	top, remove, err := Scratch("clone-")
	if err != nil {
		return nil, &Error{Doing: doing, Err: err, Advice: "a temporary folder is needed for it"}
	}
	c := &Clone{Tree: filepath.Join(top, "tree"), remove: remove}
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
		own := filepath.Join(c.Tree, ".git")
		err = errors.Join(os.MkdirAll(filepath.Join(own, "objects", "info"), 0o755), os.MkdirAll(filepath.Join(own, "info"), 0o755))
		err = errors.Join(err,
			os.WriteFile(filepath.Join(own, "objects", "info", "alternates"), []byte(alternates.String()), 0o644),
			os.WriteFile(filepath.Join(own, "info", "attributes"), []byte(neutral), 0o644))
	}
	if err == nil {
		c.Repo, err = Open(ctx, c.Tree, o)
	}
	if err != nil {
		remove()
		return nil, err
	}
	return c, nil
}

// nobody is who commits in a clone, which nobody else sees.
func nobody() []string {
	return []string{"GIT_COMMITTER_NAME=stablebot", "GIT_COMMITTER_EMAIL=stablebot@localhost", "GIT_COMMITTER_DATE=@0 +0000"}
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
	c.remove()
	return err
}
