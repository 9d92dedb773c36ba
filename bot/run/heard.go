package run

import (
	"context"
	"strings"
	"unicode"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/change"
)

// heard finds what was told of patches when their author posted them before: as a
// version of this series, anew, or in another series. Whoever is proven to have sent
// this one is not silenced by what somebody else sent in their name.
func (jg *judging) heard(ctx context.Context, s flow.Series, posts []plan.Posted) (map[string]string, error) {
	ids := map[string]string{} // titles → mails of this posting
	var titles []string
	for _, p := range posts {
		if p.Judgement != nil {
			title := series.NoteOf(p.Message).Title
			titles = append(titles, title)
			ids[folded(title)] = p.ID
		}
	}
	if len(titles) == 0 {
		return nil, nil
	}
	before, err := jg.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Titles: titles, Since: s.First.Add(-repostMax)})
	if err != nil {
		return nil, err
	}
	// The newest of them all: a title that is spelt otherwise is the same.
	newest, err := jg.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Since: s.First.Add(-repostMax)})
	if err != nil {
		return nil, err
	}
	before = append(before, newest...)
	revised := later(posts)
	var out map[string]string
	for _, o := range before { // newest first, those with the very title before the others
		if o.Key == s.Key || !o.First.Before(s.First) || o.Private || s.Signed == flow.SenderProven && o.Signed != flow.SenderProven {
			continue
		}
		told, err := jg.Journal.Told(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		for _, m := range o.Members {
			said := saidOf(told, m.ID)
			if said == "" {
				continue
			}
			id := ids[folded(m.Title)]
			if id == "" {
				if id, err = jg.retitled(ctx, m.ID, revised); err != nil {
					return nil, err
				}
			}
			if id == "" || out[id] != "" {
				continue
			}
			if out == nil {
				out = map[string]string{}
			}
			out[id] = said
		}
	}
	return out, nil
}

// saidOf is what replies said of a mail.
func saidOf(told []flow.Action, id string) string {
	for _, a := range told {
		if said := a.Told[id]; said != "" {
			return said
		}
	}
	return ""
}

// later are the patches that are posted as a later version and name their culprit.
func later(posts []plan.Posted) (out []plan.Posted) {
	for _, p := range posts {
		if p.Judgement != nil && p.Message.Prefix.Version > 1 && len(p.Message.Change.Fixes) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// retitled finds the later version of a patch that has another title by now: it fixes the
// same culprit by much the same code. The culprit alone may be a driver's first commit.
func (jg *judging) retitled(ctx context.Context, id string, later []plan.Posted) (string, error) {
	if len(later) == 0 {
		return "", nil
	}
	was, err := jg.patchOf(ctx, id)
	if was == nil || err != nil {
		return "", err
	}
	for _, p := range later {
		if !p.Message.Change.SameCulprit(was) {
			continue
		}
		now, err := jg.patchOf(ctx, p.ID) // its lines were let go of
		if err != nil {
			return "", err
		}
		if now != nil && muchAlike(linesOf(now.Files...), linesOf(was.Files...)) {
			return p.ID, nil
		}
	}
	return "", nil
}

// patchOf reads the patch of a mail, nil where it has none that can be read.
func (jg *judging) patchOf(ctx context.Context, id string) (*change.Change, error) {
	raw, err := jg.Journal.Raw(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := parse(flow.Mail{ID: id, Raw: raw})
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // what cannot be read is no version of anything
	}
	return m.Change, nil
}

// muchAlike reports whether half of the changed lines of the shorter of two, and one at
// least, are in the other one.
func muchAlike(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	have := map[string]int{}
	for _, l := range b {
		have[l]++
	}
	same := 0
	for _, l := range a {
		if have[l] > 0 {
			have[l]--
			same++
		}
	}
	return same > 0 && 2*same >= len(a)
}

// folded is a title by its letters and digits alone.
func folded(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
