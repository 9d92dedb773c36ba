package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/rules/change"
)

// replay compares the content of a commit with its upstream commit.
func replay(ctx context.Context, a *auditor, it *Item) error {
	if it.Upstream == "" || len(it.upstream.Files) == 0 {
		return nil
	}
	r, err := a.Line.Replay(ctx, it.Number, it.up)
	if err != nil {
		it.unchecked("its content: %v", err)
		return ctx.Err()
	}
	if r.Clean && len(r.Differs) == 0 {
		it.Class = Exact
		return nil
	}
	more := stray(it)
	if more {
		it.Class = Different
	}
	d, err := a.compare(ctx, it)
	if err != nil {
		it.unchecked("its content: %v", err)
		return ctx.Err()
	}
	if it.Hunks = d.hunks(); !more {
		it.Class = Context
	}
	for _, p := range d.moved {
		it.add(Finding{Kind: Misplaced, Commit: it.Upstream, File: p.path, Func: p.ours.In, Line: p.ours.Line,
			Text: fmt.Sprintf("%s:%d: what %.12s changes in %s is changed in %s", p.path, p.ours.Line, it.Upstream, p.theirs.In, orFile(p.ours.In))})
	}
	if len(it.Hunks) == 0 {
		return nil
	}
	it.Class = Different
	if r.Clean {
		if d, err = a.merged(ctx, it, r.Made); err != nil {
			it.unchecked("what of it is lost: %v", err)
			return ctx.Err()
		}
	}
	return a.explain(ctx, it, d, r.Clean)
}

