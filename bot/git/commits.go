package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// Signature is who did something to a commit, and when.
type Signature struct {
	Name, Email string
	Date        time.Time // zero when the commit has no readable one
}

// Commit is one commit with its diff against its parent.
type Commit struct {
	ID        string
	Parents   []string // those that git sees: none for a root, and for the cut of a shallow clone
	Author    Signature
	Committer Signature
	Message   string // in UTF-8, with its title
	// Diff is the patch as git shows it: renames found, three lines of context,
	// binary files named only. It is empty for a merge and for an empty commit.
	Diff string
	Left []Left // what Diff lacks
}

// Merge reports whether the commit has several parents; git shows no patch of it.
func (c *Commit) Merge() bool { return len(c.Parents) > 1 }

// Title is the subject of the commit as its reader sees it: its first paragraph on one line.
func (c *Commit) Title() string { title, _ := splitMessage(c.Message); return title }

// Body is the message below the title.
func (c *Commit) Body() string { _, body := splitMessage(c.Message); return body }

func splitMessage(m string) (title, body string) {
	m = strings.TrimLeft(m, "\n")
	title, body, _ = strings.Cut(m, "\n\n")
	return strings.Join(strings.Fields(change.Plain(title)), " "), strings.TrimLeft(body, "\n")
}

// Left is a part of a diff that could not be read.
type Left struct {
	Path   string // "" for the whole diff
	Reason string // "blob 1234… is missing"
}

func (l Left) String() string {
	if l.Path == "" {
		return "the diff: " + l.Reason
	}
	return l.Path + ": " + l.Reason
}

// Query says which commits.
type Query struct {
	Revs  []string // revisions and ranges, "--all", "--branches"; HEAD when empty
	Paths []string // only commits that touch these; their diffs are whole all the same
	// FullHistory lists with Paths those commits as well that git leaves out as the
	// other side of a merge has the same: a change that stands twice.
	FullHistory bool
	Max         int // at most so many, 0 for all
	// OldestFirst begins at the other end, no commit before its parents; git then
	// walks all before the first is out.
	OldestFirst bool
	Since       time.Time // only commits that were committed at or after, when set
	FirstParent bool
	NoMerges    bool
}

// MaxDiff is the largest diff that is read. The largest of 4,000 commits of
// freebsd/drm-kmod (2,000 of master, 2,000 of 6.1-lts below drivers/gpu/drm/amd)
// has 2.8 MiB, register headers included; nothing that a stable tree could take
// comes near.
const MaxDiff = 16 << 20

// MaxMessage is the longest commit message that is read; the longest of Linux is
// below 50 KiB. The others compress to nothing and come by the hundred megabytes.
const MaxMessage = 1 << 20

// maxCommit is the largest commit object that git is asked to show: a message,
// and the tags that a merge carries.
const maxCommit = 4 << 20

// ahead is how many commits diff-tree is asked for before their answers are
// read: 256 questions of at most 80 bytes fit into any pipe (64 KiB on Linux),
// so that asking never waits.
const ahead = 256

