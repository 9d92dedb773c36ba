package github

import (
	"cmp"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// read is a commit as GitHub shows it.
type read struct {
	in     change.Input
	change *change.Change
	err    error // it was read in part
	folded []string
	// beside are the diffs of folded commits that could not be made one with its own.
	beside []string
}

// marks are how git commit --fixup and --squash begin a title.
var marks = []string{"fixup! ", "squash! ", "amend! "}

// marked takes the marks off a title; mark is the first of them.
func marked(title string) (mark, rest string) {
	for again := true; again; {
		again = false
		for _, m := range marks {
			if r, ok := strings.CutPrefix(title, m); ok {
				title, again = r, true
				if mark == "" {
					mark = m
				}
			}
		}
	}
	return mark, title
}

// fold makes one of each commit and those that are to be squashed into it, as git rebase
// --autosquash does. One whose commit is not among them stays as it is.
func fold(commits []*read) (out []*read) {
	apart := map[*read][][]*gitdiff.File{} // what stands after each
	for _, c := range commits {
		to := c.target(out)
		if to == nil {
			for _, o := range out {
				apart[o] = append(apart[o], c.change.Files)
			}
			out = append(out, c)
			continue
		}
		to.squash(c, apart[to])
		for _, o := range out {
			if o != to {
				apart[o] = append(apart[o], c.change.Files)
			}
		}
	}
	return out
}

// target is the commit that c is to be squashed into, nil for none: the first whose
// title begins as c's goes on, or whose SHA it names.
func (c *read) target(among []*read) *read {
	mark, rest := marked(c.in.Subject)
	if mark == "" || rest == "" {
		return nil
	}
	for _, o := range among {
		if _, title := marked(o.in.Subject); title == rest || strings.HasPrefix(title, rest) {
			return o
		}
	}
	for _, o := range among {
		if len(rest) >= 7 && strings.HasPrefix(o.in.ID, strings.ToLower(rest)) {
			return o
		}
	}
	return nil
}

// squash takes a commit into c. Where the two diffs cannot be made one, both are judged
// together, so that nothing of them is left out.
func (c *read) squash(fix *read, apart [][]*gitdiff.File) {
	mark, _ := marked(fix.in.Subject)
	switch mark {
	case "squash! ":
		c.in.Text = strings.TrimSpace(c.in.Text + "\n\n" + fix.in.Text)
	case "amend! ":
		if strings.TrimSpace(fix.in.Text) != "" {
			c.in.Subject, c.in.Text = splitMessage(fix.in.Text)
		}
	}
	c.folded = append(c.folded, fix.in.ID)
	files, whole := change.Compose(c.change.Files, fix.change.Files, apart...)
	if whole = whole && c.err == nil && fix.err == nil && len(c.beside) == 0; whole {
		c.in.Diff = ""
		for _, f := range files {
			c.in.Diff += f.String()
		}
	} else {
		c.beside = append(c.beside, fix.in.Diff)
	}
	one := c.in
	one.Diff += strings.Join(c.beside, "")
	damage := c.change.Damage
	ch, err := change.Parse(one)
	if whole && one.Diff == "" {
		err = nil // the one takes back what the other did
	}
	if ch.Damage == nil {
		ch.Damage = cmp.Or(damage, fix.change.Damage)
	}
	c.change, c.err = ch, cmp.Or(c.err, fix.err, err)
}

func (c *read) commit() flow.PullCommit {
	mark, _ := marked(c.in.Subject)
	out := flow.PullCommit{Change: c.change, Lone: mark != "", Folded: c.folded, Counted: len(c.beside) > 0}
	if c.err != nil {
		out.Problem = c.err.Error()
	}
	return out
}
