package demo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"golang.org/x/tools/txtar"
)

// BuildRemote makes a bare repository in dir from the scripts *.txtar of fsys,
// in the order of their names. A script is a list of commits:
//
//	-- BRANCH/LABEL --
//	Author: Name <address>
//	Date: 2026-01-02T03:04:05Z
//	Off: LABEL            the branch begins here, at that commit
//	Tag: v6.12            the commit is a release
//	Later: 12             the branch gets it so many days before today, see Hold
//
//	title
//
//	message, in which {{sha:LABEL}} is the SHA of an earlier commit,
//	and {{sha12:LABEL}} its first twelve digits
//	---
//	diff against the parent, which is the tip of BRANCH
//
// Every date is moved by shift. The labels' SHAs are returned: the same script
// and shift always give the same.
func BuildRemote(ctx context.Context, dir string, fsys fs.FS, shift time.Duration) (map[string]string, error) {
	names, err := fs.Glob(fsys, "*.txtar")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("building the demo repository: no script *.txtar")
	}
	slices.Sort(names)
	r := &remote{shift: shift, tips: map[string]*commit{}, labels: map[string]*commit{}}
	if err := r.open(ctx, dir); err != nil {
		return nil, fmt.Errorf("building the demo repository in %s: %w", dir, err)
	}
	for _, name := range names {
		script, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		for _, f := range txtar.Parse(script).Files {
			if err := r.add(f.Name, string(f.Data)); err != nil {
				return nil, errors.Join(fmt.Errorf("building the demo repository: %s: commit %s: %w", name, f.Name, err), r.close())
			}
		}
	}
	if err := r.close(); err != nil {
		return nil, fmt.Errorf("building the demo repository in %s: git fast-import: %w", dir, err)
	}
	shas := map[string]string{}
	for label, c := range r.labels {
		shas[label] = c.sha
	}
	return shas, nil
}

// Expand replaces the {{sha:LABEL}} of a text, for mails that name commits.
func Expand(text []byte, shas map[string]string) ([]byte, error) {
	var missing error
	out := reference.ReplaceAllFunc(text, func(ref []byte) []byte {
		m := reference.FindSubmatch(ref)
		sha, ok := shas[string(m[2])]
		if !ok {
			missing = fmt.Errorf("%s names no commit of the demo repository", ref)
			return ref
		}
		if len(m[1]) > 0 {
			sha = sha[:12]
		}
		return []byte(sha)
	})
	return out, missing
}

var reference = regexp.MustCompile(`\{\{sha(12)?:([^}]+)\}\}`)

type commit struct {
	sha   string
	mark  string // its name to fast-import, which cannot look up what it has not packed
	files map[string]string
}

type remote struct {
	git    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   bytes.Buffer
	shift  time.Duration
	tips   map[string]*commit
	labels map[string]*commit
}

func (r *remote) open(ctx context.Context, dir string) error {
	git := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, "git", args...)
		// Nobody's settings may change the commits.
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_DIR="+dir, "LC_ALL=C")
		c.Stderr = &r.said
		return c
	}
	if err := git("init", "-q", "--bare", "--object-format=sha1", "--initial-branch=master", dir).Run(); err != nil {
		return fmt.Errorf("git init: %w: %s", err, r.said.String())
	}
	r.git = git("fast-import", "--quiet", "--date-format=raw", "--force")
	var err error
	if r.in, err = r.git.StdinPipe(); err != nil {
		return err
	}
	out, err := r.git.StdoutPipe()
	if err != nil {
		return err
	}
	r.out = bufio.NewReader(out)
	return r.git.Start()
}

func (r *remote) close() error {
	_ = r.in.Close()
	if err := r.git.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, r.said.String())
	}
	return nil
}

func (r *remote) add(name, text string) error {
	branch, label := path.Split(name)
	branch = strings.TrimSuffix(branch, "/")
	head, message, _ := strings.Cut(text, "\n\n")
	message, diff, ok := strings.Cut(message, "\n---\n")
	if branch == "" || !ok {
		return errors.New("want BRANCH/LABEL, headers, an empty line, a message, a line of three dashes, and a diff")
	}
	if r.labels[label] != nil {
		return errors.New("the label is taken")
	}
	h := map[string]string{}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		h[key] = value
	}
	date, err := time.Parse(time.RFC3339, h["Date"])
	if err != nil {
		return err
	}
	date = date.Add(r.shift)
	parent := r.tips[branch]
	if off := h["Off"]; off != "" {
		if parent = r.labels[off]; parent == nil {
			return fmt.Errorf("off %s, which is not there yet", off)
		}
	}
	c := &commit{files: map[string]string{}}
	if parent != nil {
		for p, content := range parent.files {
			c.files[p] = content
		}
	}
	changed, err := apply(c.files, diff)
	if err != nil {
		return err
	}
	shas := map[string]string{}
	for l, c := range r.labels {
		shas[l] = c.sha
	}
	body, err := Expand([]byte(message), shas)
	if err != nil {
		return err
	}

	var b bytes.Buffer
	c.mark = ":" + strconv.Itoa(len(r.labels)+1)
	fmt.Fprintf(&b, "commit refs/heads/%s\nmark %s\n", branch, c.mark)
	for _, who := range []string{"author", "committer"} {
		fmt.Fprintf(&b, "%s %s %d +0000\n", who, h["Author"], date.Unix())
	}
	fmt.Fprintf(&b, "data %d\n%s\n\n", len(body)+1, body)
	if parent != nil {
		fmt.Fprintf(&b, "from %s\n", parent.mark)
	}
	for _, p := range changed {
		if content, ok := c.files[p]; ok {
			fmt.Fprintf(&b, "M 100644 inline %s\ndata %d\n%s\n", p, len(content), content)
		} else {
			fmt.Fprintf(&b, "D %s\n", p)
		}
	}
	fmt.Fprintf(&b, "\nget-mark %s\n", c.mark)
	if _, err := r.in.Write(b.Bytes()); err != nil {
		return fmt.Errorf("git fast-import: %w: %s", err, r.said.String())
	}
	if c.sha, err = r.out.ReadString('\n'); err != nil {
		return fmt.Errorf("git fast-import: %w: %s", err, r.said.String())
	}
	c.sha = strings.TrimSpace(c.sha)
	if tag := h["Tag"]; tag != "" {
		if _, err := fmt.Fprintf(r.in, "reset refs/tags/%s\nfrom %s\n\n", tag, c.mark); err != nil {
			return err
		}
	}
	r.tips[branch], r.labels[label] = c, c
	return nil
}

// apply changes files by a diff, strictly, and names what it changed.
func apply(files map[string]string, diff string) (changed []string, err error) {
	parsed, _, err := gitdiff.Parse(strings.NewReader(diff))
	if err != nil {
		return nil, err
	}
	if len(parsed) == 0 && strings.TrimSpace(diff) != "" {
		return nil, errors.New("there is no diff below the dashes")
	}
	for _, f := range parsed {
		var out bytes.Buffer
		if err := gitdiff.Apply(&out, strings.NewReader(files[f.OldName]), f); err != nil {
			return nil, fmt.Errorf("%s%s: %w", f.OldName, f.NewName, err)
		}
		if f.IsDelete || f.IsRename {
			delete(files, f.OldName)
			changed = append(changed, f.OldName)
		}
		if !f.IsDelete {
			files[f.NewName] = out.String()
			changed = append(changed, f.NewName)
		}
	}
	return changed, nil
}
