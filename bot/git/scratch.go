package git

import (
	"context"
	"os"
	"path/filepath"
)

// StartScratch is StartFed for a command that makes objects, such as
// merge-tree: they go to dir, a folder of ours, which sees the repository's
// objects through its alternates. The repository is only read.
func (r *Repo) StartScratch(ctx context.Context, doing, dir string, args ...string) (*Proc, error) {
	info := filepath.Join(dir, "info")
	err := os.MkdirAll(info, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(info, "alternates"), []byte(filepath.Join(r.Common, "objects")+"\n"), 0o644)
	}
	if err != nil {
		return nil, &Error{Doing: doing, Repo: r.Path, Err: err, Advice: "a small temporary folder is needed for it"}
	}
	v := r.objects(doing, args...)
	v.env = append(v.env[:len(v.env):len(v.env)], "GIT_OBJECT_DIRECTORY="+dir)
	v.pipe = true
	return start(ctx, v)
}

// Digits is how long the repository's object names are.
func (r *Repo) Digits() int { return r.hexLen }

// ExitCode is git's exit status, -1 when it did not end by itself.
func (e *Error) ExitCode() int { return exitCode(e.Err) }