// merged compares a commit with what git's merge of its upstream commit makes.
func (a *auditor) merged(ctx context.Context, it *Item, made map[string][]byte) (*difference, error) {
	before, err := a.Line.At(ctx, it.ID+"^")
	if err != nil {
		return nil, err
	}
	after, err := a.Line.At(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	d := &difference{}
	for path, data := range made {
		old, err := content(ctx, before, path)
		if err != nil {
			return nil, err
		}
		now, err := content(ctx, after, path)
		if err != nil {
			return nil, err
		}
		for _, e := range backport.Edits(old, now) {
			d.ours = append(d.ours, &placed{path: path, Edit: e})
		}
		for _, e := range backport.Edits(old, data) {
			d.theirs = append(d.theirs, &placed{path: path, Edit: e})
		}
	}
	return d, d.pair(ctx, after)
}

func orFile(in string) string {
	if in == "" {
		return "no function"
	}
	return in
}

// placed is an edit of a file.
type placed struct {
	path string
	backport.Edit
	used bool
}

// key is what an edit does, and where.
func (p *placed) key(where string) string {
	var b strings.Builder
	b.WriteString(where)
	for _, lines := range [...][]string{p.Gone, p.Put} {
		fmt.Fprintf(&b, "\x00%d", len(lines))
		for _, l := range lines {
			fmt.Fprintf(&b, "\x00%s", l)
		}
	}
	return b.String()
}

// shifted is an edit that both have, in different functions.
type shifted struct {
	path         string
	ours, theirs backport.Edit
}

// difference is what two commits change otherwise.
type difference struct {
	ours, theirs []*placed // without those that both have
	moved        []shifted
}

// compare pairs the edits of a commit with those of its upstream commit.
func (a *auditor) compare(ctx context.Context, it *Item) (*difference, error) {
	before, err := a.Line.At(ctx, it.ID+"^")
	if err != nil {
		return nil, err
	}
	after, err := a.Line.At(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	base, err := a.Set.At(ctx, it.Upstream+"^")
	if err != nil {
		return nil, err
	}
	theirs, err := a.Set.At(ctx, it.Upstream)
	if err != nil {
		return nil, err
	}
	d := &difference{}
	if d.ours, err = edits(ctx, it.own.Files, before, after); err != nil {
		return nil, err
	}
	if d.theirs, err = edits(ctx, it.upstream.Files, base, theirs); err != nil {
		return nil, err
	}
	return d, d.pair(ctx, after)
}

// edits are those of all files of a patch.
func edits(ctx context.Context, files []*gitdiff.File, before, after apply.Tree) (out []*placed, err error) {
	for _, f := range files {
		if f.IsBinary {
			continue
		}
		old, err := content(ctx, before, f.OldName)
		if err != nil {
			return nil, err
		}
		now, err := content(ctx, after, f.NewName)
		if err != nil {
			return nil, err
		}
		path := f.NewName
		if path == "" {
			path = f.OldName
		}
		for _, e := range backport.Edits(old, now) {
			out = append(out, &placed{path: path, Edit: e})
		}
	}
	return out, nil
}

func content(ctx context.Context, t apply.Tree, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() || e.Mode == apply.Folder {
		return nil, err
	}
	img, err := t.Image(ctx, e)
	if err != nil {
		return nil, err
	}
	return img.Data, nil
}

// pair takes out what both have: first in the same function, then elsewhere in the file.
func (d *difference) pair(ctx context.Context, after apply.Tree) error {
	match := func(where func(*placed) string, got func(x, y *placed) error) error {
		open := map[string][]*placed{} // of ours, in their order
		for _, x := range d.ours {
			if !x.used {
				k := x.key(where(x))
				open[k] = append(open[k], x)
			}
		}
		for _, y := range d.theirs {
			k := y.key(where(y))
			if y.used || len(open[k]) == 0 {
				continue
			}
			x := open[k][0]
			open[k], x.used, y.used = open[k][1:], true, true
			if err := got(x, y); err != nil {
				return err
			}
		}
		return nil
	}
	fine := func(x, y *placed) error { return nil }
	err := errors.Join(
		match(func(p *placed) string { return p.path + "\x00" + p.In }, fine),
		match(func(p *placed) string { return p.path }, func(x, y *placed) error {
			data, err := content(ctx, after, x.path)
			if err == nil && y.In != "" && backport.Has(data, y.In) {
				d.moved = append(d.moved, shifted{x.path, x.Edit, y.Edit})
			}
			return err
		}),
		match(func(*placed) string { return "" }, fine))
	gone := func(p *placed) bool { return p.used }
	d.ours, d.theirs = slices.DeleteFunc(d.ours, gone), slices.DeleteFunc(d.theirs, gone)
	return err
}

// hunks are the differences for a reader: what meets is put side by side.
func (d *difference) hunks() (out []Hunk) {
	at := map[string][]int{} // of ours, by where they may meet one
	for i, x := range d.ours {
		for _, k := range x.meets() {
			at[k] = append(at[k], i)
		}
	}
	for _, y := range d.theirs {
		h := Hunk{File: y.path, Func: y.In, Line: y.Line, Theirs: signs(y.Edit)}
		var met []int
		for _, k := range y.meets() {
			met = append(met, at[k]...)
			delete(at, k) // each that met one is used
		}
		slices.Sort(met)
		for _, i := range met {
			if x := d.ours[i]; !x.used {
				x.used = true
				h.Line = x.Line
				h.Ours = append(h.Ours, signs(x.Edit)...)
			}
		}
		out = append(out, h)
	}
	for _, x := range d.ours {
		if !x.used {
			out = append(out, Hunk{File: x.path, Func: x.In, Line: x.Line, Ours: signs(x.Edit)})
		}
	}
	return out
}

// meets is where two edits meet: in a line that both take out or put in, or in a function.
func (p *placed) meets() (out []string) {
	if p.In != "" {
		out = append(out, p.path+"\x00"+p.In)
	}
	for sign, lines := range map[string][]string{"-": p.Gone, "+": p.Put} {
		for _, l := range lines {
			if len(l) > 3 {
				out = append(out, p.path+"\x00"+sign+"\x00"+l)
			}
		}
	}
	return out
}

func signs(e backport.Edit) (out []string) {
	for _, l := range e.Gone {
		out = append(out, "-"+l)
	}
	for _, l := range e.Put {
		out = append(out, "+"+l)
	}
	return out
}

// explain asks the ladder for what differs, and tells what it leaves.
func (a *auditor) explain(ctx context.Context, it *Item, d *difference, clean bool) error {
	l, err := a.Line.Ladder(ctx, it.upstream, it.Number-1, it.ID+"^")
	if err != nil {
		it.unchecked("whether the ladder gives its content: %v", err)
		return ctx.Err()
	}
	if l != nil && l.Proposed() {
		same, err := a.gives(ctx, it, l)
		if err != nil {
			it.unchecked("whether the ladder gives its content: %v", err)
			return ctx.Err()
		}
		if same {
			it.Ladder = l.Rung.String()
			return nil
		}
	}
	lost, err := a.lost(ctx, it, d, l, clean)
	if err != nil {
		it.unchecked("what of it is lost: %v", err)
		return ctx.Err()
	}
	for _, y := range lost {
		h := Hunk{File: y.path, Func: y.In, Line: y.Line, Theirs: signs(y.Edit)}
		it.add(Finding{Kind: HunkLost, Commit: it.Upstream, Title: it.upstream.Subject, File: h.File, Func: h.Func, Line: h.Line,
			Text: fmt.Sprintf("%s: %.12s changes %s here, this does not, though it goes in: %s", h.Place(), it.Upstream, counted(len(h.Theirs), "line"), sample(h.Theirs))})
	}
	if len(lost) == 0 && clean && !explained(it.own) {
		h := it.Hunks[0]
		it.add(Finding{Kind: Differs, Commit: it.Upstream, Title: it.upstream.Subject, File: h.File, Func: h.Func, Line: h.Line,
			Text: fmt.Sprintf("%s: it differs from %.12s in %s, though that merges as it is (+%d -%d, upstream +%d -%d)", h.Place(), it.Upstream,
				counted(len(it.Hunks), "place"), it.own.Size.Added, it.own.Size.Removed, it.upstream.Size.Added, it.upstream.Size.Removed)})
	}
	return nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sample is the first line that tells something.
func sample(lines []string) string {
	for _, l := range lines {
		if len(l) > 5 {
			return l
		}
	}
	return strings.Join(lines, " ")
}

// gives reports whether the ladder makes the very files of the commit.
func (a *auditor) gives(ctx context.Context, it *Item, l *backport.Result) (bool, error) {
	after, err := a.Line.At(ctx, it.ID)
	if err != nil {
		return false, err
	}
	made := map[string]bool{}
	for _, f := range l.Files {
		made[f.Path] = true
		now, err := content(ctx, after, f.Path)
		if err != nil {
			return false, err
		}
		if len(backport.Edits(now, f.After)) > 0 {
			return false, nil
		}
	}
	for _, f := range it.own.Files {
		if f.NewName != "" && !made[f.NewName] {
			return false, nil
		}
	}
	return true, nil
}

// lost are the edits of upstream that have nothing to answer them in the commit, though
// they go into the branch as they are.
func (a *auditor) lost(ctx context.Context, it *Item, d *difference, l *backport.Result, clean bool) (out []*placed, err error) {
	before, err := a.Line.At(ctx, it.ID+"^")
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{} // where one of them may be met
	for _, x := range d.ours {
		for _, k := range x.meets() {
			ours[k] = true
		}
	}
	had := map[string]map[string]bool{} // the lines of each file
	for _, y := range d.theirs {
		met := slices.ContainsFunc(y.meets(), func(k string) bool { return ours[k] })
		if clean {
			met = slices.ContainsFunc(d.ours, func(x *placed) bool { return x.path == y.path && answers(x, y) })
		}
		if met || !tells(y.Edit) {
			continue
		}
		if had[y.path] == nil {
			data, err := content(ctx, before, y.path)
			if err != nil {
				return nil, err
			}
			had[y.path] = linesOf(data)
		}
		if clean || goesIn(l, y) && !there(had[y.path], y.Edit) {
			out = append(out, y)
		}
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// answers reports whether an edit of the commit, made from the same file, may be what
// another one became: it stands where it does, or shares a line with it.
func answers(x, y *placed) bool {
	at := func(p *placed) (from, to int) { return p.Was, p.Was + len(p.Gone) }
	xf, xt := at(x)
	yf, yt := at(y)
	return xf <= yt && yf <= xt || shared(x.Gone, y.Gone) || shared(x.Put, y.Put)
}

// shared reports whether two lists have a line that tells something.
func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return len(s) > 3 && slices.Contains(b, s) })
}

// tells reports whether an edit has a line of code: a condition for the preprocessor, an
// include or a brace is none.
func tells(e backport.Edit) bool {
	return slices.ContainsFunc(append(slices.Clone(e.Gone), e.Put...), func(l string) bool {
		return len(l) > 3 && (l[0] != '#' || strings.HasPrefix(l, "#define")) && !strings.HasPrefix(l, "*") && !strings.HasPrefix(l, "/*")
	})
}

// linesOf are the lines of a file, with single blanks.
func linesOf(data []byte) map[string]bool {
	lines := map[string]bool{}
	for l := range strings.Lines(string(data)) {
		lines[strings.Join(strings.Fields(l), " ")] = true
	}
	return lines
}

// there reports whether a file with these lines has what an edit puts in already.
func there(lines map[string]bool, e backport.Edit) bool {
	return !slices.ContainsFunc(e.Put, func(l string) bool { return len(l) > 3 && !lines[l] })
}

// goesIn reports whether the ladder puts an edit of upstream in by its own lines.
func goesIn(l *backport.Result, y *placed) bool {
	return l != nil && slices.ContainsFunc(l.Steps, func(s backport.Step) bool {
		return s.File == y.path && s.In == y.In && s.Rung == backport.ThreeWay && s.Line == y.Was && len(s.Misses) == 0
	})
}

// explained reports whether the message says that it was adapted.
func explained(c *change.Change) bool {
	for line := range strings.Lines(c.LowerBody()) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.Contains(line, ":") || strings.Contains(line, "backport") || strings.Contains(line, "conflict") {
			return true
		}
	}
	return false
}
