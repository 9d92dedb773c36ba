package classify

import (
	"github.com/stablebot/stablebot/rules/verdict"
)

// maxHeld is how many outcomes wait for the rest of a series: those of a long one, with
// the mails that came between. What comes later shares among itself.
const maxHeld = 256

// gathering puts outcomes out in input order, each series when it is complete, so that
// its patches can share a verdict.
type gathering struct {
	c   *classifier
	put func(outcome) error

	held []*outcome
	open map[string][]*outcome // by series: those held, until it is complete
}

func (g *gathering) add(r outcome) error {
	if r.series == "" && len(g.held) == 0 {
		return g.put(r)
	}
	if r.series == "" && r.out == nil && r.unjudged == "" && r.verdict == "" {
		return g.put(r) // nothing that has a place in the output
	}
	g.held = append(g.held, &r)
	if r.series != "" {
		if g.open == nil {
			g.open = map[string][]*outcome{}
		}
		all := append(g.open[r.series], &r)
		g.open[r.series] = all
		if len(all) == r.judgement.Series.Of {
			g.share(r.series)
		}
	}
	for len(g.held) > maxHeld {
		if head := g.held[0]; head.series != "" {
			g.share(head.series)
		}
		if err := g.flush(); err != nil {
			return err
		}
	}
	return g.flush()
}

// end puts out what is left, complete or not.
func (g *gathering) end() error {
	for key := range g.open {
		g.share(key)
	}
	return g.flush()
}

// share settles a series with those of it that are there.
func (g *gathering) share(key string) {
	all := g.open[key]
	delete(g.open, key)
	js := make([]verdict.Judgement, len(all))
	for i, r := range all {
		js[i] = *r.judgement
	}
	for i, j := range verdict.Share(js) {
		r := all[i]
		r.series = "" // settled
		if j.Reason == r.judgement.Reason && j.Verdict == r.verdict {
			continue
		}
		g.c.release(r.out)
		again := g.c.print(&j, nil, "")
		again.unjudged = r.unjudged
		*r = again
	}
}

// flush puts out what waits for nothing.
func (g *gathering) flush() error {
	n := 0
	for n < len(g.held) && g.held[n].series == "" {
		r := g.held[n]
		g.held[n] = nil
		n++
		if err := g.put(*r); err != nil {
			return err
		}
	}
	g.held = g.held[n:]
	return nil
}