// Commits streams commits with their diffs, two git processes for all of them.
// After an error the sequence ends.
func (r *Repo) Commits(ctx context.Context, q Query) iter.Seq2[*Commit, error] {
	return func(yield func(*Commit, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if err := r.commits(ctx, q, yield); err != nil {
			yield(nil, err)
		}
	}
}

// Commit reads one commit.
func (r *Repo) Commit(ctx context.Context, rev string) (*Commit, error) {
	id, err := r.Resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &differ{r: r, ctx: ctx}
	defer d.close()
	if err := d.ask(id); err != nil {
		return nil, err
	}
	return d.next()
}

func (r *Repo) commits(ctx context.Context, q Query, yield func(*Commit, error) bool) error {
	ids, err := r.RevList(ctx, q)
	if err != nil {
		return err
	}
	defer ids.Close()
	d := &differ{r: r, ctx: ctx}
	defer d.close()
	more := true
	for {
		var window []string
		for more && len(d.asked)+len(window) < ahead {
			id, err := ids.Next()
			if errors.Is(err, io.EOF) {
				more = false
				break
			} else if err != nil {
				return err
			}
			window = append(window, id)
		}
		if err := d.ask(window...); err != nil {
			return err
		}
		if len(d.asked) == 0 {
			return nil
		}
		// Half a window is read before it is topped up again, so that git has
		// something to do meanwhile.
		for len(d.asked) > 0 && (!more || len(d.asked) > ahead/2) {
			c, err := d.next()
			if err != nil {
				return err
			}
			if !yield(c, nil) {
				return nil
			}
		}
	}
}

// IDs is a running list of commits.
type IDs struct {
	p   *Proc
	out *bufio.Reader
}

// RevList starts a list of commits. Close it after use.
func (r *Repo) RevList(ctx context.Context, q Query) (*IDs, error) {
	revs := q.Revs
	if len(revs) == 0 {
		revs = []string{"HEAD"}
	}
	names, err := r.Names(ctx, revs...)
	if err != nil {
		return nil, err
	}
	args := []string{"rev-list"}
	if q.OldestFirst {
		args = append(args, "--reverse", "--topo-order")
	}
	if !q.Since.IsZero() {
		// As a filter: one commit with a slow clock must not hide those behind it.
		args = append(args, "--since-as-filter=@"+strconv.FormatInt(q.Since.Unix(), 10)+" +0000")
	}
	if q.FullHistory {
		args = append(args, "--full-history")
	}
	if q.FirstParent {
		args = append(args, "--first-parent")
	}
	if q.NoMerges {
		args = append(args, "--no-merges")
	}
	if q.Max > 0 {
		args = append(args, "--max-count="+strconv.Itoa(q.Max))
	}
	// The names come on standard input: "--all" may be thousands.
	args = append(args, "--stdin", "--")
	v := r.objects("listing commits", append(args, q.Paths...)...)
	v.in = strings.NewReader(strings.Join(names, "\n") + "\n")
	p, err := start(ctx, v)
	if err != nil {
		return nil, err
	}
	return &IDs{p: p, out: bufio.NewReaderSize(p.Out, 32<<10)}, nil
}

// Next returns the next commit's name, io.EOF after the last.
func (l *IDs) Next() (string, error) {
	line, err := l.out.ReadString('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	if err := l.p.Wait(); err != nil {
		return "", err
	}
	return "", io.EOF
}

// Close ends the list.
func (l *IDs) Close() { l.p.Close() }

// differ asks one long-lived diff-tree for commits and reads its answers in the
// order asked. diff-tree repeats, and flushes, a line that is no object name:
// that is the mark behind each answer, and tells a finished answer from one
// that git died in.
type differ struct {
	r     *Repo
	ctx   context.Context
	p     *Proc
	out   *bufio.Reader
	asked []string // without an answer yet
	large map[string]int64
}

const endMark = ":stablebot"

// format ends each field in NUL, which no commit message that git shows has in it.
const format = "%H%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B%x00"

const fields = 9

var diffArgs = []string{"diff-tree", "--root", "-r", "-M", "-l1000", "-p", "-U3", "--always", "--full-index",
	"--no-ext-diff", "--no-textconv", "--no-color", "--diff-algorithm=myers", "--inter-hunk-context=0",
	"--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none", "--no-relative",
	"--encoding=UTF-8", "--date=raw", "--format=" + format}

func (d *differ) start() error {
	p, err := d.r.StartFed(d.ctx, "reading commits", append(append([]string(nil), diffArgs...), "--stdin")...)
	if err != nil {
		return err
	}
	d.p, d.out = p, bufio.NewReaderSize(p.Out, 256<<10)
	return nil
}

func (d *differ) close() {
	if d.p != nil {
		d.p.Close()
		d.p = nil
	}
}

func (d *differ) ask(ids ...string) error {
	sizes, err := d.r.sizes(d.ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if sizes[i] > maxCommit {
			if d.large == nil {
				d.large = map[string]int64{}
			}
			d.large[id] = sizes[i]
			d.asked = append(d.asked, id)
			continue
		}
		if err := d.askOne(id); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) askOne(id string) error {
	d.asked = append(d.asked, id)
	if d.p == nil {
		return d.again()
	}
	// An error here means that git has died over an earlier commit, which next
	// finds out.
	_, _ = io.WriteString(d.p.In, id+"\n"+endMark+"\n")
	return nil
}

// again starts diff-tree and asks for everything that has no answer yet.
func (d *differ) again() error {
	if err := d.start(); err != nil {
		return err
	}
	for _, id := range d.asked {
		if d.large[id] == 0 {
			_, _ = io.WriteString(d.p.In, id+"\n"+endMark+"\n")
		}
	}
	return nil
}

// next reads the answer for the oldest question.
func (d *differ) next() (*Commit, error) {
	if size := d.large[d.asked[0]]; size > 0 {
		c := &Commit{ID: d.asked[0], Left: []Left{{Reason: fmt.Sprintf("the commit has %d bytes, more than the %d that are read", size,
			maxCommit)}}}
		d.asked = d.asked[1:]
		return c, nil
	}
	if d.p == nil {
		if err := d.again(); err != nil {
			return nil, err
		}
	}
	id := d.asked[0]
	c, err := readCommit(d.out)
	if err == nil {
		d.asked = d.asked[1:]
		if c.ID != id {
			return nil, &Error{Doing: "reading commits", Repo: d.r.Path, Err: fmt.Errorf("asked git for %s and got %q", id, c.ID)}
		}
		return c, nil
	}
	// Git died of this commit, or it was ended. The others are asked for again.
	died := d.p.Wait()
	d.p = nil
	if d.ctx.Err() != nil || errors.Is(died, context.Canceled) {
		return nil, died
	}
	if died == nil {
		died = &Error{Doing: "reading commits", Repo: d.r.Path, Err: err}
	}
	d.asked = d.asked[1:]
	return d.r.salvage(d.ctx, id, died)
}

// readCommit reads one answer of diff-tree up to and with its end mark.
func readCommit(in *bufio.Reader) (*Commit, error) {
	var f [fields]string
	cut := false
	for i := range f {
		s, over, err := ReadUntil(in, 0, MaxMessage)
		if err != nil {
			return nil, err
		}
		f[i], cut = s, cut || over
	}
	c := &Commit{
		ID:        f[0],
		Parents:   strings.Fields(f[1]),
		Author:    Signature{change.Plain(valid(f[2])), change.Plain(valid(f[3])), rawDate(f[4])},
		Committer: Signature{change.Plain(valid(f[5])), change.Plain(valid(f[6])), rawDate(f[7])},
		Message:   valid(f[8]),
	}
	if cut {
		c.Left = append(c.Left, Left{Reason: fmt.Sprintf("its message has more than the %d bytes that are read", MaxMessage)})
	}
	diff, over, err := readDiff(in)
	if err != nil {
		return c, err
	}
	if over > MaxDiff {
		c.Left = append(c.Left, Left{Reason: fmt.Sprintf("it has %d bytes, more than the %d that are read", over, MaxDiff)})
	} else {
		c.Diff = diff
	}
	return c, nil
}

// readDiff reads to the end mark and returns the size as well, which may be
// above MaxDiff: the text is then "".
func readDiff(in *bufio.Reader) (string, int, error) {
	var b []byte
	size, begins, blank := 0, true, true
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", size, err
		}
		whole := err == nil
		if begins && whole && string(line) == endMark+"\n" {
			return string(b), size, nil
		}
		// Empty lines stand between the message and the diff.
		if blank = blank && len(line) == 1; !blank {
			size += len(line)
			if size <= MaxDiff {
				if b == nil {
					b = make([]byte, 0, max(4<<10, in.Buffered()/8))
				}
				b = append(b, line...)
			} else {
				b = nil
			}
		}
		begins = whole
	}
}

