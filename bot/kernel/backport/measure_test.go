//go:build measure

package backport_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules/change"
)

// adjusted is a backport whose patch is not mainline's.
type adjusted struct {
	main, own history.Position
	c, real   *change.Change
}

// line is a branch with its adjusted backports.
type line struct {
	name string
	fork string
	own  *history.History
	by   map[history.Position]history.Position // mainline → own, of every backport
	all  []adjusted
}

type world struct {
	*git.Repo
	store *objects.Store
	main  *history.History
	lines []*line
	snaps map[string]*objects.Snapshot
}

// TestAdjusted puts each backport of four branches whose patch differs from mainline's
// onto its own parent and compares with what a person made of it. Of STABLEBOT_BRANCHES,
// "5.10 5.15 6.6 6.1" when it is not set; STABLEBOT_LADDER_OUT takes the list and what
// differs; STABLEBOT_NO_NEWER leaves out what newer branches carry.
func TestAdjusted(t *testing.T) {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	ctx := context.Background()
	w := open(ctx, t, path)
	sum := newTable()
	out := os.Getenv("STABLEBOT_LADDER_OUT")
	var list bytes.Buffer
	for _, b := range w.lines {
		for i, a := range b.all {
			q, err := w.question(ctx, b, a)
			if err != nil {
				t.Logf("%s %.12s: %v", b.name, b.own.ID(a.own), err)
				continue
			}
			start := time.Now()
			r, err := backport.Adapt(ctx, q)
			took := time.Since(start)
			if err != nil {
				sum.unread++
				t.Logf("%s %.12s: %v", b.name, b.own.ID(a.own), err)
				continue
			}
			human, err := w.at(ctx, b.own.ID(a.own))
			if err != nil {
				t.Fatal(err)
			}
			differs, linux, err := compare(ctx, q, r, human, paths(a.c, a.real))
			if err != nil {
				sum.unread++
				t.Logf("%s %.12s: %v", b.name, b.own.ID(a.own), err)
				continue
			}
			verdict := sum.add(b.name, r, len(differs) == 0, len(linux) == 0, took)
			if verdict == "refused" {
				if err := w.inWay(ctx, b, a, r, sum, &list); err != nil {
					t.Fatal(err)
				}
			}
			fmt.Fprintf(&list, "%s/%03d %s %v %.12s %.12s %s %v %v\n", b.name, i+1, verdict, r.Rung, w.main.ID(a.main), b.own.ID(a.own), a.c.Subject, r.Misses, linux)
			if out != "" && verdict != "equal" {
				save(ctx, t, out, fmt.Sprintf("%s/%03d", b.name, i+1), q, r, human, append(differs, linux...))
			}
		}
	}
	if out != "" {
		if err := os.WriteFile(filepath.Join(out, "list"), list.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
	}
	t.Log("\n" + sum.String())
}

func open(ctx context.Context, t *testing.T, path string) *world {
	r, err := git.Open(ctx, path, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	tip, err := r.Resolve(ctx, "master")
	if err != nil {
		t.Fatal(err)
	}
	state := os.Getenv("STABLEBOT_PEER_DIR")
	w := &world{Repo: r, store: objects.New(r, 300<<20), snaps: map[string]*objects.Snapshot{}}
	if w.main, err = history.Open(ctx, r, state, tip); err != nil {
		t.Fatal(err)
	}
	wanted := os.Getenv("STABLEBOT_BRANCHES")
	for _, name := range []string{"5.10", "5.15", "6.6", "6.1"} {
		tip2, err := r.Resolve(ctx, name+"-lts")
		if err != nil {
			t.Fatal(err)
		}
		b := &line{name: name, by: map[history.Position]history.Position{}}
		if b.own, err = history.Open(ctx, r, state, tip2, tip); err != nil {
			t.Fatal(err)
		}
		if b.fork, err = r.MergeBase(ctx, tip, tip2); err != nil {
			t.Fatal(err)
		}
		w.read(ctx, b, wanted == "" || strings.Contains(wanted, name))
		w.lines = append(w.lines, b)
	}
	return w
}

// read finds the backports of a branch.
func (w *world) read(ctx context.Context, b *line, wanted bool) {
	for p := history.Position(1); int(p) <= b.own.Len(); p++ {
		if !slices.ContainsFunc(b.own.From(p), func(r history.Reference) bool { return r.Kind == history.Upstream }) {
			continue
		}
		var q history.Position
		for _, x := range w.main.Titled(b.own.Title(p)) {
			if q = x; w.main.AuthorDate(x) == b.own.AuthorDate(p) {
				break
			}
		}
		if q == 0 {
			continue
		}
		b.by[q] = p
		if !wanted {
			continue
		}
		c, err := w.Change(ctx, w.main.ID(q))
		if err != nil || len(c.Files) == 0 {
			continue
		}
		real, err := w.Change(ctx, b.own.ID(p))
		if err != nil || len(real.Files) == 0 || change.PatchID(c.Files) == change.PatchID(real.Files) {
			continue
		}
		b.all = append(b.all, adjusted{q, p, c, real})
	}
}

// inWay counts the refused edits whose conflicting commit is named.
func (w *world) inWay(ctx context.Context, b *line, a adjusted, r *backport.Result, sum *table, list *bytes.Buffer) error {
	cs, err := backport.InWay(ctx, w.Repo, backport.Range{Fork: b.fork, Base: w.main.ID(a.main) + "^", Ours: b.own.ID(a.own) + "^"}, r)
	if err != nil {
		return err
	}
	sum.refused += len(r.Refused)
	for _, s := range r.Steps {
		if len(s.Misses) > 0 {
			sum.refused++
		}
	}
	sum.named += len(cs)
	for _, c := range cs {
		fmt.Fprintf(list, "  in the way: %s:%d %s %.12s %s (%s)\n", c.File, c.Line, c.In, c.Commit, c.Title, c.Why)
	}
	return nil
}

func (w *world) at(ctx context.Context, rev string) (*objects.Snapshot, error) {
	if s, ok := w.snaps[rev]; ok {
		return s, nil
	}
	s, err := w.store.At(ctx, rev)
	if err == nil {
		w.snaps[rev] = s
	}
	return s, err
}

// order is that of the branches' age.
var order = []string{"5.10", "5.15", "6.1", "6.6"}

var names = backport.NewWords()

func (w *world) question(ctx context.Context, b *line, a adjusted) (q backport.Question, err error) {
	q.Files, q.Words = a.c.Files, names
	if q.Base, err = w.at(ctx, w.main.ID(a.main)+"^"); err != nil {
		return q, err
	}
	if q.Theirs, err = w.at(ctx, w.main.ID(a.main)); err != nil {
		return q, err
	}
	if q.Ours, err = w.at(ctx, b.own.ID(a.own)+"^"); err != nil {
		return q, err
	}
	if os.Getenv("STABLEBOT_NO_NEWER") != "" {
		return q, nil
	}
	for _, n := range w.lines {
		p := n.by[a.main]
		if p == 0 || slices.Index(order, n.name) <= slices.Index(order, b.name) {
			continue
		}
		c, err := w.Change(ctx, n.own.ID(p))
		if err != nil || change.PatchID(c.Files) == change.PatchID(a.c.Files) {
			continue
		}
		x := backport.Carried{Branch: n.name, Commit: n.own.ID(p), Files: c.Files}
		before, err := w.at(ctx, n.own.ID(p)+"^")
		if err != nil {
			return q, err
		}
		after, err := w.at(ctx, n.own.ID(p))
		if err != nil {
			return q, err
		}
		x.Before, x.After = before, after
		q.Newer = append(q.Newer, x)
	}
	slices.SortFunc(q.Newer, func(x, y backport.Carried) int { return slices.Index(order, x.Branch) - slices.Index(order, y.Branch) })
	return q, nil
}

func paths(cs ...*change.Change) (out []string) {
	for _, c := range cs {
		for _, f := range c.Files {
			out = append(out, f.OldName, f.NewName)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func content(ctx context.Context, t apply.Tree, path string) (string, error) {
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() || e.Mode == apply.Folder {
		return "-", err
	}
	img, err := t.Image(ctx, e)
	if err != nil {
		return "", err
	}
	return string(img.Data), nil
}

// compare lists the files that differ from what the person made: in anything but blanks
// and comments; and of those the files of Linux, with the lines for FreeBSD left out.
func compare(ctx context.Context, q backport.Question, r *backport.Result, human apply.Tree, files []string) (differs, linux []string, err error) {
	got := map[string]string{}
	for _, f := range r.Files {
		if f.From != "" {
			got[f.From] = "-"
		}
		got[f.Path] = "-"
		if f.After != nil {
			got[f.Path] = string(f.After)
		}
		files = append(files, f.Path)
	}
	slices.Sort(files)
	for _, f := range slices.Compact(files) {
		want, err := content(ctx, human, f)
		if err != nil {
			return nil, nil, err
		}
		have, ok := got[f]
		if !ok {
			if have, err = content(ctx, q.Ours, f); err != nil {
				return nil, nil, err
			}
		}
		if have == want || plain(have) == plain(want) {
			continue
		}
		differs = append(differs, f)
		if (strings.HasPrefix(f, "drivers/") || strings.HasPrefix(f, "include/")) && plain(onLinux(have)) != plain(onLinux(want)) {
			linux = append(linux, f)
		}
	}
	return differs, linux, nil
}

var (
	comment = regexp.MustCompile(`(?s)"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*`)
	blank   = regexp.MustCompile(`\s+`)
)

func plain(s string) string {
	s = comment.ReplaceAllStringFunc(s, func(m string) string {
		if m[0] == '"' {
			return m
		}
		return ""
	})
	return blank.ReplaceAllString(s, "")
}

// onLinux leaves out what the preprocessor does for FreeBSD alone.
func onLinux(s string) string {
	var out strings.Builder
	type level struct{ ours, live, done bool }
	var stack []level
	live := func() bool { return !slices.ContainsFunc(stack, func(l level) bool { return l.ours && !l.live }) }
	for line := range strings.Lines(s) {
		t := strings.TrimSpace(line)
		if !strings.HasPrefix(t, "#") {
			if live() {
				out.WriteString(line)
			}
			continue
		}
		t = strings.TrimSpace(t[1:])
		about := strings.Contains(t, "__linux__") || strings.Contains(t, "__FreeBSD__")
		yes := strings.Contains(t, "__linux__")
		if strings.HasPrefix(t, "ifndef") || strings.Contains(t, "!defined") {
			yes = !yes
		}
		switch {
		case strings.HasPrefix(t, "if"):
			stack = append(stack, level{about, yes, yes})
			if about {
				continue
			}
		case strings.HasPrefix(t, "el") && len(stack) > 0:
			if l := &stack[len(stack)-1]; l.ours {
				l.live = !l.done && (!about || yes)
				l.done = l.done || l.live
				continue
			}
		case strings.HasPrefix(t, "endif") && len(stack) > 0:
			l := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if l.ours {
				continue
			}
		}
		if live() {
			out.WriteString(line)
		}
	}
	return out.String()
}

func save(ctx context.Context, t *testing.T, out, key string, q backport.Question, r *backport.Result, human apply.Tree, files []string) {
	write := func(path, text string) {
		path = filepath.Join(out, key, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	steps := ""
	for _, s := range r.Steps {
		steps += fmt.Sprintf("%+v\n", s)
	}
	for _, s := range r.Refused {
		steps += fmt.Sprintf("REFUSED %+v\n", s)
	}
	write("steps", steps)
	for _, f := range files {
		for side, tree := range map[string]apply.Tree{"base": q.Base, "theirs": q.Theirs, "ours": q.Ours, "human": human} {
			if s, err := content(ctx, tree, f); err == nil && s != "-" {
				write(side+"/"+f, s)
			}
		}
	}
	for _, f := range r.Files {
		write("mine/"+f.Path, string(f.After))
	}
}

type count struct{ all, proposed, equal, linux, warned, wrong, wrongLinux int }

type table struct {
	rows   map[string]*count
	unread int

	refused, named int
	times          []time.Duration
}

func newTable() *table { return &table{rows: map[string]*count{}} }

func (s *table) add(branch string, r *backport.Result, same, linux bool, took time.Duration) string {
	verdict := "refused"
	s.times = append(s.times, took)
	for _, k := range []string{branch, "all", "  " + branch + " " + r.Rung.String(), "  " + r.Rung.String()} {
		c := s.rows[k]
		if c == nil {
			c = &count{}
			s.rows[k] = c
		}
		c.all++
		if !r.Proposed() {
			continue
		}
		c.proposed++
		sure := len(r.Warnings) == 0
		switch verdict = "differs"; {
		case same:
			c.equal++
			verdict = "equal"
		case sure:
			c.wrong++
			verdict = "WRONG"
		}
		if linux {
			c.linux++
		} else if sure {
			c.wrongLinux++
			verdict = "MATERIAL"
		}
		if !sure {
			c.warned++
		}
	}
	return verdict
}

func (s *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %5s %9s %7s %6s %10s %7s %15s %10s\n", "", "all", "proposed", "equal", "%", "as Linux", "warned", "no warning, not", "as Linux")
	var keys []string
	for k := range s.rows {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	for _, k := range keys {
		c := s.rows[k]
		fmt.Fprintf(&b, "%-20s %5d %9d %7d %6.1f %10d %7d %15d %10d\n", k, c.all, c.proposed, c.equal, 100*float64(c.equal)/float64(c.all), c.linux, c.warned, c.wrong, c.wrongLinux)
	}
	fmt.Fprintf(&b, "%d edits refused, of %d the commit in the way is named\n", s.refused, s.named)
	slices.Sort(s.times)
	if n := len(s.times); n > 0 {
		fmt.Fprintf(&b, "%d could not be read; time: median %v, 95%% %v, most %v\n", s.unread, s.times[n/2], s.times[n*95/100], s.times[n-1])
	}
	return b.String()
}
