package audit

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// Patch is one patch that is to go into a branch.
type Patch struct {
	Name   string // where it was read
	id     string // by which it is known to who gave it; "" for its name
	change *change.Change
	text   string // the diff
	// Of a mail: the branches that it says it is for, and its posting.
	branches []string
	mail     string // its Message-ID
	thread   string // that of the first mail of its thread, "" for itself
	notice   bool   // of the stable team, by its form: in review, or a proposal
}

// ReadPatch reads a mail, or a patch of a queue.
func ReadPatch(name string, raw []byte) (*Patch, error) {
	m, err := mail.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if m.Change == nil {
		return nil, fmt.Errorf("%s is no patch: %s", name, m.NoPatch)
	}
	if m.Damaged != nil {
		return nil, fmt.Errorf("%s: %w", name, m.Damaged)
	}
	p := &Patch{Name: name, change: m.Change, branches: m.Prefix.Trees, mail: m.ID, thread: threadOf(m)}
	if n, ok := m.Notice(); ok && (n.Kind == mail.NoticeReview || n.Kind == mail.NoticeProposed) {
		p.notice, p.branches = true, n.Branches
	}
	text := m.Text()
	if strings.HasPrefix(text, "diff --git ") || strings.HasPrefix(text, "--- a/") {
		p.text = text
	} else {
		for _, mark := range []string{"\ndiff --git ", "\n--- a/"} {
			if i := strings.Index(text, mark); i >= 0 && p.text == "" {
				p.text = text[i+1:]
			}
		}
	}
	if p.text == "" {
		return nil, fmt.Errorf("%s: its patch is an attachment; give it as a file", name)
	}
	return p, nil
}