// ReadUntil reads to the delimiter, which is left out, and keeps max bytes at
// most: over says that there were more. At the end of in it gives what there is
// with io.EOF.
func ReadUntil(in *bufio.Reader, delim byte, most int) (s string, over bool, err error) {
	var b []byte
	for {
		part, err := in.ReadSlice(delim)
		if err == nil {
			part = part[:len(part)-1]
		}
		if over = over || len(b)+len(part) > most; !over {
			b = append(b, part...)
		} else if len(b) < most {
			b = append(b, part[:most-len(b)]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(b), over, err
		}
	}
}

// valid replaces bytes that are no UTF-8: git re-codes a message only when its
// commit names the encoding.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// rawDate reads git's "1700000000 +0100".
func rawDate(s string) time.Time {
	unix, zone, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(unix, 10, 64)
	if err != nil {
		return time.Time{}
	}
	t := time.Unix(n, 0)
	z, err := strconv.Atoi(zone)
	if err != nil || z == 0 || z < -1500 || z > 1500 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", (z/100)*3600+(z%100)*60))
}

// readHeader is readCommit for an answer without a diff, which ends with it.
func readHeader(b []byte) (*Commit, error) {
	return readCommit(bufio.NewReader(io.MultiReader(bytes.NewReader(b), strings.NewReader("\n"+endMark+"\n"))))
}
