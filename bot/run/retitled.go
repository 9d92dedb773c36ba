package run

import (
	"context"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules/change"
)

// maxRetitled bounds what is read and compared, in bytes, to find by their code the patches
// of one posting that had other titles before: the largest that was seen has 3 MB. Past it a
// patch is taken for a new one.
const maxRetitled = 16 << 20

// retitling finds patches that have other titles by now.
type retitling struct {
	jg    *judging
	later []plan.Posted
	read  map[string]patchCode // by the mail's ID
	left  int                  // of maxRetitled
}

// patchCode is what a patch is known by when its title is another one.
type patchCode struct {
	change *change.Change // its tags alone; nil where there is no patch that can be read
	lines  []string
	size   int
}

// newRetitling is for the patches that are posted as a later version and name their culprit.
func (jg *judging) newRetitling(posts []plan.Posted) *retitling {
	r := &retitling{jg: jg, read: map[string]patchCode{}, left: maxRetitled}
	for _, p := range posts {
		if p.Judgement != nil && p.Message.Prefix.Version > 1 && len(p.Message.Change.Fixes) > 0 {
			r.later = append(r.later, p)
		}
	}
	return r
}

// of is the later version of a patch that has another title by now, "" for none: it fixes
// the same culprit by much the same code. The culprit alone may be a driver's first commit.
func (r *retitling) of(ctx context.Context, id string) (string, error) {
	if len(r.later) == 0 || r.left <= 0 {
		return "", nil
	}
	was, err := r.code(ctx, id)
	if was.change == nil || err != nil {
		return "", err
	}
	for _, p := range r.later {
		if r.left -= len(p.Message.Change.Fixes) * len(was.change.Fixes); r.left < 0 {
			return "", nil
		}
		if !p.Message.Change.SameCulprit(was.change) {
			continue
		}
		now, err := r.code(ctx, p.ID) // its lines were let go of
		if err != nil {
			return "", err
		}
		if r.left -= was.size + now.size; r.left < 0 {
			return "", nil
		}
		if now.change != nil && muchAlike(now.lines, was.lines) {
			return p.ID, nil
		}
	}
	return "", nil
}

// code reads the patch of a mail once.
func (r *retitling) code(ctx context.Context, id string) (patchCode, error) {
	if c, ok := r.read[id]; ok {
		return c, nil
	}
	raw, err := r.jg.Journal.Raw(ctx, id)
	if err != nil {
		return patchCode{}, err
	}
	var c patchCode
	r.left -= len(raw)
	if m, err := parse(flow.Mail{ID: id, Raw: raw}); err == nil && m.Change != nil { // else it is no version of anything
		c.change, c.lines = &change.Change{Fixes: m.Change.Fixes}, linesOf(m.Change.Files...)
		for _, l := range c.lines {
			c.size += len(l)
		}
	}
	r.read[id] = c
	return c, nil
}