// Queues are the folders of a checkout of stable-queue that have a series, by branch:
// "6.1" → queue-6.1. The folder of one queue will do as well.
func Queues(dir string) (map[string]string, error) {
	out := map[string]string{}
	add := func(path string) {
		name, ok := strings.CutPrefix(filepath.Base(path), "queue-")
		if st, err := os.Stat(filepath.Join(path, "series")); ok && err == nil && st.Mode().IsRegular() {
			out[name] = path
		}
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	add(full)
	below, err := os.ReadDir(full)
	if err != nil {
		return nil, err
	}
	for _, e := range below {
		if e.IsDir() {
			add(filepath.Join(full, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no folder queue-X.Y with a series file", dir)
	}
	return out, nil
}

// maxPatch bounds a file of a queue.
const maxPatch = mail.MaxSize

// ReadQueue reads the patches that the series file of a queue's folder lists.
func ReadQueue(dir string) ([]*Patch, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	series, err := root.Open("series")
	if err != nil {
		return nil, err
	}
	defer func() { _ = series.Close() }()
	var out []*Patch
	lines := bufio.NewScanner(series)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		name := strings.TrimSpace(line)
		if name == "" {
			continue
		}
		raw, err := readFile(root.FS(), name)
		if err != nil {
			return nil, fmt.Errorf("reading what the series of %s lists: %w", dir, err)
		}
		p, err := ReadPatch(name, raw)
		if err != nil {
			return nil, fmt.Errorf("reading the queue %s: %w", dir, err)
		}
		out = append(out, p)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the series of %s: %w", dir, err)
	}
	return out, nil
}

func readFile(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxPatch+1))
	if err == nil && len(raw) > maxPatch {
		err = fmt.Errorf("%s is larger than %d MiB", name, maxPatch>>20)
	}
	return raw, err
}

// Batch is an audit of patches that were put onto a branch, as commits of a scratch
// repository, or of commits of a branch.
type Batch struct {
	*Audit
	name  string
	clone *git.Clone // nil: the commits are in a repository
	end   func() error
	lost  []*Item
	from  map[string]string // ids of patches, or names, by the commits that they became
}

// Put puts patches onto a branch one after the other. One that does not go on is a
// finding, and the next is tried without it; where none does there is no Audit.
func Put(ctx context.Context, set *trees.Set, branch string, patches []*Patch, o git.Options) (*Batch, error) {
	place, ok := set.Place(branch)
	if !ok {
		return nil, fmt.Errorf("%w: %s; the branches are %s", trees.ErrNoBranch, branch, strings.Join(set.Branches(), ", "))
	}
	clone, err := git.NewClone(ctx, o, set.Mainline().Repo, place.Repo)
	if err != nil {
		return nil, err
	}
	b := &Batch{name: branch, clone: clone, from: map[string]string{}}
	if err := b.put(ctx, set, branch, place.Tip, patches); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Batch) put(ctx context.Context, set *trees.Set, branch, tip string, patches []*Patch) error {
	if _, err := b.clone.Do(ctx, git.Call{Doing: "reading the branch " + branch, Args: []string{"read-tree", tip}}); err != nil {
		return err
	}
	first := ""
	for _, p := range patches {
		if err := b.apply(ctx, p); err != nil {
			var e *git.Error
			if !errors.As(err, &e) || ctx.Err() != nil {
				return err
			}
			b.lost = append(b.lost, &Item{ID: cmp.Or(p.id, p.Name), Title: p.change.Subject, own: p.change,
				Findings: []Finding{{Kind: Unapplied, File: p.Name, Text: fmt.Sprintf("%s does not go on: %s", p.Name, firstLine(e.Stderr))}}})
			continue
		}
		id, err := b.commit(ctx, p, tip)
		if err != nil {
			return err
		}
		b.from[id] = cmp.Or(p.id, p.Name)
		if tip = id; first == "" {
			first = id
		}
	}
	if first == "" {
		return nil
	}
	l, end, err := set.Batch(ctx, b.clone.Tree, tip, branch)
	if err != nil {
		return err
	}
	b.end = end
	b.Audit = &Audit{Set: set, Line: l, First: l.Number(first), Last: l.Len(), Proposed: true}
	return nil
}

// apply puts a patch into the index; with less context, as who imports a queue does, when
// it does not go on else.
func (b *Batch) apply(ctx context.Context, p *Patch) error {
	args := []string{"apply", "--cached", "--whitespace=nowarn", "-"}
	_, err := b.clone.Do(ctx, git.Call{Doing: "applying " + p.Name, In: []byte(p.text), Args: args})
	if err == nil {
		return nil
	}
	args = slices.Insert(args, 1, "-C1")
	if _, again := b.clone.Do(ctx, git.Call{Doing: "applying " + p.Name, In: []byte(p.text), Args: args}); again == nil {
		return nil
	}
	return err
}

func (b *Batch) commit(ctx context.Context, p *Patch, parent string) (string, error) {
	out, err := b.clone.Do(ctx, git.Call{Doing: "recording " + p.Name, Args: []string{"write-tree"}})
	if err != nil {
		return "", err
	}
	c := p.change
	message := strings.ReplaceAll(c.Subject+"\n\n"+c.Body, "\x00", "\ufffd")
	out, err = b.clone.Do(ctx, git.Call{Doing: "recording " + p.Name, In: []byte(message),
		Args: []string{"commit-tree", strings.TrimSpace(string(out)), "-p", parent, "-F", "-"},
		Env: []string{"GIT_AUTHOR_NAME=" + orNobody(c.Author.Name), "GIT_AUTHOR_EMAIL=" + orNobody(c.Author.Address),
			"GIT_AUTHOR_DATE=" + dateForGit(c.Date), "GIT_COMMITTER_DATE=" + dateForGit(time.Now())}})
	return strings.TrimSpace(string(out)), err
}

// orNobody is a name that git takes: it refuses one in which nothing is left without blanks
// and punctuation around it, and no process is started with a zero byte in its environment.
func orNobody(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '<' || r == '>' {
			return -1
		}
		return r
	}, s)
	if strings.Trim(s, " .,:;\"'\\") == "" {
		return "nobody"
	}
	return s
}

// dateForGit is a date that git takes: none before 1970, nor of the year 2100 and later.
func dateForGit(t time.Time) string {
	return fmt.Sprintf("@%d +0000", min(max(t.Unix(), 0), 4102444799))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimPrefix(line, "error: ")
}

// Run is that of the audit; what did not go on stands first.
func (b *Batch) Run(ctx context.Context) (*Report, error) {
	if b.Audit == nil {
		return &Report{Branch: b.name, Items: b.lost}, nil
	}
	r, err := b.Audit.Run(ctx)
	if err != nil {
		return nil, err
	}
	r.Items = append(b.lost, r.Items...)
	return r, nil
}

// Close removes the scratch repository.
func (b *Batch) Close() error {
	var errs []error
	if b.end != nil {
		errs = append(errs, b.end())
	}
	if b.clone != nil {
		errs = append(errs, b.clone.Close())
	}
	return errors.Join(errs...)
}
